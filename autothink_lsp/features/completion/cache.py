"""Stored suggestions: typing through one of them sends no request to a model.

``SuggestionCache`` finds the entries that may fit in time that depends neither on their number nor on the document's
size: they lie in buckets by the last characters of the text above the requested line, and a lookup tries the line
starts above the cursor, no more of them than the document's longest suggestion has lines. A radix tree over whole
prefixes, as Copilot has, would find the same but has to store and walk the prefixes. ``type_through.py`` decides what
fits exactly. The text below the cursor belongs to the key: without it a suggestion would come up where it is wrong
(Continue's cache did that).

``SuggestionStore`` post-processes output when it is first looked at, which is often never, and fits it to the text each
time it is shown. What was cut off is stored for the place behind the cut (a forward entry), so that accepting the first
statement brings the next without a request.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import count

from attrs import define, field

from autothink_lsp.context.values import CodeContext
from autothink_lsp.document.lines import indent_of
from autothink_lsp.features.completion.model import CompletionOutcome, CompletionRequest, Source, Suggestion
from autothink_lsp.features.completion.postprocess.post_processor import EMPTY, PostProcessor, ProcessedText
from autothink_lsp.features.completion.stream import InFlightCompletion
from autothink_lsp.features.completion.type_through import (
    Match,
    RemainingText,
    RequestPosition,
    can_agree,
    line_starts,
    presentable,
    remaining_text_since,
)
from autothink_lsp.settings.model import Settings
from autothink_lsp.values import Point, evolve, frozen


@define
class OnceCallback:
    """A callback that calls all ``callbacks`` at its first call, and does nothing at later ones."""

    _callbacks: Iterable[Callable[[], None]]
    _was_called: bool = field(default=False, init=False)

    def __call__(self) -> None:
        if not self._was_called:
            self._was_called = True
            for callback in self._callbacks:
                callback()


def is_foreseeable(suggestion: Suggestion, line_suffix: str) -> bool:
    """Whether an editor inserts exactly the suggestion's text at the cursor: nothing is replaced or moves down.
    ``line_suffix``: the line from the cursor on."""
    return not suggestion.replaces_right and ("\n" not in suggestion.text or not line_suffix.strip())


def after_insertion(
    request: CompletionRequest, context: CodeContext, text: str
) -> tuple[CompletionRequest, CodeContext]:
    """The request and its context as if ``text`` were typed at the cursor. The window keeps its ends, which follow the
    real document only."""
    snapshot, point = request.snapshot, request.point
    inserted = text if context.eol == "\n" else text.replace("\n", context.eol)
    lines = text.split("\n")
    end = Point(point.line + len(lines) - 1, len(lines[-1]) + (point.column if len(lines) == 1 else 0))
    later = evolve(snapshot, text=snapshot.text.replace(point, point, inserted))
    return (
        evolve(request, snapshot=later, point=end, trigger="automatic", selected=None),
        evolve(context, prefix=context.prefix + text),
    )


def next_line(context: CodeContext) -> str:
    """The text that Enter inserts at the end of the cursor's line: a line end and the line's indentation."""
    line = context.line_prefix
    return "\n" + indent_of(line)


MAX_ENTRIES = 200
MAX_CHARACTERS = 1_000_000
_KEY_CHARACTERS = 200
_MAX_LINES = 40  # lines of an answer that can be typed along
_MAX_PER_LINE = 16  # answers kept for one line of a document


@define(eq=False)
class UnprocessedOutput:
    """A model's output that ``process`` converts to a suggestion's text when the text is first needed; ``reason`` then
    says why the text is empty. ``is_forward``: it was not requested for this place, so an empty text does not mean that
    there is nothing to show here."""

    output: str
    _process: Callable[[], ProcessedText] | None
    is_forward: bool = False
    reason: str = field(default="", init=False)
    _contradiction: str | None = field(default=None, init=False)  # text that was typed and cannot agree

    def may_agree(self, asked: RequestPosition, typed: str) -> bool:
        """As ``can_agree`` of the output. Text that continues a contradiction is not compared again."""
        if not typed.startswith(asked.line):  # perhaps not yet: it was stored for a place further on
            return False
        if self._contradiction is not None and typed.startswith(self._contradiction):
            return False
        agrees = can_agree(asked, self.output, typed)
        if not agrees:
            self._contradiction = typed
        return agrees

    def text(self) -> str:
        """The post-processed text."""
        if self._process is not None:
            process, self._process = self._process, None
            processed = process()
            self.output, self.reason = processed.text, processed.reason
        return self.output


_Place = tuple[str, RequestPosition]


@frozen
class _Entry:
    uri: str
    asked: RequestPosition
    stored: UnprocessedOutput
    characters: int
    on_use: Callable[[], None]

    @property
    def place(self) -> _Place:
        return self.uri, self.asked

    @property
    def bucket(self) -> tuple[str, str]:
        return self.uri, self.asked.above[-_KEY_CHARACTERS:]

    def may_fit_later(self, typed: str) -> bool:
        """Whether it may agree with ``typed`` or with text that continues it."""
        return self.asked.line.startswith(typed) or self.stored.may_agree(self.asked, typed)


@define(eq=False)
class _Typed:
    """A text that was looked up in a bucket, and the entries that it does not contradict, oldest first."""

    text: str = ""
    open: list[_Entry] = field(factory=list)


@define(eq=False)
class _Bucket:
    """The entries of one line of a document, oldest first. As long as the line only grows, those that it has
    contradicted are not looked at again; nor for the line without the word that is typed, which is looked up between
    longer texts."""

    entries: list[_Entry] = field(factory=list)
    _line: _Typed = field(factory=_Typed, init=False)
    _shorter: _Typed = field(factory=_Typed, init=False)

    def add(self, entry: _Entry) -> None:
        self.entries.append(entry)
        self._line.open.append(entry)
        self._shorter.open.append(entry)

    def drop(self, entry: _Entry) -> None:
        self.entries = [one for one in self.entries if one is not entry]
        for typed in (self._line, self._shorter):
            typed.open = [one for one in typed.open if one is not entry]

    def fitting(self, typed: str) -> list[_Entry]:
        """The entries that may agree with ``typed``, newest first."""
        if typed.startswith(self._line.text):
            known = self._line
            candidates = known.open
        else:
            known = self._shorter if self._line.text.startswith(typed) else self._line
            candidates = self._shorter.open if typed.startswith(self._shorter.text) else self.entries
        known.text = typed
        known.open = [one for one in candidates if one.may_fit_later(typed)]
        return [one for one in reversed(known.open) if typed.startswith(one.asked.line)]


@define
class SuggestionCache:
    """The newest suggestions over all documents, bounded in number and in characters. Not thread-safe."""

    max_entries: int = MAX_ENTRIES
    max_characters: int = MAX_CHARACTERS
    _entries: OrderedDict[_Place, _Entry] = field(factory=OrderedDict, init=False)  # least recently used first
    _buckets: dict[tuple[str, str], _Bucket] = field(factory=dict, init=False)
    _lines: dict[str, int] = field(factory=dict, init=False)  # per document: lines of its longest answer
    _characters: int = field(default=0, init=False)

    def __len__(self) -> int:
        return len(self._entries)

    def remember(
        self,
        uri: str,
        request: CodeContext,
        text: str | UnprocessedOutput,
        on_use: Callable[[], None] = lambda: None,
    ) -> None:
        """Store a text for the cursor of ``request``; an empty one means that there is nothing to show there.
        ``on_use`` is called each time that ``take`` returns the entry."""
        stored = UnprocessedOutput(text, None) if isinstance(text, str) else text
        asked, output = RequestPosition.at(request), stored.output
        characters = len(asked.above) + len(asked.line) + len(asked.below) + len(output)
        entry = _Entry(uri, asked, stored, characters, on_use)
        place = (uri, entry.asked)
        if place in self._entries:
            self._drop(place)
        self._entries[place] = entry
        bucket = self._buckets.get(entry.bucket)
        if bucket is None:
            bucket = self._buckets[entry.bucket] = _Bucket()
        bucket.add(entry)
        if len(bucket.entries) > _MAX_PER_LINE:
            self._drop(bucket.entries[0].place)
        self._lines[uri] = max(self._lines.get(uri, 1), min(output.count("\n") + 1, _MAX_LINES))
        self._characters += entry.characters
        while len(self._entries) > self.max_entries or self._characters > self.max_characters:
            self._drop(next(iter(self._entries)))

    def lookup(self, uri: str, now: CodeContext) -> RemainingText | None:
        """The rest of a stored suggestion at the cursor of ``now``; ``None`` if nothing is stored. Its text is empty if
        an empty text was stored for exactly this cursor."""
        found = self._find(uri, now)
        return found[0] if found is not None else None

    def take(self, uri: str, now: CodeContext) -> RemainingText | None:
        """As ``lookup``, and count the entry as used."""
        found = self._find(uri, now)
        if found is None:
            return None
        found[1].on_use()
        return found[0]

    def _find(self, uri: str, now: CodeContext) -> tuple[RemainingText, _Entry] | None:
        nothing_to_show, lines = None, self._lines.get(uri, 0)
        for start in line_starts(now.prefix, lines) if lines else ():
            bucket = self._buckets.get((uri, now.prefix[max(0, start - _KEY_CHARACTERS) : start]))
            if bucket is None:
                continue
            typed = now.prefix[start:]
            for entry in bucket.fitting(typed):  # processing one may store another, and drop this one
                place = entry.place
                if self._entries.get(place) is not entry:
                    continue
                text = entry.stored.text()
                if not text and entry.stored.is_forward:
                    self._drop(place)
                    continue
                left = remaining_text_since(entry.asked, now, text, start)
                if left.along is Match.AGREES:
                    if place in self._entries:
                        self._entries.move_to_end(place)
                    return left, entry
                if left.along is Match.EXHAUSTED and not text and typed == entry.asked.line:
                    nothing_to_show = evolve(left, reason=entry.stored.reason), entry
        return nothing_to_show

    def forget(self, uri: str) -> None:
        """Drop the document's entries."""
        for place in [place for place in self._entries if place[0] == uri]:
            self._drop(place)
        self._lines.pop(uri, None)

    def _drop(self, place: _Place) -> None:
        entry = self._entries.pop(place)
        self._characters -= entry.characters
        bucket = self._buckets[entry.bucket]
        bucket.drop(entry)
        if not bucket.entries:
            del self._buckets[entry.bucket]


_TELLING_CHARACTERS = 200  # of the text before a cursor


@frozen
class _Fitted:
    """A ``text`` that passed all filters in file ``path`` between ``before`` and ``after``."""

    path: str
    before: str = field(repr=False)
    after: str = field(repr=False)
    text: str = field(repr=False)

    @classmethod
    def at(cls, context: CodeContext, text: str) -> _Fitted:
        return cls(context.path, context.prefix[-_TELLING_CHARACTERS:], context.suffix, text)

    def holds_for(self, rest: str, context: CodeContext, *, typed: bool) -> bool:
        """Whether ``rest`` is the end of the text, the part before it was typed (nothing may have been typed unless
        ``typed``), and nothing else has changed around the cursor."""
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
    """Post-processed suggestions of all documents, in ``cache``. A suggestion is valid only under the settings of its
    request."""

    def __init__(self, shaper: PostProcessor, cache: SuggestionCache) -> None:
        self._shaper = shaper
        self.cache = cache
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
        self.cache.forget(uri)
        if closed:
            self._asked_with.pop(uri, None)

    def remember(self, stream: InFlightCompletion, on_first_use: Sequence[Callable[[], None]]) -> Callable[[], None]:
        """Store a stream's output; it is post-processed when it is first looked at. ``on_first_use`` are called when it
        first answers a request, from the store or through the returned function."""
        used, output = OnceCallback(on_first_use), stream.text
        ended = {"finished": stream.complete, "left_block": stream.left_block, "ended_by": stream.ended_by}
        process = partial(self._process, output, stream.request, stream.context, used, **ended)
        self.cache.remember(stream.uri, stream.context, UnprocessedOutput(output, process), used)
        return used

    def _process(
        self,
        output: str,
        request: CompletionRequest,
        context: CodeContext,
        used: OnceCallback,
        *,
        finished: bool,
        left_block: bool,
        ended_by: str,
    ) -> ProcessedText:
        """Post-process output, and store what was cut off for the place behind the cut. ``ended_by``: why its stream
        ended."""
        if not output.strip():
            self._fitted = None
            return ProcessedText("", f"{EMPTY}: {ended_by}")
        processed = self._shaper.shape(output, request, context, finished=finished, left_block=left_block)
        text = processed.text
        self._fitted = _Fitted.at(context, text) if text else None
        rest = output[len(text) :] if text and output.startswith(text) else ""
        if rest.strip() and not context.line_suffix.strip():
            later, behind = after_insertion(request, context, text)
            process = partial(self._following, rest, later, behind)
            self.cache.remember(request.snapshot.uri, behind, UnprocessedOutput(rest, process, is_forward=True), used)
        return processed

    def _following(self, rest: str, later: CompletionRequest, behind: CodeContext) -> ProcessedText:
        return self._shaper.shape(rest, later, behind, finished=False)

    def partial(
        self, left: RemainingText, request: CompletionRequest, context: CodeContext, *, statements_only: bool = False
    ) -> CompletionOutcome:
        """As ``outcome``, for partial output: its whole lines, or a prefix of a line, as far as they may stay as they
        are. Lines that end within a statement only if not ``statements_only``."""
        text = presentable(left.text)
        ends_line = left.text.startswith(text + "\n")
        is_operand = left.text[len(text) :].lstrip(" ")[:1] in {"(", "[", "."}  # of a call that goes on
        if ends_line and not statements_only:
            while text and not self._shaper.is_sound_header(text, request, context):
                text = text.rpartition("\n")[0].rstrip()
        elif is_operand or not self._shaper.ends_well(text, request, context):
            text = ""
        if not text:
            return CompletionOutcome(None, "deadline")
        outcome = self.outcome(evolve(left, text=text), context, "model", finished=ends_line)
        return evolve(outcome, is_complete=False)

    def outcome(
        self, left: RemainingText, context: CodeContext, source: Source, *, finished: bool = True
    ) -> CompletionOutcome:
        """A suggestion with the remaining text, or the reason why not. ``finished``: no more text will arrive.

        The text after the cursor may have changed since the suggestion was stored (an auto-closed bracket), so the
        filters run again, unless the user has only typed along since.
        """
        if left.reason and not left.text:
            return CompletionOutcome(None, left.reason)
        rest = evolve(context, suffix=context.suffix[left.replaces_right :]) if left.replaces_right else context
        text = left.text
        # What a filter leaves, it leaves again: only the first of many keys along a suggestion pays for them.
        if not finished or self._fitted is None or not self._fitted.holds_for(text, rest, typed=source != "model"):
            shaped = self._shaper.fit(text, rest, seen=source != "model", finished=finished)
            if not shaped.text:
                return CompletionOutcome(None, shaped.reason)
            text = shaped.text
            self._fitted = _Fitted.at(rest, text) if finished else None
        suggestion = self.suggestion(text, source, left.replaces_right)
        return CompletionOutcome(suggestion, f"shown ({source})", is_complete=finished)

    def suggestion(self, text: str, source: Source, replaces_right: int = 0) -> Suggestion:
        """A suggestion with an id of its own."""
        return Suggestion(next(self._ids), text, source, replaces_right)
