"""``make try``: a real editing session with the real server, printed as an editor would show it.

Starts ``serve`` over standard input and output, opens an example file, types into it key by key at a typist's pace,
shows the ghost text that comes while it types and pauses, accepts one suggestion, and prints the file and the times.
Then it opens a file with mistakes, takes the light bulb's offer for each, and prints what is shown and changed.
Everything goes over the wire; nothing is made up.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from attrs import define, field

from autothink_lsp.errors import AutothinkError
from examples.demo.fixes import CAPABILITIES as ACTION_CAPABILITIES
from examples.demo.fixes import EXAMPLE as BROKEN
from examples.demo.fixes import play_fixes
from examples.demo.screen import Screen
from tests.support.edited_document import CAPABILITIES, EditedDocument
from tests.support.lsp_client import LspClient, ServerError

PROJECTS = Path(__file__).parents[1] / "projects"
EXAMPLE = "python/inventory.py"
# What is typed behind the last line of the example: a method whose name and docstring say what it does.
TYPED = (
    '\n    def total_value(self) -> float:\n        """Price times quantity, summed over all items."""\n        return '
)
READY_TIMEOUT_S = 180.0
# A typist at about 60 words a minute: quick inside a word, slower behind it, and looking up at the end of a line.
KEY_GAP_S = 0.11
WORD_GAP_S = 0.22
PAUSE_S = 1.2
_DOCTOR = "`autothink-lsp doctor` says what is wrong."


def main(argv: Sequence[str] | None = None) -> int:
    """Play the session. Returns 0 when at least one suggestion was shown and accepted."""
    parser = argparse.ArgumentParser(
        prog="python -m examples.demo", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--fast", action="store_true", help="type without a typist's pauses")
    args = parser.parse_args(argv)
    try:
        with tempfile.TemporaryDirectory(prefix="autothink-try-") as folder:
            file = Path(folder) / Path(EXAMPLE).name
            shutil.copy(PROJECTS / EXAMPLE, file)
            for name in ("shop.py", "diagnostics.json"):
                shutil.copy((PROJECTS / BROKEN).with_name(name), Path(folder) / name)
            return asyncio.run(_play(file, Screen(sys.stdout), pace=0.0 if args.fast else 1.0))
    except AutothinkError as error:
        print(f"autothink-lsp: {error.message}", file=sys.stderr)
        print(f"  {error.hint}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


async def _play(file: Path, screen: Screen, *, pace: float) -> int:
    text = file.read_text(encoding="utf-8")
    client = await LspClient.start((sys.executable, "-P", "-m", "autothink_lsp", "serve", "--log-level", "error"))
    try:
        began = time.perf_counter()
        result = await client.initialize(
            {
                **CAPABILITIES,
                "textDocument": {**CAPABILITIES["textDocument"], **ACTION_CAPABILITIES},
                "experimental": {"autothinkStatus": True},
            },
            folder_uri=file.parent.as_uri(),
        )
        server = result["serverInfo"]
        screen.heading(f"{server['name']} {server['version']}")
        screen.fact(f"answered initialize after {_ms(began):.0f} ms")
        document = EditedDocument.open(client, file.as_uri(), "python", text)
        model = await _wait_until_ready(client, screen)
        screen.fact(f"{model} ready after {_ms(began) / 1_000:.1f} s")
        # A user who opens a file looks at it before typing; the model evaluates its prompt meanwhile.
        await document.ask("invoked")[1]
        screen.fact(f"has read {file.name} after {_ms(began) / 1_000:.1f} s")
        typist = _Typist(document, screen, pace)
        screen.heading(f"typing into {file.name} ({screen.legend})")
        await typist.type(TYPED)
        if not await typist.accept():
            raise AutothinkError(_complaint(client), hint=_DOCTOR)
        _summarize(typist, screen)
        broken = file.with_name("shop.py")
        await play_fixes(client, broken, broken.with_name("diagnostics.json"), screen)
    except (ConnectionError, ServerError) as error:
        raise AutothinkError("The server ended in the middle of the session.", hint=_DOCTOR) from error
    finally:
        status = await client.stop()
    return 0 if status == 0 else 1


async def _wait_until_ready(client: LspClient, screen: Screen) -> str:
    """The model's name. Says meanwhile what the server is doing; raises what it complains of."""
    deadline, said, seen = time.monotonic() + READY_TIMEOUT_S, "", 0
    while time.monotonic() < deadline:
        for method, params in client.notifications[seen:]:
            seen += 1
            if method == "autothink/status" and params["state"] == "ready":
                return params["model"] or params["backend"]
            if method == "autothink/status" and params["state"] == "working" and params["reason"] != said:
                said = params["reason"]
                screen.fact(said)
            if method == "window/showMessage" and params["type"] == 1:
                raise AutothinkError(params["message"].removeprefix("AutoThink: "))
        await asyncio.sleep(0.02)
    raise AutothinkError("The model was not ready in time.", hint=_DOCTOR)


def _complaint(client: LspClient) -> str:
    """Why there is nothing to accept, in the server's words if it has any."""
    errors = [
        params["message"]
        for method, params in client.notifications
        if method == "window/showMessage" and params["type"] == 1
    ]
    if errors:
        return errors[-1].removeprefix("AutoThink: ")
    return "No suggestion came at the end of what was typed."


@define
class _Typist:
    """Types, looks at what comes, and counts. ``pace`` 0 types without pauses."""

    document: EditedDocument
    screen: Screen
    pace: float
    keys: int = 0
    times_ms: list[float] = field(factory=list)  # from a key to its ghost text
    _ghost: str = ""
    _item: Any = None
    _asked: tuple[int, asyncio.Future[Any]] | None = None

    async def type(self, text: str) -> None:
        """Key by key. An editor indents a new line by itself, so Enter and the indentation are one key."""
        keys = re.findall(r"\n *|.", text)
        for number, key in enumerate(keys):
            looks_up = number == len(keys) - 1 or (key.startswith("\n") and number > 0)
            await self._key(key, looks_up=looks_up)

    async def _key(self, key: str, *, looks_up: bool) -> None:
        """``looks_up``: the typist waits for what is suggested here."""
        self._before(key)
        self.document.insert(key)
        self.keys += 1
        began = time.perf_counter()
        self._asked = self.document.ask()
        gap_s = PAUSE_S if looks_up else self.pace * _gap_s(key)
        await asyncio.wait([self._asked[1]], timeout=gap_s)
        items = _items(self._asked[1])
        by_hand = looks_up and not items
        if by_hand:  # not in time on this machine: asked by hand, the server has more patience
            items = (await self.document.ask("invoked")[1])["items"]
        self._show(items[0] if items else None, _ms(began), by_hand=by_hand)
        pause_s = self.pace * (PAUSE_S if looks_up and items else _gap_s(key))
        await asyncio.sleep(max(0.0, pause_s - (0.0 if looks_up else _ms(began) / 1_000)))

    def _before(self, key: str) -> None:
        """What an editor does at a key before it tells the server: cancel, and keep or drop the ghost text."""
        if self._asked is not None and not self._asked[1].done():
            self.document.client.cancel(self._asked[0])
        if self._ghost.startswith(key):
            self._ghost = self._ghost.removeprefix(key)
        else:
            if self._ghost:
                self.screen.keep()
            self._ghost = ""
        if key.startswith("\n"):
            self.screen.finished(self.document.line + 1, self.document.current)

    def _show(self, item: Any, elapsed_ms: float, *, by_hand: bool) -> None:
        document, note = self.document, ""
        self._item = item
        ghost = self._ghost if item is None else document.ghost(item)
        if item is not None:
            self.times_ms.append(elapsed_ms)
            note = f"{elapsed_ms:.0f} ms{', asked by hand' if by_hand else ''}"
        if self._ghost and ghost != self._ghost:
            self.screen.keep()
        self._ghost = ghost
        self.screen.row(document.line + 1, document.current, ghost, note)

    async def accept(self) -> bool:
        """Take what stands there with Tab."""
        document = self.document
        self.screen.keep()
        if self._item is None:
            return False
        self.screen.row(document.line + 1, document.current, document.ghost(self._item), "Tab")
        self.screen.keep()
        await document.accept(self._item)
        return True


def _summarize(typist: _Typist, screen: Screen) -> None:
    document, times_ms = typist.document, typist.times_ms
    screen.heading("the end of the file now")
    first = next(number for number, line in enumerate(document.lines) if "def total_value" in line)
    for number, line in enumerate(document.lines[first:], start=first + 1):
        screen.finished(number, line)
    screen.heading("times")
    screen.fact(f"{typist.keys} keys, ghost text at {len(times_ms)} of them")
    if times_ms:
        screen.fact(
            f"from the key to its ghost text: median {median(times_ms):.0f} ms, "
            f"fastest {min(times_ms):.0f} ms, slowest {max(times_ms):.0f} ms"
        )


def _gap_s(key: str) -> float:
    return KEY_GAP_S if key.isalnum() or key == "_" else WORD_GAP_S


def _items(asked: asyncio.Future[Any]) -> list[Any]:
    return asked.result()["items"] if asked.done() and asked.exception() is None else []


def _ms(began: float) -> float:
    return 1_000 * (time.perf_counter() - began)


if __name__ == "__main__":
    sys.exit(main())
