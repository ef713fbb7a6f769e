"""Repair: an undefined name that is a misspelling of exactly one name in scope."""

from __future__ import annotations

import re

from autothink_lsp.features.assist.repairs.builtin_names import BUILTINS, WORDS_OF_OTHER_LANGUAGES
from autothink_lsp.features.assist.repairs.messages import Unknown, offers_several, unknown_name
from autothink_lsp.features.assist.repairs.missing_import import candidates
from autothink_lsp.features.assist.repairs.near_names import distance, nearest
from autothink_lsp.features.assist.repairs.repair import Repair, RepairContext
from autothink_lsp.features.assist.repairs.target import name_node
from autothink_lsp.features.assist.repairs.visible_names import is_name, visible_names

RULE_ID = "misspelt-name"
_MEMBER_TYPES = frozenset(
    {"identifier", "property_identifier", "field_identifier", "type_identifier", "shorthand_property_identifier"}
)
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
    meant = (
        unknown.meant
        if unknown.kind == "member"
        else _meant(case, unknown, visible_names(case.language, case.text, node))
    )
    if meant is None or meant == unknown.name or not meant.isidentifier():
        return None
    if unknown.kind == "member" and distance(unknown.name.lower(), meant.lower()) > max(2, len(meant) // 3):
        return None
    where = "exists" if unknown.kind == "member" else "is in scope"
    return Repair(
        (case.replace(node, meant),),
        f"Change `{unknown.name}` to `{meant}`",
        f"Nothing is called `{unknown.name}` here; the one near name that {where} is `{meant}`, so it is used instead.",
        RULE_ID,
    )


def _meant(case: RepairContext, unknown: Unknown, visible: frozenset[str] | None) -> str | None:
    name = unknown.name
    if visible is None or name in visible or len(name) > 100:  # defined here: the message is outdated
        return None
    if candidates(case, name):
        return None
    known = visible | BUILTINS.get(case.language, frozenset())
    word = WORDS_OF_OTHER_LANGUAGES.get(case.language, {}).get(name)
    if word:
        return word
    near = nearest(name, known)
    if unknown.meant is not None:
        steps = distance(name, unknown.meant)
        is_near = steps <= max(2, len(name) // 3) and near in {None, unknown.meant}
        return unknown.meant if is_near else None
    return near if near is not None and _uses(case, name) <= _MAX_USES else None


def _uses(case: RepairContext, name: str) -> int:
    found = re.finditer(rf"(?<![\w$]){re.escape(name)}(?![\w$])", str(case.text))
    return sum(1 for _ in zip(range(_MAX_USES + 1), found, strict=False))
