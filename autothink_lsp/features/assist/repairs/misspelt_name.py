"""Repair: an undefined name that is a misspelling of exactly one name in scope, or of a keyword that is a statement."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from autothink_lsp.features.assist.repairs.builtin_names import BUILTINS, WORDS_OF_OTHER_LANGUAGES
from autothink_lsp.features.assist.repairs.keywords import KEYWORDS
from autothink_lsp.features.assist.repairs.messages import Unknown, offers_several, unknown_name
from autothink_lsp.features.assist.repairs.missing_import import candidates
from autothink_lsp.features.assist.repairs.near_names import distance, nearest
from autothink_lsp.features.assist.repairs.repair import Repair, RepairContext
from autothink_lsp.features.assist.repairs.target import name_node
from autothink_lsp.features.assist.repairs.visible_names import imports_unseen_names, is_name, visible_names

if TYPE_CHECKING:
    import tree_sitter

RULE_ID = "misspelt-name"
_MEMBER_TYPES = frozenset(
    {"identifier", "property_identifier", "field_identifier", "type_identifier", "shorthand_property_identifier"}
)
_LONE_KEYWORDS = frozenset({"break", "continue", "pass", "return"})
_OF_LOOPS = frozenset({"break", "continue"})
_LOOP = re.compile(r"(?:^|_)(?:for|while|loop|do)(?:_|$)")
_FUNCTION = re.compile(r"func|method|constructor|lambda|closure")
_SHORT_NAME = 4  # of so few characters, one of which is wrong, it is as likely another word: tree and true
_MAX_USES = 2  # a name with more uses is not a typing error


def misspelt_name(case: RepairContext) -> Repair | None:
    """Correct the name; ``None`` for another message, for no similar name or several, or if an import fits."""
    message = case.diagnostic.message
    unknown = unknown_name(message)
    if unknown is None or offers_several(message):
        return None
    node = name_node(case, unknown.name)
    if node is None or not (is_name(case.language, node) or (unknown.kind == "member" and node.type in _MEMBER_TYPES)):
        return None
    meant = unknown.meant if unknown.kind == "member" else _meant(case, unknown, node, _statements(case, node))
    if meant is None or meant == unknown.name or not meant.isidentifier():
        return None
    if _names_element(node):
        return None
    if unknown.kind == "member" and distance(unknown.name.lower(), meant.lower()) > max(2, len(meant) // 3):
        return None
    where = "that exists" if unknown.kind == "member" else "that fits" if meant in _LONE_KEYWORDS else "in scope"
    return Repair(
        (case.replace(node, meant),),
        f"Change `{unknown.name}` to `{meant}`",
        f"`{unknown.name}` is not defined here; the only similar name {where} is `{meant}`.",
        RULE_ID,
    )


def _names_element(node: tree_sitter.Node) -> bool:
    """Whether ``node`` is the name of a JSX element, for which no variable or keyword is meant."""
    return node.parent is not None and node.parent.type.startswith("jsx_") and node.parent.type != "jsx_expression"


def _statements(case: RepairContext, node: tree_sitter.Node) -> frozenset[str]:
    """The keywords that are statements by themselves, if ``node`` is a statement; otherwise none."""
    statement = node.parent
    if statement is None or statement.type != "expression_statement" or statement.named_child_count != 1:
        return frozenset()
    words = _LONE_KEYWORDS & KEYWORDS.get(case.language, frozenset())
    inner, around, is_in_loop = statement, statement.parent, False
    while around is not None and not _FUNCTION.search(around.type):
        is_in_loop = is_in_loop or (inner.type != "else_clause" and bool(_LOOP.search(around.type)))
        inner, around = around, around.parent
    if around is None:
        words -= {"return"}
    return words if is_in_loop else words - _OF_LOOPS


def _meant(case: RepairContext, unknown: Unknown, node: tree_sitter.Node, keywords: frozenset[str]) -> str | None:
    name, visible = unknown.name, visible_names(case.language, case.text, node)
    if visible is None or name in visible or len(name) > 100:  # defined here: the message is outdated
        return None
    if candidates(case, name) or (case.language == "python" and name in sys.stdlib_module_names):
        return None
    known = visible | BUILTINS.get(case.language, frozenset()) | keywords
    word = WORDS_OF_OTHER_LANGUAGES.get(case.language, {}).get(name)
    if word:
        spellings = set(re.findall(rf"\b{re.escape(name)}\b", str(case.text), re.IGNORECASE)) - {name, word}
        return None if spellings else word  # a macro ``NIL`` is as near to ``nil`` as ``NULL``
    near = nearest(name, known)
    if _is_imported_only(case, near if near is not None else unknown.meant or ""):
        return None  # the import is as likely misspelt as the use
    if near is not None and _may_be_another(case, name, near, visible):
        return None
    if unknown.meant is not None:
        steps = distance(name, unknown.meant)
        is_near = steps <= max(2, len(name) // 3) and near in {None, unknown.meant}
        if is_near and any(one != unknown.meant and distance(name, one) <= steps for one in visible):
            return None  # the checker's suggestion is no nearer than another name
        return unknown.meant if is_near else None
    if near is None or (near in visible and imports_unseen_names(case.language, case.text, node)):
        return None
    return near if _uses(case, name) <= _MAX_USES else None


def _is_imported_only(case: RepairContext, near: str) -> bool:
    """Whether ``near`` stands in the braces of a script's import and nowhere else."""
    if not near or case.language not in {"javascript", "typescript", "tsx"}:
        return False
    text = str(case.text)
    if len(re.findall(rf"(?<![\w$]){re.escape(near)}(?![\w$])", text)) != 1:
        return False
    return re.search(rf"(?m)^import\b[^;'\"{{]*\{{[^}}]*(?<![\w$]){re.escape(near)}(?![\w$])", text) is not None


def _may_be_another(case: RepairContext, name: str, near: str, visible: frozenset[str]) -> bool:
    """Whether ``name`` may be right: a word of its own, or a name that another file defines."""
    is_replaced = len(name) == len(near) and sorted(name) != sorted(near)
    if near not in visible:  # a built-in name or a keyword
        return is_replaced and len(near) <= _SHORT_NAME
    # All classes of a package are in scope in each of its files.
    return is_replaced and case.language == "java" and name[0].isupper()


def _uses(case: RepairContext, name: str) -> int:
    found = re.finditer(rf"(?<![\w$]){re.escape(name)}(?![\w$])", str(case.text))
    return sum(1 for _ in zip(range(_MAX_USES + 1), found, strict=False))
