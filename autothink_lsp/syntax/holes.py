"""Classifies a hole in code by the text around it, and determines how many lines of an answer can belong to it.

Models continue after the end of a hole, with the next function or a print. Where an answer must end depends on the
hole: the rest of a line, one statement, a block. This module decides that by text alone, so that it works for every
file; whether the lines fit is decided with the tree (``cut.py``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from enum import StrEnum

from attrs import field

from autothink_lsp.syntax.language_style import LanguageStyle, Line
from autothink_lsp.values import frozen

_CLOSERS = (")", "]", "}")
_OPENERS = ("(", "[", "{")
_TWO_LETTERS = re.compile(r"[^\W_].*?[^\W_]", re.DOTALL)  # or digits
_BELOW_LINES = 5  # number of lines after the cursor that an answer is compared with


class Extent(StrEnum):
    """The extent of a hole. The values are also the reason ids of a cut.

    The stream decides before the answer arrives, by the text around the cursor, and limits the request: it never uses
    ``HEADER``, and uses ``LINES`` if the surrounding code does not determine the end. The cut decides with the answer's
    first line and never uses ``LINES``.
    """

    REST_OF_LINE = "rest_of_line"  # code follows on the cursor's line: the text between
    STATEMENT = "statement"  # one statement with its block
    LINES = "lines"  # some lines, whose end the answer's layout shows
    BLOCK = "block"  # the rest of the block
    HEADER = "header"  # deeper code without an opener follows: up to the opener


@frozen
class Header:
    """The first line of a function or a class around the cursor."""

    indent: int
    of_class: bool


@frozen
class Hole:
    """The hole at the cursor, for one answer, whose first line determines the level if the cursor's line is blank."""

    kind: Extent
    level: int  # indentation of the missing code
    floor: int  # a line with at most this indentation is outside the hole
    first: int  # index of the answer's first non-blank line; the blank lines before it are kept with it
    rest: str = field(repr=False)  # of the cursor's line, stripped
    below: tuple[Line, ...] = field(repr=False)  # the first non-blank lines after the cursor


@frozen
class AnswerReach:
    """The number of an answer's lines that can belong to a hole, determined by text.

    complete: the end was seen, so these lines are complete. settled: no further text can change them (a complete
    statement can still grow if the answer later repeats the suffix). reason: a hole kind, or ``suffix_reached`` (the
    answer repeats the text after the cursor), ``brackets_closed`` (it is of several lines and reaches the brackets
    after the cursor), ``exit`` (code after a return is unreachable), ``left_block`` (not even the first line belongs to
    the block).
    """

    lines: int
    complete: bool
    settled: bool
    reason: str


def describe_hole(
    rules: LanguageStyle,
    before: str,
    after: str,
    answer: Sequence[str],
    headers: Callable[[], Sequence[Header]] = tuple,
    streamed: Extent | None = None,
) -> Hole | None:
    """Classify the hole. ``before`` ends at the cursor, ``after`` begins there; ``None`` if the answer (its lines) is
    blank, or is a comment behind an opener whose closer is on the same line.

    ``headers`` returns the headers around the cursor, innermost first, if they are known; it is called only if needed.
    An answer may then also fill the blocks around the cursor's block, up to the end of the function; in a class it is
    one member.

    ``streamed`` is the extent to which the stream was limited, if known. ``REST_OF_LINE`` is adopted: the stream ended
    at the line, and it also knows comments and strings, which the lines here do not show. The other extents are decided
    again, because the answer's first line shows more.
    """
    first = next((index for index, text in enumerate(answer) if text.strip()), None)
    if first is None:
        return None
    cursor_line = before.rpartition("\n")[2]
    rest, _, tail = after.partition("\n")
    below = _lines_below(rules, (cursor_line + rest if rest.strip() else "", *tail.split("\n")))
    follows = below[0] if below else None
    ends_at_line = streamed is Extent.REST_OF_LINE and first == 0
    begins_block = first > 0 or rules.is_only_comment(answer[0])
    if begins_block and streamed is not Extent.REST_OF_LINE and rest.lstrip().startswith(_CLOSERS):
        opened = rules.line(cursor_line)
        if rules.depth_after(opened) > 0:
            first = next((index for index in range(max(1, first), len(answer)) if answer[index].strip()), None)
            if first is None:
                return None  # a comment before the closer on its line, which would be in it
            level, below = rules.line(answer[first]).indent, _lines_below(rules, tail.split("\n"))
            floor = min(opened.indent, level - 1)  # labels of a switch, and blanks in a document with tabs
            return Hole(Extent.BLOCK, level, floor, first, rest.strip(), below)
    if ends_at_line or (rest.strip() and cursor_line.strip()):
        level = rules.line(cursor_line).indent
        return Hole(Extent.REST_OF_LINE, level, level, first, rest.strip(), below)
    glued = rules.line((cursor_line if first == 0 else "") + answer[first])
    above = rules.line(next((text for text in reversed(before.split("\n")) if text.strip()), ""))
    if cursor_line.strip() and first == 0:
        has_body = follows is not None and follows.indent > glued.indent and not rules.closes(follows)
        kind = Extent.HEADER if has_body else Extent.STATEMENT
    else:
        kind = _kind_between(rules, above, glued.indent, follows)
    floor = glued.indent - 1
    if kind is Extent.BLOCK:
        header = next((header for header in headers() if header.indent < glued.indent), None)
        if header is not None and header.of_class and not rules.opens(above):
            kind = Extent.STATEMENT
        elif header is not None:
            floor = max(header.indent, min(floor, follows.indent) if follows else -1)
        if rules.blocks == "indent" and rules.opens(above) and above.indent >= glued.indent:
            floor = glued.indent  # the opened block is empty and the answer does not fill it
    elif kind is Extent.HEADER and first == 0 and rules.blocks == "indent" and not cursor_line.strip():
        # The header may be one of a block further out: the answer ends the cursor's block before it.
        header = next((header for header in headers() if header.indent < glued.indent), None)
        floor = header.indent if header is not None and not header.of_class else floor
    return Hole(kind, glued.indent, floor, first, rest.strip(), below)


def _lines_below(rules: LanguageStyle, texts: Sequence[str]) -> tuple[Line, ...]:
    found: list[Line] = []
    for text in texts:
        if text.strip():
            found.append(rules.line(text))
            if len(found) == _BELOW_LINES:
                break
    return tuple(found)


def _kind_between(rules: LanguageStyle, above: Line, level: int, follows: Line | None) -> Extent:
    """The extent that the lines around a blank or complete cursor line leave open at this level."""
    if follows is not None and follows.indent > level:
        return Extent.HEADER
    if follows is not None and follows.indent == level and not rules.closes(follows) and not rules.continues(follows):
        return Extent.STATEMENT
    return Extent.BLOCK if level > 0 or rules.opens(above) else Extent.STATEMENT


def answer_reach(
    rules: LanguageStyle, hole: Hole, before: str, answer: Sequence[str], *, whole: int, finished: bool
) -> AnswerReach:
    """The number of lines of ``answer`` that can belong to the hole.

    ``whole`` is the number of complete lines; at most one more exists, which only shows where the previous lines end.
    ``finished``: the model ended the answer by itself.
    """
    lines = [rules.line(text) for text in answer]
    if hole.first == 0:
        lines[0] = rules.line(before.rpartition("\n")[2] + answer[0])
    if hole.kind is Extent.REST_OF_LINE:
        return _rest_of_line(rules, hole, lines, answer, finished=finished)
    reached = _suffix_reached(rules, hole, lines[:whole])
    if reached is not None:
        end, agreed = reached
        sure = agreed >= min(2, len(hole.below))
        return AnswerReach(_without_blank_end(lines, end), complete=True, settled=sure, reason="suffix_reached")
    if hole.kind is Extent.STATEMENT and not finished:
        stop, seen = statement_extent(rules, lines, hole.first)
        return AnswerReach(_without_blank_end(lines, stop), complete=seen, settled=False, reason=hole.kind.value)
    stop, seen, reason = _block_extent(rules, hole, lines)
    settled = seen and _is_past(rules, lines[stop], hole.below)
    return AnswerReach(
        _without_blank_end(lines, stop), complete=seen, settled=settled, reason=reason or hole.kind.value
    )


def _rest_of_line(
    rules: LanguageStyle, hole: Hole, lines: Sequence[Line], answer: Sequence[str], *, finished: bool
) -> AnswerReach:
    """Only this line, unless the answer leaves brackets open that it closes later, or reaches the rest of the line. Of
    a list between brackets (``f(a, |)``), whose first line ends in a comma, all lines up to the closer."""
    if _is_distinctive(hole.rest):
        for index in range(hole.first, len(lines)):
            if answer[index].rstrip().endswith(hole.rest) and answer[index].strip() != hole.rest:
                return AnswerReach(index + 1, complete=True, settled=True, reason="suffix_reached")
    depth = 0
    for index, line in enumerate(lines):
        lowest, net = rules.depths(line)
        if hole.first > 0 and depth + lowest < 0:
            return AnswerReach(index + 1, complete=True, settled=True, reason="brackets_closed")
        depth += net
        if index >= hole.first == 0 and depth <= 0:
            more = index + 1 < len(lines)
            if index > 0 and lines[0].code.endswith((",", *_OPENERS)):
                return AnswerReach(index + 1, complete=True, settled=True, reason="brackets_closed")
            return AnswerReach(
                index + 1, complete=more, settled=more and not _is_distinctive(hole.rest), reason=hole.kind.value
            )
    is_list = hole.first == 0 and lines[0].code.endswith(",") and hole.rest.startswith(_CLOSERS)
    if finished and is_list and depth == _leading_closers(hole.rest):
        return AnswerReach(len(lines), complete=True, settled=True, reason="brackets_closed")
    return AnswerReach(hole.first + 1, complete=False, settled=False, reason=hole.kind.value)


def _leading_closers(rest: str) -> int:
    """The number of closing brackets at the beginning of the rest of a line."""
    return len(rest) - len(rest.lstrip("".join(_CLOSERS)))


def _suffix_reached(rules: LanguageStyle, hole: Hole, lines: Sequence[Line]) -> tuple[int, int] | None:
    """Where the answer reaches the code after the hole: (index, number of equal lines), with the same code and level.

    Of several places, the one with the most equal lines is used, and of those the first. The first line that follows
    counts alone; the lines below it at its level, which a model reaches if it skips one, count in pairs. An answer that
    begins like the following code and then differs is similar code, not the same.
    """
    below = [(line.indent, "".join(line.code.split())) for line in hole.below]
    is_distinctive = [_is_distinctive(code) for _, code in below]
    filled = [index for index in range(hole.first, len(lines)) if not lines[index].blank]
    answer = [(lines[index].indent, "".join(lines[index].code.split())) for index in filled]
    agreed, start = 0, 0
    for skipped in range(len(below)):
        indent = below[skipped][0]
        if not is_distinctive[skipped] or rules.closes(hole.below[skipped]):
            continue
        if any(is_distinctive[at] and indent > below[at][0] for at in range(skipped)):
            continue
        last = skipped == len(below) - 1 and len(below) < _BELOW_LINES
        for place in range(len(filled)):
            here = _agreement(answer[place:], below[skipped:])
            if place == 0 and here < min(len(answer), len(below) - skipped):
                continue
            enough = 1 if (place > 0 and skipped == 0) or (last and (place > 0 or skipped == 0)) else 2
            if here >= enough and here > agreed:
                # A line that is not distinctive, such as a closing bracket, may still have been repeated before.
                before = _agreement(answer[:place][::-1], below[:skipped][::-1])
                agreed, start = here, place - before
    return (filled[start], agreed) if agreed else None


def _agreement(answer: Sequence[tuple[int, str]], below: Sequence[tuple[int, str]]) -> int:
    """The number of equal elements at the beginning of both."""
    for count, (a, b) in enumerate(zip(answer, below, strict=False)):
        if a != b:
            return count
    return min(len(answer), len(below))


def _is_distinctive(code: str) -> bool:
    return _TWO_LETTERS.search(code) is not None


def _block_extent(rules: LanguageStyle, hole: Hole, lines: Sequence[Line]) -> tuple[int, bool, str | None]:
    """The lines up to where the answer leaves the hole, whether that was seen, and a reason other than the hole's
    kind."""
    depth = 0
    exit_level: int | None = None  # of the last return: no more lines follow at its level
    for index in range(hole.first, len(lines)):
        line = lines[index]
        if line.blank:
            continue
        if depth <= 0:
            if line.indent <= hole.floor and not rules.may_be_outdented(line):
                return index, True, "left_block" if index == hole.first else None
            if line.indent == exit_level and not rules.continues(line) and not rules.closes(line):
                return index, True, "exit"
            if exit_level is None or line.indent <= exit_level:
                exit_level = line.indent if rules.exits(line) else None
        lowest, net = rules.depths(line)
        if depth + lowest < 0 and line.indent <= hole.level and rules.closes(line):
            return index, True, "left_block" if index == hole.first else None
        depth = max(0, depth + net)
    return len(lines), False, None


def _is_past(rules: LanguageStyle, line: Line, below: Sequence[Line]) -> bool:
    """Whether an answer at ``line`` can no longer repeat the code after the cursor."""
    if not below or line.indent < below[0].indent:
        return True
    return line.indent == below[0].indent and rules.closes(below[0])


def _without_blank_end(lines: Sequence[Line], end: int) -> int:
    while end > 0 and lines[end - 1].blank:
        end -= 1
    return end


def statement_extent(rules: LanguageStyle, lines: Sequence[Line], first: int) -> tuple[int, bool]:
    """The extent of the statement that begins at ``lines[first]``, with its block and its further clauses.

    Returns (index after its last line, whether a line was seen that shows its end). Blank lines after it are not part
    of it. ``lines[first]`` must not be blank.
    """
    start = first
    while start < len(lines) - 1 and (lines[start].blank or rules.belongs_below(lines[start])):
        start += 1
    level, end = lines[first].indent, start + 1
    depth, opened = rules.depth_after(lines[start]), rules.opens(lines[start])
    ended = rules.ends_statement(lines[start])
    for index in range(start + 1, len(lines)):
        line = lines[index]
        if line.blank:
            continue
        if depth <= 0 and ended:
            if line.indent < level and not rules.may_be_outdented(line):
                return end, True
            if line.indent > level and not opened and rules.blocks == "indent":
                return end, True
            if line.indent == level:
                if not (rules.continues(line) or (opened and (rules.closes(line) or rules.stays_level(line)))):
                    return end, True
                opened = rules.opens(line) or (opened and rules.stays_level(line))
        was_inside = depth > 0
        depth = max(0, depth + rules.depth_after(line))
        if was_inside and depth == 0:
            opened = rules.opens(line)
        ended = ended or (depth == 0 and rules.ends_statement(line))
        end = index + 1
    return end, False
