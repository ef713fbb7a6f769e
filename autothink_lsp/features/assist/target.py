"""Which piece of the document the model is asked to rewrite: the smallest whole syntax node that holds the matter.

A whole node keeps the answer short, easy to put back and easy to check. Where there is no tree, or the smallest
function is longer than a model should have to repeat, the piece is some whole lines and the answer a list of
replacements. Reads snapshots and trees; sends nothing.
"""

from __future__ import annotations

from typing import Literal

from attrs import field, frozen

from autothink_lsp.document.text import Text
from autothink_lsp.features.assist.values import ActionKind, AssistRequest
from autothink_lsp.syntax.scopes import Scope, enclosing_scopes
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.values import Point

AnswerForm = Literal["whole", "blocks"]

# Longer pieces are edited by search and replace: to repeat 120 lines takes a laptop's model half a minute.
WHOLE_LINES = 80
# Without a function around: so many lines on each side of what was marked.
_MARGIN_LINES = 6
_LONGEST_LINES = 400


@frozen
class Target:
    """``start`` is the beginning of a line, ``end`` the end of one (before its line end)."""

    start: Point
    end: Point
    kind: str  # "function", "class", "file", "lines"
    name: str | None
    form: AnswerForm
    code: str = field(repr=False)  # the piece, line ends as "\n"

    @property
    def words(self) -> str:
        """For the prompt and the progress line: "the function `total`"."""
        if self.name and self.kind in {"function", "class"}:
            return f"the {self.kind} `{self.name}`"
        if self.kind == "file":
            return "the whole file"
        return f"lines {self.start.line + 1} to {self.end.line + 1}"


def choose_target(request: AssistRequest, tree: SyntaxTree | None) -> Target:
    """Always something; at least the line of the cursor."""
    text = request.snapshot.text
    start, end = sorted((text.clamp(request.start), text.clamp(request.end)))
    if request.action is ActionKind.EXTRACT or (request.action is not ActionKind.FIX and start.line != end.line):
        return _selected(text, start, end, tree, request.action)
    scopes = [] if tree is None else [scope for scope in enclosing_scopes(tree, start) if scope.end >= end]
    for kind in ("function", "class"):
        for scope in scopes:
            if scope.kind == kind and _line_count(scope) <= WHOLE_LINES:
                return _whole_lines(text, scope.start, scope.end, kind, scope.name)
    if text.line_count <= WHOLE_LINES:
        return _whole_lines(text, Point(0, 0), _end_of(text), "file", None)
    around = next((scope for scope in scopes if scope.kind == "function"), None)
    return _lines_around(text, start, end, around)


def _selected(text: Text, start: Point, end: Point, tree: SyntaxTree | None, action: ActionKind) -> Target:
    """The selection, and for an extraction the function around it: the rest of it has to call the new one."""
    if end.column == 0 and end.line > start.line:  # editors select up to the start of the next line
        end = Point(end.line - 1, len(text.line(end.line - 1)))
    if tree is not None:
        for scope in enclosing_scopes(tree, start):
            if scope.kind != "function" or scope.end < end:
                continue
            whole = scope.start.line == start.line and scope.end.line == end.line
            if whole or (action is ActionKind.EXTRACT and _line_count(scope) <= WHOLE_LINES):
                return _whole_lines(text, scope.start, scope.end, "function", scope.name)
    return _whole_lines(text, start, end, "lines", None)


def _lines_around(text: Text, start: Point, end: Point, around: Scope | None) -> Target:
    first, last = max(0, start.line - _MARGIN_LINES), min(text.line_count - 1, end.line + _MARGIN_LINES)
    if around is not None and _line_count(around) <= _LONGEST_LINES:
        return _whole_lines(text, around.start, around.end, "function", around.name)
    if around is not None:  # half of a neighbour says nothing
        first, last = max(first, around.start.line), min(last, around.end.line)
    return _whole_lines(text, Point(first, 0), Point(last, 0), "lines", None)


def _whole_lines(text: Text, start: Point, end: Point, kind: str, name: str | None) -> Target:
    last = end.line
    if end.column == 0 and last > start.line and kind != "lines":  # a node that ends with its line's end
        last -= 1
    begin, stop = Point(start.line, 0), Point(last, len(text.line(last)))
    code = "\n".join(text.lines(begin.line, stop.line + 1))
    form: AnswerForm = "whole" if last - start.line < WHOLE_LINES else "blocks"
    return Target(begin, stop, kind, name, form, code)


def _line_count(scope: Scope) -> int:
    return scope.end.line - scope.start.line + 1


def _end_of(text: Text) -> Point:
    return Point(text.line_count - 1, len(text.line(text.line_count - 1)))
