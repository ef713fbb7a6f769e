"""Between lsprotocol's types and ours. Nothing else in the house knows both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from lsprotocol import types

from autothink_lsp.values import Position, Range

if TYPE_CHECKING:
    from autothink_lsp.document.snapshot import ContentChange


def to_position(position: types.Position) -> Position:
    """Client units in, client units out."""
    return Position(position.line, position.character)


def to_range(range_: types.Range) -> Range:
    """Client units in, client units out."""
    return Range(to_position(range_.start), to_position(range_.end))


def from_range(range_: Range) -> types.Range:
    """Client units in, client units out."""
    return types.Range(types.Position(*range_.start), types.Position(*range_.end))


def content_changes(changes: Iterable[types.TextDocumentContentChangeEvent]) -> Sequence[ContentChange]:
    """The changes of one notification, in their order."""
    from autothink_lsp.document.snapshot import ContentChange  # the house is not needed to answer initialize

    return [
        ContentChange(
            to_range(change.range) if isinstance(change, types.TextDocumentContentChangePartial) else None, change.text
        )
        for change in changes
    ]
