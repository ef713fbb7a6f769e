"""Values: a document at one moment, and the changes between two moments."""

from __future__ import annotations

from attrs import field

from autothink_lsp.document.text import Text
from autothink_lsp.values import Point, Position, PositionEncoding, Range, frozen


@frozen(eq=False)
class Snapshot:
    """A document as the client last sent it. Keeping a snapshot costs nothing: later edits make new ones.

    ``opening`` and ``revision`` identify the text. The client's ``version`` does not: it restarts when a document is
    closed and opened again, and some clients send the same version twice.
    """

    uri: str
    language_id: str
    version: int
    text: Text
    encoding: PositionEncoding
    opening: int = 0  # number of the ``didOpen`` in this process
    revision: int = 0  # number of ``didChange`` messages since then

    def point(self, position: Position) -> Point:
        """A client's position as a point of this text, clamped."""
        return self.text.place_of(position, self.encoding).point

    def position(self, point: Point) -> Position:
        """A point of this text as a client's position, clamped."""
        return self.text.place(point).position(self.encoding)


@frozen
class ContentChange:
    """One edit as the client sent it: ``text`` replaces ``range`` (in the client's units), or the whole document if
    ``range`` is ``None``."""

    range: Range | None
    text: str = field(repr=False)


@frozen
class Change:
    """One edit as it was applied. ``start`` and ``old_end`` are places in the text before it, ``new_end`` after it.

    The ``*_byte`` are UTF-8 offsets and the ``*_point`` are (row, byte column) as tree-sitter counts them, where only
    "\\n" ends a row: the six arguments of its ``Tree.edit``. If an edit leaves its end inside a "\\r\\n", they give
    that position, while ``new_end`` is the nearest ``Point``, before the line end.
    """

    start: Point
    old_end: Point
    new_end: Point
    start_byte: int
    old_end_byte: int
    new_end_byte: int
    start_point: tuple[int, int]
    old_end_point: tuple[int, int]
    new_end_point: tuple[int, int]
    removed: str = field(repr=False)
    inserted: str = field(repr=False)

    @property
    def is_within_line(self) -> bool:
        """Whether no line begins or ends with it, so that all others keep their numbers."""
        return self.start.line == self.old_end.line == self.new_end.line
