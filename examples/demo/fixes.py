"""The second half of ``try``: a squiggle, the light bulb, what is shown while it works, and the edit.

Two problems of one example file: one that needs no model, and one for which the model is asked and checked. Everything
goes over the wire, as in an editor that resolves edits lazily.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from difflib import unified_diff
from pathlib import Path
from typing import Any

from examples.demo.screen import Screen
from tests.support.lsp_client import LspClient

EXAMPLE = "checked/shop.py"
CAPABILITIES: Mapping[str, Any] = {
    "codeAction": {
        "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix"]}},
        "resolveSupport": {"properties": ["edit"]},
        "dataSupport": True,
    }
}
_TIMEOUT_S = 180.0
_COUNTS = re.compile(r"(?: · |, )\d+ (?:s|tokens?)\b.*|…$")  # tokens and seconds so far


async def play_fixes(client: LspClient, file: Path, diagnostics: Path, screen: Screen) -> None:
    """Open the file and fix its problems from the last to the first, so that lines stay where they are."""
    text = file.read_text(encoding="utf-8")
    uri = file.as_uri()
    document = {"uri": uri, "languageId": "python", "version": 1, "text": text}
    client.notify("textDocument/didOpen", {"textDocument": document})
    for problem in reversed(json.loads(diagnostics.read_text(encoding="utf-8"))[file.name]):
        screen.heading(f"{file.name}, line {problem['range']['start']['line'] + 1}: {problem['message']}")
        context = {"diagnostics": [problem], "triggerKind": 1}
        params = {"textDocument": {"uri": uri}, "range": problem["range"], "context": context}
        offered = await client.request("textDocument/codeAction", params)
        screen.fact(f"the light bulb offers: {offered[0]['title']}")
        seen = len(client.notifications)
        action = await client.request("codeAction/resolve", offered[0], timeout_s=_TIMEOUT_S)
        _tell(client, seen, screen)
        changed = _applied(text, action.get("edit") or {}, uri)
        diff = list(unified_diff(text.splitlines(), changed.splitlines(), lineterm="", n=1))[3:]
        for line in diff or ["(nothing was changed)"]:
            screen.fact(line)


def _tell(client: LspClient, seen: int, screen: Screen) -> None:
    """What the editor showed meanwhile: each new step once, and the last word."""
    said = ""
    for method, params in client.notifications[seen:]:
        if method == "autothink/status" and params.get("reason"):
            step = _COUNTS.sub("", params["reason"])
            if step != said:
                screen.fact(step)
            said = step
        elif method == "window/showMessage":
            screen.fact(params["message"])


def _applied(text: str, edit: Mapping[str, Any], uri: str) -> str:
    """The text after a ``WorkspaceEdit`` (columns are code points: the client asked for utf-32)."""
    edits = edit.get("changes", {}).get(uri, [])
    for change in edit.get("documentChanges", []):
        edits = edits + change.get("edits", [])
    lines = text.splitlines(keepends=True)

    def offset(position: Mapping[str, int]) -> int:
        return sum(map(len, lines[: position["line"]])) + position["character"]

    for one in sorted(edits, key=lambda each: offset(each["range"]["start"]), reverse=True):
        start, end = (offset(one["range"][side]) for side in ("start", "end"))
        text = text[:start] + one["newText"] + text[end:]
    return text
