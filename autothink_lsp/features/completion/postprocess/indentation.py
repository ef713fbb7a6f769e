"""Adapts the indentation to the document: tabs or spaces, the document's width of a level, and no second indentation
after that of the cursor's line.

The only filter that may change characters within a text, and only white space at line starts.
"""

from __future__ import annotations

import re
from itertools import pairwise

from autothink_lsp.document.lines import indent_of
from autothink_lsp.features.completion.postprocess.bracket_block_style import in_block_style, is_block, lines_of_strings
from autothink_lsp.features.completion.postprocess.candidate import CompletionCandidate
from autothink_lsp.stream.extent import only_closes
from autothink_lsp.stream.layout import first_filled, goes_on, is_telling
from autothink_lsp.stream.unwrapping import begins_starred_line
from autothink_lsp.syntax.language_style import TAB_COLUMNS, LanguageStyle, indent_columns

_INDENT = re.compile(r"[ \t]*")
_GOES_ON_BELOW = re.compile(r"\s*(?:\??\.\w|<[$*|&>]|>>|[?:+*/%|] |- \w|&&|\|\||\|>|->|(?:and|or)\b)")
_LABEL = re.compile(r"\s*(?:case|default)\b")
_NEVER_DEEPER = frozenset(",)]}")  # than the line above
_SPACES_PER_LEVEL = 4
_LINES_FOR_LEVEL = 200  # above the cursor, and below it
_WIDTHS = (4, 2, 8, 3)  # blanks to a level in answers, the most likely first
_TAB_AND_BLANKS = re.compile(r"\t+ {2,6}\S")
_LEAST_OF_STYLE = 2  # lines
_CLEARLY = 4  # times as many lines decide between tabs and blanks


def indentation(candidate: CompletionCandidate) -> str:
    """The text in the indentation of the document. The levels inside of strings and comments that span lines stay the
    same."""
    if candidate.around.scanner.spans_lines:
        return without_second_indent(candidate)
    return without_second_indent(candidate.with_text(_in_document_style(candidate)))


def with_tabs_of_document(candidate: CompletionCandidate) -> str:
    """The text in the document's tabs or blanks where its lines have the other ones, whose columns cannot be compared
    with those of the document."""
    _, *lines = candidate.text.split("\n")
    kinds = {line[0] for line in lines if line[:1] in (" ", "\t") and line.strip()}
    if len(kinds) != 1 or candidate.around.scanner.spans_lines or _uses_tabs(candidate) is not (kinds == {" "}):
        return candidate.text
    return _in_document_style(candidate)


def without_second_indent(candidate: CompletionCandidate) -> str:
    """The text without the indentation that the document has before the cursor: without that of the first line, or of
    all lines if the answer counts them from the cursor."""
    first, *rest = candidate.text.split("\n")
    if candidate.around.scanner.spans_lines:
        return "\n".join([_first_line_of_text(candidate, first, rest), *rest])
    head = _first_line(candidate, first)
    dropped = first[: len(first) - len(head)]
    return "\n".join([head, *_without_shift(candidate, head, rest, dropped)])


def _first_line(candidate: CompletionCandidate, first: str) -> str:
    """The first line, for a cursor that follows indentation and an answer that begins with its own: only the part of it
    that is missing up to the expected level is kept."""
    before = candidate.context.line_prefix
    indent = _INDENT.match(first)
    if before.strip() or not before or not indent or not indent.group() or not first.strip():
        return first
    above = candidate.previous_line
    expected = indent_columns(above) - above.lstrip().startswith(("*/", "* "))  # which is aligned with "/*"
    if candidate.around.style.opens_block(above):
        expected += _level(candidate)
    elif expected - indent_columns(before) >= _level(candidate):
        expected = 0  # the user has left the block of the line above
    below = candidate.next_line
    goes_on_here = indent_of(below) == before and indent_columns(above) > indent_columns(before)
    if goes_on_here or first.lstrip()[0] in _NEVER_DEEPER:
        expected = 0
    lacking = max(0, expected - indent_columns(before))
    here, kept = indent.group(), ""
    while here and indent_columns(kept + here[0]) <= lacking:
        kept, here = kept + here[0], here[1:]
    if _LABEL.match(first):  # at the level of its switch
        inner = indent_columns(first_filled(candidate.text.split("\n")[1:]))
        kept = kept if not 0 < inner <= indent_columns(before + kept) else ""
    return kept + first[indent.end() :]


def _first_line_of_text(candidate: CompletionCandidate, first: str, rest: list[str]) -> str:
    """The first line in a comment or string without the indentation that the document has before the cursor: before a
    ``*`` that is no deeper than the one above, or where the lines below show that all of them were counted from the
    first column."""
    before, indent = candidate.context.line_prefix, indent_of(first)
    if before.strip() or not before or not indent or not first.strip():
        return first
    if begins_starred_line(candidate.context, candidate.around):
        above = candidate.previous_line
        star = indent_columns(above) + above.lstrip().startswith("/*")
        return first[len(indent) :] if first.lstrip()[0] == "*" and indent_columns(before) >= star else first
    shallowest = min((indent_columns(line) for line in rest if line.strip()), default=-1)
    above = candidate.previous_line
    below = candidate.next_line
    is_level = indent_of(above) == before or (indent_of(below) == before and is_telling(below))
    is_level = is_level and not above.rstrip().endswith(":")
    if shallowest < 0 and is_level:
        return first[len(indent) :] if indent == before else first
    return first[len(indent) :] if indent == before and shallowest == indent_columns(before) else first


def _without_shift(candidate: CompletionCandidate, first: str, lines: list[str], dropped: str) -> list[str]:
    """The lines below the first one, moved left as far as the first one was, if the answer counts all of them from the
    cursor: no line could have the indentation that the answer gives it. A line that continues the first one may have
    any indentation."""
    filled = [line for line in lines if line.strip()]
    if not filled or not dropped or dropped.strip(" ") or not all(line.startswith(" ") for line in filled):
        return lines
    opens = candidate.around.style.opens_block(first)
    if not opens and _is_continued(candidate, first, filled[0]):
        return lines
    if min(map(indent_columns, filled)) < indent_columns(candidate.context.line_prefix) + len(dropped) + opens:
        return lines
    return [line[len(dropped) :] if line.strip() else line for line in lines]


def _is_continued(candidate: CompletionCandidate, first: str, below: str) -> bool:
    """Whether the statement that ``first`` begins goes on in the line below: an open bracket or string, an operator, a
    header without a bracket (``if (x)``)."""
    style, scanner = candidate.around.style, candidate.around.scanner.fork().feed(f"{first}\n")
    line = style.line(first)
    return (
        scanner.spans_lines
        or style.depth_after(line) > 0
        or goes_on(line.code)
        or line.code.endswith(",")
        or (style.begins_header(line.code) and not line.code.endswith(";"))
        or _GOES_ON_BELOW.match(below) is not None
    )


def _in_document_style(candidate: CompletionCandidate) -> str:
    text = candidate.text
    head, *lines = text.split("\n")
    if not any(line[:1] in (" ", "\t") and line.strip() for line in lines):
        return text
    uses_tabs = _uses_tabs(candidate)
    if uses_tabs is None:
        return text
    in_string = lines_of_strings(candidate, head, lines)
    if is_block(candidate):
        unit = "\t" if uses_tabs else " " * _level(candidate)
        text = in_block_style(candidate, unit, in_string)
        if text != candidate.text:
            return text
    code = ["" if is_text else line for line, is_text in zip(lines, in_string, strict=True)]
    moved = _code_in_document_style(candidate, code, uses_tabs)
    kept = zip(lines, moved, in_string, strict=True)
    return "\n".join([head, *(line if is_text else new for line, new, is_text in kept)])


def _code_in_document_style(candidate: CompletionCandidate, lines: list[str], uses_tabs: bool) -> list[str]:
    """The lines below the first one, of which those of strings are empty."""
    if uses_tabs and not any(line.startswith("\t") for line in lines):
        return _in_tabs(candidate, lines)
    if not uses_tabs and any(line.startswith("\t") for line in lines):
        spaces = " " * _columns_of_tab(candidate, lines)
        return [_INDENT.sub(lambda m: m.group().replace("\t", spaces), line, 1) for line in lines]
    return lines if uses_tabs else _in_document_unit(candidate, lines)


def _columns_of_tab(candidate: CompletionCandidate, lines: list[str]) -> int:
    """The blanks for a tab of the answer, in a document without: one level, or as many as give the second line the
    indentation of the first one, where it cannot be deeper and closes nothing."""
    second, level = first_filled(lines), _level(candidate)
    tabs, columns = len(second) - len(second.lstrip("\t")), indent_columns(candidate.lines[0])
    style, first = candidate.around.style, candidate.lines[0]
    may_be_deeper = style.opens_block(first) or _is_continued(candidate, first, second)
    if not tabs or may_be_deeper or style.closes(style.line(second)) or columns % tabs:
        return level
    return columns // tabs if columns // tabs in _WIDTHS else level


def _in_document_unit(candidate: CompletionCandidate, lines: list[str]) -> list[str]:
    """The lines with the document's spaces per level, if both its width and the answer's are unambiguous."""
    style = candidate.around.style
    answers = _units(candidate.lines, style)
    if len(answers) != 1:
        return lines
    around = [*candidate.lines_above, candidate.context.line_prefix + candidate.context.line_suffix]
    documents = _units(around, style) | _units(candidate.lines_below, style)
    if len(documents) != 1 or documents == answers:
        return lines
    (unit,), (own,) = documents, answers
    base = indent_columns(candidate.lines[0])
    deeper = [indent_columns(line) - base for line in lines if line.strip()]
    if base % unit or any(columns > 0 and columns % own for columns in deeper):
        return lines  # something is aligned, so the level of a line is ambiguous
    return [_moved(line, base, own, unit) for line in lines]


def _units(lines: list[str], style: LanguageStyle) -> set[int]:
    """The differences in columns between lines that open a block and the lines below them."""
    filled = [*filter(str.strip, lines)]
    headers = zip(filled, filled[1:], style.open_blocks(filled), strict=False)
    steps = {
        indent_columns(inner) - indent_columns(header)
        for header, inner, opens in headers
        if opens and header.rstrip()[-1] not in "(["
    }
    return {step for step in steps if step > 0}


def _moved(line: str, base: int, own: int, unit: int) -> str:
    columns = indent_columns(line)
    if not line.strip() or columns <= base:
        return line
    return " " * (base + (columns - base) // own * unit) + line.lstrip(" ")


def _uses_tabs(candidate: CompletionCandidate) -> bool | None:
    """Whether the document around the cursor is indented with tabs; ``None`` if it has no indentation, or both kinds. A
    few lines (comments, aligned continuations, a stray tab) do not count; the cursor's own line does, except in GNU's
    style."""
    context = candidate.context
    around = f"\n{context.whole_lines_above}{context.suffix[len(context.line_suffix) :]}"
    tabs, spaces = around.count("\n\t"), around.count("\n  ")
    if context.line_prefix.startswith("\t"):
        return None if _is_gnu_style([*candidate.lines_above, *candidate.lines_below], tabs, spaces) else True
    if not tabs and not spaces:
        has_tabs = any(line.startswith("\t") for line in candidate.lines[1:])
        return False if has_tabs and context.line_prefix.startswith("  ") else None
    return True if tabs > _CLEARLY * spaces else False if spaces > _CLEARLY * tabs else None


def _is_gnu_style(lines: list[str], tabs: int, spaces: int) -> bool:
    """Whether a tab stands for eight blanks of smaller levels, as in the code of GNU: levels of less than a tab have
    blanks alone, and others a tab with blanks behind it."""
    both = sum(_TAB_AND_BLANKS.match(line) is not None for line in lines)
    return both >= _LEAST_OF_STYLE and spaces >= _LEAST_OF_STYLE and spaces * _CLEARLY >= tabs


def _in_tabs(candidate: CompletionCandidate, lines: list[str]) -> list[str]:
    """``lines``, which follow the cursor's line and are indented with blanks, with a tab for each level.

    The width of a level is not given: it is the first width with which no line is deeper than the line above it allows.
    A model may also count from the cursor instead of from the start of the line.
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


def _is_plausible(lines: list[str], levels: list[float], style: LanguageStyle, deeper: int) -> bool:
    """Whether each nonblank line is one level below a line that opens a block, and otherwise at most ``deeper`` levels
    below the line above; a line that continues an expression may have any level."""
    filled = [(line, level) for line, level in zip(lines, levels, strict=True) if line.strip()]
    for (above, upper), (below, lower) in pairwise(filled):
        if style.opens_block(above) and not only_closes(below):
            if lower != upper + 1:
                return False
        elif (lower > upper + deeper or lower % 1) and not goes_on(above) and not above.rstrip().endswith(","):
            return False
    return True


def _tabbed(line: str, base: int, width: int) -> str:
    """``line`` with a tab for each ``width`` blanks and ``base`` more; blanks that align and fill no level are kept."""
    code = line.lstrip(" ")
    levels, rest = divmod(len(line) - len(code), width)
    return "\t" * (base + levels) + " " * rest + code if code else ""


def _level(candidate: CompletionCandidate) -> int:
    """The columns of one level in the document: the most frequent step into a block around the cursor, else the
    smallest indentation. Without any indented line, the indentation of the cursor's line."""
    from autothink_lsp.edits.reindent import unit_of  # late: few answers need it

    around = [*candidate.lines_above[-_LINES_FOR_LEVEL:], *candidate.lines_below[:_LINES_FOR_LEVEL]]
    if unit := unit_of(around):
        return indent_columns(unit)
    default = indent_columns(candidate.context.line_prefix) or _SPACES_PER_LEVEL
    return _smallest_step(around, default)


def _smallest_step(lines: list[str], default: int = _SPACES_PER_LEVEL) -> int:
    widths = {indent_columns(line) for line in lines if line.strip()}
    return min((width for width in widths if width >= 2), default=default)
