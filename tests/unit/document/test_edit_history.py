from __future__ import annotations

import pytest

from autothink_lsp.document.history import EditHistory
from autothink_lsp.document.snapshot import ContentChange
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.values import Position, Range

URI = "file:///a.py"


class Clock:
    now_ms = 0.0

    def __call__(self) -> float:
        return self.now_ms


def replace(start: int, end: int, text: str) -> ContentChange:
    return ContentChange(Range(Position(0, start), Position(0, end)), text)


def test_the_last_change_and_its_time(caplog: pytest.LogCaptureFixture) -> None:
    clock, store = Clock(), DocumentStore()
    history = EditHistory(clock)
    store.subscribe(history)
    store.open(URI, "python", 1, "ab")
    assert (history.last_change(URI), history.last_change_ms(URI)) == (None, None)

    clock.now_ms = 40.0
    store.change(URI, 2, [replace(2, 2, "x"), replace(0, 1, "")])
    clock.now_ms = 90.0
    store.change(URI, 3, [])
    last = history.last_change(URI)
    assert last is not None
    assert (last.removed, last.inserted, history.last_change_ms(URI)) == ("a", "", 40.0)

    store.change(URI, 4, [replace(0, 0, "y")])
    assert history.last_change_ms(URI) == 90.0
    assert not caplog.records  # the store would log a listener that fails


def test_documents_are_remembered_apart_until_they_are_closed_or_opened_again() -> None:
    store = DocumentStore()
    history = EditHistory(Clock())
    store.subscribe(history)
    for uri in ("a", "b", "c"):
        store.open(uri, "python", 1, "")
        store.change(uri, 2, [replace(0, 0, uri)])
    store.close("a")
    store.open("b", "python", 3, "")
    assert history.last_change("a") is None
    assert history.last_change("b") is None
    last = history.last_change("c")
    assert last is not None
    assert last.inserted == "c"
