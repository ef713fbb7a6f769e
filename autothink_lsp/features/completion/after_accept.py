"""The document as it will be once a suggestion was accepted, without changing anything. Pure.

The window is not gathered anew: its ends follow the real document only, and what stands around the cursor is known.
"""

from __future__ import annotations

from attrs import evolve

from autothink_lsp.context.values import CodeContext
from autothink_lsp.features.completion.model import CompletionQuery, Suggestion
from autothink_lsp.values import Point


def foreseeable(context: CodeContext, suggestion: Suggestion) -> bool:
    """Whether an editor will put in just this text at the cursor: nothing is replaced, nothing has to move down."""
    return not suggestion.replaces_right and ("\n" not in suggestion.text or not context.line_suffix.strip())


def after_insertion(query: CompletionQuery, context: CodeContext, text: str) -> tuple[CompletionQuery, CodeContext]:
    """What would be asked for, with ``text`` typed at the cursor."""
    snapshot, point = query.snapshot, query.point
    inserted = text if context.eol == "\n" else text.replace("\n", context.eol)
    lines = text.split("\n")
    end = Point(point.line + len(lines) - 1, len(lines[-1]) + (point.column if len(lines) == 1 else 0))
    later = evolve(snapshot, text=snapshot.text.replace(point, point, inserted))
    return (
        evolve(query, snapshot=later, point=end, trigger="automatic", selected=None),
        evolve(context, prefix=context.prefix + text),
    )


def next_line(context: CodeContext) -> str:
    """What Enter puts in at the end of a line: its line end and its indentation."""
    line = context.line_prefix
    return "\n" + line[: len(line) - len(line.lstrip())]
