"""The suggestion on the screen, followed along the edits: what is left of it answers the next request at once.

Most keys of a user who types along a suggestion need nothing else: the text is post-processed, the place has passed the
gate, and no model is asked, so neither the window nor secrets have to be looked at. Anything but typing the very next
characters of the line (another edit, another place, other settings, a line end) goes the long way.
"""

from __future__ import annotations

from collections.abc import Sequence

from attrs import define, field, frozen

from autothink_lsp.document.snapshot import Change
from autothink_lsp.features.completion.model import CompletionRequest, Suggestion
from autothink_lsp.values import Point


@frozen
class TypedAlong:
    """``typed`` was typed since suggestion ``shown_id`` was shown, ``rest`` is left of it. Neither is empty."""

    shown_id: int
    typed: str
    rest: str


@define
class DisplayedSuggestion:
    """At most one: the newest suggestion that is complete, whatever its document."""

    _request: CompletionRequest | None = field(default=None, init=False)
    _shown: Suggestion | None = field(default=None, init=False)
    _point: Point | None = field(default=None, init=False)  # of the cursor, if only the suggestion was typed
    _typed: int = field(default=0, init=False)  # characters since

    def show(self, request: CompletionRequest, suggestion: Suggestion) -> None:
        """A complete suggestion is shown, without closers to replace right of the cursor."""
        self._request, self._shown, self._point, self._typed = request, suggestion, request.point, 0

    def clear(self) -> None:
        """Nothing is shown, or not all of it."""
        self._request = self._shown = self._point = None

    @property
    def is_typed_along(self) -> bool:
        """Whether part of it was typed since it was shown, and nothing else."""
        return self._typed > 0 and self._shown is not None

    def did_change(self, uri: str, changes: Sequence[Change]) -> None:
        """Follow an edit of the document; any other than typing along ends it."""
        request, shown = self._request, self._shown
        if request is None or shown is None or request.snapshot.uri != uri:
            return
        if len(changes) == 1:
            change = changes[0]
            typed, inserted = self._typed, change.inserted
            is_next = change.start == self._point and not change.removed and shown.text.startswith(inserted, typed)
            if is_next and inserted and "\n" not in inserted:
                self._point, self._typed = change.new_end, typed + len(inserted)
                return
        self.clear()

    def along(self, request: CompletionRequest) -> TypedAlong | None:
        """What was typed and what is left, if this automatic request is for the text behind what was typed."""
        before, shown = self._request, self._shown
        if before is None or shown is None or not self._typed or request.trigger != "automatic":
            return None
        is_same = before.snapshot.uri == request.snapshot.uri and before.settings is request.settings
        rest = shown.text[self._typed :]
        if not is_same or request.point != self._point or not rest.strip() or rest.startswith("\n"):
            return None
        return TypedAlong(shown.id, shown.text[: self._typed], rest)
