"""One document as an editor keeps it: its lines, a cursor, and what the server is told at each key. For ``try`` and the
tests.

Columns are code points; the client must have offered ``utf-32`` first (``CAPABILITIES`` does).
"""

from __future__ import annotations

import asyncio
from typing import Any, Literal

from attrs import define

from tests.support.lsp_client import LspClient

Json = Any
Trigger = Literal["automatic", "invoked"]

CAPABILITIES: Json = {"textDocument": {"inlineCompletion": {}}, "general": {"positionEncodings": ["utf-32"]}}
# LSP's InlineCompletionTriggerKind.
_TRIGGER_KINDS: dict[Trigger, int] = {"invoked": 1, "automatic": 2}


@define
class EditedDocument:
    """Made by ``open``. ``line`` and ``column`` are the cursor, counted from 0."""

    client: LspClient
    uri: str
    lines: list[str]
    line: int = 0
    column: int = 0
    version: int = 1

    @classmethod
    def open(cls, client: LspClient, uri: str, language_id: str, text: str) -> EditedDocument:
        """Tell the server; the cursor stands at the end. ``text`` has ``\\n`` line ends."""
        client.notify(
            "textDocument/didOpen",
            {"textDocument": {"uri": uri, "languageId": language_id, "version": 1, "text": text}},
        )
        lines = text.split("\n")
        return cls(client, uri, lines, len(lines) - 1, len(lines[-1]))

    def close(self) -> None:
        """Tell the server."""
        self.client.notify("textDocument/didClose", {"textDocument": {"uri": self.uri}})

    @property
    def text(self) -> str:
        """As the server must have it."""
        return "\n".join(self.lines)

    @property
    def current(self) -> str:
        """The cursor's line."""
        return self.lines[self.line]

    def move(self, line: int, column: int) -> None:
        """Put the cursor somewhere else; the server hears nothing of it."""
        self.line, self.column = line, column

    def insert(self, text: str, start_column: int | None = None, end_column: int | None = None) -> None:
        """Replace these columns of the cursor's line (none: insert at the cursor) and put the cursor behind
        ``text``."""
        start = self.column if start_column is None else start_column
        end = self.column if end_column is None else end_column
        self.version += 1
        at = {"start": {"line": self.line, "character": start}, "end": {"line": self.line, "character": end}}
        self.client.notify(
            "textDocument/didChange",
            {
                "textDocument": {"uri": self.uri, "version": self.version},
                "contentChanges": [{"range": at, "text": text}],
            },
        )
        before, after = self.current[:start], self.current[end:]
        pieces = (before + text).split("\n")
        self.column = len(pieces[-1])
        pieces[-1] += after
        self.lines[self.line : self.line + 1] = pieces
        self.line += len(pieces) - 1

    def ask(self, trigger: Trigger = "automatic") -> tuple[int, asyncio.Future[Json]]:
        """Send the request for ghost text: its id, and the future of its result."""
        return self.client.send(
            "textDocument/inlineCompletion",
            {
                "textDocument": {"uri": self.uri},
                "position": {"line": self.line, "character": self.column},
                "context": {"triggerKind": _TRIGGER_KINDS[trigger]},
            },
        )

    def ghost(self, item: Json) -> str:
        """What an editor draws of an item: its text without what stands left of the cursor already."""
        typed = self.current[item["range"]["start"]["character"] : self.column]
        text: str = item["insertText"]
        return text.removeprefix(typed)

    async def accept(self, item: Json) -> None:
        """Put the item in and tell the server, as the Tab key does."""
        self.insert(item["insertText"], item["range"]["start"]["character"], item["range"]["end"]["character"])
        command = {name: item["command"][name] for name in ("command", "arguments")}
        await self.client.request("workspace/executeCommand", command)
