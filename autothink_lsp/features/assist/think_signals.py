"""Gathers the signals of a request from LSP's values and the syntax tree, in a few milliseconds.

Data that is kept between requests (history, measured speed, the model's record) belongs to `think_decider.py`.
"""

from __future__ import annotations

from attrs import asdict

from autothink_lsp.document.uri_identity import is_same_document, uri_key
from autothink_lsp.features.assist.actions import AssistRequest
from autothink_lsp.features.assist.target import Target
from autothink_lsp.syntax.complexity import Complexity, complexity_at, place_at
from autothink_lsp.syntax.scopes import Definition, definitions
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.thinking.diagnostic_family import DiagnosticFamily, diagnostic_family
from autothink_lsp.thinking.features import hard_words
from autothink_lsp.thinking.signals import (
    Cost,
    CursorPlace,
    ModelRecord,
    RequestKind,
    ScopeComplexity,
    Signals,
    TargetHistory,
)
from autothink_lsp.values import Diagnostic, Point
from autothink_lsp.verify.evidence import ForeseenEvidence

_MOST_MESSAGES = 4
_MOST_FUNCTIONS = 8  # of a selection, whose complexity is computed
_FUNCTIONS = frozenset({"function", "method"})
_CHARS_PER_TOKEN = 4


def gather_signals(
    request: AssistRequest,
    target: Target,
    tree: SyntaxTree | None,
    *,
    history: TargetHistory,
    record: ModelRecord,
    cost: Cost,
    foreseen: ForeseenEvidence | None,
) -> Signals:
    """The signals of ``request``. ``foreseen`` is ``None`` if nothing is edited."""
    functions = _functions(request, target, tree)
    follow_up_words = request.follow_up.words if request.follow_up is not None else ""
    return Signals(
        kind=RequestKind(request.action.value),
        cursor=CursorPlace.CODE if tree is None else CursorPlace(place_at(tree, request.start)),
        expected_tokens=len(target.code) // _CHARS_PER_TOKEN,
        families=tuple(_family(one) for one in request.diagnostics[:_MOST_MESSAGES]),
        related_elsewhere=_related_elsewhere(request, target),
        hard_words=hard_words(f"{request.instruction}\n{follow_up_words}"),
        functions_touched=len(functions),
        scope=ScopeComplexity(**asdict(_complexity(request, tree, functions))),
        history=history,
        record=record,
        cost=cost,
        foreseen_evidence=foreseen,
        is_asked=request.settings.assist.preview not in {"never", "failed"},
    )


def _family(message: Diagnostic) -> DiagnosticFamily:
    return diagnostic_family(message.source, message.code, message.message, message.tags)


def _related_elsewhere(request: AssistRequest, target: Target) -> int:
    """The number of places outside the target that the messages refer to."""
    uri, lines = request.snapshot.uri, range(target.start.line, target.end.line + 1)
    places = {
        (uri_key(one.uri), one.line)
        for message in request.diagnostics[:_MOST_MESSAGES]
        for one in message.related
        if not is_same_document(one.uri, uri) or one.line not in lines
    }
    return len(places)


def _functions(request: AssistRequest, target: Target, tree: SyntaxTree | None) -> tuple[Definition, ...]:
    """The functions that a selection of several lines overlaps, else the function that is the target."""
    if tree is None:
        return ()
    start, end = sorted((request.start, request.end))
    is_selection = start.line != end.line
    first, last = (start.line, end.line) if is_selection else (target.start.line, target.end.line)
    if is_selection and end.column == 0:
        last -= 1
    found = definitions(tree, (first, last + 1), kinds=_FUNCTIONS)
    outer = [one for one in found if not any(_is_inside(one, other) for other in found)]
    if is_selection:
        return tuple(outer)
    named = [one for one in outer if one.name == target.name]
    return tuple(named[:1])


def _is_inside(one: Definition, other: Definition) -> bool:
    return one is not other and other.start <= one.start and one.end <= other.end


def _complexity(request: AssistRequest, tree: SyntaxTree | None, functions: tuple[Definition, ...]) -> Complexity:
    """The combined complexity of the functions: the sums of the counts, and the deepest nesting."""
    if tree is None:
        return Complexity()
    if not functions:
        return complexity_at(tree, request.start)
    # A place at a definition's first character is before the definition.
    each = [complexity_at(tree, Point(one.start.line, one.start.column + 1)) for one in functions[:_MOST_FUNCTIONS]]
    return Complexity(
        lines=sum(one.lines for one in each),
        branches=sum(one.branches for one in each),
        loops=sum(one.loops for one in each),
        nesting=max(one.nesting for one in each),
        recursive=any(one.recursive for one in each),
        concurrent=any(one.concurrent for one in each),
    )
