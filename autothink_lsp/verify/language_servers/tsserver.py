"""Diagnostics of TypeScript servers, read by requests of tsserver's own protocol.

vtsls and typescript-language-server pass such requests on (``typescript.tsserverRequest``). Each is answered when the
diagnostics are complete, so there is nothing to wait for, unlike with published diagnostics.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from autothink_lsp.verify.language_servers.client import LanguageClient, ResponseError, ServerFailed, seconds_left

_REQUESTS = ("syntacticDiagnosticsSync", "semanticDiagnosticsSync", "suggestionDiagnosticsSync")
_SEVERITIES = {"error": 1, "warning": 2}


async def tsserver_diagnostics(client: LanguageClient, path: Path, stop_at_s: float) -> list[dict[str, Any]]:
    """The diagnostics of an open file in the form of LSP. Raises ``TimeoutError`` and ``ServerFailed``."""
    items: list[dict[str, Any]] = []
    for name in _REQUESTS:
        arguments = [name, {"file": str(path), "includeLinePosition": False}]
        params = {"command": "typescript.tsserverRequest", "arguments": arguments}
        try:
            reply = await client.request("workspace/executeCommand", params, timeout_s=seconds_left(stop_at_s))
        except ResponseError as error:
            raise ServerFailed("reports no diagnostics") from error
        body = reply.get("body") if isinstance(reply, dict) else reply
        if not isinstance(body, list):
            raise ServerFailed("reports no diagnostics")
        items += [item for one in body if (item := _lsp_diagnostic(one)) is not None]
    return items


def _lsp_diagnostic(item: Any) -> dict[str, Any] | None:
    """A diagnostic of tsserver's protocol (lines from 1) as an LSP diagnostic; ``None`` if it has no position."""
    try:
        start, end = item["start"], item["end"]
        return {
            "range": {
                "start": {"line": int(start["line"]) - 1, "character": int(start["offset"]) - 1},
                "end": {"line": int(end["line"]) - 1, "character": int(end["offset"]) - 1},
            },
            "message": str(item["text"]),
            "code": item.get("code"),
            "source": item.get("source") or "ts",
            "severity": _SEVERITIES.get(item.get("category"), 3),
        }
    except (LookupError, TypeError, ValueError):
        return None
