"""What models have said, as far as it is worth showing: judged once when it comes, fitted to the text each time it is
shown.

An answer belongs to the settings that it was asked with. Where one is cut, what follows the cut is judged for the place
after it, so that accepting the first statement brings the next without a request.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count

from attrs import evolve

from autothink_lsp.context.values import CodeContext
from autothink_lsp.features.completion.after_accept import after_insertion
from autothink_lsp.features.completion.answer import AnswerShaper
from autothink_lsp.features.completion.cache import CompletionCache
from autothink_lsp.features.completion.first_use import FirstUse
from autothink_lsp.features.completion.query import Outcome, Source, Suggestion
from autothink_lsp.features.completion.run import Run
from autothink_lsp.features.completion.typed_along import Remainder
from autothink_lsp.settings.model import Settings


class Answers:
    """Over all documents. ``cache`` is where they are kept."""

    def __init__(self, shaper: AnswerShaper, cache: CompletionCache) -> None:
        self._shaper = shaper
        self._cache = cache
        self._asked_with: dict[str, Settings] = {}
        self._ids = count(1)

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

    def take(self, uri: str, context: CodeContext) -> Remainder | None:
        """What is left of one here, for somebody who is answered with it."""
        return self._cache.take(uri, context)

    def outcome(self, left: Remainder, context: CodeContext, source: Source, *, finished: bool = True) -> Outcome:
        """One to show, or why not. ``finished``: no more of it will come.

        The text after the cursor may have changed since the answer came (an auto-closed bracket): filters again, they
        are cheap.
        """
        rest = evolve(context, suffix=context.suffix[left.replaces_right :])
        shaped = self._shaper.fit(left.text, rest, seen=source != "model", finished=finished)
        if not shaped.text:
            return Outcome(None, shaped.reason)
        suggestion = Suggestion(next(self._ids), shaped.text, source, left.replaces_right)
        return Outcome(suggestion, f"shown ({source})")
