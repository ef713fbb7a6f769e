"""Repair: an unused import in Python or Go. Removes the line if it imports one name, else only the name."""

from __future__ import annotations

import builtins
import re

from autothink_lsp.edits.replacement import Replacement
from autothink_lsp.features.assist.repairs.near_names import distance
from autothink_lsp.features.assist.repairs.repair import Repair, RepairContext
from autothink_lsp.thinking.diagnostic_family import DiagnosticFamily, diagnostic_family
from autothink_lsp.values import Point

_GO_IMPORT = re.compile(r"^\"([^\"]+)\" imported (?:but|and) not used")
# Forms in which Python binds a name: the name alone before an equals sign, in a header, in an import, as a target.
_BINDS = (
    r"\b(?:def|class|as|for|global|import)\s+(?:[\w.]+\s*,\s*)*{0}\b|[(,*]\s*{0}\b\s*[,:=)]"
    r"|(?m:^\s*{0}\b\s*[:=,])|\b{0}\s*:="
)
_NAMED = re.compile(r"^['`\"]([\w. ]+)['`\"] imported but unused")


def unused_import(case: RepairContext) -> Repair | None:
    """Remove the import, or its one unused name; ``None`` for another message."""
    if _family(case) is not DiagnosticFamily.UNUSED:
        return None
    if case.language == "go":
        return _go_import(case)
    if case.language != "python":
        return None
    line = case.diagnostic.start.line
    text = case.text.line(line)
    if not re.match(r"\s*(?:import|from)\s", text) or "(" in text or "\\" in text or ";" in text:
        return None
    head, _, names = (
        text.partition(" import ") if text.lstrip().startswith("from") else (text.split("import")[0], "", "")
    )
    listed = [name.strip() for name in (names or text.partition("import ")[2]).split("#")[0].split(",")]
    reported = case.text.between(case.diagnostic.start, case.diagnostic.end).strip()
    if not reported and (named := _NAMED.search(case.diagnostic.message)):
        reported = named[1].rpartition(" as ")[2].rpartition(".")[2]
    unused = next((name for name in listed if reported and reported in {name, name.split(" as ")[-1].strip()}), None)
    if unused is None and len(listed) == 1:
        unused = listed[0]
    if unused is None:
        return None
    if _is_misspelt(case, unused.split(" as ")[-1].strip()):
        return None
    rest = [name for name in listed if name != unused]
    if rest:
        fresh = f"{head} import {', '.join(rest)}" if names else f"{head}import {', '.join(rest)}"
        edit = Replacement(Point(line, 0), Point(line, len(text)), fresh)
    else:
        edit = Replacement(Point(line, 0), Point(line + 1, 0), "")
    return Repair(
        replacements=(edit,),
        title=f"Remove the import of `{unused}`",
        explanation=f"Nothing uses `{unused}`.",
        rule_id="unused-import",
    )


def _is_misspelt(case: RepairContext, unused: str) -> bool:
    """Whether the code uses a name that is one error from ``unused`` and is bound nowhere: the import is misspelt."""
    if len(unused) < 3:
        return False
    text = str(case.text)
    used = set(re.findall(r"(?<![\w.\"'])[^\W\d]\w*(?=[.(\[])", text)) - {unused}
    near = {name for name in used if abs(len(name) - len(unused)) <= 1 and distance(name, unused) == 1}
    return any(not re.search(_BINDS.format(re.escape(name)), text) for name in near - set(dir(builtins)))


def _go_import(case: RepairContext) -> Repair | None:
    """Remove an import on a separate line in a group of imports."""
    line = case.diagnostic.start.line
    named = _GO_IMPORT.search(case.diagnostic.message)
    if named is None or case.text.line(line).strip() != f'"{named[1]}"':
        return None
    node = case.node(case.diagnostic.start, case.diagnostic.start)
    while node is not None and node.type != "import_spec_list":
        node = node.parent
    if node is None or node.named_child_count < 2:
        return None
    return Repair(
        replacements=(Replacement(Point(line, 0), Point(line + 1, 0), ""),),
        title=f"Remove the import of `{named[1]}`",
        explanation=f"Nothing uses `{named[1]}`.",
        rule_id="unused-import",
    )


def _family(case: RepairContext) -> DiagnosticFamily:
    return diagnostic_family(case.diagnostic.source, case.diagnostic.code, case.diagnostic.message)
