"""Plays ``tests/scenarios/keystrokes/*.txt``: an editor, the keystroke path and a scripted model, in virtual time.

``tests/scenarios/README.md`` lists the steps, the model's notation and what stands behind the arrows.
"""

from __future__ import annotations

import asyncio
import json
import re
import tomllib
from collections.abc import Sequence
from typing import Any

from attrs import define, evolve, field, frozen

from autothink_lsp.backends.base import FimRequest, Finished
from autothink_lsp.document.snapshot import ContentChange, Snapshot
from autothink_lsp.errors import BackendUnavailable
from autothink_lsp.features.completion.model import CompletionOutcome, CompletionRequest, Trigger
from autothink_lsp.settings.model import CompletionSettings, Settings
from autothink_lsp.values import Point, Position, Range
from tests.support import virtual_time
from tests.support.completion_harness import URI, CompletionHarness, turns
from tests.support.scenario_file import Scenario, ScenarioError, Step, without_cursor
from tests.support.scripted_backend import Pause, ScriptedBackend
from tests.support.scripted_backend import Step as ModelStep

_DEFAULTS: dict[str, Any] = {"deadline_ms": 60_000, "debounce_ms": 0}
_LANGUAGES = {"py": "python", "ts": "typescript", "js": "javascript", "go": "go", "rs": "rust"}
_TEXT = r'"(?:[^"\\]|\\.)*"'
_TOKEN = re.compile(
    rf"(?P<text>{_TEXT})|⏸(?P<pause>[\d.]+)(?P<unit>ms|s)"
    rf"|⏹(?P<end>[a-z_]+)(?:\((?P<told>\w+)\))?|✗(?P<error>{_TEXT})"
)
_RULE = re.compile(
    r"^(?:(?P<first>first request)|(?P<later>later requests)|(?P<warm>prompt only)"
    rf"|after (?P<after>{_TEXT})|otherwise): *"
)
_WIDEST_PROMPT = 60


@frozen
class Rule:
    """One line of the section ``model``: which requests it answers, and how."""

    kind: str
    text: str
    steps: tuple[ModelStep, ...]

    def answers(self, request: FimRequest, number: int) -> bool:
        """Whether the ``number``-th request (from 0) is answered by this line."""
        match self.kind:
            case "first":
                return number == 0
            case "later":
                return number > 0
            case "warm":
                return not request.max_tokens
            case "after":
                return _without_blanks(text_before_cursor(request)).endswith(_without_blanks(self.text))
        return True


def parse_model(text: str) -> list[Rule]:
    """Raises ``ScenarioError`` for a line that cannot be read."""
    rules = []
    for line in text.splitlines():
        if not line.strip():
            continue
        head = _RULE.match(line)
        kind = (head.lastgroup or "otherwise") if head else "otherwise"
        script = line[head.end() :] if head else line
        rules.append(
            Rule(kind, json.loads(head["after"]) if head and head["after"] else "", tuple(_model_steps(script)))
        )
    return rules


def _model_steps(script: str) -> list[ModelStep]:
    steps: list[ModelStep] = []
    rest = script.strip()
    while rest:
        token = _TOKEN.match(rest)
        if token is None:
            raise ScenarioError(f"the model's script cannot be read at {rest!r}")
        if token["text"]:
            steps.append(json.loads(token["text"]))
        elif token["pause"]:
            steps.append(Pause(float(token["pause"]) / (1_000 if token["unit"] == "ms" else 1)))
        elif token["end"]:
            steps.append(Finished(token["end"], server_reason=token["told"] or ""))  # pyright: ignore[reportArgumentType]
        else:
            steps.append(BackendUnavailable(json.loads(token["error"])))
        rest = rest[token.end() :].lstrip()
    return steps


def text_before_cursor(request: FimRequest) -> str:
    """What the prompt has before the cursor, in the order that the prompt is in."""
    before, _, rest = request.prompt.removeprefix("<|fim_prefix|>").partition("<|fim_suffix|>")
    return before + rest.partition("<|fim_middle|>")[2]


def _without_blanks(text: str) -> str:
    return "".join(text.split())


def _now_ms() -> float:
    return asyncio.get_running_loop().time() * 1_000


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


@define(eq=False)
class _Sent:
    """A request of the editor. ``is_shown``: its reply was noted, or is of no interest."""

    number: int
    sent_ms: float
    task: asyncio.Task[CompletionOutcome]
    replied_ms: float | None = None
    is_shown: bool = False

    def __attrs_post_init__(self) -> None:
        def on_done(_: object) -> None:
            self.replied_ms = _now_ms()

        self.task.add_done_callback(on_done)

    def reply(self) -> str:
        """What the editor gets, and after how many milliseconds."""
        outcome = self.task.result()
        waited_ms = round((self.replied_ms or _now_ms()) - self.sent_ms)
        late = f", after {waited_ms}ms" if waited_ms else ""
        suggestion = outcome.suggestion
        if suggestion is None:
            return f"no ghost ({outcome.reason}){late}"
        source = "" if suggestion.source == "model" else f", source {suggestion.source}"
        right = f", replaces right {suggestion.replaces_right}" if suggestion.replaces_right else ""
        return f"ghost {_quoted(suggestion.text)}{source}{right}{late}"


@define(eq=False)
class KeystrokePlayer:
    """Made inside the virtual loop. ``play`` gives what stands behind each arrow."""

    scenario: Scenario
    _harness: CompletionHarness = field(init=False)
    _settings: Settings = field(init=False)
    _name: str = field(init=False)
    _offset: int = 0
    _ghost: str = ""
    _sent: list[_Sent] = field(factory=list)
    _counted: dict[str, int] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        given = tomllib.loads(self.scenario.text("settings")).get("completion", {})
        self._settings = Settings(completion=CompletionSettings(**{**_DEFAULTS, **given}))
        rules = parse_model(self.scenario.text("model"))

        def script(request: FimRequest) -> Sequence[ModelStep]:
            number = len(self._harness.backend.requests) - 1
            return next((rule.steps for rule in rules if rule.answers(request, number)), ())

        self._harness = CompletionHarness(ScriptedBackend(script, sleep=asyncio.sleep), now_ms=_now_ms)
        if not any(step.command == "connect" for step in self.scenario.steps):
            self._harness.reached.set()
        ((self._name, text),) = self.scenario.files.items()
        text, self._offset = without_cursor(text)
        language = _LANGUAGES[self._name.rpartition(".")[2]]
        self._harness.documents.close(URI)
        self._harness.documents.open(URI, language, 1, text)
        self._counted = self._counts()

    async def play(self) -> list[str]:
        """Run every step; what each one showed."""
        observed = [await self._step(step) for step in self.scenario.steps]
        await self._harness.service.aclose()
        for sent in self._sent:
            sent.task.cancel()
        await asyncio.gather(*(sent.task for sent in self._sent), return_exceptions=True)
        return observed

    async def _step(self, step: Step) -> str:
        shown: list[str] = []
        *first, last = [part.strip() for part in re.split(r";(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", step.command)]
        for part in first:
            await self._act(part, shown)
        await self._act(last, shown)
        await (turns() if last.startswith(("send", "connect", "warm")) else asyncio.sleep(0))
        for sent in self._sent:
            if sent.task.done() and not sent.is_shown:
                sent.is_shown = True
                if not sent.task.cancelled():
                    shown.append(f"request {sent.number}: {sent.reply()}")
        counts = self._counts()
        shown += [f"{name} {count}" for name, count in counts.items() if count != self._counted.get(name, 0)]
        self._counted = counts
        return ", ".join(shown)

    async def _act(self, command: str, shown: list[str]) -> None:
        words = command.split(" ", 1)
        texts = [json.loads(text) for text in re.findall(_TEXT, command)]
        match words[0], texts:
            case "ask" | "invoke" as verb, _:
                await self._ask("invoked" if verb == "invoke" else "automatic", shown)
            case "send", _:
                self._send("invoked" if command.endswith("by hand") else "automatic")
            case "reply", _:
                sent = self._sent[-1]
                sent.is_shown = True
                await sent.task
                shown.append(sent.reply())
            case "cancel", _:
                self._sent[-1].task.cancel()
            case "type", [str() as text]:
                self._replace(self._offset, self._offset, text)
            case "accept", _:
                self._replace(self._offset, self._offset, self._ghost)
            case "delete", _:
                self._replace(self._offset - int(words[1]), self._offset, "")
            case "move", [str() as place]:
                self._offset = self._place(place)
            case "insert", [str() as text, str() as place]:
                at = self._place(place)
                self._replace(at, at, text)
            case "replace", [str() as old, str() as new]:
                at = self._find(old)
                self._replace(at, at + len(old), new)
            case "wait", _:
                await asyncio.sleep(_seconds(words[1]))
            case "tick", _:
                pass
            case "open", [str() as text]:
                self._harness.documents.open(f"file:///{words[1].split()[0]}", "python", 1, text)
            case "change", [str() as text]:
                self._harness.documents.change(f"file:///{words[1].split()[0]}", 2, [ContentChange(None, text)])
            case "close", _:
                self._harness.documents.close(URI)
            case "shut", _:
                await self._harness.service.aclose()
            case "connect", _:
                self._harness.reached.set()
            case "warm", _:
                task = asyncio.create_task(self._harness.service.warm(self._query))
                task.add_done_callback(lambda done: done.cancelled() or done.exception())
            case "rest", _:
                self._harness.service.rests(self._query)
            case "set", _:
                given = tomllib.loads(words[1])["completion"]
                self._settings = evolve(self._settings, completion=evolve(self._settings.completion, **given))
            case "prompt", _:
                before = text_before_cursor(self._harness.backend.requests[-1])
                shown.append(f"before {_quoted(before[-_WIDEST_PROMPT:])}")
            case _:
                raise ScenarioError(f"{self.scenario.path.name}: unknown step {command!r}")

    async def _ask(self, trigger: Trigger, shown: list[str]) -> None:
        sent = self._send(trigger)
        if sent is None:
            shown.append("no document")
            return
        sent.is_shown = True
        outcome = await sent.task
        self._ghost = outcome.suggestion.text if outcome.suggestion is not None else ""
        shown.append(sent.reply())

    def _send(self, trigger: Trigger) -> _Sent | None:
        query = self._query()
        if query is None:
            return None
        task = asyncio.create_task(self._harness.service.complete(evolve(query, trigger=trigger)))
        self._sent.append(_Sent(len(self._sent) + 1, _now_ms(), task))
        return self._sent[-1]

    def _query(self) -> CompletionRequest | None:
        snapshot = self._harness.documents.snapshot(URI)
        if snapshot is None:
            return None
        point = _point(str(snapshot.text), self._offset)
        return CompletionRequest(snapshot, point, "automatic", _now_ms(), self._settings, self._name)

    def _snapshot(self) -> Snapshot:
        snapshot = self._harness.documents.snapshot(URI)
        assert snapshot is not None, "the document is closed"
        return snapshot

    def _find(self, text: str) -> int:
        document = str(self._snapshot().text)
        if document.count(text) != 1:
            raise ScenarioError(f"{self.scenario.path.name}: {text!r} is {document.count(text)} times in the document")
        return document.index(text)

    def _place(self, marked: str) -> int:
        text, offset = without_cursor(marked)
        return self._find(text) + offset

    def _replace(self, start: int, end: int, text: str) -> None:
        snapshot = self._snapshot()
        document = str(snapshot.text)
        first, last = _point(document, start), _point(document, end)
        where = Range(Position(first.line, first.column), Position(last.line, last.column))
        self._harness.documents.change(URI, snapshot.version + 1, [ContentChange(where, text)])
        if self._offset >= end:
            self._offset += len(text) - (end - start)

    def _counts(self) -> dict[str, int]:
        backend, counters = self._harness.backend, self._harness.service.counters
        concurrent = {"concurrent": backend.most_running} if backend.most_running > 1 else {}
        return {
            "requests": len(backend.requests),
            "running": backend.running,
            "failed": backend.failed,
            "aborted": counters.aborted,
            "finished": counters.finished,
            "used": counters.used,
            "prefetched": counters.speculative,
            "prefetched used": counters.speculative_used,
            **concurrent,
        }


def _point(text: str, offset: int) -> Point:
    before = text[:offset]
    return Point(before.count("\n"), offset - before.rfind("\n") - 1)


def _seconds(duration: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(ms|s)", duration).groups()  # type: ignore[union-attr]
    return float(number) / (1_000 if unit == "ms" else 1)


def play(scenario: Scenario) -> list[str]:
    """What stands behind each arrow."""

    async def run() -> list[str]:
        return await KeystrokePlayer(scenario).play()

    return virtual_time.run(run())
