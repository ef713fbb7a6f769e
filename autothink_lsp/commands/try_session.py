"""``autothink-lsp try``: a real editing session with the real server, printed as an editor would show it.

Starts ``serve`` over standard input and output, opens an example file, types into it key by key at a typist's pace,
shows the ghost text that each key brings, accepts one suggestion, and prints the file and the times. Everything goes
over the wire; nothing is made up.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from importlib import resources
from pathlib import Path
from statistics import median
from typing import Any

from attrs import define, field

from autothink_lsp.commands.lsp_client import LspClient
from autothink_lsp.errors import AutothinkError

# What is typed: after the last line of the example, a method whose name and docstring say what it does.
TYPED = (
    '\n    def total_value(self) -> float:\n        """Price times quantity, summed over all items."""\n        return '
)
KEY_GAP_S = 0.09  # about 130 words a minute
PAUSE_S = 0.8  # at the end of a line one looks up; the first suggestion there has the time it takes
READY_TIMEOUT_S = 180.0


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """No arguments are needed."""
    parser = subparsers.add_parser("try", description=__doc__)
    parser.add_argument("--fast", action="store_true", help="do not wait between keys as a typist would")


def run(args: argparse.Namespace) -> int:
    """0 when at least one suggestion was shown and accepted."""
    example = _example("python/inventory.py")
    with tempfile.TemporaryDirectory(prefix="autothink-try-") as folder:
        file = Path(folder) / example.name
        shutil.copy(example, file)
        return asyncio.run(_play(file, KEY_GAP_S if not args.fast else 0.0))


def _example(path: str) -> Path:
    """From the installed package, else from the checkout (an editable install does not see the package's copy)."""
    for root in (
        Path(str(resources.files("autothink_lsp"))) / "_examples",
        Path(__file__).parents[2] / "examples/projects",
    ):
        if (root / path).is_file():
            return root / path
    raise AutothinkError(
        f"The example {path} is not installed.", hint="Run it from a checkout, or install the wheel again."
    )


@define
class _Screen:
    """Prints what an editor would show: the typed line, a cursor, and the ghost text dimmed."""

    colour: bool = field(factory=sys.stdout.isatty)

    def heading(self, text: str) -> None:
        print(f"\n{self._styled('1', text)}")

    def line(self, number: int, typed: str, ghost: str, note: str) -> None:
        first, _, more = ghost.partition("\n")
        shown = self._styled("2", first) if self.colour else (f"⟦{first}⟧" if first else "")
        print(f"{number:>4} │ {typed}▏{shown}{'   ' + self._styled('2', note) if note else ''}")
        for extra in more.splitlines() if more else ():
            print(f"     ┆ {self._styled('2', extra) if self.colour else f'⟦{extra}⟧'}")

    def _styled(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour else text


@define
class _Editor:
    """A document as an editor keeps it, in code points (the server is told so)."""

    client: LspClient
    uri: str
    lines: list[str]
    version: int = 1
    line: int = 0
    column: int = 0

    def insert(self, text: str, start_column: int | None = None, end_column: int | None = None) -> None:
        """Replace the columns of the current line by ``text`` and move behind it."""
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
        current = self.lines[self.line]
        pieces = (current[:start] + text).split("\n")
        tail = current[end:]
        self.lines[self.line : self.line + 1] = [*pieces[:-1], pieces[-1] + tail]
        self.line += len(pieces) - 1
        self.column = len(pieces[-1])

    def ask(self) -> tuple[int, asyncio.Future[Any]]:
        """What an editor sends after each key."""
        return self.client.send(
            "textDocument/inlineCompletion",
            {
                "textDocument": {"uri": self.uri},
                "position": {"line": self.line, "character": self.column},
                "context": {"triggerKind": 2},
            },
        )

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


async def _play(file: Path, gap_s: float) -> int:
    screen = _Screen()
    text = file.read_text(encoding="utf-8")
    client = await LspClient.start()
    try:
        began = time.perf_counter()
        result = await client.initialize(
            {
                "textDocument": {"inlineCompletion": {}},
                "general": {"positionEncodings": ["utf-32"]},
                "experimental": {"autothinkStatus": True},
            },
            folder_uri=file.parent.as_uri(),
        )
        screen.heading(
            f"{result['serverInfo']['name']} {result['serverInfo']['version']} answered initialize after "
            f"{1_000 * (time.perf_counter() - began):.0f} ms"
        )
        editor = _Editor(client, file.as_uri(), text.split("\n"))
        editor.line = len(editor.lines) - 1
        client.notify(
            "textDocument/didOpen",
            {"textDocument": {"uri": editor.uri, "languageId": "python", "version": 1, "text": text}},
        )
        await _wait_until_ready(client)
        print(f"     model ready {time.perf_counter() - began:.1f} s after the start")
        return await _type(editor, screen, gap_s)
    finally:
        status = await client.stop()
        print(f"     server left with status {status}")


async def _wait_until_ready(client: LspClient) -> None:
    deadline = time.monotonic() + READY_TIMEOUT_S
    while time.monotonic() < deadline:
        for method, params in client.notifications:
            if method == "autothink/status" and params["state"] == "ready":
                return
            if method == "window/showMessage" and params["type"] == 1:
                raise AutothinkError(params["message"])
        await asyncio.sleep(0.05)
    raise AutothinkError("The model was not ready in time.", hint="autothink-lsp doctor says what is wrong.")


async def _type(editor: _Editor, screen: _Screen, gap_s: float) -> int:
    screen.heading(f"typing into {Path(editor.uri).name} (ghost text {'is dim' if screen.colour else 'stands in ⟦ ⟧'})")
    times_ms: list[float] = []
    keys = shown = 0
    number: int | None = None
    last_ghost = ""
    for key in TYPED:
        if number is not None:
            editor.client.cancel(number)
        editor.insert(key)
        keys += 1
        began = time.perf_counter()
        number, future = editor.ask()
        wait_s = PAUSE_S if key == "\n" else gap_s
        await asyncio.wait([future], timeout=max(wait_s, 0.02))
        ghost = ""
        if future.done() and not future.exception() and future.result()["items"]:
            shown += 1
            times_ms.append(1_000 * (time.perf_counter() - began))
            ghost = _ghost(editor, future.result()["items"][0])
            number = None
        if ghost and ghost != last_ghost[1:]:
            screen.line(editor.line + 1, editor.lines[editor.line], ghost, f"{times_ms[-1]:.0f} ms")
        last_ghost = ghost
        await asyncio.sleep(0 if not future.done() else wait_s / 2)
    return await _accept(editor, screen, keys, shown, times_ms)


async def _accept(editor: _Editor, screen: _Screen, keys: int, shown: int, times_ms: list[float]) -> int:
    """Look at what stands there now and take it with Tab."""
    items: list[Any] = []
    for _ in range(20):
        items = (await editor.ask()[1])["items"]
        if items:
            break
    if not items:
        print("no suggestion came at the end of what was typed", file=sys.stderr)
        return 1
    screen.heading("accepting")
    screen.line(editor.line + 1, editor.lines[editor.line], _ghost(editor, items[0]), "Tab")
    item = items[0]
    editor.insert(item["insertText"], item["range"]["start"]["character"], item["range"]["end"]["character"])
    await editor.client.request("workspace/executeCommand", {k: item["command"][k] for k in ("command", "arguments")})
    screen.heading("the end of the file now")
    first = next(i for i, line in enumerate(editor.lines) if "def total_value" in line)
    for index in range(first, len(editor.lines)):
        print(f"{index + 1:>4} │ {editor.lines[index]}")
    screen.heading("times")
    print(f"     {keys} keys typed, ghost text at {shown} of them, all of it computed on this machine")
    if times_ms:
        print(
            f"     key to ghost text: median {median(times_ms):.0f} ms, "
            f"fastest {min(times_ms):.0f} ms, slowest {max(times_ms):.0f} ms"
        )
    return 0


def _ghost(editor: _Editor, item: Any) -> str:
    """What an editor draws: the inserted text without what already stands there."""
    start = item["range"]["start"]["character"]
    typed = editor.lines[editor.line][start : editor.column]
    text: str = item["insertText"]
    return text.removeprefix(typed)
