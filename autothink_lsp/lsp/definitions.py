"""Parses a client's answer to ``autothink/definitions`` (``docs/reference/lsp-extensions.md``).

Malformed entries are left out; a client may answer only for some of the places.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autothink_lsp.features.assist.editor_definitions import EditorDefinition

_MOST = 48
_LONGEST_SIGNATURE = 4_000


def read_definitions(answer: Any) -> tuple[EditorDefinition, ...]:
    """The definitions in ``answer``, in order."""
    return tuple(_read(answer))


def _read(answer: Any) -> Iterator[EditorDefinition]:
    from autothink_lsp.features.assist.editor_definitions import EditorDefinition

    listed = answer.get("definitions") if isinstance(answer, dict) else None
    for item in listed[:_MOST] if isinstance(listed, list) else ():
        try:
            number, uri, where = item["place"], item["uri"], item["range"]
            first, last = where["start"]["line"], where["end"]["line"]
            signature = item.get("signature") or ""
        except (AttributeError, LookupError, TypeError):
            continue
        if not (isinstance(uri, str) and isinstance(signature, str)):
            continue
        if any(type(one) is not int or one < 0 for one in (number, first, last)):
            continue
        yield EditorDefinition(number, uri, first, max(first, last), signature[:_LONGEST_SIGNATURE])
