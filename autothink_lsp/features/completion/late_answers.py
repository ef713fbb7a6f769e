"""Decides whether the editor is notified of an answer that arrives after the deadline of its request.

An automatic request is replied to at its deadline; its stream goes on. Where the cursor has not moved since, the answer
would wait for the next key without reason, so the editor is told and sends a new request, which is answered from
memory. ``slot.py`` decides which request may still get a late answer; this module decides whether its answer would be
shown.
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import define

from autothink_lsp.context.values import CodeContext
from autothink_lsp.features.completion.cache import SuggestionStore
from autothink_lsp.features.completion.model import CompletionRequest, Suggestion
from autothink_lsp.features.completion.type_through import RemainingText, whole_lines


@define(eq=False)
class LateAnswers:
    """``would_show``: whether a suggestion is welcome at the place of a request. ``on_late_answer`` is called with the
    request whose answer is there."""

    _store: SuggestionStore
    _would_show: Callable[[CompletionRequest, Suggestion], bool]
    on_late_answer: Callable[[CompletionRequest], None] = lambda _request: None

    def announce_stored(self, request: CompletionRequest, context: CodeContext) -> bool:
        """Tell the editor of the stored answer to the request. ``False`` if nothing of it would be shown."""
        left = self._store.cache.lookup(request.snapshot.uri, context)
        if left is None or not left.text:
            return False
        return self._announce(request, self._store.outcome(left, context, "cache").suggestion)

    def announce_partial(self, request: CompletionRequest, context: CodeContext, left: RemainingText | None) -> bool:
        """As ``announce_stored``, of a stream that has written ``left`` and goes on: of its whole lines."""
        if left is None or not whole_lines(left.text):
            return False
        return self._announce(request, self._store.partial(left, request, context).suggestion)

    def _announce(self, request: CompletionRequest, suggestion: Suggestion | None) -> bool:
        if suggestion is None or not self._would_show(request, suggestion):
            return False
        self.on_late_answer(request)
        return True
