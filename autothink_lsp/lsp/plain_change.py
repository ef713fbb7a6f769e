"""Reads the one message that comes with every key, without lsprotocol's types in between.

Only what is plainly LSP is read here; whatever is not goes the long way, which knows what to answer. Building the types
and taking them apart again was a twentieth of what a key costs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autothink_lsp.values import Position, Range

if TYPE_CHECKING:
    from autothink_lsp.document.snapshot import ContentChange


def plain_change(params: Any) -> tuple[str, int, list[ContentChange]] | None:
    """uri, version and edits of ``textDocument/didChange``; ``None`` where anything is not as LSP has it."""
    from autothink_lsp.document.snapshot import ContentChange  # the house is not needed to answer initialize

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


def _range(value: Any) -> Range:
    """Raises what a value that is no range raises."""
    return Range(_position(value["start"]), _position(value["end"]))


def _position(value: Any) -> Position:
    line, character = value["line"], value["character"]
    if type(line) is not int or type(character) is not int or line < 0 or character < 0:
        raise ValueError("a position is two whole numbers")
    return Position(line, character)
