"""What models have said, as far as it is worth showing: judged once when it comes, fitted to the text each time it is
shown.

An answer belongs to the settings that it was asked with. Where one is cut, what follows the cut is judged for the place
after it, so that accepting the first statement brings the next without a request.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count

from attrs import evolve, field, frozen

from autothink_lsp.context.values import CodeContext
from autothink_lsp.features.completion.after_accept import after_insertion
from autothink_lsp.features.completion.cache import SuggestionCache
from autothink_lsp.features.completion.first_use import FirstUse
from autothink_lsp.features.completion.model import Outcome, Source, Suggestion
from autothink_lsp.features.completion.postprocess.post_processor import PostProcessor
from autothink_lsp.features.completion.stream import Run
from autothink_lsp.features.completion.type_through import RemainingText
from autothink_lsp.settings.model import Settings

_TELLING_CHARACTERS = 200  # of the text before a cursor


@frozen
class _Fitted:
    """``text`` went through all filters in the file ``path`` where ``before`` and ``after`` stand around the cursor."""

    path: str
    before: str = field(repr=False)
    after: str = field(repr=False)
    text: str = field(repr=False)

    @classmethod
    def at(cls, context: CodeContext, text: str) -> _Fitted:
        return cls(context.path, context.prefix[-_TELLING_CHARACTERS:], context.suffix, text)

    def holds_for(self, rest: str, context: CodeContext, *, typed: bool) -> bool:
        """Whether ``rest`` is what is left of it, and nothing else has changed around the cursor. ``typed``: some of it
        may have been typed."""
        length = len(self.text) - len(rest)
        return (
            (length >= 0 if typed else length == 0)
            and rest != ""
            and self.text.endswith(rest)
            and self.after == context.suffix
            and self.path == context.path
            and context.prefix.endswith(self.before + self.text[:length])
        )


class Answers:
    """Over all documents. ``cache`` is where they are kept."""

    def __init__(self, shaper: PostProcessor, cache: SuggestionCache) -> None:
        self._shaper = shaper
        self._cache = cache
        self._asked_with: dict[str, Settings] = {}
        self._ids = count(1)
        self._fitted: _Fitted | None = None  # the newest

    def outdated(self, uri: str, settings: Settings) -> bool:
        """Whether the document's answers were asked for with other settings than these, which count from now on."""
        before = self._asked_with.get(uri)
        self._asked_with[uri] = settings
        return before is not None and before is not settings and before != settings

    def forget(self, uri: str, *, closed: bool = False) -> None:
        """Drop the document's answers."""
        self._cache.forget(uri)
        if closed:
            self._asked_with.pop(uri, None)

    def remember(self, run: Run, heard: Sequence[Callable[[], None]]) -> None:
        """Judge and keep what a run has said; ``heard`` hear of its first use."""
        first_use = FirstUse(heard)
        shaped = self._shaper.shape(run.text, run.query, run.context, finished=run.complete)
        # First what follows, so that this one is the newer: it is what was asked for.
        if shaped.text and run.text.startswith(shaped.text):
            rest = run.text[len(shaped.text) :]
            if rest.strip() and not run.context.line_suffix.strip():
                query, context = after_insertion(run.query, run.context, shaped.text)
                following = self._shaper.shape(rest, query, context, finished=False).text
                if following:
                    self._cache.remember(run.uri, context, following, first_use)
        self._cache.remember(run.uri, run.context, shaped.text, first_use)
        self._fitted = _Fitted.at(run.context, shaped.text) if shaped.text else None

    def take(self, uri: str, context: CodeContext) -> RemainingText | None:
        """What is left of one here, for somebody who is answered with it."""
        return self._cache.take(uri, context)

    def outcome(self, left: RemainingText, context: CodeContext, source: Source, *, finished: bool = True) -> Outcome:
        """One to show, or why not. ``finished``: no more of it will come.

        The text after the cursor may have changed since the answer came (an auto-closed bracket): filters again,
        unless nothing but typing along has happened since.
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
