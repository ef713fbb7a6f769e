"""Chooses the part of the document that the model rewrites: the smallest function or class around the place.

A whole definition keeps the answer short, easy to locate and easy to check. A decorator, the comment above and blank
lines beside a function belong to it. The whole file is a target only if it is small and has no definition around the
place. For a definition that is too long to repeat, the answer consists of search/replace blocks. Reads snapshots and
trees only.
"""

from __future__ import annotations

from typing import Literal

from attrs import evolve, field, frozen

from autothink_lsp.document.lines import indent_length
from autothink_lsp.document.text import Text
from autothink_lsp.edits.documentation import has_place
from autothink_lsp.features.assist.actions import ActionKind, AssistRequest
from autothink_lsp.syntax.scopes import (
    Scope,
    decorated_start,
    decorator_end,
    enclosing_scopes,
    scope_kind,
    scopes_beginning_on,
)
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.values import Point

AnswerForm = Literal["whole", "blocks", "comment"]

# Longer code is edited by search and replace: repeating 120 lines takes a laptop's model half a minute.
WHOLE_LINES = 80
# Lines on each side of the selection, if no function is around it.
_MARGIN_LINES = 6
_LONGEST_LINES = 400
# A file with at most this many lines is a target if no definition is around the place (chosen).
_SMALL_FILE_LINES = 30
# Limits of the search for a definition: below decorators and comments, and beside blank lines (chosen).
_MOST_LINES_ABOVE, _MOST_BLANK_LINES = 60, 3


@frozen
class Target:
    """The part to rewrite, in whole lines. ``start`` is the beginning of a line, ``end`` the end of one, before its
    line end."""

    start: Point
    end: Point
    kind: str  # "function", "class", "file", "lines"
    name: str | None
    form: AnswerForm
    code: str = field(repr=False)  # the text, with "\n" as line ends

    @property
    def is_definition(self) -> bool:
        """Whether it is one function or class."""
        return self.kind in {"function", "class"}

    @property
    def words(self) -> str:
        """The target for the prompt and the progress line: "the function `total`"."""
        if self.name and self.is_definition:
            return f"the {self.kind} `{self.name}`"
        if self.kind == "file":
            return "the whole file"
        return f"lines {self.start.line + 1} to {self.end.line + 1}"


def choose_target(request: AssistRequest, tree: SyntaxTree | None) -> Target:
    """The target of ``request``. It contains the lines of the cursor, the selection or the diagnostic."""
    target = _chosen(request, tree)
    if request.action is not ActionKind.DOCSTRING or not target.is_definition or tree is None:
        return target
    return evolve(target, form="comment") if has_place(target.code, tree, target.start.line) else target


def _chosen(request: AssistRequest, tree: SyntaxTree | None) -> Target:
    text = request.snapshot.text
    start, end = sorted((text.clamp(request.start), text.clamp(request.end)))
    if request.user_action is not None and request.user_action.place == "file":
        return _whole_lines(text, Point(0, 0), _end_of(text), "file", None)
    if request.user_action is not None and request.user_action.place == "selection" and start.line == end.line:
        return _whole_lines(text, start, end, "lines", None)
    if request.action is ActionKind.EXTRACT or (request.action is not ActionKind.FIX and start.line != end.line):
        return _selected(text, start, end, tree, request.action)
    around = None
    if tree is not None:
        around = _scope_around(tree, start, end, "function")
        if around is None or _is_above_definition(tree, start):
            near = _definition_near(tree, start, end)  # in a function, a decorator is of a nested one
            around = near if around is None or (near is not None and near.start > around.start) else around
        if around is None or around.end.line - around.start.line >= WHOLE_LINES:
            around = _short_class_around(tree, start, end) or around
    if around is not None and around.end.line - around.start.line < WHOLE_LINES:
        return _with_lines(text, around, start, end)
    if text.line_count <= _SMALL_FILE_LINES:
        return _whole_lines(text, Point(0, 0), _end_of(text), "file", None)
    return _lines_around(text, start, end, around, tree)


def _scope_around(tree: SyntaxTree, start: Point, end: Point, kind: str) -> Scope | None:
    """The innermost scope of ``kind`` around the range, with its decorators. A place before a line's first character
    counts as at it, so that column 0 of a definition's first line is in the definition."""
    place = _behind_indentation(tree.text, start)
    is_first = place.column == indent_length(tree.text.line(start.line))
    beginning = [one for one in scopes_beginning_on(tree, start.line) if one.name] if is_first else []
    for scope in (*beginning, *enclosing_scopes(tree, place)):
        if scope.kind == kind and scope.end >= end:
            return _decorated(tree, scope)
    return None


def _short_class_around(tree: SyntaxTree, start: Point, end: Point) -> Scope | None:
    found = _scope_around(tree, start, end, "class")
    return found if found is not None and found.end.line - found.start.line < WHOLE_LINES else None


def _definition_near(tree: SyntaxTree, start: Point, end: Point) -> Scope | None:
    """The function or short class of a decorator, of the comment before it, or of the blank lines beside it."""
    text = tree.text
    line, blanks = start.line, 0
    below: Scope | None = None
    while below is None and line < text.line_count and line - start.line < _MOST_LINES_ABOVE:
        place = _behind_indentation(text, Point(line, 0))
        if not text.line(line).strip():
            blanks += 1
        elif line > start.line and (below := _beginning_on(tree, line, end)) is not None:
            break  # in Java and C# an annotation is the first line of the definition
        elif (decorator := decorator_end(tree, place)) is not None:
            line = max(line, decorator.line)
        elif scope_kind(tree, Point(line, min(place.column + 1, len(text.line(line))))) != "comment":
            break
        line += 1
    if blanks > _MOST_BLANK_LINES:
        below = None
    if text.line(start.line).strip():
        return below
    # A blank line belongs to the nearer definition.
    above = start.line
    while above > 0 and not text.line(above).strip() and start.line - above <= _MOST_BLANK_LINES:
        above -= 1
    ended = _scope_around(tree, Point(above, max(0, len(text.line(above).rstrip()) - 1)), Point(above, 0), "function")
    if below is None or (ended is not None and start.line - above < below.start.line - start.line):
        return ended
    return below


def _is_above_definition(tree: SyntaxTree, place: Point) -> bool:
    """Whether the line has a decorator and no definition begins on it."""
    has_decorator = decorator_end(tree, _behind_indentation(tree.text, place)) is not None
    return has_decorator and not scopes_beginning_on(tree, place.line)


def _beginning_on(tree: SyntaxTree, line: int, end: Point) -> Scope | None:
    if line >= tree.text.line_count or end.line > line:
        return None
    found = [
        one
        for one in scopes_beginning_on(tree, line)
        if one.kind == "function" or (one.kind == "class" and one.end.line - line < WHOLE_LINES)
    ]
    return _decorated(tree, found[-1]) if found else None


def _decorated(tree: SyntaxTree, scope: Scope) -> Scope:
    return evolve(scope, start=decorated_start(tree, scope))


def _with_lines(text: Text, scope: Scope, start: Point, end: Point) -> Target:
    """The lines of ``scope`` and those of the range, which may be the comment above or a blank line beside it."""
    first, last = min(scope.start, Point(start.line, 0)), max(scope.end, Point(end.line, 0))
    if end.line > scope.end.line:
        return evolve(_whole_lines(text, first, last, "lines", None), kind=scope.kind, name=scope.name)
    return _whole_lines(text, first, last, scope.kind, scope.name)


def _behind_indentation(text: Text, point: Point) -> Point:
    return Point(point.line, max(point.column, indent_length(text.line(point.line))))


def _selected(text: Text, start: Point, end: Point, tree: SyntaxTree | None, action: ActionKind) -> Target:
    """The selection; for an extraction the function around it, which will call the new function. A selection that
    begins in one function and ends in another one is extended to both functions."""
    if end.column == 0 and end.line > start.line:  # editors end a selection of lines at the start of the next line
        end = Point(end.line - 1, len(text.line(end.line - 1)))
    if tree is None:
        return _whole_lines(text, start, end, "lines", None)
    around = _scope_around(tree, start, end, "function")
    if around is not None:
        whole = around.start.line >= start.line and around.end.line == end.line
        short = around.end.line - around.start.line < WHOLE_LINES
        if whole or (action is ActionKind.EXTRACT and short):
            return _with_lines(text, around, start, end)
        return _whole_lines(text, start, end, "lines", None)
    first = _scope_around(tree, start, start, "function")
    last_place = Point(end.line, max(0, min(end.column, len(text.line(end.line).rstrip())) - 1))
    last = _scope_around(tree, last_place, last_place, "function")
    if first is not None:
        start = min(start, first.start)
    if last is not None:
        end = max(end, last.end)
    return _whole_lines(text, start, end, "lines", None)


def _lines_around(text: Text, start: Point, end: Point, around: Scope | None, tree: SyntaxTree | None) -> Target:
    """A long function as a whole, else the paragraph or statements around the range."""
    if around is not None and around.end.line - around.start.line < _LONGEST_LINES:
        return _with_lines(text, around, start, end)
    first, last = max(0, start.line - _MARGIN_LINES), min(text.line_count - 1, end.line + _MARGIN_LINES)
    if around is not None:  # half of an adjacent statement is useless
        first, last = max(first, around.start.line), min(last, around.end.line)
    elif tree is not None:
        first, last = _without_halves(tree, start.line, end.line, first, last)
    return _whole_lines(text, Point(first, 0), Point(last, 0), "lines", None)


def _without_halves(tree: SyntaxTree, start: int, end: int, first: int, last: int) -> tuple[int, int]:
    """The lines ``first`` to ``last`` without statements that are only partly in them. The statements of lines
    ``start`` to ``end`` are kept whole if they are short enough."""
    node = tree.root.descendant_for_byte_range(
        tree.text.byte_offset(Point(first, 0)), tree.text.byte_offset(Point(last, len(tree.text.line(last))))
    )
    for child in node.named_children if node is not None else ():
        upper, lower = (tree.text.point_at_byte(byte) for byte in (child.start_byte, child.end_byte))
        lower_line = lower.line - (lower.column == 0 and lower.line > upper.line)
        if upper.line <= end and lower_line >= start:
            if lower_line - upper.line < WHOLE_LINES:
                first, last = min(first, upper.line), max(last, lower_line)
        elif upper.line < first <= lower_line < start:
            first = lower_line + 1
        elif end < upper.line <= last < lower_line:
            last = upper.line - 1
    return first, last


def _whole_lines(text: Text, start: Point, end: Point, kind: str, name: str | None) -> Target:
    last = end.line
    if end.column == 0 and last > start.line and kind != "lines":  # a node that includes its last line's end
        last -= 1
    begin, stop = Point(start.line, 0), Point(last, len(text.line(last)))
    code = "\n".join(text.lines(begin.line, stop.line + 1))
    form: AnswerForm = "whole" if last - start.line < WHOLE_LINES else "blocks"
    return Target(begin, stop, kind, name, form, code)


def _end_of(text: Text) -> Point:
    return Point(text.line_count - 1, len(text.line(text.line_count - 1)))
