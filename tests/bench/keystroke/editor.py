"""An editor with one document in any language server: what LSP says and nothing of our own.

Ghost text is asked for with ``textDocument/inlineCompletion`` where the server has it, else with
``textDocument/completion``, of whose items the first is taken. Each stroke is sent as VS Code does it: the superseded
request is cancelled, the edit told, the next request sent.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from attrs import define, field

from tests.support.lsp_client import LspClient

URI = "file:///bench/module.py"
CAPABILITIES = {
    "general": {"positionEncodings": ["utf-16"]},
    "textDocument": {
        "synchronization": {"didSave": True},
        "inlineCompletion": {},
        "completion": {"completionItem": {"snippetSupport": False}},
    },
    "workspace": {"configuration": True, "workspaceFolders": True},
}
_FULL_SYNC = 1


@define
class Asked:
    """One stroke's request. All times are ``time.perf_counter()``. ``shown`` is the ghost text, from the cursor on."""

    number: int
    reply: asyncio.Future[Any]
    written_s: float
    answered_s: float | None = None
    shown: str = ""
    item: Any = None


@define
class Editor:
    """The cursor stands at the end of what was typed. The text is ASCII: columns are the same in every encoding."""

    client: LspClient
    lines: list[str]
    inline: bool
    full_sync: bool
    commands: bool
    line: int = 0
    column: int = 0
    last: Asked | None = None
    _version: int = 1
    _cancels: int = field(default=0)

    @classmethod
    def of(cls, client: LspClient, text: str, initialized: dict[str, Any]) -> Editor:
        """For a server that has answered ``initialize`` so; opens the document."""
        can = initialized.get("capabilities", {})
        sync = can.get("textDocumentSync")
        kind = sync.get("change") if isinstance(sync, dict) else sync
        document = {"uri": URI, "languageId": "python", "version": 1, "text": text}
        client.notify("textDocument/didOpen", {"textDocument": document})
        return cls(
            client,
            text.split("\n"),
            inline=can.get("inlineCompletionProvider", False) not in (None, False),  # {} says that it can
            full_sync=kind == _FULL_SYNC,
            commands=bool(can.get("executeCommandProvider")),
        )

    def move(self, line: int) -> None:
        """Move the cursor to the end of a line. No message is sent: LSP knows no cursor."""
        self.line, self.column, self.last = line, len(self.lines[line]), None

    def replace(self, text: str, removes: int = 0) -> float:
        """Put ``text`` for so many characters left of the cursor; when that was written."""
        return self._edit(self.column - removes, self.column, text)

    def ask(self, written_s: float, *, by_hand: bool = False) -> Asked:
        """A request for the text as it is now."""
        params: dict[str, Any] = {
            "textDocument": {"uri": URI},
            "position": {"line": self.line, "character": self.column},
        }
        if self.inline:
            params["context"] = {"triggerKind": 1 if by_hand else 2}
        method = "textDocument/inlineCompletion" if self.inline else "textDocument/completion"
        number, reply = self.client.send(method, params)
        asked = self.last = Asked(number, reply, written_s)
        before, after = self.lines[self.line][: self.column], self.lines[self.line][self.column :]

        def answered(done: asyncio.Future[Any]) -> None:
            asked.answered_s = time.perf_counter()
            if not done.cancelled() and done.exception() is None:
                asked.item, asked.shown = ghost_text(done.result(), before, after)

        reply.add_done_callback(answered)
        return asked

    def accept(self, asked: Asked) -> float:
        """Take the ghost text as it stands."""
        written_s = self._edit(self.column, self.column, asked.shown)
        command = asked.item.get("command") if isinstance(asked.item, dict) else None
        if self.commands and isinstance(command, dict):
            arguments = {"command": command.get("command"), "arguments": command.get("arguments", [])}
            self.client.send("workspace/executeCommand", arguments)
        return written_s

    def _edit(self, start: int, end: int, text: str) -> float:
        written_s = time.perf_counter()
        if self.last is not None and self.last.answered_s is None:
            self.client.cancel(self.last.number)
        line = self.lines[self.line]
        new = (line[:start] + text + line[end:]).split("\n")
        self.lines[self.line : self.line + 1] = new
        self._version += 1
        change: dict[str, Any] = (
            {"text": "\n".join(self.lines)} if self.full_sync else _ranged(self.line, start, end, text)
        )
        self.client.notify(
            "textDocument/didChange",
            {"textDocument": {"uri": URI, "version": self._version}, "contentChanges": [change]},
        )
        self.line += len(new) - 1
        self.column = len(new[-1]) - (len(line) - end)
        return written_s


def ghost_text(result: Any, before: str, after: str) -> tuple[Any, str]:
    """The item that is shown and its text from the cursor on; an item that does not fit the line is shown by no
    editor."""
    items = result.get("items", []) if isinstance(result, dict) else result or []
    for item in items[:1]:
        edit = item.get("textEdit") or {}
        text = item.get("insertText") or edit.get("newText") or item.get("label", "")
        if isinstance(text, dict):  # a snippet
            text = text.get("value", "")
        span = item.get("range") or edit.get("range") or edit.get("insert")
        start = span["start"]["character"] if span else len(before) - _overlap(before, text)
        replaced = before[start:]
        end = span["end"]["character"] if span else len(before)
        right = after[: max(0, end - len(before))]
        if text.startswith(replaced) and len(text) > len(replaced):
            shown = text[len(replaced) :]
            return item, shown.removesuffix(right) if right else shown
    return None, ""


def _overlap(before: str, text: str) -> int:
    """Without a range, editors replace the word at the cursor."""
    word = len(before) - len(before.rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789"))
    return word if word and text.startswith(before[len(before) - word :]) else 0


def _ranged(line: int, start: int, end: int, text: str) -> dict[str, Any]:
    span = {"start": {"line": line, "character": start}, "end": {"line": line, "character": end}}
    return {"range": span, "rangeLength": end - start, "text": text}
