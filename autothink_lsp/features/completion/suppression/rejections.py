"""Remembers what the user has rejected recently: text that was deleted or undone, and suggestions.

*Deletions*: a user who deletes or undoes text does not want more of it. LSP does not report an undo. An edit that
restores, at its place, text that an earlier edit removed there counts as one (retyping a single character does not).
Blanks do not count: a user who removes indentation is about to write. For an editor that sends the whole text with
every change no deletion is seen.

*Suggestions* are rejected when they are dismissed, typed over, or undone after they were accepted. The same suggestion
is not shown again at the same place for a while. It comes back when the user types towards it.

Both are kept per document, bounded, and gone when the document is closed.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Sequence

from attrs import define, field

from autothink_lsp.document.snapshot import Change
from autothink_lsp.features.completion.type_through import TypeThroughMatcher
from autothink_lsp.values import Point, evolve, frozen

_REMOVALS_KEPT = 8
_LONGEST_KEPT_CHARS = 2_000  # of a removal; longer ones are pastes and clean-ups, which are not undone key by key
FORGET_MS = 60_000.0
_KEPT = 30  # rejections of one document
_REMEMBERED = 60  # suggestions that an editor may still report on
_ABOVE_CHARS = 400


@define
class _Document:
    reason: str | None = None
    at: Point | None = None
    removed: deque[tuple[Point, str]] = field(factory=lambda: deque(maxlen=_REMOVALS_KEPT))


class RecentDeletions:
    """The recent deletions of open documents; a few of each are kept."""

    def __init__(self) -> None:
        self._documents: dict[str, _Document] = {}

    def did_change(self, uri: str, changes: Sequence[Change]) -> None:
        """Record the edits of one notification, which together are one keystroke."""
        if not changes:
            return
        document = self._documents.get(uri)
        if document is None:
            document = self._documents[uri] = _Document()
        restored, typed, removals = False, False, []
        for change in changes:
            typed = typed or bool(change.inserted)
            restored = restored or _puts_back(document, change)
            if change.removed.strip():
                removals.append((change.start, change.removed))
        document.reason = "after an undo" if restored else "after a delete" if removals and not typed else None
        document.at = changes[-1].new_end
        if removals:
            document.removed.extend(removal for removal in removals if len(removal[1]) <= _LONGEST_KEPT_CHARS)

    def did_close(self, uri: str) -> None:
        self._documents.pop(uri, None)

    def refusal(self, uri: str, point: Point) -> str | None:
        """The reason to suppress a suggestion at ``point`` after the newest edit, or ``None``."""
        document = self._documents.get(uri)
        return document.reason if document is not None and document.at == point else None

    def __len__(self) -> int:
        return len(self._documents)


def _puts_back(document: _Document, change: Change) -> bool:
    long_enough = len(change.inserted.strip()) >= 2 and not change.removed.strip()
    return long_enough and any(
        start == change.start and removed == change.inserted for start, removed in document.removed
    )


@frozen
class SuggestionPlace:
    """The position of a suggestion: the end of the text above its line, and its line up to the cursor."""

    uri: str
    above: str
    line: str

    @classmethod
    def at(cls, uri: str, prefix: str) -> SuggestionPlace:
        """``prefix`` ends at the cursor."""
        above, newline, line = prefix.rpartition("\n")
        return cls(uri, (above + newline)[-_ABOVE_CHARS:], line)


@define
class _Shown:
    """``whole``: the line as it would be, and what follows."""

    spot: SuggestionPlace
    text: str
    follower: TypeThroughMatcher
    inserted: bool = False  # accepted: the document contains it in one piece
    end: Point | None = None  # of it, while nothing was changed since

    @property
    def whole(self) -> str:
        return self.spot.line + self.text


@frozen
class _Rejection:
    typed: int  # characters of the line that stood there when it was rejected
    until_ms: float


@define
class RejectedSuggestions:
    """The recently rejected suggestions. ``now_ms`` is a monotonic clock."""

    _now_ms: Callable[[], float]
    _shown: OrderedDict[int, _Shown] = field(factory=OrderedDict, init=False)
    _newest: dict[str, int] = field(factory=dict, init=False)  # per document
    _rejected: dict[str, OrderedDict[tuple[str, str], _Rejection]] = field(factory=dict, init=False)

    def shown(self, number: int, spot: SuggestionPlace, point: Point, text: str) -> None:
        """Suggestion ``number`` is shown at ``point``."""
        self._shown[number] = _Shown(spot, text, TypeThroughMatcher(point))
        self._newest[spot.uri] = number
        while len(self._shown) > _REMEMBERED:
            gone, one = self._shown.popitem(last=False)
            if self._newest.get(one.spot.uri) == gone:
                del self._newest[one.spot.uri]

    def shown_along(self, before: int, number: int, typed: str, point: Point, text: str) -> bool:
        """Suggestion ``number`` is shown at ``point``: what is left of suggestion ``before`` after ``typed`` on its
        line. ``False`` without an effect if that one is forgotten or the rest was rejected."""
        one = self._shown.get(before)
        if one is None:
            return False
        spot = evolve(one.spot, line=one.spot.line + typed)
        if self.holds(spot, text):
            return False
        self.shown(number, spot, point, text)
        return True

    def did_change(self, uri: str, changes: Sequence[Change]) -> None:
        """Typing something else than the newest suggestion rejects it; so does removing it after it was accepted."""
        one = self._shown.get(self._newest.get(uri, -1))
        if one is None:
            return
        if not one.inserted:
            self._follow(uri, one, changes)
        elif any(change.removed.endswith(one.text) for change in changes):
            self._reject(one, typed=len(one.spot.line))
            del self._newest[uri]
        else:
            one.end = None

    def just_taken(self, uri: str, point: Point) -> bool:
        """Whether the newest edit was to accept a suggestion that ends at ``point``."""
        one = self._shown.get(self._newest.get(uri, -1))
        return one is not None and one.end == point

    def _follow(self, uri: str, one: _Shown, changes: Sequence[Change]) -> None:
        for change in changes:
            if change.inserted.endswith(one.text):
                one.inserted, one.end = True, change.new_end  # some editors replace the line: the text is at its end
                return
        before, is_there = one.follower.typed, changes[0].start == one.follower.point
        agrees = one.follower.follow(changes, one.text)
        if agrees and one.follower.typed < len(one.text):
            return
        del self._newest[uri]
        if not agrees and is_there and any(change.inserted.strip() for change in changes):
            self._reject(one, typed=len(one.spot.line) + before)

    def dismissed(self, number: int) -> None:
        """The editor reports that the suggestion was dismissed."""
        one = self._shown.get(number)
        if one is not None and not one.inserted:
            self._reject(one, typed=len(one.spot.line) + one.follower.typed)

    def taken_back(self, number: int) -> None:
        """The editor reports that the suggestion was accepted and undone."""
        one = self._shown.get(number)
        if one is not None:
            self._reject(one, typed=len(one.spot.line))

    def _reject(self, one: _Shown, *, typed: int) -> None:
        kept = self._rejected.setdefault(one.spot.uri, OrderedDict())
        key = (one.spot.above, one.whole)
        kept.pop(key, None)
        kept[key] = _Rejection(typed, self._now_ms() + FORGET_MS)
        while len(kept) > _KEPT:
            kept.popitem(last=False)

    def holds(self, spot: SuggestionPlace, text: str) -> bool:
        """Whether this suggestion was recently rejected here, and no matching text was typed since."""
        rejection = self._rejected.get(spot.uri, {}).get((spot.above, spot.line + text))
        return rejection is not None and rejection.until_ms > self._now_ms() and len(spot.line) <= rejection.typed

    def forget(self, uri: str) -> None:
        """The document is closed."""
        self._rejected.pop(uri, None)
        self._newest.pop(uri, None)
        for number in [number for number, one in self._shown.items() if one.spot.uri == uri]:
            del self._shown[number]

    def __len__(self) -> int:
        return len(self._shown) + sum(len(kept) for kept in self._rejected.values())
