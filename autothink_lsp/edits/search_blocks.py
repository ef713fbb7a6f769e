"""Parses search/replace blocks, even if the code itself contains their separators.

A line of ``=`` may also underline a heading, divide a file, or separate the sides of a merge conflict; a document about
this format contains its other marks. If several lines may be the separator, the reading is used whose search part is in
the asked code. Source of the format: https://aider.chat/docs/more/edit-formats.html (``diff``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from attrs import frozen

from autothink_lsp.document.lines import filled_range, indent_of
from autothink_lsp.edits.replacement import EditRefused, Refusal

SEARCH_MARK = re.compile(r"<{5,9} ?SEARCH\b.*")
_INDENTED_MARK = re.compile(r"^([ \t]{1,12})<{5,9} ?SEARCH\b.*$", re.MULTILINE)
_SEPARATOR = re.compile(r"={5,9}[ \t]*")
REPLACE_MARK = re.compile(r">{5,9} ?REPLACE\b.*")
_MOST_SEPARATORS = 64
_MARK_STARTS = frozenset({"<<<<<", "=====", ">>>>>"})
_MOST_MARKS = 2_000


@frozen
class SearchReplace:
    """Replace ``search`` (the model's copy) by ``replace``; both without a final line end."""

    search: str
    replace: str


@frozen
class SearchBlocks:
    """The blocks of an answer. ``start`` is the offset of the first block's first line."""

    start: int
    blocks: tuple[SearchReplace, ...]


def without_indented_marks(text: str) -> str:
    """``text`` with each indented block, such as one in a list, moved to the margin with its marks. A block with a line
    that is indented less than its marks stays as it is."""
    if not _INDENTED_MARK.search(text):
        return text
    lines = text.split("\n")
    first: int | None = None  # the line of the open block's mark
    for number, line in enumerate(lines):
        if _INDENTED_MARK.match(line) and first is None:
            first = number
        elif first is not None and REPLACE_MARK.fullmatch(line.lstrip()):
            block, indent = lines[first : number + 1], indent_of(lines[first])
            if all(one.startswith(indent) or not one.strip() for one in block):
                lines[first : number + 1] = [one.removeprefix(indent) for one in block]
            first = None
    return "\n".join(lines) if first is None else text


def has_indented_mark(text: str) -> bool:
    """Whether an indented line of ``text`` looks like the beginning of a search/replace block."""
    return _INDENTED_MARK.search(text) is not None


def has_search_mark(text: str) -> bool:
    """Whether a line of ``text`` begins a search/replace block."""
    return any(SEARCH_MARK.fullmatch(line) for line in text.split("\n"))


def read_search_blocks(text: str, asked: str) -> SearchBlocks | None:
    """The blocks of ``text`` in order; ``None`` if there are none.

    Raises ``EditRefused``: TRUNCATED if a block has no end, AMBIGUOUS if its separator cannot be determined, OTHER_CODE
    for too many marks.
    """
    lines = text.split("\n")
    if sum(1 for line in lines if line[:5] in _MARK_STARTS) > _MOST_MARKS:
        raise EditRefused(Refusal.OTHER_CODE, "The model's answer has far too many blocks to be an edit.")
    stands = _standing_in(asked)
    blocks: list[SearchReplace] = []
    first, number = -1, 0
    while number < len(lines):
        if not SEARCH_MARK.fullmatch(lines[number]):
            number += 1
            continue
        first = number if first < 0 else first
        block, number = _block(lines, number, stands)
        blocks.append(block)
    if first < 0:
        return None
    return SearchBlocks(sum(len(line) + 1 for line in lines[:first]), tuple(blocks))


def _block(lines: Sequence[str], opening: int, stands: Callable[[str], bool]) -> tuple[SearchReplace, int]:
    """The block that begins at line ``opening``, and the number of the line after it."""
    readings: list[tuple[SearchReplace, int]] = []
    for separator in _separators(lines, opening):
        end = _end(lines, separator)
        if end is not None:
            readings.append((_block_of(lines[opening + 1 : separator], lines[separator + 1 : end]), end + 1))
    if not readings:
        raise truncated()
    standing = [reading for reading in readings if stands(reading[0].search)]
    if standing:
        return max(standing, key=lambda reading: len(reading[0].search))
    readings = [reading for reading in readings if not has_search_mark(reading[0].search)]
    if not readings:
        raise truncated()
    if len(readings) == 1:
        return readings[0]
    raise EditRefused(
        Refusal.AMBIGUOUS,
        "The model's answer cannot be read: several of its lines may divide the old lines from the new ones.",
        hint="Ask again, or select fewer lines.",
        for_model="SEARCH must repeat the present lines exactly; it is not clear which line of ======= ends it.",
    )


def _block_of(search: Sequence[str], replace: Sequence[str]) -> SearchReplace:
    """The block without the blank lines that both parts begin or end with.

    The search part is matched without blank lines at its ends, so those of the replacement would be added to the text.
    """
    (first, stop), (new_first, new_stop) = filled_range(search), filled_range(replace)
    if first < stop and new_first < new_stop:
        head, tail = min(first, new_first), min(len(search) - stop, len(replace) - new_stop)
        search, replace = search[head : len(search) - tail], replace[head : len(replace) - tail]
    return SearchReplace("\n".join(search).strip("\n"), "\n".join(replace))


def _separators(lines: Sequence[str], opening: int) -> list[int]:
    """Lines that may end the search part: up to the block's last end mark before the next block begins."""
    found: list[int] = []
    depth = 0
    for number in range(opening + 1, len(lines)):
        line = lines[number]
        if SEARCH_MARK.fullmatch(line):
            depth += 1
        elif REPLACE_MARK.fullmatch(line):
            depth -= 1
            if depth < 0 and not _another_end_follows(lines, number):
                break
        elif _SEPARATOR.fullmatch(line) and len(found) < _MOST_SEPARATORS:
            found.append(number)
    return found


def _another_end_follows(lines: Sequence[str], number: int) -> bool:
    """Whether another end mark comes before the next block: then the one at ``number`` may be text of the block."""
    for line in lines[number + 1 :]:
        if SEARCH_MARK.fullmatch(line):
            return False
        if REPLACE_MARK.fullmatch(line):
            return True
    return False


def _end(lines: Sequence[str], separator: int) -> int | None:
    """The line that ends the replacement; complete blocks inside it are its text."""
    depth = 0
    for number in range(separator + 1, len(lines)):
        if SEARCH_MARK.fullmatch(lines[number]):
            depth += 1
        elif REPLACE_MARK.fullmatch(lines[number]):
            if not depth:
                return number
            depth -= 1
    return None


def _standing_in(asked: str) -> Callable[[str], bool]:
    """A function that checks whether lines are in ``asked``, exactly or ignoring blanks."""
    exact = f"\n{asked}\n"
    bare = f"\n{_without_blanks(asked)}\n"

    def stands(search: str) -> bool:
        return bool(search.strip()) and (f"\n{search}\n" in exact or f"\n{_without_blanks(search)}\n" in bare)

    return stands


def _without_blanks(text: str) -> str:
    return "\n".join("".join(line.split()) for line in text.split("\n"))


def truncated() -> EditRefused:
    """The refusal of an answer that was cut."""
    return EditRefused(
        Refusal.TRUNCATED,
        "The model's answer was cut, so it was not applied.",
        hint="A larger assist.max_tokens or assist.deadline_s gives it room.",
        for_model="Your answer was cut off. Answer again, shorter: one sentence, then the code.",
    )
