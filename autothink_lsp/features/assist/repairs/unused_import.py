"""An import that nothing uses, in Python: the line where it imports one name, else the name."""

from __future__ import annotations

import re

from autothink_lsp.edits.values import Replacement
from autothink_lsp.features.assist.repairs.values import Case, Repair
from autothink_lsp.thinking.diagnostic_family import DiagnosticFamily, diagnostic_family
from autothink_lsp.values import Point


def unused_import(case: Case) -> Repair | None:
    """An import that nothing uses: the whole line where it imports one name, else the name."""
    if _family(case) is not DiagnosticFamily.UNUSED or case.language != "python":
        return None
    line = case.diagnostic.start.line
    text = case.text.line(line)
    if not re.match(r"\s*(?:import|from)\s", text) or "(" in text or "\\" in text or ";" in text:
        return None
    head, _, names = (
        text.partition(" import ") if text.lstrip().startswith("from") else (text.split("import")[0], "", "")
    )
    listed = [name.strip() for name in (names or text.partition("import ")[2]).split("#")[0].split(",")]
    said = case.text.between(case.diagnostic.start, case.diagnostic.end).strip()
    unused = next((name for name in listed if said and said in {name, name.split(" as ")[-1].strip()}), None)
    if unused is None and len(listed) == 1:
        unused = listed[0]
    if unused is None:
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


def _family(case: Case) -> DiagnosticFamily:
    return diagnostic_family(case.diagnostic.source, case.diagnostic.code, case.diagnostic.message)
