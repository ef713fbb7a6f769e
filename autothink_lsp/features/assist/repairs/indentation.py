"""Repair: one line of Python with a wrong indentation, if only one other indentation fits."""

from __future__ import annotations

import re

from autothink_lsp.document.lines import indent_length, indent_of
from autothink_lsp.edits.replacement import Replacement
from autothink_lsp.features.assist.repairs.repair import Repair, RepairContext
from autothink_lsp.features.assist.repairs.syntax_slip import python_parses
from autothink_lsp.values import Point

_MESSAGE = re.compile(r"(?i)indent|dedent")
_ENDS_A_BLOCK = re.compile(r"\s*(?:return|raise|break|continue|pass)\b")
_NEW_DEFINITION = re.compile(r"(?:async\s+def|def|class|@)\b|@")
_MOST_LINES_BACK = 60
_SLIP = 2  # a difference of at most this many blanks is a typing error rather than another level


def indentation(case: RepairContext) -> Repair | None:
    """Change the line to the indentation of its neighbours; ``None`` if two levels are possible."""
    if case.language != "python" or not _MESSAGE.search(case.diagnostic.message):
        return None
    found: dict[str, tuple[int, str]] = {}
    first = case.diagnostic.start.line
    for line in range(max(0, first - 1), min(case.text.line_count, first + 2)):
        fresh = _fresh_indent(case, line)
        if fresh is None:
            continue
        old = case.text.line(line)
        indent = indent_of(old)
        if fresh == indent:
            continue
        changed = str(case.text.replace(Point(line, 0), Point(line, len(indent)), fresh))
        if python_parses(changed):
            found[changed] = (line, fresh)
    if len(found) == 1 and _leaves_grid(case, *next(iter(found.values()))):
        found = _odd_line_before(case, first)
    if len(found) != 1:
        return None
    line, fresh = next(iter(found.values()))
    old = case.text.line(line)
    return Repair(
        replacements=(Replacement(Point(line, 0), Point(line, indent_length(old)), fresh),),
        title="Correct the indentation",
        explanation=f"Line {line + 1} is indented unlike its block; with {len(fresh)} blanks the file parses.",
        rule_id="indentation",
    )


def _leaves_grid(case: RepairContext, line: int, fresh: str) -> bool:
    """Whether the line has a whole number of levels and would lose it: then an earlier line is the odd one."""
    unit = len(_unit(case))
    return len(indent_of(case.text.line(line))) % unit == 0 and len(fresh) % unit != 0


def _odd_line_before(case: RepairContext, first: int) -> dict[str, tuple[int, str]]:
    """The line before ``first`` that alone has no whole number of levels, with the indentation of ``first``."""
    wanted, unit = indent_of(case.text.line(first)), len(_unit(case))
    if not wanted or len(wanted) % unit or "\t" in wanted:
        return {}
    near = range(max(0, first - _MOST_LINES_BACK), first)
    odd = [
        line
        for line in near
        if case.text.line(line).strip() and 0 < abs(len(indent_of(case.text.line(line))) - len(wanted)) <= _SLIP
    ]
    if len(odd) != 1:
        return {}
    indent = indent_of(case.text.line(odd[0]))
    changed = str(case.text.replace(Point(odd[0], 0), Point(odd[0], len(indent)), wanted))
    return {changed: (odd[0], wanted)} if len(indent) % unit and python_parses(changed) else {}


def _fresh_indent(case: RepairContext, line: int) -> str | None:
    text = case.text.line(line)
    if not text.strip() or text.lstrip().startswith("#"):
        return None
    before, behind = _neighbour(case, line, -1), _neighbour(case, line, 1)
    if before is None:
        return "" if text[0] in " \t" else None
    width, above = indent_of(text), indent_of(case.text.line(before))
    opens = case.text.line(before).split("#")[0].rstrip().endswith(":")
    if opens:
        if len(width) > len(above):
            below = "" if behind is None else indent_of(case.text.line(behind))
            is_slip = len(above) < len(below) and 0 < abs(len(width) - len(below)) <= _SLIP
            if len(width) < len(below):  # the rest of the block is a level deeper, unless it is a block of its own
                is_slip = is_slip and below == above + _unit(case)
            return below if is_slip and not _opens(case, line) else None
        return _first_of_block(case, line, behind, above)
    if len(width) > len(above) and len(width) - len(above) <= _SLIP:
        return above
    below = indent_of(case.text.line(behind)) if behind is not None else ""
    if len(width) < len(above) and len(above) - len(width) <= _SLIP and len(below) != len(width):
        return above
    outer = [level for level in _levels(case, before) if abs(len(width) - len(level)) <= _SLIP]
    return outer[0] if len(outer) == 1 else None


def _first_of_block(case: RepairContext, line: int, behind: int | None, above: str) -> str | None:
    below = "" if behind is None else indent_of(case.text.line(behind))
    if behind is not None and len(below) > len(above) and not _opens(case, line):
        return below  # the rest of the block determines the level
    unit = _unit(case)
    text = case.text.line(line).strip()
    is_last = behind is None or len(below) < len(above) or _NEW_DEFINITION.match(case.text.line(behind).strip())
    if unit and (is_last or _ENDS_A_BLOCK.match(text)) and not _opens(case, line):
        return above + unit
    return None


def _opens(case: RepairContext, line: int) -> bool:
    return case.text.line(line).split("#")[0].rstrip()[-1:] in {":", "(", "[", "{", "\\", ","}


def _levels(case: RepairContext, line: int) -> list[str]:
    """The indentations of the blocks around ``line``, the innermost first."""
    found = [indent_of(case.text.line(line))]
    while line > 0 and found[-1]:
        line -= 1
        text = case.text.line(line)
        if text.strip() and len(indent_of(text)) < len(found[-1]):
            found.append(indent_of(text))
    return found


def _unit(case: RepairContext) -> str:
    """The indentation of the first block; a default if there is none."""
    for line in range(1, min(case.text.line_count, 400)):
        text, before = case.text.line(line), case.text.line(line - 1)
        if before.rstrip().endswith(":") and before[:1] not in " \t#" and text.strip() and text[0] in " \t":
            return indent_of(text)
    return "    "


def _neighbour(case: RepairContext, line: int, step: int) -> int | None:
    line += step
    while 0 <= line < case.text.line_count:
        text = case.text.line(line)
        if text.strip() and not text.lstrip().startswith("#"):
            return line
        line += step
    return None
