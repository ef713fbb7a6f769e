"""Counts indentation errors that the compiler of an indentation-based language reports and tree-sitter accepts.

tree-sitter accepts ``for x in y:`` without a body, an unexpected deeper line and a dedent to an unknown level. Only the
lines of an answer and the two adjacent lines are checked; for other block styles there is nothing to count.
"""

from __future__ import annotations

from collections.abc import Iterator

from autothink_lsp.syntax.language_style import LanguageStyle, Line
from autothink_lsp.values import frozen

_REACH_LINES = 200  # how far above the cursor the enclosing levels are searched


@frozen
class IndentationAround:
    """What the code around a cursor says about the indentation of the lines that may stand there. ``above`` are the
    enclosing lines, the nearest first, ``below`` is the next one that is not blank; ``line`` is the cursor's, in two
    parts; ``depth`` brackets are open above it: lines in them have no indentation."""

    rules: LanguageStyle
    line: tuple[str, str]
    above: tuple[Line, ...]
    below: Line | None
    depth: int = 0

    @classmethod
    def of(cls, rules: LanguageStyle, before: str, after: str) -> IndentationAround:
        """For the cursor between ``before`` and ``after``."""
        if rules.blocks != "indent":
            return cls(rules, ("", ""), (), None)
        head, _, cursor_line = before.rpartition("\n")
        rest, _, tail = after.partition("\n")
        below = next((rules.line(line) for line in tail.split("\n") if line.strip()), None)
        above = tuple(line for _, line in enclosing(rules, head))
        depth = 0
        for line in reversed(above):
            depth = max(0, depth + rules.depth_after(line))
        return cls(rules, (cursor_line, rest), above, below, depth)

    def faults(self, text: str) -> int:
        """The errors with ``text`` at the cursor; 0 if blocks are not formed by indentation."""
        rules = self.rules
        if rules.blocks != "indent":
            return 0
        middle = [rules.line(line) for line in text.join(self.line).split("\n")]
        levels = {line.indent for line in self.above} | {0}
        previous = self.above[0] if self.above else None
        faults, depth = 0, self.depth
        for line in (*middle, *([self.below] if self.below else [])):
            if line.blank:
                continue
            if not rules.is_comment(line):
                if depth == 0 and previous is not None:
                    faults += _fault(rules, previous, line, levels)
                    levels = {level for level in levels if level < line.indent} | {line.indent}
                # A statement of several lines has the indentation of its first one.
                previous = line if depth == 0 or previous is None else line._replace(indent=previous.indent)
            depth = max(0, depth + rules.depth_after(line))
        if self.below is None and previous is not None and depth == 0 and rules.opens(previous):
            faults += 1
        return faults


def _fault(rules: LanguageStyle, previous: Line, line: Line, levels: set[int]) -> int:
    if rules.opens(previous) and rules.depth_after(previous) <= 0:
        return int(line.indent <= previous.indent and not rules.stays_level(line))
    return int(line.indent > previous.indent or line.indent not in levels)


def enclosing(rules: LanguageStyle, head: str) -> Iterator[tuple[int, Line]]:
    """Yield (index, line) of the last non-blank line of ``head``, then of the lines above that enclose it.

    Each is less indented than the previous one. Reads at most 200 lines.
    """
    lines = head.split("\n")
    indent: int | None = None
    deeper = ""  # begins lines that are at least as deep as the last one that was found
    for index in range(len(lines) - 1, max(-1, len(lines) - 1 - _REACH_LINES), -1):
        if deeper and lines[index].startswith(deeper):
            continue
        line = rules.line(lines[index])
        if line.blank or (indent is not None and line.indent >= indent):
            continue
        indent, deeper = line.indent, " " * line.indent
        yield index, line
        if indent == 0:
            return
