"""Encodes and decodes the messages of each keystroke without lsprotocol's converter.

Only well-formed messages are decoded here; others are left to the converter. Its generated functions were a tenth of
the cost of a keystroke: they run so rarely that they are no longer in the processor's cache.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lsprotocol import types

from autothink_lsp.values import Position, Range

if TYPE_CHECKING:
    from autothink_lsp.document.snapshot import ContentChange

_MOST = 2**31 - 1  # LSP's ``uinteger``


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


def decode_inline_completion(number: int | str | None, params: Any) -> types.InlineCompletionRequest | None:
    """Decode a ``textDocument/inlineCompletion`` that has only a position and a trigger; ``None`` for any other."""
    try:
        uri, place, context = params["textDocument"]["uri"], params["position"], params["context"]
        line, character = _position(place)
        if number is None or type(uri) is not str or len(params) != 3 or len(context) != 1:
            return None
        trigger = types.InlineCompletionTriggerKind(context["triggerKind"])
    except (KeyError, TypeError, ValueError):
        return None
    return types.InlineCompletionRequest(
        number,
        types.InlineCompletionParams(
            context=types.InlineCompletionContext(trigger),
            text_document=types.TextDocumentIdentifier(uri),
            position=types.Position(line, character),
        ),
    )


def decode_cancel(params: Any) -> types.CancelNotification | None:
    """Decode a ``$/cancelRequest``; ``None`` if anything does not conform to LSP."""
    number = params.get("id") if type(params) is dict and len(params) == 1 else None
    if type(number) is str or (type(number) is int and -_MOST <= number <= _MOST):
        return types.CancelNotification(types.CancelParams(number))
    return None


def encode_cancelled(number: Any) -> dict[str, Any]:
    """Encode the reply to a cancelled request like the converter does."""
    error = {"code": types.LSPErrorCodes.RequestCancelled.value, "message": "The request was cancelled."}
    return {"id": number, "error": error, "jsonrpc": "2.0"}


def encode_inline_completion(answer: types.InlineCompletionList) -> dict[str, Any]:
    """Encode a result like the converter does. Items have only the members that the handler's ``to_item`` sets."""
    return {"items": [_item(item) for item in answer.items]}


def _item(item: types.InlineCompletionItem) -> dict[str, Any]:
    written: dict[str, Any] = {"insertText": item.insert_text}
    if item.filter_text is not None:
        written["filterText"] = item.filter_text
    if item.range is not None:
        start, end = item.range.start, item.range.end
        written["range"] = {
            "start": {"line": start.line, "character": start.character},
            "end": {"line": end.line, "character": end.character},
        }
    if (command := item.command) is not None:
        written["command"] = {"title": command.title, "command": command.command, "arguments": command.arguments}
    return written


def _range(value: Any) -> Range:
    """Convert a range. Raises the exception of the first invalid access."""
    return Range(_position(value["start"]), _position(value["end"]))


def _position(value: Any) -> Position:
    line, character = value["line"], value["character"]
    if type(line) is not int or type(character) is not int or not (0 <= line <= _MOST and 0 <= character <= _MOST):
        raise ValueError("a position is two whole numbers")
    return Position(line, character)
