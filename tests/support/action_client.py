"""An editor that uses code actions: offers, resolves, applies, in the two ways that clients differ in.

``FULL`` resolves edits lazily and understands versions, confirmations, read-only documents and progress (as VS Code
does); ``BARE`` knows commands and ``workspace/applyEdit`` only (as ALE and older clients do).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from attrs import define, field

from tests.support.lsp_client import LspClient

Json = Any

FULL: Json = {
    "general": {"positionEncodings": ["utf-16"]},
    "textDocument": {
        "inlineCompletion": {},
        "codeAction": {
            "codeActionLiteralSupport": {
                "codeActionKind": {"valueSet": ["quickfix", "refactor", "refactor.extract", "refactor.rewrite"]}
            },
            "resolveSupport": {"properties": ["edit", "command"]},
            "dataSupport": True,
            "isPreferredSupport": True,
            "disabledSupport": True,
            "honorsChangeAnnotations": True,
        },
    },
    "workspace": {
        "applyEdit": True,
        "workspaceEdit": {
            "documentChanges": True,
            "resourceOperations": ["create", "rename", "delete"],
            "changeAnnotationSupport": {"groupsOnLabel": True},
        },
        "textDocumentContent": {"dynamicRegistration": True},
    },
    "window": {"workDoneProgress": True, "showDocument": {"support": True}, "showMessage": {}},
    "experimental": {"autothinkStatus": True},
}
BARE: Json = {"general": {"positionEncodings": ["utf-32"]}, "textDocument": {"codeAction": {}}}


@define
class ActionEditor:
    """One document in an editor. Columns are counted in ``encoding``."""

    client: LspClient
    uri: str
    language: str
    text: str
    version: int = 1
    applied: list[Json] = field(factory=list)
    answer_messages: Callable[[Json], Json] = field(default=lambda _params: None)
    encoding: str = "utf-32"  # of the columns in edits

    def open(self) -> None:
        self.client.notify(
            "textDocument/didOpen",
            {
                "textDocument": {
                    "uri": self.uri,
                    "languageId": self.language,
                    "version": self.version,
                    "text": self.text,
                }
            },
        )

    async def offers(
        self, where: Json, diagnostics: list[Json] = (), only: list[str] | None = None, trigger: int = 1
    ) -> list[Json]:
        context: Json = {"diagnostics": list(diagnostics), "triggerKind": trigger}
        if only is not None:
            context["only"] = only
        params = {"textDocument": {"uri": self.uri}, "range": where, "context": context}
        return await self.client.request("textDocument/codeAction", params) or []

    async def resolve(self, action: Json) -> Json:
        return await self.client.request("codeAction/resolve", action, timeout_s=90)

    async def fix(self, diagnostic: Json, *, variant: str = "") -> Json:
        """Offer, choose "Explain and fix", resolve, apply what came. The resolved action."""
        offered = await self.offers(diagnostic["range"], [diagnostic])
        chosen = choose(offered, "Explain and fix", variant)
        resolved = await self.resolve(chosen)
        if resolved.get("edit"):
            self.apply(resolved["edit"])
        return resolved

    def apply(self, edit: Json) -> Json:
        """As an editor does: from the end to the start, one version on. The reply to ``workspace/applyEdit``."""
        self.applied.append(edit)
        changes = edit.get("documentChanges")
        if changes is None:
            changes = [{"textDocument": {"uri": uri}, "edits": edits} for uri, edits in edit.get("changes", {}).items()]
        for change in changes:
            if "textDocument" not in change or change["textDocument"]["uri"] != self.uri:
                continue
            for one in sorted(change["edits"], key=lambda e: _key(e["range"]["start"]), reverse=True):
                self._replace(one["range"], one["newText"])
        return {"applied": True}

    def _replace(self, where: Json, new: str) -> None:
        start, end = (self._offset(where[side]) for side in ("start", "end"))
        self.text = self.text[:start] + new + self.text[end:]
        self.version += 1
        self.client.notify(
            "textDocument/didChange",
            {
                "textDocument": {"uri": self.uri, "version": self.version},
                "contentChanges": [{"range": where, "text": new}],
            },
        )

    def _offset(self, position: Json) -> int:
        lines = self.text.splitlines(keepends=True)
        before = "".join(lines[: position["line"]])
        line = lines[position["line"]] if position["line"] < len(lines) else ""
        return len(before) + _characters(line, position["character"], self.encoding)


def _characters(line: str, column: int, encoding: str) -> int:
    """The index of a character in a line, from a column in ``encoding``."""
    match encoding:
        case "utf-8":
            return len(line.encode()[:column].decode())
        case "utf-16":
            return len(line.encode("utf-16-le")[: 2 * column].decode("utf-16-le"))
    return column


def _key(position: Json) -> tuple[int, int]:
    return position["line"], position["character"]


def choose(offered: list[Json], words: str, variant: str = "") -> Json:
    """The first action whose title has ``words`` and ends with ``variant``."""
    for action in offered:
        title = action["title"]
        plain = title.endswith(variant) if variant else not title.endswith(("(fast)", "(think)"))
        if words in title and plain:
            return action
    raise AssertionError(f"no {words!r} {variant} in {[action['title'] for action in offered]}")


def diagnostic(line: int, start: int, end: int, message: str, **more: Json) -> Json:
    """LSP's shape."""
    where = {"start": {"line": line, "character": start}, "end": {"line": line, "character": end}}
    return {"range": where, "message": message, "severity": 1, **more}


def progress_lines(client: LspClient) -> list[str]:
    """What the progress display said, in order."""
    lines = []
    for method, params in client.notifications:
        if method == "$/progress":
            value = params["value"]
            lines.append(" ".join(str(value[key]) for key in ("title", "message") if value.get(key)))
    return lines


async def settle(seconds: float = 0.05) -> None:
    """Let notifications arrive."""
    await asyncio.sleep(seconds)
