"""What a hole in code asks for, told from the text around it, and how many lines of an answer can belong to it.

Models run on: they fill the hole and then go on with what follows it, the next function, a print. Where an answer must
end depends on the hole: the rest of a line, one statement, a block. This module decides that by text alone, so that it
works for every file; whether the lines fit is for the tree (``cut.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum

from attrs import field, frozen

from autothink_lsp.syntax.blocks import BlockRules, Line, statement_extent

_BELOW_LINES = 5  # how many lines after the cursor an answer is compared with


class HoleKind(StrEnum):
    """The values are the reason ids of a cut."""

    REST_OF_LINE = "rest_of_line"  # code follows on the cursor's line: what is missing in between
    STATEMENT = "statement"  # code follows at the same level: one statement with its block
    BLOCK = "block"  # nothing follows at this level: the rest of the block
    HEADER = "header"  # deeper code follows that has no opener yet: up to the opener


@frozen
class Header:
    """The line that begins a function or a class around the cursor."""

    indent: int
    of_class: bool


@frozen
class Hole:
    """The hole at the cursor, for one answer (whose first line tells the level where the cursor's line is blank)."""

    kind: HoleKind
    level: int  # indentation of what is asked for
    floor: int  # a line at this indentation or left of it is outside of the hole
    first: int  # index of the answer's first line that is not blank; the lines before it go with it
    rest: str = field(repr=False)  # of the cursor's line, stripped
    below: tuple[Line, ...] = field(repr=False)  # the first lines after the cursor that are not blank


@frozen
class Extent:
    """How many lines of an answer can belong to a hole, by text.

    complete: what ends it was seen, so these lines are a whole. settled: no further text can change them (a complete
    statement can still grow when the answer comes to repeat the suffix). reason: a hole kind, or ``suffix_reached``
    (the answer repeats what follows the cursor), ``brackets_closed`` (it begins on a new line and comes to the brackets
    behind the cursor), ``exit`` (nothing after a return is reached), ``left_block`` (not even the first line belongs to
    the block).
    """

    lines: int
    complete: bool
    settled: bool
    reason: str


def describe_hole(
    rules: BlockRules,
    before: str,
    after: str,
    answer: Sequence[str],
    headers: Callable[[], Sequence[Header]] = tuple,
) -> Hole | None:
    """``before`` ends at the cursor, ``after`` begins there; None when the answer (its lines) is blank.

    ``headers`` gives those around the cursor, innermost first, where they are known; asked only where they matter. An
    answer may then fill the blocks around the cursor's too, as far as the function goes; and of a class it is one
    member.
    """
    first = next((index for index, text in enumerate(answer) if text.strip()), None)
    if first is None:
        return None
    cursor_line = before.rpartition("\n")[2]
    rest, _, tail = after.partition("\n")
    below = _lines_below(rules, (cursor_line + rest if rest.strip() else "", *tail.split("\n")))
    follows = below[0] if below else None
    if rest.strip() and cursor_line.strip():
        level = rules.line(cursor_line).indent
        return Hole(HoleKind.REST_OF_LINE, level, level, first, rest.strip(), below)
    glued = rules.line((cursor_line if first == 0 else "") + answer[first])
    above = rules.line(next((text for text in reversed(before.split("\n")) if text.strip()), ""))
    if cursor_line.strip() and first == 0:
        has_body = follows is not None and follows.indent > glued.indent and not rules.closes(follows)
        kind = HoleKind.HEADER if has_body else HoleKind.STATEMENT
    else:
        kind = _kind_between(rules, above, glued.indent, follows)
    floor = glued.indent - 1
    if kind is HoleKind.BLOCK:
        header = next((header for header in headers() if header.indent < glued.indent), None)
        if header is not None and header.of_class and not rules.opens(above):
            kind = HoleKind.STATEMENT
        elif header is not None:
            floor = max(header.indent, min(floor, follows.indent) if follows else -1)
        if rules.style == "indent" and rules.opens(above) and above.indent >= glued.indent:
            floor = glued.indent  # the block that was opened is empty and the answer does not fill it
    return Hole(kind, glued.indent, floor, first, rest.strip(), below)


def _lines_below(rules: BlockRules, texts: Sequence[str]) -> tuple[Line, ...]:
    found: list[Line] = []
    for text in texts:
        if text.strip():
            found.append(rules.line(text))
            if len(found) == _BELOW_LINES:
                break
    return tuple(found)


def _kind_between(rules: BlockRules, above: Line, level: int, follows: Line | None) -> HoleKind:
    """The cursor's line is blank (or done): what do the lines around it leave open at this level?"""
    if follows is not None and follows.indent > level:
        return HoleKind.HEADER
    if follows is not None and follows.indent == level and not rules.closes(follows) and not rules.continues(follows):
        return HoleKind.STATEMENT
    return HoleKind.BLOCK if level > 0 or rules.opens(above) else HoleKind.STATEMENT


def extent(rules: BlockRules, hole: Hole, before: str, answer: Sequence[str], *, whole: int, finished: bool) -> Extent:
    """How much of ``answer`` (its lines) can belong to the hole.

    ``whole``: how many of the lines are complete; at most one more is there, as a sign of where those before it end.
    ``finished``: the model ended the answer by itself.
    """
    lines = [rules.line(text) for text in answer]
    if hole.first == 0:
        lines[0] = rules.line(before.rpartition("\n")[2] + answer[0])
    if hole.kind is HoleKind.REST_OF_LINE:
        return _rest_of_line(rules, hole, lines, answer)
    reached = _suffix_reached(rules, hole, lines[:whole])
    if reached is not None:
        end, agreed = reached
        sure = agreed >= min(2, len(hole.below))
        return Extent(_without_blank_end(lines, end), complete=True, settled=sure, reason="suffix_reached")
    if hole.kind is HoleKind.STATEMENT and not finished:
        stop, seen = statement_extent(rules, lines, hole.first)
        return Extent(_without_blank_end(lines, stop), complete=seen, settled=False, reason=hole.kind.value)
    stop, seen, reason = _block_extent(rules, hole, lines)
    settled = seen and _is_past(rules, lines[stop], hole.below)
    return Extent(_without_blank_end(lines, stop), complete=seen, settled=settled, reason=reason or hole.kind.value)


def _rest_of_line(rules: BlockRules, hole: Hole, lines: Sequence[Line], answer: Sequence[str]) -> Extent:
    """Only this line, unless the answer leaves brackets open that it closes later, or comes to the rest of the line."""
    if _is_telling(hole.rest):
        for index in range(hole.first, len(lines)):
            if answer[index].rstrip().endswith(hole.rest) and answer[index].strip() != hole.rest:
                return Extent(index + 1, complete=True, settled=True, reason="suffix_reached")
    depth = 0
    for index, line in enumerate(lines):
        lowest, net = rules.depths(line)
        if hole.first > 0 and depth + lowest < 0:
            return Extent(index + 1, complete=True, settled=True, reason="brackets_closed")
        depth += net
        if index >= hole.first == 0 and depth <= 0:
            more = index + 1 < len(lines)
            return Extent(index + 1, complete=more, settled=more and not _is_telling(hole.rest), reason=hole.kind.value)
    return Extent(hole.first + 1, complete=False, settled=False, reason=hole.kind.value)


def _suffix_reached(rules: BlockRules, hole: Hole, lines: Sequence[Line]) -> tuple[int, int] | None:
    """(index, lines in agreement) of where the answer comes to what follows the hole: the same code at the same level.

    Of several places that with the most lines in agreement, of those the first. The first line that follows counts
    alone; those under it at its level, which a model that skips one comes to, count in pairs. An answer that begins
    like what follows and then goes another way is a similar piece of code, not the same one.
    """
    below = [(line.indent, "".join(line.code.split())) for line in hole.below]
    filled = [index for index in range(hole.first, len(lines)) if not lines[index].blank]
    said = [(lines[index].indent, "".join(lines[index].code.split())) for index in filled]
    agreed, start = 0, 0
    for skipped in range(len(below)):
        indent, code = below[skipped]
        if not _is_telling(code) or rules.closes(hole.below[skipped]):
            continue
        if any(_is_telling(other) and indent > level for level, other in below[:skipped]):
            continue
        last = skipped == len(below) - 1 and len(below) < _BELOW_LINES
        for place in range(len(filled)):
            here = _agreement(said[place:], below[skipped:])
            if place == 0 and here < min(len(said), len(below) - skipped):
                continue
            enough = 1 if (place > 0 and skipped == 0) or (last and (place > 0 or skipped == 0)) else 2
            if here >= enough and here > agreed:
                # What does not tell by itself, such as a closing bracket, may still have been said before.
                before = _agreement(said[:place][::-1], below[:skipped][::-1])
                agreed, start = here, place - before
    return (filled[start], agreed) if agreed else None


def _agreement(said: Sequence[tuple[int, str]], below: Sequence[tuple[int, str]]) -> int:
    """How many of the first elements are the same."""
    for count, (a, b) in enumerate(zip(said, below, strict=False)):
        if a != b:
            return count
    return min(len(said), len(below))


def _is_telling(code: str) -> bool:
    return sum(character.isalnum() for character in code) >= 2


def _block_extent(rules: BlockRules, hole: Hole, lines: Sequence[Line]) -> tuple[int, bool, str | None]:
    """(lines up to where the answer leaves the hole, whether that was seen, a reason other than the hole's kind)."""
    depth = 0
    exit_level: int | None = None  # of the last return: nothing more comes at its level
    for index in range(hole.first, len(lines)):
        line = lines[index]
        if line.blank:
            continue
        if depth <= 0:
            if line.indent <= hole.floor and not rules.may_stand_left(line):
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


def _is_past(rules: BlockRules, line: Line, below: Sequence[Line]) -> bool:
    """Whether an answer that is at ``line`` cannot come to repeat what follows the cursor any more."""
    if not below or line.indent < below[0].indent:
        return True
    return line.indent == below[0].indent and rules.closes(below[0])


def _without_blank_end(lines: Sequence[Line], end: int) -> int:
    while end > 0 and lines[end - 1].blank:
        end -= 1
    return end
