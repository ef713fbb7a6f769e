"""What one edit costs in our document store and in pygls' TextDocument: medians in microseconds, by document length.

    python tests/bench/document_edits.py [--rounds N]

An edit is what one ``textDocument/didChange`` takes behind the decoding of JSON: a UTF-16 position in, the new text and
its Change out. pygls splits its text into lines anew after each edit once a line is read; so that both do the same,
the cursor's line is read.
"""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from time import perf_counter_ns
from typing import Any

from lsprotocol import types
from pygls.workspace import TextDocument

sys.path.insert(0, str(Path(__file__).parents[2]))

from autothink_lsp.document.snapshot import ContentChange
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.values import Position, Range

URI = "file:///bench.py"
LINES = {
    "ASCII": "    value = compute(first, second)  # a line\n",
    "other": "    größe = berechne('😀', 'é')  # Zeile\n",
}
KEYS = {"one char": "x", "newline": "\n"}


class Ours:
    def __init__(self, text: str) -> None:
        self.store = DocumentStore()
        self.store.open(URI, "python", 0, text)

    def decoded(self, line: int, character: int, new: str) -> ContentChange:
        return ContentChange(Range(Position(line, character), Position(line, character)), new)

    def apply(self, change: ContentChange, line: int | None) -> None:
        result = self.store.change(URI, 1, [change])
        if result and line is not None:
            result[0].text.line(line)


class Pygls:
    def __init__(self, text: str) -> None:
        self.document = TextDocument(URI, text, sync_kind=types.TextDocumentSyncKind.Incremental)

    def decoded(self, line: int, character: int, new: str) -> types.TextDocumentContentChangePartial:
        place = types.Position(line, character)
        return types.TextDocumentContentChangePartial(text=new, range=types.Range(place, place))

    def apply(self, change: types.TextDocumentContentChangePartial, line: int) -> None:
        self.document.apply_change(change)
        self.document.lines[line]


def keys(lines: int, new: str, count: int) -> Iterator[tuple[int, int, str]]:
    """Keys typed one behind the other, in another place of the document after every tenth."""
    for key in range(count):
        line = (lines // 3 + 37 * (key // 10)) % lines
        yield line, 4 + key % 10, new


def median_us(make: Callable[[str], Any], text: str, new: str, count: int) -> float:
    document = make(text)
    edits = [(document.decoded(*key), key[0]) for key in keys(text.count("\n"), new, count)]
    gc.collect()
    return median(timed_us(document, change, line) for change, line in edits)


def timed_us(document: Any, change: Any, line: int | None) -> float:
    start = perf_counter_ns()
    document.apply(change, line)
    return (perf_counter_ns() - start) / 1000


def main() -> None:
    parser = argparse.ArgumentParser(description="The cost of one edit, against pygls' TextDocument.")
    parser.add_argument("--rounds", type=int, default=1000, help="edits to take the median of; a tenth for pygls")
    rounds = parser.parse_args().rounds
    print(f"{'lines':>8}  {'text':<6} {'edit':<9} {'ours':>8} {'pygls':>9}   µs, median of {rounds}")
    for lines in (300, 3_500, 100_000):
        for text, line in LINES.items():
            for name, new in KEYS.items():
                ours = median_us(Ours, line * lines, new, rounds)
                pygls = median_us(Pygls, line * lines, new, max(rounds // 10, 1))
                print(f"{lines:>8}  {text:<6} {name:<9} {ours:>8.1f} {pygls:>9.1f}")
    text = LINES["ASCII"] * (50_000_000 // len(LINES["ASCII"]))
    start = perf_counter_ns()
    document = Ours(text)
    print(f"open 50 MB in {text.count(chr(10))} lines: {(perf_counter_ns() - start) / 1e6:.0f} ms")
    document = Ours("x" * 50_000_000)
    times_us = [timed_us(document, document.decoded(0, 25_000_000 + key, "x"), None) for key in range(rounds)]
    print(f"one char in a line of 50 MB: {median(times_us):.1f} µs")


if __name__ == "__main__":
    main()
