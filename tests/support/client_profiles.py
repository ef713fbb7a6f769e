"""The capability sets of real clients (``tests/e2e/profiles``), and what each may be sent, read from them once more.

Written from the text of LSP, not from ``autothink_lsp/lsp/capabilities.py``: a test that asks the code what is right
cannot fail.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from attrs import frozen

FOLDER = Path(__file__).parents[1] / "e2e" / "profiles"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))


@frozen
class Profile:
    """One client."""

    name: str
    capabilities: Any

    def has(self, path: str) -> Any:
        """What stands at a path of dots; ``None`` where nothing does."""
        found = self.capabilities
        for name in path.split("."):
            found = found.get(name) if isinstance(found, dict) else None
        return found

    @property
    def encoding(self) -> str:
        """The client's first; UTF-16 where it names none."""
        return (self.has("general.positionEncodings") or ["utf-16"])[0]

    @property
    def resolves_edits(self) -> bool:
        """Whether an action may be sent without its edit, with our data to ask for it."""
        properties = self.has("textDocument.codeAction.resolveSupport.properties") or []
        return "edit" in properties and bool(self.has("textDocument.codeAction.dataSupport"))

    @property
    def asks_before_edits_of_actions(self) -> bool:
        return bool(self._annotates and self.has("textDocument.codeAction.honorsChangeAnnotations"))

    @property
    def _annotates(self) -> bool:
        edit = self.has("workspace.workspaceEdit") or {}
        return bool(edit.get("changeAnnotationSupport") and edit.get("documentChanges"))

    def refuses(self, method: str) -> bool:
        """Whether the server must not send a request or notification. Kate and ALE do not announce
        ``workspace/applyEdit`` and apply edits all the same: it is sent where the user chose an action."""
        needs = {
            "workspace/configuration": "workspace.configuration",
            "window/workDoneProgress/create": "window.workDoneProgress",
            "$/progress": "window.workDoneProgress",
            "window/showDocument": "window.showDocument.support",
            "workspace/textDocumentContent/refresh": "workspace.textDocumentContent",
            "autothink/status": "experimental.autothinkStatus",
        }
        return method in needs and not self.has(needs[method])

    def may_register(self, method: str) -> bool:
        """Whether ``client/registerCapability`` may name a method."""
        section, _, name = method.partition("/")
        return bool(self.has(f"{section}.{name}.dynamicRegistration"))


def profile(name: str) -> Profile:
    """By the name of its file."""
    return Profile(name, json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))["capabilities"])


def problems_of_edit(edit: Any, client: Profile, *, in_action: bool) -> list[str]:
    """What of a ``WorkspaceEdit`` this client cannot understand."""
    found = []
    support = client.has("workspace.workspaceEdit") or {}
    if "documentChanges" in edit and not support.get("documentChanges"):
        found.append("documentChanges")
    annotated = "changeAnnotations" in edit or "annotationId" in json.dumps(edit)
    if annotated and not support.get("changeAnnotationSupport"):
        found.append("change annotations")
    if annotated and in_action and not client.asks_before_edits_of_actions:
        found.append("change annotations in an action's edit")
    operations = {change["kind"] for change in edit.get("documentChanges", ()) if "kind" in change}
    return found + sorted(operations.difference(support.get("resourceOperations", ())))


def problems_of_item(item: Any, client: Profile) -> list[str]:
    """What of a completion item this client did not say it understands."""
    completion = client.has("textDocument.completion.completionItem") or {}
    found = []
    documentation = item.get("documentation")
    if isinstance(documentation, dict) and documentation["kind"] not in completion.get("documentationFormat", ()):
        found.append("documentation as markup")
    mode = item.get("insertTextMode")
    if mode is not None and mode not in (completion.get("insertTextModeSupport") or {}).get("valueSet", ()):
        found.append("insertTextMode")
    if item.get("insertTextFormat") == 2 and not completion.get("snippetSupport"):
        found.append("snippet")
    if item.get("tags") and not completion.get("tagSupport"):
        found.append("tags")
    if item.get("labelDetails") and not completion.get("labelDetailsSupport"):
        found.append("labelDetails")
    if "newText" not in item.get("textEdit", {}) or "range" not in item["textEdit"]:
        found.append("textEdit is no TextEdit")
    return found
