"""What a next-edit model is shown: the lines that it may rewrite, the lines around them, and the latest edits."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import field, frozen

Lines = tuple[str, ...]


@frozen
class PastEdit:
    """Lines that the user replaced in a file. ``first`` is the number of the first of ``new``, counted from 0."""

    path: str
    old: Lines = field(repr=False)
    new: Lines = field(repr=False)
    first: int = 0


@frozen
class EditWindow:
    """The lines ``first`` to ``stop`` (excluded) of a document, which the model may rewrite; none has its line end.

    ``row`` and ``column`` are the cursor's place in ``lines``. ``above`` and ``below`` are lines around the window,
    ``former`` is the window before the last edit, ``edits`` are the latest edits, the oldest first. ``path`` is
    relative to the folder of the workspace.
    """

    path: str
    lines: Lines = field(repr=False)
    first: int
    row: int
    column: int
    above: Lines = field(default=(), repr=False)
    below: Lines = field(default=(), repr=False)
    former: Lines = field(default=(), repr=False)
    edits: tuple[PastEdit, ...] = field(default=(), repr=False)

    @property
    def stop(self) -> int:
        """The line of the document behind the window."""
        return self.first + len(self.lines)


def window_bounds(line: int, line_count: int, size: int) -> tuple[int, int]:
    """``size`` lines around ``line``: what is missing at one end of the document is taken at the other one."""
    first = max(0, min(line - size // 2, line_count - size))
    return first, min(line_count, first + size)


def block(lines: Sequence[str]) -> str:
    """The lines, each with a line end."""
    return "".join(f"{line}\n" for line in lines)
