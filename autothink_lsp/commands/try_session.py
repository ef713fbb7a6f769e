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

from autothink_lsp.commands.edited_document import CAPABILITIES, EditedDocument
from autothink_lsp.commands.lsp_client import LspClient
from autothink_lsp.errors import AutothinkError

# What is typed: after the last line of the example, a method whose name and docstring say what it does.
TYPED = (
    '\n    def total_value(self) -> float:\n        """Price times quantity, summed over all items."""\n        return'
)
KEY_GAP_S = 0.09  # within a word: about 130 words a minute
PAUSE_S = 0.75  # between words, where one looks up; an automatic suggestion comes within 0.6 s or not at all
WORD_ENDS = " (:\n."
MOST_ACCEPTED = 4
READY_TIMEOUT_S = 180.0


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """No arguments are needed."""
    parser = subparsers.add_parser("try", description=__doc__)
    parser.add_argument("--fast", action="store_true", help="do not wait longer than for the suggestion")


def run(args: argparse.Namespace) -> int:
    """0 when at least one suggestion was shown and accepted."""
    example = _example("python/inventory.py")
    with tempfile.TemporaryDirectory(prefix="autothink-try-") as folder:
        file = Path(folder) / example.name
        shutil.copy(example, file)
        return asyncio.run(_play(file, fast=args.fast))


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


async def _play(file: Path, *, fast: bool) -> int:
    screen = _Screen()
    # Only what goes wrong: the log would stand between the lines of the session.
    client = await LspClient.start((sys.executable, "-m", "autothink_lsp", "serve", "--log-level", "warning"))
    try:
        began = time.perf_counter()
        capabilities = {**CAPABILITIES, "experimental": {"autothinkStatus": True}}
        result = await client.initialize(capabilities, folder_uri=file.parent.as_uri())
        server = result["serverInfo"]
        elapsed_ms = 1_000 * (time.perf_counter() - began)
        screen.heading(f"{server['name']} {server['version']} answered initialize after {elapsed_ms:.0f} ms")
        text = await asyncio.to_thread(file.read_text, encoding="utf-8")
        document = EditedDocument.open(client, file.as_uri(), "python", text)
        await _wait_until_ready(client)
        print(f"     model ready {time.perf_counter() - began:.1f} s after the start")
        return await _Session(document, screen, fast=fast).play(file.name)
    finally:
        print(f"     the server left with status {await client.stop()}")


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


@define
class _Session:
    """Types, looks, accepts."""

    document: EditedDocument
    screen: _Screen
    fast: bool = field(kw_only=True)
    keys: int = 0
    times_ms: list[float] = field(factory=list)

    async def play(self, name: str) -> int:
        """0 when something was accepted."""
        self.screen.heading(
            f"typing into {name}, with a pause after each word "
            f"(ghost text {'is dim' if self.screen.colour else 'stands in ⟦ ⟧'})"
        )
        number: int | None = None
        for key, following in zip(TYPED, [*TYPED[1:], "\n"], strict=True):
            if number is not None:
                self.document.client.cancel(number)  # as VS Code does at every key
            self.document.insert(key)
            self.keys += 1
            # A word has ended: before the key that would go on, or behind a line's end.
            number = await self._look(pause=following in WORD_ENDS or key == "\n")
        accepted = await self._accept()
        self._show_result()
        if not accepted:
            print("autothink-lsp: no suggestion came at the end of what was typed", file=sys.stderr)
        return 0 if accepted else 1

    async def _look(self, *, pause: bool) -> int | None:
        """Ask, wait as long as a typist does, show what is there; the request's id if it is still open."""
        began = time.perf_counter()
        number, future = self.document.ask()
        wait_s = PAUSE_S if pause else KEY_GAP_S
        await asyncio.wait([future], timeout=wait_s)
        if not future.done():
            return number
        if not future.exception() and future.result()["items"]:
            self._show(future.result()["items"][0], began)
        if not self.fast:
            await asyncio.sleep(max(0.0, wait_s - (time.perf_counter() - began)))
        return None

    def _show(self, item: Any, began: float, note: str = "") -> None:
        elapsed_ms = 1_000 * (time.perf_counter() - began)
        self.times_ms.append(elapsed_ms)
        ghost = self.document.ghost(item)
        text = f"{elapsed_ms:.0f} ms{note}"
        self.screen.line(self.document.line + 1, self.document.current, ghost, text)

    async def _accept(self) -> int:
        """Tab while there is something to take: an answer that the deadline had cut goes on after it."""
        self.screen.heading("accepting what is suggested at the end")
        accepted = 0
        for _ in range(3 * MOST_ACCEPTED):
            began = time.perf_counter()
            items = (await self.document.ask()[1])["items"]
            if items:
                self._show(items[0], began, ", Tab")
                await self.document.accept(items[0])
                accepted += 1
            if accepted == MOST_ACCEPTED or (accepted and not items):
                break
            if items and "\n" in items[0]["insertText"]:
                break
        return accepted

    def _show_result(self) -> None:
        lines = self.document.lines
        self.screen.heading("the end of the file now")
        first = next(index for index, line in enumerate(lines) if "def total_value" in line)
        for index in range(first, len(lines)):
            print(f"{index + 1:>4} │ {lines[index]}")
        self.screen.heading("times")
        print(f"     {self.keys} keys typed, ghost text shown {len(self.times_ms)} times, all computed on this machine")
        if self.times_ms:
            print(
                f"     key to ghost text: median {median(self.times_ms):.0f} ms, "
                f"fastest {min(self.times_ms):.0f} ms, slowest {max(self.times_ms):.0f} ms"
            )
