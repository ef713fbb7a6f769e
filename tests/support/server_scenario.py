"""Plays ``tests/scenarios/fixes`` and ``clients``: a real server process, an editor, and a model server with a script.

``tests/scenarios/README.md`` lists the steps and what stands behind the arrows.
"""

from __future__ import annotations

import asyncio
import json
import re
import tomllib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from attrs import define, field

from autothink_lsp.document.lines import equal_ends
from tests.support.action_client import BARE, FULL, ActionEditor, choose, progress_lines
from tests.support.client_profiles import NAMES, profile
from tests.support.fault_server import FaultServer, Mode
from tests.support.lsp_client import REFUSED, SILENCE, LspClient, ServerError
from tests.support.scenario_file import (
    CURSOR,
    RANGE_START,
    Scenario,
    ScenarioError,
    Step,
    without_cursor,
    without_range,
)

Json = Any
Start = Callable[..., Awaitable[LspClient]]
_LANGUAGES = {"py": "python", "ts": "typescript", "go": "go", "sh": "shellscript", "rs": "rust", "js": "javascript"}
_CLIENTS: dict[str, Json] = {"with resolve": FULL, "with commands only": BARE}
_TEXT = r'"(?:[^"\\]|\\.)*"'
_LONGEST_WAIT_S = 30.0
_MOST_ANSWERS = 12  # of a model that says the same however often it is asked
_UNITS = {"utf-8": lambda text: len(text.encode()), "utf-16": lambda text: len(text.encode("utf-16-le")) // 2}


def _quoted(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)


@define(eq=False)
class ServerPlayer:
    """``play`` gives what stands behind each arrow. ``start`` and ``backend`` are the fixtures of ``tests/e2e``."""

    scenario: Scenario
    start: Start
    backend: FaultServer
    folder: Path
    _client: LspClient = field(init=False)
    _editor: ActionEditor = field(init=False)
    _encoding: str = "utf-16"
    _capabilities: Json = None
    _place: tuple[int, int] = (0, 0)
    _where: Json = None
    _diagnostics: list[Json] = field(factory=list)
    _offered: list[Json] = field(factory=list)
    _sent: tuple[int, asyncio.Future[Json]] | None = None
    _edits: list[Json] = field(factory=list)
    _chats_seen: int = 0
    _messages_seen: int = 0

    async def play(self) -> list[str]:
        """Start the server with the scenario's settings, client and document, and run every step."""
        self._script_model()
        await self._begin()
        return [await self._step(step) for step in self.scenario.steps]

    # ------------------------------------------------------------------ set-up

    def _script_model(self) -> None:
        for section in self.scenario.sections:
            if section.name == "model":
                self.backend.chat_answers.append(section.text)
            elif section.name == "model, every time":
                self.backend.chat_answers += [section.text] * _MOST_ANSWERS
            elif section.name == "model, piece by piece":
                self.backend.mode = Mode.SLOW
                self.backend.chat_answers.append(json.loads(section.text))
            elif section.name == "model, deltas":
                self.backend.chat_answers += [json.loads(section.text)] * _MOST_ANSWERS
            elif section.name == "ghost text":
                self.backend.pieces = json.loads(section.text)
            elif section.name == "model server":
                self.backend.mode = Mode(section.text.strip())

    async def _begin(self) -> None:
        ((name, marked),) = self.scenario.files.items()
        text, self._place = _place_of(marked if marked.endswith(CURSOR) else marked + "\n")
        lines = dict(line.split(": ", 1) for line in self.scenario.text("client").splitlines() if ": " in line)
        named = lines.pop("profile", "with resolve")
        capabilities = self._capabilities = profile(named).capabilities if named in NAMES else _CLIENTS[named]
        encodings = (capabilities.get("general") or {}).get("positionEncodings") or ["utf-16"]
        self._encoding = encodings[0]
        project = self.folder / "project"
        project.mkdir()
        (project / name).write_text(text, encoding="utf-8")
        self._client = await self.start(
            url=self.backend.url,
            capabilities=capabilities,
            folder=project,
            environ=self._environ(),
            answers={method: self._answer(method, json_text) for method, json_text in lines.items()}
            | ({} if "workspace/applyEdit" in lines else {"workspace/applyEdit": self._apply}),
        )
        uri = (project / name).as_uri()
        self._editor = ActionEditor(
            self._client, uri, _LANGUAGES[name.rpartition(".")[2]], text, encoding=self._encoding
        )
        self._editor.open()
        self._where = self._range(self._place)
        given = tomllib.loads(self.scenario.text("diagnostic"))
        if given:
            end_line = given.pop("end_line", self._where["end"]["line"])
            where = {"start": self._where["start"], "end": {**self._where["end"], "line": end_line}}
            self._diagnostics = [{"severity": 1, **given, "range": where}]

    def _environ(self) -> dict[str, str]:
        url = self.backend.url
        settings: dict[str, Json] = {
            "assist": {"backend": "openai", "url": url, "deadline_s": 60},
            "completion": {"enabled": bool(self.scenario.texts("ghost text"))},
        }
        for section, values in tomllib.loads(self.scenario.text("settings")).items():
            for key, value in values.items():
                settings.setdefault(section, {})[key] = value
        flat = {f"{section}__{key}": value for section, values in settings.items() for key, value in values.items()}
        return {
            f"AUTOTHINK_{key.upper()}": str(value).lower() if isinstance(value, bool) else str(value)
            for key, value in flat.items()
        }

    def _answer(self, method: str, given: str) -> Json:
        match given:
            case "refused":
                return REFUSED
            case "silence":
                return SILENCE
        values = [json.loads(one) for one in given.split(" then ")]

        def answer(params: Json) -> Json:
            value = values.pop(0) if len(values) > 1 else values[0]
            if method == "workspace/applyEdit":
                self._edits.append(params["edit"])
                if value["applied"]:
                    self._editor.apply(params["edit"])
            return value

        return answer

    def _apply(self, params: Json) -> Json:
        self._edits.append(params["edit"])
        return self._editor.apply(params["edit"])

    # ------------------------------------------------------------------ places

    def _position(self, offset: int) -> Json:
        before = self._editor.text[:offset]
        line, column = before.count("\n"), before[before.rfind("\n") + 1 :]
        return {"line": line, "character": _UNITS.get(self._encoding, len)(column)}

    def _range(self, place: tuple[int, int]) -> Json:
        return {"start": self._position(place[0]), "end": self._position(place[1])}

    def _find(self, marked: str) -> int:
        text, offset = without_cursor(marked)
        if self._editor.text.count(text) != 1:
            raise ScenarioError(f"{text!r} is {self._editor.text.count(text)} times in the document")
        return self._editor.text.index(text) + offset

    # ------------------------------------------------------------------ steps

    async def _step(self, step: Step) -> str:
        shown: list[str] = []
        before = self._editor.text
        await self._act(step.command, shown)
        if step.command.startswith("type"):
            before = self._editor.text
        shown += _changed_lines(before, self._editor.text)
        shown += self._news()
        return ", ".join(shown)

    async def _act(self, command: str, shown: list[str]) -> None:
        texts = [json.loads(text) for text in re.findall(_TEXT, command)]
        verb = command.split(" ", 1)[0]
        match verb, texts:
            case "offers", _:
                await self._offers()
                shown += [f"{action.get('kind', 'command')} {_quoted(action['title'])}" for action in self._offered]
            case "fix" | "send", _:
                await self._offers()
                await self._choose(command.split(" ")[1:])
                if verb == "fix":
                    shown += await self._reply()
            case "choose", [str() as title]:
                await self._offers()
                await self._choose([], title)
                shown += await self._reply()
            case "offer", _:
                await self._offers()
            case "resolve", _:
                await self._choose(command.split(" ")[1:])
            case "reply", _:
                shown += await self._reply()
            case "cancel", _:
                assert self._sent is not None
                if command == "cancel":
                    self._client.cancel(self._sent[0])
                elif command == "cancel by progress":
                    created = [params for method, params in self._client.requests if method.endswith("/create")]
                    self._client.notify("window/workDoneProgress/cancel", {"token": created[-1]["token"]})
                else:
                    await self._client.request("workspace/executeCommand", {"command": "autothink.cancel"})
                shown += await self._reply()
                running = self.backend.running
                if running:
                    await self.backend.until(lambda: self.backend.running < running)
                shown.append("stream closed")
            case "model", _:
                asked = len(self._chats())
                await self._until(lambda: len(self._chats()) > 0, f"a request to the model ({asked})")
                for _ in range(int(command.split(" ")[2]) if len(command.split(" ")) > 2 else 0):
                    self.backend.step()
                    await asyncio.sleep(0.05)
            case "type", [str() as text, str() as place]:
                at = self._find(place)
                self._editor._replace(self._range((at, at)), text)
            case "execute", _:
                result = await self._request("workspace/executeCommand", {"command": command.split(" ")[1]})
                shown.append(_quoted(result))
            case "request", _:
                method, _, params = command.partition(" ")[2].partition(" ")
                shown.append(_compact(await self._request(method, self._filled(params))))
            case "notify", _:
                method, _, params = command.partition(" ")[2].partition(" ")
                self._client.notify(method, self._filled(params))
            case "suggest", _:
                shown.append(await self._suggest())
            case "progress", _:
                words = [word for word in texts if any(word in line for line in progress_lines(self._client))]
                shown += [f"has {_quoted(word)}" for word in words]
            case "messages", _:
                number = self._messages_seen
                await self._until(lambda: len(self._messages()) > number, "a message")
                shown += [f"message {_quoted(text)}" for text in self._messages()[number:]]
                self._messages_seen = len(self._messages())
            case "prompt", [str() as wanted]:
                shown.append("has it" if wanted in json.dumps(self.backend.bodies, ensure_ascii=False) else "lacks it")
            case _:
                raise ScenarioError(f"{self.scenario.path.name}: unknown step {command!r}")

    async def _offers(self) -> None:
        self._offered = await self._editor.offers(self._where, self._diagnostics)

    async def _choose(self, words: list[str], title: str = "Explain and fix") -> None:
        action = choose(self._offered, title, f"({words[0]})" if words else "")
        if "data" in action:
            self._sent = self._client.send("codeAction/resolve", action)
            return
        command = action if isinstance(action["command"], str) else action["command"]
        ask = {"command": command["command"], "arguments": command["arguments"]}
        self._sent = self._client.send("workspace/executeCommand", ask)

    async def _reply(self) -> list[str]:
        assert self._sent is not None, "nothing was sent"
        try:
            result = await asyncio.wait_for(self._sent[1], _LONGEST_WAIT_S)
        except ServerError as error:
            return [f"error {error.code}"]
        if not isinstance(result, dict) or ("data" not in result and "title" not in result):
            return [self._form(edit) for edit in self._taken()] or ["no edit"]
        if not result.get("edit"):
            return ["no edit"]
        self._editor.apply(result["edit"])
        return [self._form(result["edit"])]

    def _taken(self) -> list[Json]:
        edits, self._edits = self._edits, []
        return edits

    def _form(self, edit: Json) -> str:
        """How the edit is sent, which depends on the client's capabilities, and how much text it has."""
        form = "documentChanges" if "documentChanges" in edit else "changes"
        asks = any(one.get("needsConfirmation") for one in edit.get("changeAnnotations", {}).values())
        changes = edit.get("documentChanges") or [{"edits": edits} for edits in edit.get("changes", {}).values()]
        inserted = sum(len(one["newText"]) for change in changes for one in change.get("edits", ()))
        return f"edit as {form} inserting {inserted} characters" + (" with a confirmation" if asks else "")

    async def _request(self, method: str, params: Json) -> Json:
        try:
            return await self._client.request(method, params, timeout_s=_LONGEST_WAIT_S)
        except ServerError as error:
            return {"error": error.code, "message": str(error).rpartition(" (")[0]}

    async def _suggest(self) -> str:
        params = {"textDocument": {"uri": self._editor.uri}, "position": self._where["start"]}
        if "inlineCompletion" in (self._capabilities.get("textDocument") or {}):
            params["context"] = {"triggerKind": 2}
            reply = await self._request("textDocument/inlineCompletion", params)
        else:
            params["context"] = {"triggerKind": 1}
            reply = await self._request("textDocument/completion", params)
        return _compact(reply)

    def _filled(self, params: str) -> Json:
        """JSON with ``$uri``, ``$position`` and ``$range`` for what the scenario's document and marks say."""
        filled = params.replace("$uri", _quoted(self._editor.uri)).replace("$position", _quoted(self._where["start"]))
        return json.loads(filled.replace("$range", _quoted(self._where)))

    # ------------------------------------------------------------------ what is shown

    def _news(self) -> list[str]:
        """The number of chats, if it has changed."""
        chats = len(self._chats())
        changed, self._chats_seen = chats != self._chats_seen, chats
        return [f"chats {chats}"] if changed else []

    def _messages(self) -> list[str]:
        shown = [params["message"] for method, params in self._client.notifications if method == "window/showMessage"]
        asked = [params["message"] for method, params in self._client.requests if method == "window/showMessageRequest"]
        return [text.replace(self.backend.url, "$url") for text in shown + asked]

    def _chats(self) -> list[Json]:
        """The bodies of the chats that asked for an answer; those of a warm-up or a probe are left out."""
        return [
            body
            for body in self.backend.bodies
            if body.get("max_tokens", 0) > 1 and "'system'" in str(body.get("messages"))
        ]

    async def _until(self, condition: Callable[[], bool], what: str) -> None:
        try:
            async with asyncio.timeout(_LONGEST_WAIT_S):
                while not condition():
                    await asyncio.sleep(0.01)
        except TimeoutError:
            raise ScenarioError(f"{self.scenario.path.name}: {what} did not come") from None


def _place_of(marked: str) -> tuple[str, tuple[int, int]]:
    """The document without its marks, and the offsets of its range or cursor; its start without marks."""
    if RANGE_START in marked:
        text, start, end = without_range(marked)
        return text, (start, end)
    if CURSOR in marked:
        text, start = without_cursor(marked)
        return text, (start, start)
    return marked, (0, 0)


def _changed_lines(before: str, after: str) -> list[str]:
    """The first to the last line that differ, as they were and as they are."""
    old, new = before.split("\n"), after.split("\n")
    if old == new:
        return []
    start, end = equal_ends(old, new)
    removed, added = old[start : len(old) - end], new[start : len(new) - end]
    return [f"{_quoted(chr(10).join(removed))} ⇒ {_quoted(chr(10).join(added))}"]


def _compact(reply: Json) -> str:
    """A reply on one line: of suggestions and actions what the editor uses, of everything else all of it."""
    if isinstance(reply, dict) and isinstance(reply.get("items"), list):
        return "items " + _quoted([_item(item) for item in reply["items"]])
    if isinstance(reply, list) and reply and all(isinstance(one, dict) and "title" in one for one in reply):
        return f"actions {len(reply)}"
    return _quoted(reply)


def _item(item: Json) -> Json:
    edit = item.get("textEdit") or {"range": item.get("range"), "newText": item.get("insertText")}
    start, end = (edit["range"][side] for side in ("start", "end"))
    place = f"{start['line']}:{start['character']}-{end['line']}:{end['character']}"
    return [place, edit["newText"]]
