"""Earlier snapshots are found by what the client and our own data name them by, whether anything keeps them or not."""

import gc
import random

import pytest

from autothink_lsp.document.snapshot import Change, ContentChange, Snapshot
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.edits.replacement import EditRefused
from autothink_lsp.lsp.recent_changes import RecentChanges
from autothink_lsp.values import Position, PositionEncoding, Range
from tests.support.example_counts import examples

URI = "file:///project/a.py"
_PIECES = ("", "a", "x = 1", "é", "🦀", "\n", "\r\n", "\r", "\n\r", "word\nword\r\n", "\u2028")


class _Following:
    """Tells ``RecentChanges`` what the store tells its listeners."""

    def __init__(self, recent: RecentChanges) -> None:
        self._recent = recent

    def did_open(self, snapshot: Snapshot) -> None:
        self._recent.opened(snapshot)

    def did_change(self, snapshot: Snapshot, changes: tuple[Change, ...]) -> None:
        self._recent.changed(snapshot, changes)

    def did_close(self, uri: str) -> None:
        self._recent.closed(uri)


def _edit(random_: random.Random) -> ContentChange:
    text = "".join(random_.choices(_PIECES, k=random_.randint(0, 3)))
    if random_.random() < 0.1:
        return ContentChange(None, text * 5)
    start, end = sorted((random_.randint(0, 8), random_.randint(0, 20)) for _ in range(2))
    end = random_.choice((start, end))
    return ContentChange(Range(Position(*start), Position(*end)), text)


@pytest.mark.parametrize("encoding", list(PositionEncoding))
@pytest.mark.parametrize("seed", range(40))
def test_earlier_text_is_what_it_was(seed: int, encoding: PositionEncoding) -> None:
    random_, recent, store = random.Random(seed), RecentChanges(), DocumentStore(encoding)
    store.subscribe(_Following(recent))
    opening = store.open(URI, "python", 1, "def f():\r\n    return 1\n\rx = 'é🦀'\n" * 3).opening
    texts = [str(store.snapshot(URI).text)]  # type: ignore[union-attr]  # pyright: ignore[reportOptionalMemberAccess]
    for version in range(2, 2 + examples(38)):
        edits = [_edit(random_) for _ in range(random_.randint(0, 3))]
        changed = store.change(URI, version, edits)
        assert changed is not None
        texts.append(str(changed[0].text))
        del changed
    gc.collect(1)  # the texts of this test are young objects
    for revision, text in enumerate(texts):
        found = recent.snapshot(URI, None, opening, revision)
        by_version = recent.snapshot(URI, revision + 1)
        assert found is not None
        assert found is by_version
        assert (found.version, found.revision, found.opening) == (revision + 1, revision, opening)
        assert (found.uri, found.language_id, found.encoding) == (URI, "python", encoding)
        assert str(found.text) == text
        assert len(recent.since(found)) >= 0  # it is known
        del found, by_version


def _typed(keys: int) -> tuple[RecentChanges, DocumentStore, Snapshot]:
    recent, store = RecentChanges(), DocumentStore()
    store.subscribe(_Following(recent))
    first = store.open(URI, "python", 1, "x = 1\n" * 1_000)
    for number in range(keys):
        at = Position(500, number)
        store.change(URI, number + 2, [ContentChange(Range(at, at), "a")])
    return recent, store, first


def test_a_snapshot_that_is_kept_is_the_same_object() -> None:
    recent, _, first = _typed(20)
    assert recent.snapshot(URI, 1) is first
    assert len(recent.since(first)) == 20


def test_texts_that_nothing_needs_are_not_kept() -> None:
    recent, store, first = _typed(200)
    del first
    gc.collect()
    kept = [one for one in gc.get_objects() if isinstance(one, Snapshot) and one.uri == URI]
    assert kept == [store.snapshot(URI)]
    found = recent.snapshot(URI, 1)
    assert found is not None
    assert str(found.text) == "x = 1\n" * 1_000


def test_the_oldest_changes_are_forgotten() -> None:
    recent, _, first = _typed(501)
    with pytest.raises(EditRefused):
        recent.since(first)
    assert recent.snapshot(URI, 1) is None
    assert recent.snapshot(URI, 2) is not None
