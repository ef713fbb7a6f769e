"""Counts what an indentation language's compiler refuses and tree-sitter's forgiving grammar lets pass.

tree-sitter takes ``for x in y:`` without a body, a sudden deeper line and a dedent to nowhere as valid. Only the lines
of an answer and the two lines that it meets are looked at; for other block styles there is nothing to count.
"""

from __future__ import annotations

from collections.abc import Iterator

from autothink_lsp.syntax.blocks import BlockRules, Line

_REACH_LINES = 200  # how far above the cursor the enclosing levels are looked for


def indentation_faults(rules: BlockRules, before: str, text: str, after: str) -> int:
    """Faults where ``text`` stands between ``before`` and ``after``; 0 where blocks are not made by indentation."""
    if rules.style != "indent":
        return 0
    head, _, cursor_line = before.rpartition("\n")
    rest, _, tail = after.partition("\n")
    middle = [rules.line(line) for line in (cursor_line + text + rest).split("\n")]
    below = next((rules.line(line) for line in tail.split("\n") if line.strip()), None)
    above = [line for _, line in enclosing(rules, head)]
    levels = {line.indent for line in above} | {0}
    previous = above[0] if above else None
    faults = depth = 0
    for line in (*middle, *([below] if below else [])):
        if line.blank:
            continue
        if depth == 0 and previous is not None and not rules.is_comment(line):
            faults += _fault(rules, previous, line, levels)
            levels = {level for level in levels if level < line.indent} | {line.indent}
        depth = max(0, depth + rules.depth_after(line))
        if not rules.is_comment(line):
            previous = line
    if below is None and previous is not None and depth == 0 and rules.opens(previous):
        faults += 1
    return faults


def _fault(rules: BlockRules, previous: Line, line: Line, levels: set[int]) -> int:
    if rules.opens(previous) and rules.depth_after(previous) <= 0:
        return int(line.indent <= previous.indent and not rules.stays_level(line))
    return int(line.indent > previous.indent or line.indent not in levels)


def enclosing(rules: BlockRules, head: str) -> Iterator[tuple[int, Line]]:
    """(index, line) of the last line of ``head`` that is not blank, then upwards of those that enclose it.

    Each is less indented than the one before it. At most 200 lines are looked at.
    """
    lines = head.split("\n")
    indent: int | None = None
    for index in range(len(lines) - 1, max(-1, len(lines) - 1 - _REACH_LINES), -1):
        line = rules.line(lines[index])
        if line.blank or (indent is not None and line.indent >= indent):
            continue
        indent = line.indent
        yield index, line
        if indent == 0:
            return
