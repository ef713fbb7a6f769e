"""What only our own plugins say and ask, beside LSP: ``autothink/feedback``, ``autothink/cursor`` and
``autothink/documentStatus``.

All take plain objects and forgive what is missing: an older or newer plugin must never make an error of it.
"""

from __future__ import annotations

from typing import Any

from autothink_lsp.values import Position

FEEDBACK = "autothink/feedback"
CURSOR = "autothink/cursor"
DOCUMENT_STATUS = "autothink/documentStatus"


def feedback(ls: Any, params: Any) -> None:
    """``{"id": 7, "event": "shown" | "accepted" | "partly" | "dismissed" | "undone"}``: counted on this machine."""
    ls.session.suggestion_happened(_get(params, "id"), _get(params, "event"))


def cursor(ls: Any, params: Any) -> None:
    """``{"uri": …, "position": {"line": 3, "character": 0}}``: the cursor has come to rest there, nothing was typed."""
    position = _get(params, "position")
    line, character = _get(position, "line"), _get(position, "character")
    if isinstance(line, int) and isinstance(character, int) and line >= 0 and character >= 0:
        ls.session.cursor_rests(str(_get(params, "uri")), Position(line, character))


async def document_status(ls: Any, params: Any) -> dict[str, Any]:
    """``{"uri": …}`` → ``{"completes": bool, "assists": bool, "reason": text}``: why nothing comes in a document."""
    await ls.session.configuration.known()
    return ls.session.document_status(str(_get(params, "uri")))


def _get(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else getattr(value, name, None)
