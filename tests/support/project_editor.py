"""An editor with several documents of a folder, some of them open: applies an edit of several files as editors do.

An open document is compared by its version where the edit has one; a closed file is edited in its bytes.
``transactional`` editors apply all parts or none; the others skip a part whose version is another one and say that they
applied the edit (Neovim), or stop there (``failureHandling: abort``).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from attrs import define, field

from tests.support.action_client import ActionEditor
from tests.support.lsp_client import LspClient

Json = Any
Handling = Literal["transactional", "skip", "abort"]


@define
class ProjectEditor:
    """``applied`` are the edits that arrived, in order."""

    client: LspClient
    folder: Path
    handling: Handling = "transactional"
    documents: dict[str, ActionEditor] = field(factory=dict)
    applied: list[Json] = field(factory=list)
    encoding: str = "utf-32"

    def open(self, name: str) -> ActionEditor:
        """Open a file of the folder as it is on disk."""
        file = self.folder / name
        text = file.read_bytes().decode()
        one = ActionEditor(self.client, file.as_uri(), "python", text, encoding=self.encoding)
        one.open()
        self.documents[one.uri] = one
        return one

    def text(self, name: str) -> str:
        """A file as the user sees it: of the open document, or on disk."""
        file = self.folder / name
        opened = self.documents.get(file.as_uri())
        return opened.text if opened is not None else file.read_bytes().decode()

    def apply(self, params: Json) -> Json:
        """The reply to ``workspace/applyEdit``."""
        return self.apply_edit(params["edit"])

    def apply_edit(self, edit: Json) -> Json:
        self.applied.append(edit)
        changes = edit.get("documentChanges")
        if changes is None:
            changes = [{"textDocument": {"uri": uri}, "edits": edits} for uri, edits in edit.get("changes", {}).items()]
        stale = [number for number, one in enumerate(changes) if not self._is_current(one["textDocument"])]
        if stale and self.handling == "transactional":
            return {"applied": False, "failedChange": stale[0]}
        for number, one in enumerate(changes):
            if number in stale and self.handling == "abort":
                return {"applied": False, "failedChange": number}
            if number not in stale:
                self._apply_to(one["textDocument"]["uri"], one["edits"])
        return {"applied": True}

    def _is_current(self, document: Json) -> bool:
        opened = self.documents.get(document["uri"])
        version = document.get("version")
        return opened is None or version is None or version == opened.version

    def _apply_to(self, uri: str, edits: Json) -> None:
        opened = self.documents.get(uri)
        if opened is not None:
            opened.apply({"changes": {uri: edits}})
            return
        file = Path(unquote(urlsplit(uri).path))
        silent = _OnDisk(uri, file.read_bytes().decode(), self.encoding)
        file.write_bytes(silent.changed(edits).encode())


@define
class _OnDisk:
    uri: str
    text: str
    encoding: str

    def changed(self, edits: Json) -> str:
        class Mute:
            def notify(self, _method: str, _params: Json) -> None: ...

        one = ActionEditor(Mute(), self.uri, "python", self.text, encoding=self.encoding)  # pyright: ignore[reportArgumentType]
        one.apply({"changes": {self.uri: edits}})
        return one.text
