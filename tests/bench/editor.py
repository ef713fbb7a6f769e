"""One document in the server under test. Sends each key the way VS Code does and remembers what was asked."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from attrs import define, field

from tests.bench.model_server import ModelServer
from tests.bench.source_text import Source
from tests.bench.typist import Key
from tests.support.lsp_client import LspClient

URI = "file:///bench/module.py"
# What the installed ``autothink-lsp serve`` does.
SERVE = (sys.executable, "-P", "-c", "import sys; from autothink_lsp.cli import main; sys.exit(main())", "serve")
CAPABILITIES = {"textDocument": {"inlineCompletion": {}}, "experimental": {"autothinkStatus": True}}
READY_TIMEOUT_S = 60.0
SETTLE_S = 0.3


@define
class Asked:
    """One key's request. All times are ``time.perf_counter()``."""

    number: int
    reply: asyncio.Future[Any]
    written_s: float
    answered_s: float | None = None
    items: int = 0
    cancelled: bool = False


@define
class Editor:
    """The cursor stands at the end of what was typed. The text is ASCII, so columns are the same in every encoding."""

    client: LspClient
    line: int
    column: int = 0
    asked: list[Asked] = field(factory=list)
    _version: int = 1

    def press(self, key: Key) -> Asked:
        """One key. VS Code cancels the superseded request first, then tells of the edit, then asks."""
        written_s = time.perf_counter()
        last = self.asked[-1] if self.asked else None
        if last is not None and last.answered_s is None:
            last.cancelled = True
            self.client.cancel(last.number)
        self._change(key)
        asked = self._ask(written_s)
        self.asked.append(asked)
        return asked

    def replace(self, line: int, column: int, length: int, text: str) -> None:
        """Replace a part of a line, which is not the one that is typed in."""
        self._version += 1
        start, end = {"line": line, "character": column}, {"line": line, "character": column + length}
        self.client.notify(
            "textDocument/didChange",
            {
                "textDocument": {"uri": URI, "version": self._version},
                "contentChanges": [{"range": {"start": start, "end": end}, "rangeLength": length, "text": text}],
            },
        )

    def ask_next_edit(self) -> asyncio.Future[Any]:
        """Ask for the next edit at the cursor, as clients do that draw it themselves."""
        _, reply = self.client.send(
            "textDocument/copilotInlineEdit",
            {
                "textDocument": {"uri": URI, "version": self._version},
                "position": {"line": self.line, "character": self.column},
                "context": {"triggerKind": 2},
            },
        )
        return reply

    def _change(self, key: Key) -> None:
        self.replace(self.line, self.column - key.removes, key.removes, key.text)
        line_ends = key.text.count("\n")
        if line_ends:
            self.line += line_ends
            self.column = len(key.text) - key.text.rfind("\n") - 1
        else:
            self.column += len(key.text) - key.removes

    def _ask(self, written_s: float) -> Asked:
        number, future = self.client.send(
            "textDocument/inlineCompletion",
            {
                "textDocument": {"uri": URI},
                "position": {"line": self.line, "character": self.column},
                "context": {"triggerKind": 2},
            },
        )
        asked = Asked(number, future, written_s)

        def answered(reply: asyncio.Future[Any]) -> None:
            asked.answered_s = time.perf_counter()
            if not reply.cancelled() and reply.exception() is None:
                asked.items = len(reply.result()["items"])

        future.add_done_callback(answered)
        return asked


@asynccontextmanager
async def editing(
    source: Source,
    models: ModelServer,
    *,
    debounce_ms: str,
    environ: Mapping[str, str] | None = None,
    capabilities: Mapping[str, Any] = CAPABILITIES,
) -> AsyncIterator[Editor]:
    """The server with ``source`` open, connected to ``models``; ``debounce_ms`` as in the settings, else defaults.
    ``environ`` are more settings."""
    with tempfile.TemporaryDirectory(prefix="autothink-bench-") as home:
        client = await LspClient.start(
            SERVE,
            inherited=clean_environment(),
            environ={
                "AUTOTHINK_HOME": home,
                "AUTOTHINK_COMPLETION__BACKEND": "openai",
                "AUTOTHINK_COMPLETION__URL": models.url,
                "AUTOTHINK_COMPLETION__DEBOUNCE_MS": debounce_ms,
                "AUTOTHINK_LOG__LEVEL": "warning",  # what goes wrong is seen, the usual line at the start is not
                **(environ or {}),
            },
        )
        try:
            ready = _Readiness(client)
            await client.initialize(dict(capabilities))
            client.notify(
                "textDocument/didOpen",
                {"textDocument": {"uri": URI, "languageId": "python", "version": 1, "text": source.text}},
            )
            if "experimental" in capabilities:  # others are not told
                await ready.wait()
            await models.arrival_s(0)  # the server has the end of a new document read at once
            await asyncio.sleep(SETTLE_S)
            yield Editor(client, line=source.line)
        finally:
            await client.stop()


def clean_environment() -> dict[str, str]:
    """Ours without the user's settings, which would change what is measured."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AUTOTHINK_")}


class _Readiness:
    """Is set when the server says that it has found its backend."""

    def __init__(self, client: LspClient) -> None:
        self._event = asyncio.Event()
        client.on_notification = self._notified

    def _notified(self, method: str, params: Any) -> None:
        if method == "autothink/status" and params["state"] == "ready":
            self._event.set()

    async def wait(self) -> None:
        """Raises ``TimeoutError``."""
        await asyncio.wait_for(self._event.wait(), READY_TIMEOUT_S)
