"""Suggestions that were generated already, so that typing along one of them asks no model.

``SuggestionCache`` finds the entries that may fit in time that depends neither on their number nor on the document's
size: they lie in buckets by the last characters of the text above the requested line, and a lookup tries the line
starts above the cursor, no more of them than the document's longest suggestion has lines. A radix tree over whole
prefixes, as Copilot has, would find the same but has to store and walk the prefixes. ``type_through.py`` decides what
fits exactly. The text below the cursor belongs to the key: without it a suggestion would come up where it is wrong
(Continue's cache did that).

``SuggestionStore`` post-processes output once when it arrives, and fits it to the text each time it is shown. What was
cut off is stored for the place behind the cut (a forward entry), so that accepting the first statement brings the next
without a request.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from itertools import count

from attrs import define, evolve, field, frozen

from autothink_lsp.context.values import CodeContext
from autothink_lsp.features.completion.model import CompletionQuery, Outcome, Source, Suggestion
from autothink_lsp.features.completion.postprocess.post_processor import PostProcessor
from autothink_lsp.features.completion.stream import InFlightCompletion
from autothink_lsp.features.completion.type_through import (
    Match,
    RemainingText,
    RequestPosition,
    line_starts,
    presentable,
    remaining_text_since,
)
from autothink_lsp.settings.model import Settings
from autothink_lsp.values import Point


@define
class OnceCallback:
    """Calls ``callbacks`` the first time that it is called itself."""

    _callbacks: Iterable[Callable[[], None]]
    _was_called: bool = field(default=False, init=False)

    def __call__(self) -> None:
        if not self._was_called:
            self._was_called = True
            for callback in self._callbacks:
                callback()


def foreseeable(context: CodeContext, suggestion: Suggestion) -> bool:
    """Whether an editor inserts exactly the suggestion's text at the cursor: nothing is replaced or moves down."""
    return not suggestion.replaces_right and ("\n" not in suggestion.text or not context.line_suffix.strip())


def after_insertion(query: CompletionQuery, context: CodeContext, text: str) -> tuple[CompletionQuery, CodeContext]:
    """The request and its context as they would be with ``text`` typed at the cursor. The window is not gathered anew:
    its ends follow the real document only."""
    snapshot, point = query.snapshot, query.point
    inserted = text if context.eol == "\n" else text.replace("\n", context.eol)
    lines = text.split("\n")
    end = Point(point.line + len(lines) - 1, len(lines[-1]) + (point.column if len(lines) == 1 else 0))
    later = evolve(snapshot, text=snapshot.text.replace(point, point, inserted))
    return (
        evolve(query, snapshot=later, point=end, trigger="automatic", selected=None),
        evolve(context, prefix=context.prefix + text),
    )


def next_line(context: CodeContext) -> str:
    """What Enter inserts at the end of a line: a line end and the line's indentation."""
    line = context.line_prefix
    return "\n" + line[: len(line) - len(line.lstrip())]


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
    """The newest suggestions over all documents, bounded in number and in characters. Not thread-safe."""

    max_entries: int = MAX_ENTRIES
    max_characters: int = MAX_CHARACTERS
    _entries: OrderedDict[_Place, _Entry] = field(factory=OrderedDict, init=False)  # least recently used first
    _buckets: dict[tuple[str, str], list[_Place]] = field(factory=dict, init=False)
    _lines: dict[str, int] = field(factory=dict, init=False)  # per document: lines of its longest answer
    _characters: int = field(default=0, init=False)

    def __len__(self) -> int:
        return len(self._entries)

    def remember(self, uri: str, request: CodeContext, text: str, on_use: Callable[[], None] = lambda: None) -> None:
        """Store the post-processed ``text`` for the cursor of ``request``; an empty one says that there is nothing to
        show there. ``on_use`` is called each time that ``take`` returns the entry."""
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
        """What is left of a stored suggestion at the cursor of ``now``; ``None`` if a model has to be asked. Its text
        is
        empty if the stored text for exactly this place is."""
        found = self._find(uri, now)
        return found[0] if found is not None else None

    def take(self, uri: str, now: CodeContext) -> RemainingText | None:
        """As ``lookup``, for a caller that replies with it."""
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
        """Drop the document's entries."""
        for place in [place for place in self._entries if place[0] == uri]:
            self._drop(place)
        self._lines.pop(uri, None)

    def clear(self) -> None:
        """Drop all entries."""
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


_TELLING_CHARACTERS = 200  # of the text before a cursor


@frozen
class _Fitted:
    """``text`` has passed all filters in the file ``path`` with ``before`` and ``after`` around the cursor."""

    path: str
    before: str = field(repr=False)
    after: str = field(repr=False)
    text: str = field(repr=False)

    @classmethod
    def at(cls, context: CodeContext, text: str) -> _Fitted:
        return cls(context.path, context.prefix[-_TELLING_CHARACTERS:], context.suffix, text)

    def holds_for(self, rest: str, context: CodeContext, *, typed: bool) -> bool:
        """Whether ``rest`` is the end of it, and the rest was typed (if it may have been, ``typed``) and nothing else
        has
        changed around the cursor."""
        length = len(self.text) - len(rest)
        return (
            (length >= 0 if typed else length == 0)
            and rest != ""
            and self.text.endswith(rest)
            and self.after == context.suffix
            and self.path == context.path
            and context.prefix.endswith(self.before + self.text[:length])
        )


class SuggestionStore:
    """One for all documents. A suggestion belongs to the settings that it was requested with."""

    def __init__(self, shaper: PostProcessor, cache: SuggestionCache) -> None:
        self._shaper = shaper
        self._cache = cache
        self._asked_with: dict[str, Settings] = {}
        self._ids = count(1)
        self._fitted: _Fitted | None = None  # the newest

    def outdated(self, uri: str, settings: Settings) -> bool:
        """Whether the document's suggestions were requested with other settings. Notes ``settings`` as the current
        ones."""
        before = self._asked_with.get(uri)
        self._asked_with[uri] = settings
        return before is not None and before is not settings and before != settings

    def forget(self, uri: str, *, closed: bool = False) -> None:
        """Drop the document's suggestions, and its settings if it is ``closed``."""
        self._cache.forget(uri)
        if closed:
            self._asked_with.pop(uri, None)

    def remember(self, stream: InFlightCompletion, on_first_use: Sequence[Callable[[], None]]) -> Callable[[], None]:
        """Post-process and store a stream's output. ``on_first_use`` are called when it answers a request for the first
        time, be it from the store or by the returned function."""
        used, output = OnceCallback(on_first_use), stream.text
        shaped = self._shaper.shape(output, stream.query, stream.context, finished=stream.complete)
        # First what follows, so that this one is the newer: it is what was asked for.
        if shaped.text and output.startswith(shaped.text):
            rest = output[len(shaped.text) :]
            if rest.strip() and not stream.context.line_suffix.strip():
                query, context = after_insertion(stream.query, stream.context, shaped.text)
                following = self._shaper.shape(rest, query, context, finished=False).text
                if following:
                    self._cache.remember(stream.uri, context, following, used)
        self._cache.remember(stream.uri, stream.context, shaped.text, used)
        self._fitted = _Fitted.at(stream.context, shaped.text) if shaped.text else None
        return used

    def lookup(self, uri: str, context: CodeContext) -> RemainingText | None:
        """What is left of a stored suggestion here, for a caller that only looks."""
        return self._cache.lookup(uri, context)

    def take(self, uri: str, context: CodeContext) -> RemainingText | None:
        """What is left of a stored suggestion here, for a caller that replies with it."""
        return self._cache.take(uri, context)

    def partial(self, left: RemainingText, context: CodeContext) -> Outcome:
        """As ``outcome``, for the output of a stream that goes on: whole lines, or the longest beginning of a line that
        ends well."""
        text = presentable(left.text)
        if not text:
            return Outcome(None, "deadline")
        ends_line = left.text.startswith(text + "\n")
        return self.outcome(evolve(left, text=text), context, "model", finished=ends_line)

    def outcome(self, left: RemainingText, context: CodeContext, source: Source, *, finished: bool = True) -> Outcome:
        """A suggestion with the remaining text, or the reason why not. ``finished``: no more text will arrive.

        The text after the cursor may have changed since the suggestion was stored (an auto-closed bracket), so the
        filters run again, unless the user has only typed along since.
        """
        rest = evolve(context, suffix=context.suffix[left.replaces_right :]) if left.replaces_right else context
        text = left.text
        # What a filter leaves, it leaves again: only the first of many keys along a suggestion pays for them.
        if not finished or self._fitted is None or not self._fitted.holds_for(text, rest, typed=source != "model"):
            shaped = self._shaper.fit(text, rest, seen=source != "model", finished=finished)
            if not shaped.text:
                return Outcome(None, shaped.reason)
            text = shaped.text
            self._fitted = _Fitted.at(rest, text) if finished else None
        suggestion = Suggestion(next(self._ids), text, source, left.replaces_right)
        return Outcome(suggestion, f"shown ({source})")
