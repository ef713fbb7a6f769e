"""Assigns the search/replace blocks of an answer to the files that they change.

The prompt requests a line ``File: PATH`` above a block; aider's form, the bare path on the line above the block, is
accepted, too. A block without a path belongs to the file of the previous block. An unknown path is refused: an answer
may change only the files in its prompt.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from attrs import frozen

from autothink_lsp.edits.replacement import EditRefused, Refusal
from autothink_lsp.edits.search_blocks import (
    REPLACE_MARK,
    SEARCH_MARK,
    SearchReplace,
    has_search_mark,
    read_search_blocks,
)

_NAMED = re.compile(r"^[\s>*_#`]*File\b[\s*_`]*:[\s*_`]*(?P<path>[^\n`*]+?)[\s*_`]*:?$", re.IGNORECASE)
_FENCE = re.compile(r"^[ \t]*(?:`{3,}|~{3,})[^\n`]*$")
_LOOKS_LIKE_A_PATH = re.compile(r"^[\w.@+-]+(?:[/\\][\w.@+ -]+)*\.\w{1,8}$")
_LINES_ABOVE = 3  # lines above a block that may contain its path: the path, a blank line, a fence


@frozen
class FileBlocks:
    """The blocks of an answer by the path of their file; blocks without a file are under the empty path."""

    explanation: str
    by_path: Mapping[str, tuple[SearchReplace, ...]]


def read_file_blocks(answer: str, paths: Iterable[str], codes: Mapping[str, str]) -> FileBlocks | None:
    """The blocks of ``answer``; ``None`` if it has none. ``codes`` are the texts of the files ``paths``.

    Raises ``EditRefused``: OUTSIDE for a path that is not in ``paths``, and the errors of ``read_search_blocks``.
    """
    text = answer.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    if not has_search_mark(text):
        return None
    known = tuple(paths)
    lines = text.split("\n")
    found: dict[str, list[SearchReplace]] = {}
    path = ""
    for first, stop in _parts(lines):
        path = _path_above(lines, first, known) or path
        read = read_search_blocks("\n".join(lines[first:stop]), codes.get(path, ""))
        for block in read.blocks if read is not None else ():
            found.setdefault(path, []).append(block)
    explanation = "\n".join(line for line in _head(lines) if not _FENCE.match(line) and not _NAMED.match(line))
    return FileBlocks(explanation.strip(), {path: tuple(blocks) for path, blocks in found.items()})


def _parts(lines: list[str]) -> list[tuple[int, int]]:
    """(first, stop) of the lines of each block; the last one ends at the end of the answer."""
    starts: list[int] = []
    is_open = False
    for number, line in enumerate(lines):
        if SEARCH_MARK.fullmatch(line) and not is_open:
            starts.append(number)
            is_open = True
        elif REPLACE_MARK.fullmatch(line):
            is_open = False
    return list(zip(starts, [*starts[1:], len(lines)], strict=True))


def _head(lines: list[str]) -> list[str]:
    first = next((number for number, line in enumerate(lines) if SEARCH_MARK.fullmatch(line)), len(lines))
    return lines[:first]


def _path_above(lines: list[str], first: int, known: tuple[str, ...]) -> str:
    """The known path on the lines above a block; empty if there is none. Raises ``EditRefused`` (OUTSIDE)."""
    above = [line for line in lines[max(0, first - _LINES_ABOVE) : first] if line.strip() and not _FENCE.match(line)]
    if not above:
        return ""
    named = _NAMED.match(above[-1])
    bare = above[-1].strip().strip("`*:#> ").strip()
    if named is None and bare not in known and not _LOOKS_LIKE_A_PATH.match(bare):
        return ""
    path = (named["path"].strip() if named is not None else bare).replace("\\", "/").removeprefix("./")
    if path in known:
        return path
    ending = [one for one in known if one.rpartition("/")[2] == path]
    if len(ending) == 1:
        return ending[0]
    raise EditRefused(
        Refusal.OUTSIDE,
        "The model wants to change a file that it was not shown, so its answer was not applied.",
        for_model="Change only the files that are shown, under the names that they are shown with.",
    )
