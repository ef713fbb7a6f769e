"""Finds the fenced blocks of a Markdown answer, even if the code inside has fences.

CommonMark ends a block at the first bare fence. A model that repeats a document with fences (Markdown, a docstring)
rarely chooses a longer fence around it, so each opening has several readings; the caller's measure chooses. Source of
the format: https://spec.commonmark.org/0.31.2/#fenced-code-blocks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from attrs import frozen

from autothink_lsp.edits.code_similarity import is_language_tag
from autothink_lsp.edits.replacement import EditRefused, Refusal

# A fence may be in a block quote or a list item; its prefix is removed from the block's lines, too.
_LINE = re.compile(r"(?P<prefix>[ \t>]*(?:(?:[-*+]|\d{1,3}[.)])[ \t]+)?)(?P<mark>`{3,}|~{3,})[ \t]*(?P<info>[^\n]*)")
_ON_ONE_LINE = re.compile(r"[ \t]*(?P<mark>`{3,})(?P<code>[^`\n]+)(?P=mark)[ \t]*")
_MOST_FENCES = 400
_LONGEST_FENCE = 32  # maximum number of backticks of our fences
_MOST_CLOSINGS = 32
_MOST_READ_CHARACTERS = 1_500_000  # of all readings together; takes about 100 ms


@frozen
class FencedBlock:
    """A fenced block. ``start`` is the offset of the opening line, ``end`` the offset after the closing line. ``above``
    is the text between the previous block and this one. ``code`` has no final line end."""

    start: int
    end: int
    info: str
    code: str
    above: str


@frozen
class _Fence:
    line: int
    prefix: str
    mark: str
    info: str

    @property
    def is_bare(self) -> bool:
        return not self.info

    def may_close(self, opening: _Fence) -> bool:
        """Whether this line closes a block that ``opening`` opened, by CommonMark's rules."""
        return (
            self.is_bare
            and self.mark[0] == opening.mark[0]
            and len(self.mark) >= len(opening.mark)
            and self.prefix.count(">") == opening.prefix.count(">")
            and _columns(self.prefix) <= _columns(opening.prefix) + 3
        )


def fenced_blocks(text: str, *, inner_fences: int | None, measure: Callable[[str], float]) -> list[FencedBlock]:
    """The blocks of ``text`` in order, without blocks inside other blocks.

    ``inner_fences`` is the number of fence lines in the asked code; ``None``: neither it nor its language has any.
    ``measure`` returns a reading's similarity to that code; of several readings of a block the most similar is used,
    and of equally similar ones the shortest. Raises ``EditRefused`` (OTHER_CODE) for too many fences.
    """
    lines = text.split("\n")
    starts = _offsets(lines)
    fences = [fence for number, line in enumerate(lines) if (fence := _fence(number, line)) is not None]
    if len(fences) > _MOST_FENCES:
        raise _too_many()
    fence_at = {fence.line: index for index, fence in enumerate(fences)}
    found: list[FencedBlock] = []
    behind, number, read = 0, 0, 0
    while number < len(lines):
        index = fence_at.get(number)
        if (short := _ON_ONE_LINE.fullmatch(lines[number])) is not None:
            info, code = _without_tag(short["code"])
            last = number
        elif index is None:
            number += 1
            continue
        else:
            readings = _readings(lines, fences[index], fences[index + 1 :], inner_fences)
            read += sum(len(code) for code, _ in readings)
            if read > _MOST_READ_CHARACTERS + len(text):
                raise _too_many()
            if not readings:
                number += 1
                continue
            code, last = max(readings, key=lambda reading: (measure(reading[0]), -reading[1]))
            info = fences[index].info
        stop = min(last, len(lines) - 1)
        end = starts[stop] + len(lines[stop])
        found.append(FencedBlock(starts[number], end, info, code, text[behind : starts[number]]))
        behind, number = end, last + 1
    return found


def fence_count(code: str) -> int:
    """The number of lines of ``code`` that would be parsed as a fence."""
    return sum(1 for number, line in enumerate(code.split("\n")) if _fence(number, line) is not None)


def fence_for(*texts: str) -> str:
    """A fence that is longer than every run of backticks in ``texts``: 3 to 32 backticks."""
    longest = max((len(run) for text in texts for run in re.findall(r"`+", text)), default=0)
    return "`" * max(3, min(longest + 1, _LONGEST_FENCE))


def _fence(number: int, line: str) -> _Fence | None:
    match = _LINE.match(line)
    if match is None or (match["mark"][0] == "`" and "`" in match["info"]):
        return None
    return _Fence(number, match["prefix"], match["mark"], match["info"].strip())


def _readings(
    lines: list[str], opening: _Fence, following: Sequence[_Fence], inner_fences: int | None
) -> list[tuple[str, int]]:
    """The possible codes of the block, each with the number of its closing line (``len(lines)`` if it is not closed).

    A reading with an odd number of inner fence lines would split a block of the code, unless the asked code has an odd
    number.
    """
    stops = {fence.line: index for index, fence in enumerate(following) if fence.may_close(opening)}
    if inner_fences is None:
        nested = _nested_closing(opening, following)
        tried = sorted({*list(stops)[:1], *((nested,) if nested is not None else ())})
    else:
        half = _MOST_CLOSINGS // 2
        tried = list(stops) if len(stops) <= _MOST_CLOSINGS else [*list(stops)[:half], *list(stops)[-half:]]
    odd = (inner_fences or 0) % 2
    found = [(_code(lines[opening.line + 1 : stop], opening), stop) for stop in tried if stops[stop] % 2 == odd]
    if not stops or inner_fences is not None:
        found += _unclosed_readings(lines, opening, following, odd if stops else None)
    if not found and inner_fences is not None:  # the model changed the code's fences
        found = [(_code(lines[opening.line + 1 : stop], opening), stop) for stop in tried]
    return found


def _nested_closing(opening: _Fence, following: Sequence[_Fence]) -> int | None:
    """The closing line of a block that contains blocks with tags."""
    depth = 0
    for fence in following:
        if not fence.is_bare:
            depth += 1
        elif depth:
            depth -= 1
        elif fence.may_close(opening):
            return fence.line
    return None


def _unclosed_readings(
    lines: list[str], opening: _Fence, following: Sequence[_Fence], odd: int | None
) -> list[tuple[str, int]]:
    """Readings of a block without a normal closing line: the model stopped after the code, closed it at the end of the
    last line, or with a shorter fence.

    ``odd``: the remainder of the number of inner fence lines, ``None`` for any number without a tag.
    """
    stop = len(lines)
    while stop > opening.line + 1 and not lines[stop - 1].strip():
        stop -= 1
    inside = len(following)
    if following and following[-1].is_bare and following[-1].line == stop - 1:
        stop, inside = stop - 1, inside - 1
    elif odd is None and not all(fence.is_bare for fence in following):
        return []
    if odd is not None and inside % 2 != odd:
        return []
    code = _code(lines[opening.line + 1 : stop], opening)
    if not following and code.endswith(opening.mark):
        code = code.removesuffix(opening.mark).rstrip()
    return [(code, len(lines))]


def _too_many() -> EditRefused:
    return EditRefused(Refusal.OTHER_CODE, "The model's answer has far too many blocks to be an edit.")


def _code(lines: Sequence[str], opening: _Fence) -> str:
    """The lines without the prefix of the fence, if all of them have it."""
    quotes = opening.prefix.count(">")
    kept = [_without_quotes(line, quotes) for line in lines] if quotes else list(lines)
    width = len(opening.prefix.rpartition(">")[2]) - (1 if quotes and opening.prefix[-1:] == " " else 0)
    if width > 0 and all(not line[:width].strip() for line in kept if line.strip()):
        kept = [line[width:] for line in kept]
    return "\n".join(kept)


def _without_quotes(line: str, count: int) -> str:
    for _ in range(count):
        bare = line.lstrip(" ")
        if not bare.startswith(">"):
            return line
        line = bare[1:].removeprefix(" ")
    return line


def _without_tag(code: str) -> tuple[str, str]:
    word, _, rest = code.strip().partition(" ")
    return (word, rest.strip()) if rest.strip() and is_language_tag(word) else ("", code.strip())


def _offsets(lines: list[str]) -> list[int]:
    offsets, at = [], 0
    for line in lines:
        offsets.append(at)
        at += len(line) + 1
    return offsets


def _columns(prefix: str) -> int:
    return len(prefix.expandtabs(4))  # CommonMark's tab stops
