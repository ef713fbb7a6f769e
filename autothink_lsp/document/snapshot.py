"""Values that describe a document at one moment and what happened between two of them. They decide nothing."""

from __future__ import annotations

from attrs import field, frozen

from autothink_lsp.document.text import Text
from autothink_lsp.values import Point, Position, PositionEncoding, Range


@frozen(eq=False)
class Snapshot:
    """A document as the client last told us. Costs nothing to keep: later edits make new ones.

    ``opening`` and ``revision`` identify the text. The client's ``version`` does not: it begins anew when a document is
    closed and opened again, and some clients send the same one twice.
    """

    uri: str
    language_id: str
    version: int
    text: Text
    encoding: PositionEncoding
    opening: int = 0  # which ``didOpen`` of this process the text comes from
    revision: int = 0  # how many ``didChange`` came since

    def point(self, position: Position) -> Point:
        """A client's position as a point of this text, clamped."""
        return self.text.place_of(position, self.encoding).point

    def position(self, point: Point) -> Position:
        """A point as this client counts, clamped to the text."""
        return self.text.place(point).position(self.encoding)


@frozen
class ContentChange:
    """One edit as the client says it: ``text`` for ``range`` (client units), for the whole document if that is None."""

    range: Range | None
    text: str = field(repr=False)


@frozen
class Change:
    """One edit as it was applied. ``start`` and ``old_end`` are places in the text before it, ``new_end`` after it.

    The ``*_byte`` are UTF-8 offsets and the ``*_point`` are (row, byte column) as tree-sitter counts them, where "\\n"
    alone ends a row: the six arguments of its ``Tree.edit``. Where an edit leaves its end inside a "\\r\\n", they say
    so, while ``new_end`` is the nearest Point there is, before that line end.
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
