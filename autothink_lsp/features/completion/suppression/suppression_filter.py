"""When to show nothing though a model would answer: by place, by what was just done, and by what was just rejected.

Applies to automatic requests only. Decides before a model is asked (``refusal``), and whether a suggestion is shown
(``apply``). A suggestion that is not shown stays in the cache: it may be right one key later.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrs import define, evolve, field

from autothink_lsp.context.values import CodeContext
from autothink_lsp.document.snapshot import Change
from autothink_lsp.features.completion.model import CompletionQuery, Outcome
from autothink_lsp.features.completion.suppression import places
from autothink_lsp.features.completion.suppression.checkpoint import LexerCheckpoint
from autothink_lsp.features.completion.suppression.edits import RecentDeletions
from autothink_lsp.features.completion.suppression.rejected import RejectedSuggestions, SuggestionPlace
from autothink_lsp.stream.cursor import Surroundings, is_read_whole, look_around
from autothink_lsp.stream.layout import goes_on, opens_block
from autothink_lsp.stream.lexical import Mode
from autothink_lsp.stream.lexical_style import LexicalStyle, style_of
from autothink_lsp.syntax.scopes import in_long_string, scope_kind
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.values import Point

# The first parse of 117 kB takes 19 ms, one after a key 0.3 ms.
_PARSE_BUDGET_MS = 25.0
_LINES_ABOVE = 20


@define
class SuppressionFilter:
    """One for all documents. ``now_ms`` is a monotonic clock."""

    _syntax: Syntax
    _now_ms: Callable[[], float]
    edits: RecentDeletions = field(factory=RecentDeletions, init=False)
    rejected: RejectedSuggestions = field(init=False)
    _checkpoint: LexerCheckpoint | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self.rejected = RejectedSuggestions(self._now_ms)

    def did_change(self, uri: str, changes: Sequence[Change]) -> None:
        """Note what the edit did, and whether it rejects the suggestion that is shown."""
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

    def refusal(self, query: CompletionQuery, context: CodeContext) -> str | None:
        """The reason not to ask a model here, or ``None``."""
        if query.trigger != "automatic":
            return None
        after_edit = self.edits.refusal(query.snapshot.uri, query.point)
        if after_edit is not None or self.rejected.just_taken(query.snapshot.uri, query.point):
            return after_edit  # who has just taken a suggestion looks at what comes next
        silent_in = query.settings.completion.silent_in
        around = look_around(context)
        return places.refusal(context, around, self._text_kind(query, context, around), silent_in)

    def apply(self, query: CompletionQuery, outcome: Outcome) -> Outcome:
        """The outcome as the editor gets it: without the suggestion where it is not welcome."""
        suggestion = outcome.suggestion
        if suggestion is None:
            return outcome
        text, point = query.snapshot.text, query.point
        spot = SuggestionPlace.at(query.snapshot.uri, text.between(Point(max(0, point.line - _LINES_ABOVE), 0), point))
        if query.trigger == "automatic":
            rest = text.line(point.line)[point.column :]
            style = style_of(query.snapshot.language_id, None)
            taken = self.rejected.just_taken(spot.uri, point)
            if suggestion.text.startswith("\n") and not taken and _is_whole(spot.line, rest, style):
                return evolve(outcome, suggestion=None, others=(), reason="line is complete")
            if self.rejected.holds(spot, suggestion.text):
                return evolve(outcome, suggestion=None, others=(), reason="rejected before")
        self.rejected.shown(suggestion.id, spot, point, suggestion.text)
        return outcome

    def on_feedback(self, number: object, event: object) -> None:
        """The editor reports the ``event`` (``dismissed``, ``undone``) of the suggestion ``number``. Anything else is
        ignored."""
        if isinstance(number, int) and event == "dismissed":
            self.rejected.dismissed(number)
        elif isinstance(number, int) and event == "undone":
            self.rejected.taken_back(number)

    def _text_kind(self, query: CompletionQuery, context: CodeContext, around: Surroundings) -> places.TextKind | None:
        """What the cursor stands in.

        What is read from inside a string of several lines on takes code for text and text for code. So the tree decides
        where the document's first line is not read; without a tree, several lines of text are taken for
        code: to be silent in all of a function would be worse.
        """
        kind = places.text_kind(around)
        if query.point.line <= context.prefix.count("\n") and is_read_whole(context.prefix):
            return kind
        if self._checkpoint is not None and (goes_on := self._checkpoint.at(query, context)):
            self._checkpoint = goes_on
            return kind  # a parse for each line would be most of the line's cost
        tree = self._syntax.tree_within(query.snapshot, _PARSE_BUDGET_MS, rough=True)
        if tree is None:
            return None if around.scanner.spans_lines else kind
        reading = LexerCheckpoint.of(query, context)
        if _reads_rightly(tree, query.point, reading.around):
            self._checkpoint = reading
            return kind
        found = scope_kind(tree, query.point)
        if found == "string":
            return "docstring" if in_long_string(tree, query.point, around.style.long_quotes) else "string"
        return "comment" if found == "comment" else None


def _reads_rightly(tree: SyntaxTree, point: Point, around: Surroundings) -> bool:
    """Whether ``around``, which was read before ``point``'s line, ends in what the tree says."""
    start = Point(point.line, 0)
    in_text = scope_kind(tree, start) == "string" and in_long_string(tree, start, around.style.long_quotes)
    return in_text == around.scanner.in_long_string and (in_text or around.scanner.mode is Mode.CODE)


def _is_whole(line: str, rest: str, style: LexicalStyle) -> bool:
    """Whether a suggestion that starts with a newline means that the current line is complete: it is shown after Enter
    then."""
    begun = opens_block(line, style) or goes_on(line) or line.rstrip().endswith(",")
    return bool(line.strip()) and not rest.strip() and not begun
