"""Encodes and decodes the messages of each keystroke without lsprotocol's converter.

Only well-formed messages are decoded here; others are left to the converter. Its generated functions were a tenth of
the cost of a keystroke: they run so rarely that they are no longer in the processor's cache.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from autothink_lsp.lsp.convert import to_position, to_range
from autothink_lsp.values import Position, Range, frozen

if TYPE_CHECKING:
    from autothink_lsp.document.snapshot import ContentChange

_MOST = 2**31 - 1  # LSP's ``uinteger``
_AUTOMATIC, _BY_HAND = (
    types.InlineCompletionTriggerKind.Automatic.value,
    types.InlineCompletionTriggerKind.Invoked.value,
)
_CANCELLED = types.LSPErrorCodes.RequestCancelled.value
_quoted = json.JSONEncoder().encode


@frozen
class InlineCompletionPlace:
    """What a ``textDocument/inlineCompletion`` asks for. ``selected``: the range and text of the selected entry of the
    editor's menu."""

    uri: str
    position: Position
    by_hand: bool
    selected: tuple[Range, str] | None = None

    @classmethod
    def of(cls, params: types.InlineCompletionParams) -> InlineCompletionPlace:
        """The same from lsprotocol's type."""
        chosen = params.context.selected_completion_info
        return cls(
            params.text_document.uri,
            to_position(params.position),
            by_hand=params.context.trigger_kind == types.InlineCompletionTriggerKind.Invoked,
            selected=(to_range(chosen.range), chosen.text) if chosen is not None else None,
        )


@frozen
class InlineItem:
    """An item of ghost text. The client runs ``command`` with ``number`` when it is accepted."""

    insert_text: str
    range: Range
    command: str
    number: int | str


def decode_change(params: Any) -> tuple[str, int, list[ContentChange]] | None:
    """The URI, version and edits of ``textDocument/didChange``; ``None`` if anything does not conform to LSP."""
    from autothink_lsp.document.snapshot import ContentChange  # imported lazily to keep ``initialize`` fast

    try:
        uri, version = params["textDocument"]["uri"], params["textDocument"]["version"]
        edits = params["contentChanges"]
        if type(uri) is not str or type(version) is not int or type(edits) is not list:
            return None
        changes = []
        for edit in edits:
            text = edit["text"]
            if type(text) is not str:
                return None
            changes.append(ContentChange(_range(edit["range"]) if "range" in edit else None, text))
    except (KeyError, TypeError, ValueError):
        return None
    return uri, version, changes


def decode_inline_completion(params: Any) -> InlineCompletionPlace | None:
    """Decode a ``textDocument/inlineCompletion`` that has only a position and a trigger; ``None`` for any other."""
    try:
        uri, context = params["textDocument"]["uri"], params["context"]
        kind = context["triggerKind"]
        if type(uri) is not str or len(params) != 3 or len(context) != 1 or type(kind) is not int:
            return None
        if kind not in (_AUTOMATIC, _BY_HAND):
            return None
        return InlineCompletionPlace(uri, _position(params["position"]), by_hand=kind == _BY_HAND)
    except (KeyError, TypeError, ValueError):
        return None


def decode_cancel(params: Any) -> int | str | None:
    """Decode the id in a ``$/cancelRequest``; ``None`` if anything does not conform to LSP."""
    number = params.get("id") if type(params) is dict and len(params) == 1 else None
    return number if type(number) is str or (type(number) is int and -_MOST <= number <= _MOST) else None


def encode_cancelled(number: Any) -> str:
    """Encode the reply to a cancelled request like the converter does."""
    error = f'"code":{_CANCELLED},"message":"The request was cancelled."'
    return f'{{"jsonrpc":"2.0","id":{_written(number)},"error":{{{error}}}}}'


def encode_inline_completion(number: Any, items: Iterable[InlineItem]) -> str:
    """Encode the reply to a ``textDocument/inlineCompletion`` like the converter does."""
    written = ",".join([_item(item) for item in items])
    return f'{{"jsonrpc":"2.0","id":{_written(number)},"result":{{"items":[{written}]}}}}'


def _written(number: object) -> str:
    return str(number) if type(number) is int else _quoted(number)


def _item(item: InlineItem) -> str:
    (line, start), (last, end) = item.range
    span = f'{{"start":{{"line":{line},"character":{start}}},"end":{{"line":{last},"character":{end}}}}}'
    command = f'{{"title":"accepted","command":"{item.command}","arguments":[{_written(item.number)}]}}'
    return f'{{"insertText":{_quoted(item.insert_text)},"range":{span},"command":{command}}}'


def _range(value: Any) -> Range:
    """Convert a range. Raises the exception of the first invalid access."""
    return Range(_position(value["start"]), _position(value["end"]))


def _position(value: Any) -> Position:
    line, character = value["line"], value["character"]
    if type(line) is not int or type(character) is not int or not (0 <= line <= _MOST and 0 <= character <= _MOST):
        raise ValueError("a position is two whole numbers")
    return Position(line, character)
