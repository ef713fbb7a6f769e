"""Conversions between lsprotocol's types and those of ``document/``. Only this module knows both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from lsprotocol import types

from autothink_lsp.values import Position, Range

if TYPE_CHECKING:
    from autothink_lsp.document.snapshot import ContentChange


def to_position(position: types.Position) -> Position:
    """Convert; both are in the units of the client."""
    return Position(position.line, position.character)


def to_range(range_: types.Range) -> Range:
    """Convert; both are in the units of the client."""
    return Range(to_position(range_.start), to_position(range_.end))


def from_range(range_: Range) -> types.Range:
    """Convert; both are in the units of the client."""
    return types.Range(types.Position(*range_.start), types.Position(*range_.end))


def content_changes(changes: Iterable[types.TextDocumentContentChangeEvent]) -> Sequence[ContentChange]:
    """Convert the changes of one notification, in order."""
    from autothink_lsp.document.snapshot import ContentChange  # imported lazily to keep ``initialize`` fast

    return [
        ContentChange(
            to_range(change.range) if isinstance(change, types.TextDocumentContentChangePartial) else None, change.text
        )
        for change in changes
    ]
