"""Suppression: when to show nothing although a model would answer, by position, recent deletions and rejections.

Applies to automatic requests only. Decides before a model is asked (``refusal``), and whether a suggestion is shown
(``apply``). A suggestion that is not shown stays in the cache: it may be right one key later.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrs import define, field

from autothink_lsp.context.values import CodeContext
from autothink_lsp.document.snapshot import Change
from autothink_lsp.features.completion.model import CompletionOutcome, CompletionRequest, Suggestion
from autothink_lsp.features.completion.suppression import places
from autothink_lsp.features.completion.suppression.checkpoint import LexerCheckpoint
from autothink_lsp.features.completion.suppression.rejections import (
    RecentDeletions,
    RejectedSuggestions,
    SuggestionPlace,
)
from autothink_lsp.features.completion.type_through import TypedAlong
from autothink_lsp.stream.cursor import CursorContext, is_read_whole, lex_cursor
from autothink_lsp.stream.layout import goes_on
from autothink_lsp.stream.lexical import Mode
from autothink_lsp.syntax.language_style import LanguageStyle
from autothink_lsp.syntax.scopes import in_long_string, scope_kind
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.values import Point, evolve

# The first parse of 117 kB takes 19 ms, one after a key 0.3 ms.
_PARSE_BUDGET_MS = 25.0
_LINES_ABOVE = 20


@define
class SuppressionFilter:
    """The suppression rules with their memory, for all documents. ``now_ms`` is a monotonic clock."""

    _syntax: Syntax
    _now_ms: Callable[[], float]
    edits: RecentDeletions = field(factory=RecentDeletions, init=False)
    rejected: RejectedSuggestions = field(init=False)
    _checkpoint: LexerCheckpoint | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self.rejected = RejectedSuggestions(self._now_ms)

    def did_change(self, uri: str, changes: Sequence[Change]) -> None:
        """Record the edit's deletions, and whether it rejects the shown suggestion."""
        self.edits.did_change(uri, changes)
        self.rejected.did_change(uri, changes)
        if self._checkpoint is not None and not self._checkpoint.survives(uri, changes):
            self._checkpoint = None

    def did_close(self, uri: str) -> None:
        """Forget the document."""
        self.edits.did_close(uri)
        self.rejected.forget(uri)
        if self._checkpoint is not None and self._checkpoint.uri == uri:
            self._checkpoint = None

    def refusal(self, request: CompletionRequest, context: CodeContext) -> str | None:
        """The reason to send no request here, or ``None``."""
        if request.trigger != "automatic":
            return None
        after_edit = self.edits.refusal(request.snapshot.uri, request.point)
        if after_edit is not None or self.rejected.just_taken(request.snapshot.uri, request.point):
            return after_edit  # who has just taken a suggestion looks at what comes next
        silent_in = request.settings.completion.silent_in
        around = lex_cursor(context)
        return places.refusal(context, around, self._text_kind(request, context, around), silent_in)

    def apply(self, request: CompletionRequest, outcome: CompletionOutcome) -> CompletionOutcome:
        """The outcome without its suggestion, if that is unwelcome."""
        suggestion = outcome.suggestion
        if suggestion is None:
            return outcome
        place = _place_of(request)
        if reason := self._unwelcome(request, place, suggestion):
            return evolve(outcome, suggestion=None, others=(), reason=reason)
        self.rejected.shown(suggestion.id, place, request.point, suggestion.text)
        return outcome

    def would_show(self, request: CompletionRequest, suggestion: Suggestion) -> bool:
        """Whether ``apply`` would keep the suggestion. Nothing is recorded."""
        return self._unwelcome(request, _place_of(request), suggestion) is None

    def _unwelcome(self, request: CompletionRequest, place: SuggestionPlace, suggestion: Suggestion) -> str | None:
        """The reason not to show the suggestion, or ``None``."""
        if request.trigger != "automatic":
            return None
        point = request.point
        if suggestion.text.startswith("\n") and not self.rejected.just_taken(place.uri, point):
            rest = request.snapshot.text.line(point.line)[point.column :]
            if _is_whole(place.line, rest, self._syntax.style(request.snapshot)):
                return "line is complete"
        return "rejected before" if self.rejected.holds(place, suggestion.text) else None

    def show_along(self, along: TypedAlong, suggestion: Suggestion, point: Point) -> bool:
        """Record that the rest of a shown suggestion is shown at ``point``, as suggestion of its own. ``False`` if it
        is unwelcome, or not known which one it is the rest of."""
        return self.rejected.shown_along(along.shown_id, suggestion.id, along.typed, point, suggestion.text)

    def on_feedback(self, number: object, event: object) -> None:
        """The editor reports the ``event`` (``dismissed``, ``undone``) of the suggestion ``number``. Anything else is
        ignored."""
        if isinstance(number, int) and event == "dismissed":
            self.rejected.dismissed(number)
        elif isinstance(number, int) and event == "undone":
            self.rejected.taken_back(number)

    def _text_kind(
        self, request: CompletionRequest, context: CodeContext, around: CursorContext
    ) -> places.TextKind | None:
        """What the cursor stands in.

        What is read from inside a string of several lines on takes code for text and text for code. So the tree decides
        where the document's first line is not read; without a tree, several lines of text are taken for
        code: to be silent in all of a function would be worse.
        """
        kind = places.text_kind(around)
        if request.point.line <= context.prefix.count("\n") and is_read_whole(context.prefix):
            return kind
        if self._checkpoint is not None and (goes_on := self._checkpoint.at(request, context)):
            self._checkpoint = goes_on
            return kind  # a parse for each line would be most of the line's cost
        tree = self._syntax.tree_within(request.snapshot, _PARSE_BUDGET_MS, rough=True)
        if tree is None:
            return None if around.scanner.spans_lines else kind
        reading = LexerCheckpoint.of(request, context)
        if _reads_rightly(tree, request.point, reading.around):
            self._checkpoint = reading
            return kind
        found = scope_kind(tree, request.point)
        if found == "string":
            return "docstring" if in_long_string(tree, request.point, around.style.long_quotes) else "string"
        return "comment" if found == "comment" else None


def _place_of(request: CompletionRequest) -> SuggestionPlace:
    text, point = request.snapshot.text, request.point
    above = text.slice_lines(point.line - _LINES_ABOVE, point.line) + text.line(point.line)[: point.column]
    return SuggestionPlace.at(request.snapshot.uri, above)


def _reads_rightly(tree: SyntaxTree, point: Point, around: CursorContext) -> bool:
    """Whether ``around``, which was read before ``point``'s line, ends in what the tree says."""
    start = Point(point.line, 0)
    in_text = scope_kind(tree, start) == "string" and in_long_string(tree, start, around.style.long_quotes)
    return in_text == around.scanner.in_long_string and (in_text or around.scanner.mode is Mode.CODE)


def _is_whole(line: str, rest: str, style: LanguageStyle) -> bool:
    """Whether a suggestion that starts with a newline means that the current line is complete: it is shown after Enter
    then."""
    begun = style.opens_block(line) or goes_on(line) or line.rstrip().endswith(",")
    return bool(line.strip()) and not rest.strip() and not begun
