"""What the file shows of a variable that a line declares: what declares it, and whether it is assigned again. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from autothink_lsp.features.next_edit.proposal import RuleContext
from autothink_lsp.values import Point

if TYPE_CHECKING:
    import tree_sitter

_NAMES = re.compile(r"\s*(?:(?P<one>[\w$]+)|[{\[](?P<several>[^}\]\n]{1,300})[}\]])(?P<behind>[^\n]{0,200})")
_NAME = re.compile(r"(?<![\w$])[\w$]++(?=\s*+(?:,|$|=))")
_NEXT_NAME = re.compile(r",\s*+([\w$]++)\s*+=(?![=>])")
_ASSIGNING = r"\s*(?:(?:[-+*/%&|^]|\*\*|<<|>>>?|&&|\|\||\?\?)?=(?![=>])|\+\+|--)"
_ASSIGNED = re.compile(rf"(?<![\w$.])(?:(?:\+\+|--)(?P<counted>[\w$]++)|(?P<name>[\w$]++){_ASSIGNING})")
_ASSIGNED_BY_LOOP = re.compile(r"\bfor\s*(?:await\s*)?\(\s*(?P<name>[\w$]+)\s+(?:of|in)\b")
_UNPACKED = re.compile(r"(?<![\w$)\]])[\[{](?P<names>[^\[\]{}\n;()]{1,200})[\]}]\s*=(?![=>])")
_BORROWED = re.compile(r"&mut\s+(?P<name>\w+)")
_WORD = re.compile(r"[\w$]+")
_DECLARED = re.compile(r"\b(?:let|var|val|const)(?:\s+mut)?\s+\Z")
_KEYWORD = re.compile(r"\s*(?:export\s+)?(?P<word>let mut|let|var|val|const|final)\b")
_MOST_BEFORE = 20
_ASSIGNED_ONCE = frozenset(["const", "val", "final"])
_BLOCKS = frozenset(["statement_block", "program", "for_statement", "for_in_statement", "switch_body", "class_body"])
_DECLARATIONS = ("parameter", "declaration", "definition")
_FUNCTIONS = ("function", "function_declaration", "function_expression", "method_definition", "arrow_function")


def declaration_kind(context: RuleContext, point: Point) -> str:
    """The type of the innermost declaration around ``point``: a parameter, a field, a local variable. Empty without a
    tree."""
    node = _node_at(context, point)
    while node is not None and not node.type.endswith(_DECLARATIONS):
        node = node.parent
    return node.type if node is not None else ""


def _node_at(context: RuleContext, point: Point) -> tree_sitter.Node | None:
    return context.tree.node_at(point) if context.tree is not None else None


def _block_lines(context: RuleContext, point: Point) -> tuple[int, int]:
    """The lines of the block in which a variable that is declared at ``point`` is valid."""
    node = _node_at(context, point)
    while node is not None and node.type not in _BLOCKS:
        node = node.parent
    return (node.start_point[0], node.end_point[0]) if node is not None else (0, len(context.lines) - 1)


def may_be_declared(context: RuleContext, point: Point, old: str, new: str) -> bool:
    """Whether the keyword ``new`` may declare what ``old`` at ``point`` declares: what gets no other value later if
    ``new`` allows only one, and what is not used outside of its block if ``old`` is the ``var`` of JavaScript."""
    is_swift = context.snapshot.language_id == "swift"
    is_once = new in _ASSIGNED_ONCE or (new == "let" and is_swift) or (old.endswith("mut") and "mut" not in new)
    if is_once and not _is_never_assigned(context, point, old):
        return False
    return not (old == "var" and new in ("let", "const")) or is_swift or _is_used_in_its_block(context, point, old)


def keeps_declarations(context: RuleContext, old: Sequence[str], new: Sequence[str], first: int) -> bool:
    """Whether an edit of lines changes the keywords at their beginnings only where ``may_be_declared``."""
    for number, (before, after) in enumerate(zip(old, new, strict=False)):
        one, two = _KEYWORD.match(before), _KEYWORD.match(after)
        if one is None or two is None or one["word"] == two["word"]:
            continue
        if not may_be_declared(context, Point(first + number, one.start("word")), one["word"], two["word"]):
            return False
    return True


def _declared_at(context: RuleContext, point: Point, keyword: str) -> tuple[list[str], str]:
    """The names that are declared behind the keyword at ``point``, and what stands behind them."""
    match = _NAMES.match(context.lines[point.line], point.column + len(keyword))
    if match is None:
        return [], ""
    names = [match["one"]] if match["one"] else _NAME.findall(match["several"])
    return [*names, *_NEXT_NAME.findall(match["behind"])], match["behind"]


def _is_never_assigned(context: RuleContext, point: Point, keyword: str) -> bool:
    """Whether what is declared behind the keyword at ``point`` gets a value there, and no other in the block around."""
    names, behind = _declared_at(context, point, keyword)
    if not re.match(r"\s*(?::[^=]{1,150})?(?:=(?!=)|\b(?:of|in)\b)", behind):
        return False  # it gets its value later
    assigned = context.shared.get("assigned")
    if assigned is None:
        assigned = context.shared["assigned"] = _assigned_lines(context)
    wanted = [lines for name in names if (lines := assigned.get(name))]
    if not wanted:
        return bool(names)
    first, last = _block_lines(context, point)
    return not any(first <= line <= last for lines in wanted for line in lines)


def _assigned_lines(context: RuleContext) -> dict[str, list[int]]:
    """The lines in which each name gets a value, without those that declare it."""
    found: dict[str, list[int]] = {}
    source = context.source
    for pattern in (_ASSIGNED, _ASSIGNED_BY_LOOP, _UNPACKED, _BORROWED):
        for match in pattern.finditer(source):
            if _DECLARED.search(source, max(0, match.start() - _MOST_BEFORE), match.start()) is not None:
                continue
            groups = match.groupdict()
            line = context.point_of(match.start()).line
            for name in _WORD.findall(groups.get("names") or groups.get("counted") or groups["name"]):
                found.setdefault(name, []).append(line)
    return found


def _is_used_in_its_block(context: RuleContext, point: Point, keyword: str) -> bool:
    """Whether what a ``var`` declares is declared once, and used in its function only inside of the block around."""
    first, last = _block_lines(context, point)
    node = _node_at(context, point)
    while node is not None and node.parent is not None and node.type not in _FUNCTIONS:
        node = node.parent
    around = (node.start_point[0], node.end_point[0]) if node is not None else (0, len(context.lines) - 1)
    names = context.shared.get("lines of names")
    if names is None:
        names = context.shared["lines of names"] = _lines_of_names(context)
    for name in _declared_at(context, point, keyword)[0]:
        used, declared = ([line for line in lines.get(name, ()) if around[0] <= line <= around[1]] for lines in names)
        if len(declared) > 1 or any(not first <= line <= last for line in used):
            return False
    return True


def _lines_of_names(context: RuleContext) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    """The lines in which each name is, and those in which ``var`` declares it."""
    used: dict[str, list[int]] = {}
    declared: dict[str, list[int]] = {}
    for number, line in enumerate(context.lines):
        before = ""
        for name in _WORD.findall(line):
            used.setdefault(name, []).append(number)
            if before == "var":
                declared.setdefault(name, []).append(number)
            before = name
    return used, declared
