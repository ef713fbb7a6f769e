"""Repair: the missing import of an undefined name that exactly one import defines, of the standard library or the
project."""

from __future__ import annotations

import functools
import importlib.util
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from autothink_lsp.features.assist.repairs.import_names import (
    C_HEADERS,
    GO_MEMBERS,
    GO_PACKAGES,
    JAVA_CLASSES,
    JAVA_MEMBERS,
    OTHER_OWNERS,
    PYTHON_NAMES,
    PYTHON_WORDS,
    RUST_FMT,
    RUST_TYPES,
)
from autothink_lsp.features.assist.repairs.insert_import import insert_import
from autothink_lsp.features.assist.repairs.messages import unknown_name
from autothink_lsp.features.assist.repairs.repair import ImportCandidate, Repair, RepairContext, source_of
from autothink_lsp.features.assist.repairs.target import name_node
from autothink_lsp.features.assist.repairs.visible_names import is_name, visible_names

if TYPE_CHECKING:
    import tree_sitter

RULE_ID = "missing-import"
_OTHER_MAPS = re.compile(r"\b(?:hashbrown|ahash|rustc_hash|fxhash|indexmap|dashmap|loom|triomphe)\b")


def missing_import(case: RepairContext) -> Repair | None:
    """Add the import; ``None`` for another message, or if no import or several define the name."""
    unknown = unknown_name(case.diagnostic.message)
    if unknown is None or unknown.kind != "name" or unknown.meant is not None:
        return None
    node = name_node(case, unknown.name)
    if node is None or not is_name(case.language, node):
        return None
    visible = visible_names(case.language, case.text, node)
    if visible is None or unknown.name in visible:
        return None
    found = candidates(case, unknown.name)
    if len(found) != 1:
        return None
    written = insert_import(case, found[0])
    if written is None:
        return None
    statement, replacement = written
    return Repair(
        (replacement,),
        f"Add `{statement}`",
        f"`{unknown.name}` is used but never imported. `{statement}` makes it known; it is added to the imports.",
        RULE_ID,
    )


def candidates(case: RepairContext, name: str) -> tuple[ImportCandidate, ...]:
    """All imports that would define ``name`` at the diagnostic."""
    found = dict.fromkeys(case.project.find(name, case.request) if case.project is not None else ())
    if _may_be_of_library(case, name):
        return tuple(found)
    node = name_node(case, name)
    if case.language == "python" and node is not None and (standard := _python(case, name, node)):
        found[standard] = None
    if case.language == "go" and name in GO_PACKAGES and node is not None and _is_package_use(case, node):
        found[ImportCandidate(GO_PACKAGES[name])] = None
    if case.language == "java" and name in JAVA_CLASSES and not _has_foreign_member(str(case.text), name):
        found[ImportCandidate(JAVA_CLASSES[name], name)] = None
    if case.language == "rust" and node is not None and (used := _rust(case, name, node)):
        found[used] = None
    if case.language == "c" and name in C_HEADERS:
        found[ImportCandidate(f"{C_HEADERS[name]}.h")] = None
    return tuple(found)


def _may_be_of_library(case: RepairContext, name: str) -> bool:
    """Whether the file imports a library that has the same name as the standard one."""
    text = str(case.text)
    return any(
        name in names and re.search(rf"(?m)^[ \t]*(?:import|from|#include)[ \t]+(?:static[ \t]+)?<?{library}\b", text)
        for library, names in OTHER_OWNERS.get(case.language, {}).items()
    )


def _has_foreign_member(text: str, name: str) -> bool:
    """Whether the file uses static members that the class of Java's library does not have: ``Optional.absent()`` is
    Guava's."""
    members = JAVA_MEMBERS.get(name)
    used = re.findall(rf"(?<![\w.]){name}\s*\.\s*(?:<[^<>\n]{{0,80}}>\s*)?(\w+)", text)
    return members is not None and any(one not in members for one in used)


def _rust(case: RepairContext, name: str, node: tree_sitter.Node) -> ImportCandidate | None:
    """The import of a name of the standard library; ``None`` inside an inner module, and if another crate may define
    the name."""
    outside: tree_sitter.Node | None = node
    while outside is not None:
        if outside.type == "mod_item":
            return None
        outside = outside.parent
    if name in RUST_TYPES:
        return None if _OTHER_MAPS.search(str(case.text)) else ImportCandidate(RUST_TYPES[name], name)
    parent = node.parent
    if name != "fmt" or parent is None or parent.type not in {"scoped_identifier", "scoped_type_identifier"}:
        return None
    used = source_of(case.text, parent.child_by_field_name("name"))
    return ImportCandidate("std::fmt") if used in RUST_FMT and parent.named_children[0].id == node.id else None


def _python(case: RepairContext, name: str, node: tree_sitter.Node) -> ImportCandidate | None:
    parent = node.parent
    attribute = ""
    if parent is not None and parent.type == "attribute":
        owner = parent.child_by_field_name("object")
        if owner is not None and owner.id == node.id:
            attribute = source_of(case.text, parent.child_by_field_name("attribute"))
    if name in PYTHON_NAMES:
        return ImportCandidate(PYTHON_NAMES[name], name)
    if not attribute or name.startswith("_") or name not in sys.stdlib_module_names:
        return None
    if name in PYTHON_WORDS and attribute not in PYTHON_WORDS[name]:
        return None
    return ImportCandidate(name) if _may_have(name, attribute) else None


def _may_have(module: str, attribute: str) -> bool:
    """Whether the module of Python's library may have the attribute. It has not in ``struct.name``, which is an
    attribute of a variable."""
    loaded = sys.modules.get(module)
    if loaded is not None:
        return hasattr(loaded, attribute)
    source = _python_source(module)
    return source is None or "import *" in source or re.search(rf"\b{re.escape(attribute)}\b", source) is not None


@functools.lru_cache(maxsize=8)
def _python_source(module: str) -> str | None:
    """The source of a module of Python's library; ``None`` for an extension module. Does not import it."""
    try:
        found = importlib.util.find_spec(module)
        if found is None or found.origin is None or not found.origin.endswith(".py"):
            return None
        return Path(found.origin).read_text(encoding="utf-8", errors="replace")
    except (OSError, ImportError, ValueError):
        return None


def _is_package_use(case: RepairContext, node: tree_sitter.Node) -> bool:
    parent = node.parent
    if parent is None or parent.type not in {"selector_expression", "qualified_type"}:
        return False
    used = source_of(case.text, parent.named_children[-1])
    members = GO_MEMBERS.get(source_of(case.text, node))
    if members is not None and used not in members:
        return False
    return parent.named_children[0].id == node.id and used[:1].isupper()
