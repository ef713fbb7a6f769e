"""What the file shows of a variable that a line declares: what declares it, and whether it is assigned again. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from autothink_lsp.features.next_edit.proposal import RuleContext
from autothink_lsp.values import Point

if TYPE_CHECKING:
    import tree_sitter

_NAMES = re.compile(r"\s*(?:(?P<one>[\w$]+)|[{\[](?P<several>[^}\]\n]{1,300})[}\]])(?P<behind>[^\n]{0,200})")
_NAME = re.compile(r"(?<![\w$])[\w$]++(?=\s*+(?:,|$|=))")
_ASSIGNING = r"\s*(?:(?:[-+*/%&|^]|\*\*|<<|>>>?|&&|\|\||\?\?)?=(?![=>])|\+\+|--)"
_DECLARED = re.compile(r"\b(?:let|var|const)\s+\Z")
_MOST_BEFORE = 20
_BLOCKS = frozenset(["statement_block", "program", "for_statement", "for_in_statement", "switch_body", "class_body"])
_DECLARATIONS = ("parameter", "declaration", "definition")


def declaration_kind(context: RuleContext, point: Point) -> str:
    """The type of the innermost declaration around ``point``: a parameter, a field, a local variable. Empty without a
    tree."""
    node = _node_at(context, point)
    while node is not None and not node.type.endswith(_DECLARATIONS):
        node = node.parent
    return node.type if node is not None else ""


def _node_at(context: RuleContext, point: Point) -> tree_sitter.Node | None:
    if context.tree is None:
        return None
    byte = context.text.byte_offset(point)
    return context.tree.root.descendant_for_byte_range(byte, byte + 1)


def _block_lines(context: RuleContext, point: Point) -> tuple[int, int]:
    """The lines of the block in which a variable that is declared at ``point`` is valid."""
    node = _node_at(context, point)
    while node is not None and node.type not in _BLOCKS:
        node = node.parent
    return (node.start_point[0], node.end_point[0]) if node is not None else (0, len(context.lines) - 1)


def is_never_assigned(context: RuleContext, point: Point, keyword: str) -> bool:
    """Whether what is declared behind the keyword at ``point`` gets a value there, and no other in the block around."""
    match = _NAMES.match(context.lines[point.line], point.column + len(keyword))
    if match is None:
        return False
    if not re.match(r"\s*(?::[^=]{1,150})?(?:=(?!=)|\b(?:of|in)\b)", match["behind"]):
        return False  # it gets its value later
    names = [match["one"]] if match["one"] else _NAME.findall(match["several"])
    first, last = _block_lines(context, point)
    source = "\n".join(context.lines[first : last + 1])
    return bool(names) and not any(_is_assigned(source, name) for name in names)


def _is_assigned(source: str, name: str) -> bool:
    escaped = re.escape(name)
    pattern = re.compile(rf"(?<![\w$.])(?:(?:\+\+|--){escaped}(?![\w$])|{escaped}{_ASSIGNING})")
    return any(
        _DECLARED.search(source[max(0, match.start() - _MOST_BEFORE) : match.start()]) is None
        for match in pattern.finditer(source)
    )
