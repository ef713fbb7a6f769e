"""Makes white space at line starts fit the document: tabs or spaces, as many to a level as the document has, and no
second indentation after the cursor's.

The only filter that may change characters, and only those.
"""

from __future__ import annotations

import re
from itertools import pairwise

from autothink_lsp.features.completion.postprocess.candidate import Candidate
from autothink_lsp.stream.extent import only_closes
from autothink_lsp.stream.layout import TAB_COLUMNS, goes_on, indent_columns, opens_block
from autothink_lsp.stream.lexical_style import LexicalStyle

_INDENT = re.compile(r"[ \t]*")
_SPACES_PER_LEVEL = 4
_WIDTHS = (4, 2, 8, 3)  # blanks to a level in answers, the most likely first
_CLEARLY = 4  # times as many lines decide between tabs and blanks


def indentation(candidate: Candidate) -> str:
    """Left alone inside strings and comments that span lines."""
    if candidate.around.scanner.spans_lines:
        return candidate.text
    first, *rest = _in_document_style(candidate).split("\n")
    return "\n".join([_without_second_indent(candidate, first), *rest])


def _without_second_indent(candidate: Candidate, first: str) -> str:
    """The cursor stands after indentation and the answer brings its own: keep what lacks to the expected level."""
    before = candidate.context.line_prefix
    indent = _INDENT.match(first)
    if before.strip() or not before or not indent or not indent.group() or not first.strip():
        return first
    above = candidate.previous_line
    expected = indent_columns(above)
    if opens_block(above, candidate.around.style):
        expected += _level(candidate)
    lacking = max(0, expected - indent_columns(before))
    here, kept = indent.group(), ""
    while here and indent_columns(kept + here[0]) <= lacking:
        kept, here = kept + here[0], here[1:]
    return kept + first[indent.end() :]


def _in_document_style(candidate: Candidate) -> str:
    context, text = candidate.context, candidate.text
    head, *lines = text.split("\n")
    if not any(line[:1] in (" ", "\t") and line.strip() for line in lines):
        return text
    uses_tabs = _uses_tabs([*candidate.lines_above, *candidate.lines_below], context.line_prefix)
    if uses_tabs is None:
        return text
    if uses_tabs and not any(line.startswith("\t") for line in lines):
        return "\n".join([head, *_in_tabs(candidate, lines)])
    if not uses_tabs and any(line.startswith("\t") for line in lines):
        spaces = " " * _level(candidate)
        return "\n".join([head, *(_INDENT.sub(lambda m: m.group().replace("\t", spaces), line, 1) for line in lines)])
    return text if uses_tabs else "\n".join([head, *_in_document_unit(candidate, lines)])


def _in_document_unit(candidate: Candidate, lines: list[str]) -> list[str]:
    """The lines with the document's number of spaces to a level, where both it and the answer's are plain to see."""
    style = candidate.around.style
    around = [*candidate.lines_above, candidate.context.line_prefix + candidate.context.line_suffix]
    documents = _units(around, style) | _units(candidate.lines_below, style)
    answers = _units(candidate.lines, style)
    if len(documents) != 1 or len(answers) != 1 or documents == answers:
        return lines
    (unit,), (own,) = documents, answers
    base = indent_columns(candidate.lines[0])
    deeper = [indent_columns(line) - base for line in lines if line.strip()]
    if base % unit or any(columns > 0 and columns % own for columns in deeper):
        return lines  # something is aligned: whose level a line is on cannot be told
    return [_moved(line, base, own, unit) for line in lines]


def _units(lines: list[str], style: LexicalStyle) -> set[int]:
    """By how many columns lines are indented below those that open a block."""
    filled = [line for line in lines if line.strip()]
    steps = {
        indent_columns(inner) - indent_columns(header)
        for header, inner in pairwise(filled)
        if opens_block(header, style) and header.rstrip()[-1] not in "(["
    }
    return {step for step in steps if step > 0}


def _moved(line: str, base: int, own: int, unit: int) -> str:
    columns = indent_columns(line)
    if not line.strip() or columns <= base:
        return line
    return " " * (base + (columns - base) // own * unit) + line.lstrip(" ")


def _uses_tabs(lines: list[str], cursor_line: str) -> bool | None:
    """``None`` if the document around the cursor indents nothing, or both ways: a few lines (comments, aligned
    continuations, a stray tab) do not count, the cursor's own line does."""
    if cursor_line.startswith("\t"):
        return True
    tabs = sum(line.startswith("\t") for line in lines)
    spaces = sum(line.startswith("  ") for line in lines)
    if not tabs and not spaces:
        return None
    return True if tabs > _CLEARLY * spaces else False if spaces > _CLEARLY * tabs else None


def _in_tabs(candidate: Candidate, lines: list[str]) -> list[str]:
    """``lines``, which follow the cursor's and are in blanks, with a tab for each level.

    How many blanks a level has is not said anywhere: it is the first width with which every line stands no deeper than
    the line above it allows. A model also may count from the cursor instead of from the start of the line.
    """
    first = candidate.lines[0]
    cursor_level = indent_columns(candidate.context.line_prefix) // TAB_COLUMNS
    columns = [len(line) - len(line.lstrip(" ")) for line in lines]
    # Some languages do not show what opens a block (a rule of a Makefile): then any line may stand one level deeper.
    for deeper in (0, 1):
        for base in (0, cursor_level):
            for width in _WIDTHS:
                levels = [cursor_level, *(base + blanks / width for blanks in columns)]
                if _is_plausible([first, *lines], levels, candidate.around.style, deeper):
                    return [_tabbed(line, base, width) for line in lines]
    return [_tabbed(line, 0, _SPACES_PER_LEVEL) for line in lines]


def _is_plausible(lines: list[str], levels: list[float], style: LexicalStyle, deeper: int) -> bool:
    """Whether each line that has text stands one level below a line that opens a block, and else at most ``deeper``
    levels below the line above; a line that continues an expression may stand anywhere."""
    filled = [(line, level) for line, level in zip(lines, levels, strict=True) if line.strip()]
    for (above, upper), (below, lower) in pairwise(filled):
        if opens_block(above, style) and not only_closes(below):
            if lower != upper + 1:
                return False
        elif (lower > upper + deeper or lower % 1) and not goes_on(above) and not above.rstrip().endswith(","):
            return False
    return True


def _tabbed(line: str, base: int, width: int) -> str:
    """``line`` with a tab for each ``width`` blanks and ``base`` more; blanks that align and fill no level stay."""
    code = line.lstrip(" ")
    levels, rest = divmod(len(line) - len(code), width)
    return "\t" * (base + levels) + " " * rest + code if code else ""


def _level(candidate: Candidate) -> int:
    """Columns of one level in the document; where no line tells, the editor's own indentation of the cursor's line."""
    default = indent_columns(candidate.context.line_prefix) or _SPACES_PER_LEVEL
    return _smallest_step([*candidate.lines_above, *candidate.lines_below], default)


def _smallest_step(lines: list[str], default: int = _SPACES_PER_LEVEL) -> int:
    widths = {indent_columns(line) for line in lines if line.strip()}
    return min((width for width in widths if width >= 2), default=default)
