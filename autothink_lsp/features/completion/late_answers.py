"""Decides whether the editor is notified of an answer that arrives after the deadline of its request.

An automatic request is replied to at its deadline, and its stream continues. If the cursor has not moved since, the
editor is notified of the answer and sends a new request, which is answered from memory; without the notification the
suggestion would appear only at the next key. The same holds for the rest of an answer of which a part was shown: the
editor extends what is on the screen. ``slot.py`` decides which request may still get a late answer; this module
decides whether its answer would be shown.
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
    """Announces answers that arrived after their deadline.

    ``would_show(request, suggestion)`` returns whether the suggestion would be shown at the position of the request.
    ``on_late_answer`` is called with a request whose answer has arrived, and whether it extends the part of it that is
    shown.
    """

    _store: SuggestionStore
    _would_show: Callable[[CompletionRequest, Suggestion], bool]
    on_late_answer: Callable[[CompletionRequest, bool], None] = lambda _request, _extends: None

    def announce_stored(self, request: CompletionRequest, context: CodeContext, shown_part: str = "") -> bool:
        """Announce the stored answer to the request. Returns ``False`` if nothing of it would be shown, or if it does
        not extend ``shown_part``."""
        left = self._store.cache.lookup(request.snapshot.uri, context)
        if left is None or not left.text:
            return False
        suggestion = self._store.outcome(left, context, "cache").suggestion
        if shown_part and suggestion is not None:
            added = suggestion.text.removeprefix(shown_part)
            if added == suggestion.text or not added.strip() or suggestion.replaces_right:
                return False
        return self._announce(request, suggestion, extends=bool(shown_part))

    def announce_partial(self, request: CompletionRequest, context: CodeContext, left: RemainingText | None) -> bool:
        """Announce the whole lines of ``left``, the output of a stream that has not ended. Returns ``False`` if nothing
        of it would be shown."""
        if left is None or not whole_lines(left.text):
            return False
        return self._announce(request, self._store.partial(left, request, context).suggestion, extends=False)

    def _announce(self, request: CompletionRequest, suggestion: Suggestion | None, *, extends: bool) -> bool:
        if suggestion is None or not self._would_show(request, suggestion):
            return False
        self.on_late_answer(request, extends)
        return True
