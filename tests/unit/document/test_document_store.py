from __future__ import annotations

import logging
import sys

import pytest

from autothink_lsp.document.snapshot import Change, ContentChange, Snapshot
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.values import Position, PositionEncoding, Range

URI = "file:///a.py"


class Recorder:
    """Notes what it is told and what the store said about the document at that moment."""

    def __init__(self, store: DocumentStore) -> None:
        self.store = store
        self.events: list[tuple] = []

    def did_open(self, snapshot: Snapshot) -> None:
        self.events.append(("open", str(snapshot.text), self.store.snapshot(snapshot.uri) is snapshot))

    def did_change(self, snapshot: Snapshot, changes: tuple[Change, ...]) -> None:
        inserted = [change.inserted for change in changes]
        self.events.append(("change", str(snapshot.text), inserted, self.store.snapshot(snapshot.uri) is snapshot))

    def did_close(self, uri: str) -> None:
        self.events.append(("close", uri, self.store.snapshot(uri) is None))


def insert(line: int, character: int, text: str) -> ContentChange:
    return ContentChange(Range(Position(line, character), Position(line, character)), text)


def test_listeners_are_called_when_the_store_has_the_new_state() -> None:
    store = DocumentStore()
    recorder = Recorder(store)
    store.subscribe(recorder)
    store.open(URI, "python", 1, "a\n")
    store.change(URI, 2, [insert(0, 1, "b"), insert(0, 2, "c")])
    store.close(URI)
    assert recorder.events == [
        ("open", "a\n", True),
        ("change", "abc\n", ["b", "c"], True),
        ("close", URI, True),
    ]


def test_a_snapshot_keeps_its_text_and_version() -> None:
    store = DocumentStore()
    old = store.open(URI, "python", 1, "a\n")
    result = store.change(URI, 2, [insert(0, 1, "b")])
    assert result is not None
    assert (old.version, str(old.text)) == (1, "a\n")
    assert (result[0].version, str(result[0].text), result[0].language_id) == (2, "ab\n", "python")
    store.close(URI)
    assert str(result[0].text) == "ab\n"


@pytest.mark.parametrize(
    ("encoding", "character"), [(PositionEncoding.UTF8, 4), (PositionEncoding.UTF16, 2), (PositionEncoding.UTF32, 1)]
)
def test_positions_count_in_the_encoding_of_the_store(encoding: PositionEncoding, character: int) -> None:
    store = DocumentStore(encoding)
    snapshot = store.open(URI, "python", 1, "😀x")
    assert snapshot.encoding is store.encoding is encoding
    assert snapshot.point(Position(0, character)) == (0, 1)
    assert snapshot.position(snapshot.point(Position(0, 99))) == (0, character + 1)


def test_a_change_of_an_unknown_document_is_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    store = DocumentStore()
    recorder = Recorder(store)
    store.subscribe(recorder)
    with caplog.at_level(logging.WARNING):
        assert store.change(URI, 2, [insert(0, 0, "b")]) is None
        assert store.change(URI, 3, [insert(0, 0, "b")]) is None
        store.close(URI)
    assert [record.getMessage() for record in caplog.records] == [
        f"change of a document that is not open, ignored: {URI}"
    ]
    assert recorder.events == []
    assert store.uris() == ()


def test_opening_again_replaces() -> None:
    store = DocumentStore()
    recorder = Recorder(store)
    store.subscribe(recorder)
    store.open(URI, "python", 5, "old")
    snapshot = store.open(URI, "text", 1, "new")
    assert store.snapshot(URI) is snapshot
    assert store.uris() == (URI,)
    assert [event[:2] for event in recorder.events] == [("open", "old"), ("open", "new")]


def test_a_version_that_goes_back_is_taken() -> None:
    store = DocumentStore()
    store.open(URI, "python", 5, "a")
    result = store.change(URI, 3, [insert(0, 1, "b")])
    assert result is not None
    assert (result[0].version, str(result[0].text)) == (3, "ab")


def test_a_message_without_changes_is_a_new_version() -> None:
    store = DocumentStore()
    store.open(URI, "python", 1, "a")
    result = store.change(URI, 2, [])
    assert result is not None
    assert (result[0].version, str(result[0].text), result[1]) == (2, "a", ())


def test_a_listener_that_fails_keeps_no_change_from_the_others(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Recorder):
        def did_change(self, snapshot: Snapshot, changes: tuple[Change, ...]) -> None:
            raise ValueError("broken")

    store = DocumentStore()
    recorder = Recorder(store)
    store.subscribe(Broken(store))
    store.subscribe(recorder)
    store.open(URI, "python", 1, "a")
    store.change(URI, 2, [insert(0, 1, "b")])
    assert [event[0] for event in recorder.events] == ["open", "change"]
    assert "a document listener failed: Broken" in caplog.text


def test_no_text_of_the_user_is_logged_or_shown(caplog: pytest.LogCaptureFixture) -> None:
    store = DocumentStore()
    with caplog.at_level(logging.DEBUG):
        store.open(URI, "python", 1, "secret")
        store.open(URI, "python", 1, "secret")
        result = store.change(URI, 0, [insert(0, 0, "secret")])
        store.change("file:///other", 0, [insert(0, 0, "secret")])
    assert caplog.records
    assert "secret" not in caplog.text + repr(result) + repr(insert(0, 0, "secret"))


def test_another_spelling_finds_the_document(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    store = DocumentStore()
    opened = store.open("file:///c%3A/Work/a.py", "python", 1, "a\n")
    assert store.snapshot("file:///C:/work/A.py") is opened
    assert store.change("file:///C:/work/a.py", 2, [insert(0, 1, "b")]) is not None
    changed = store.snapshot("file:///c%3A/Work/a.py")
    assert changed is not None
    assert (changed.uri, str(changed.text)) == ("file:///c%3A/Work/a.py", "ab\n"), "the client's own spelling stays"
    store.close("file:///c:/work/a.py")
    assert store.uris() == ()
    assert store.snapshot("file:///c%3A/Work/a.py") is None


def test_what_the_client_opens_in_two_spellings_are_two_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    """It changes each on its own, so that one text for both would be wrong for one."""
    monkeypatch.setattr(sys, "platform", "darwin")
    store = DocumentStore()
    store.open("file:///w/a.py", "python", 1, "a\n")
    store.open("file:///w/A.py", "python", 1, "b\n")
    store.change("file:///w/a.py", 2, [insert(0, 1, "1")])
    texts = {uri: str(snapshot.text) for uri in store.uris() if (snapshot := store.snapshot(uri)) is not None}
    assert texts == {"file:///w/a.py": "a1\n", "file:///w/A.py": "b\n"}
    store.close("file:///w/A.py")
    found = store.snapshot("file:///W/a.py")
    assert found is not None
    assert found.uri == "file:///w/a.py"


def test_case_counts_on_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    store = DocumentStore()
    store.open("file:///w/a.py", "python", 1, "a\n")
    assert store.snapshot("file:///w/A.py") is None
