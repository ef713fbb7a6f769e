"""What only our own plugins say and ask, beside LSP: ``autothink/feedback`` and ``autothink/documentStatus``.

Both take plain objects and forgive what is missing: an older or newer plugin must never make an error of it.
"""

from __future__ import annotations

from typing import Any

FEEDBACK = "autothink/feedback"
DOCUMENT_STATUS = "autothink/documentStatus"


def feedback(ls: Any, params: Any) -> None:
    """``{"id": 7, "event": "shown" | "accepted" | "partly" | "dismissed" | "undone"}``: counted on this machine."""
    ls.session.suggestion_happened(_get(params, "id"), _get(params, "event"))


async def document_status(ls: Any, params: Any) -> dict[str, Any]:
    """``{"uri": …}`` → ``{"completes": bool, "assists": bool, "reason": text}``: why nothing comes in a document."""
    await ls.session.configuration.known()
    return ls.session.document_status(str(_get(params, "uri")))


def _get(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else getattr(value, name, None)
