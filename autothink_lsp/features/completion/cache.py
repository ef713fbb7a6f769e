"""Answers that were given already, so that typing along one of them asks no model.

Finding the answers that may fit must not depend on how many there are, nor on the document's size: they lie in buckets
by the text above the line they were asked for (its last characters), and a lookup tries the line starts above the
cursor, no more of them than the document's longest answer has lines. A radix tree over whole prefixes, as Copilot has,
would find the same but has to store and walk the prefixes. What fits exactly is decided by ``typed_along``. The text
below the cursor belongs to the place: without it an answer would come up where it is wrong (Continue's cache did that).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from attrs import define, field, frozen

from autothink_lsp.context.values import CodeContext
from autothink_lsp.features.completion.type_through import (
    Match,
    RemainingText,
    RequestPosition,
    line_starts,
    remaining_text_since,
)

MAX_ENTRIES = 200
MAX_CHARACTERS = 1_000_000
_KEY_CHARACTERS = 200
_MAX_LINES = 40  # lines of an answer that can be typed along
_MAX_PER_LINE = 16  # answers kept for one line of a document


@frozen
class _Entry:
    uri: str
    asked: RequestPosition
    text: str
    on_use: Callable[[], None]

    @property
    def bucket(self) -> tuple[str, str]:
        return self.uri, self.asked.above[-_KEY_CHARACTERS:]

    @property
    def characters(self) -> int:
        return len(self.asked.above) + len(self.asked.line) + len(self.asked.below) + len(self.text)


_Place = tuple[str, RequestPosition]


@define
class SuggestionCache:
    """The newest answers over all documents, bounded in number and in characters. Not safe for several threads."""

    max_entries: int = MAX_ENTRIES
    max_characters: int = MAX_CHARACTERS
    _entries: OrderedDict[_Place, _Entry] = field(factory=OrderedDict, init=False)  # least recently used first
    _buckets: dict[tuple[str, str], list[_Place]] = field(factory=dict, init=False)
    _lines: dict[str, int] = field(factory=dict, init=False)  # per document: lines of its longest answer
    _characters: int = field(default=0, init=False)

    def __len__(self) -> int:
        return len(self._entries)

    def remember(self, uri: str, request: CodeContext, text: str, on_use: Callable[[], None] = lambda: None) -> None:
        """Keep the filtered answer to ``request``; an empty one says that there is nothing to show at that place.

        ``on_use`` is called each time that somebody is answered with it.
        """
        entry = _Entry(uri, RequestPosition.at(request), text, on_use)
        place = (uri, entry.asked)
        if place in self._entries:
            self._drop(place)
        self._entries[place] = entry
        bucket = self._buckets.setdefault(entry.bucket, [])
        bucket.append(place)
        if len(bucket) > _MAX_PER_LINE:
            self._drop(bucket[0])
        self._lines[uri] = max(self._lines.get(uri, 1), min(text.count("\n") + 1, _MAX_LINES))
        self._characters += entry.characters
        while len(self._entries) > self.max_entries or self._characters > self.max_characters:
            self._drop(next(iter(self._entries)))

    def lookup(self, uri: str, now: CodeContext) -> RemainingText | None:
        """What is left of a remembered answer at ``now``; ``None`` if a model has to be asked.

        ``RemainingText.text`` is empty if the answer to this very place was empty.
        """
        found = self._find(uri, now)
        return found[0] if found is not None else None

    def take(self, uri: str, now: CodeContext) -> RemainingText | None:
        """As ``lookup``, for somebody who is answered with it."""
        found = self._find(uri, now)
        if found is None:
            return None
        found[1].on_use()
        return found[0]

    def _find(self, uri: str, now: CodeContext) -> tuple[RemainingText, _Entry] | None:
        nothing_to_show = None
        for start in line_starts(now.prefix, self._lines.get(uri, 0)):
            for place in reversed(self._buckets.get((uri, now.prefix[max(0, start - _KEY_CHARACTERS) : start]), ())):
                entry = self._entries[place]
                left = remaining_text_since(entry.asked, now, entry.text, start)
                if left.along is Match.AGREES:
                    self._entries.move_to_end(place)
                    return left, entry
                if left.along is Match.EXHAUSTED and not entry.text and now.prefix[start:] == entry.asked.line:
                    nothing_to_show = left, entry
        return nothing_to_show

    def forget(self, uri: str) -> None:
        """Drop every answer for a document, when it is closed."""
        for place in [place for place in self._entries if place[0] == uri]:
            self._drop(place)
        self._lines.pop(uri, None)

    def clear(self) -> None:
        """Drop everything, when another model answers from now on."""
        self._entries.clear()
        self._buckets.clear()
        self._lines.clear()
        self._characters = 0

    def _drop(self, place: _Place) -> None:
        entry = self._entries.pop(place)
        self._characters -= entry.characters
        bucket = self._buckets[entry.bucket]
        bucket.remove(place)
        if not bucket:
            del self._buckets[entry.bucket]
