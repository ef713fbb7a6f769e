"""Rule: repeats the change of a line in one branch of a condition at the same line of another branch."""

from __future__ import annotations

from collections.abc import Iterator

from autothink_lsp.document.lines import indent_length, indent_of
from autothink_lsp.features.next_edit.proposal import LineEdit, RuleContext
from autothink_lsp.features.next_edit.rules.repeated_change import has_word
from autothink_lsp.features.next_edit.token_change import line_pairs, tokens
from autothink_lsp.values import Point

RULE_ID = "twin-branch"
_BRANCHING = ("if_", "if", "else", "elif", "elseif", "case", "switch", "match", "when", "try", "except", "catch")
_MOST_LINES = 60


def twin_branch(context: RuleContext) -> Iterator[LineEdit]:
    """The edits of the lines of the same condition that are equal to the old text of the changed line."""
    if not context.hunks:
        return
    for line, old, new in line_pairs(context.hunks[0]):
        if not has_word(tokens(old)) or len(tokens(old.strip())) < 4:
            continue
        around = _condition(context, line)
        for other in context.by_distance(list(range(around[0], around[1] + 1))) if around else ():
            text = context.lines[other]
            if other in context.changed_lines or text.strip() != old.strip():
                continue
            if context.kind_at(Point(other, indent_length(text))) != "code":
                continue
            indent = indent_of(text)
            pattern = f"{old.strip()} → {new.strip()}"
            yield LineEdit(RULE_ID, pattern, other, other + 1, (indent + new.strip(),))


def _condition(context: RuleContext, line: int) -> tuple[int, int] | None:
    """The first and last line of the outermost condition around ``line`` that is at most 60 lines long."""
    text = context.lines[line]
    node = context.tree.node_at(Point(line, indent_length(text))) if context.tree is not None else None
    found: tuple[int, int] | None = None
    while node is not None and node.end_point[0] - node.start_point[0] <= _MOST_LINES:
        if node.type.startswith(_BRANCHING) and node.start_point[0] < line:
            found = node.start_point[0], node.end_point[0]
        node = node.parent
    return found
