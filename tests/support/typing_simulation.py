"""A person who types at the whole keystroke path, in virtual time: what is sent, shown and thrown away.

The person is ``commands/benchmarks/typist.py``'s, and takes a suggestion in a pause if it is what comes next.
"""

from __future__ import annotations

import asyncio
import random
from statistics import median

from attrs import define, field, frozen

from autothink_lsp.context.window import WindowTracker
from autothink_lsp.document.snapshot import ContentChange
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.features.completion.endpoint import CompletionEndpoint
from autothink_lsp.features.completion.metrics import Counters
from autothink_lsp.features.completion.model import CompletionOutcome, CompletionRequest
from autothink_lsp.features.completion.service import CompletionService
from autothink_lsp.settings.model import CompletionSettings, Settings, Speculate
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import Point, Position, PositionEncoding, Range
from tests.bench.typist import (
    FUNCTIONS,
    GAP_SIGMA,
    MEDIAN_GAP_MS,
    PAUSE_MS,
    SHORTEST_GAP_MS,
    THINKING,
    THINKING_AT_LINE_START,
)
from tests.support import virtual_time
from tests.support.completion_harness import Quiet
from tests.support.scripted_backend import ScriptedBackend
from tests.support.simulated_model import SimulatedModel, Speed

URI = "file:///project/typed.py"
HEAD = '"""Small tools."""\n\nimport os\nimport sys\n\n\n'
TAIL = "\n\nclass Unrelated:\n    pass\n"
REACTION_MS = 450.0  # from a suggestion on the screen to Tab
LEAST_TAKEN = 4  # characters that are worth a Tab


@frozen
class Report:
    """``*_ms`` in milliseconds, shares from 0 to 1 of what is named."""

    keys: int
    counters: Counters
    requests: int  # those that the backend saw
    in_time: int  # keys with a suggestion before the next key
    pauses: int  # in which something was to be said
    pause_to_suggestion_ms: tuple[float, ...]
    accepts: int
    accept_to_suggestion_ms: tuple[float, ...]
    unanswered: int
    evaluated_tokens: int
    most_running: int

    @property
    def row(self) -> str:
        per = 100 / self.keys
        pause = median(self.pause_to_suggestion_ms or (float("nan"),))
        accept = median(self.accept_to_suggestion_ms or (float("nan"),))
        counted = self.counters
        return (
            f"keys {self.keys} requests/100 {self.requests * per:.1f} in time {self.in_time * per:.1f}% "
            f"pauses {self.pauses} answered {100 * len(self.pause_to_suggestion_ms) / max(1, self.pauses):.0f}% "
            f"{pause:.0f} ms; accepts {self.accepts} answered {len(self.accept_to_suggestion_ms)} {accept:.0f} ms; "
            f"eval/key {self.evaluated_tokens / self.keys:.1f} {counted}"
        )


SILENT = frozenset({"statement is complete", "line is complete", "between definitions", "rejected before"})


@define(eq=False)
class _Waiting:
    asked_s: float
    task: asyncio.Task[CompletionOutcome]
    answered_s: float | None = None

    @property
    def text(self) -> str:
        """What stands on the screen because of it."""
        if self.answered_s is None or self.task.cancelled():
            return ""
        suggestion = self.task.result().suggestion
        return suggestion.text if suggestion is not None else ""

    @property
    def silent(self) -> bool:
        """Whether the server held its tongue on purpose: nothing to be had there however fast it is."""
        if self.answered_s is None or self.task.cancelled():
            return False
        reason = self.task.result().reason
        return reason in SILENT or reason.startswith("inside a ")


@define(eq=False)
class _Editor:
    service: CompletionService
    documents: DocumentStore
    settings: Settings
    line: int
    column: int = 0
    waiting: _Waiting | None = None

    def press(self, text: str, removes: int = 0) -> _Waiting:
        """Hang up, tell of the edit, ask: the order of VS Code."""
        if self.waiting is not None:
            self.waiting.task.cancel()
        snapshot = self.documents.snapshot(URI)
        assert snapshot is not None
        where = Range(Position(self.line, self.column - removes), Position(self.line, self.column))
        self.documents.change(URI, snapshot.version + 1, [ContentChange(where, text)])
        _, newline, last = text.rpartition("\n")
        self.line += text.count("\n")
        self.column = len(last) if newline else self.column - removes + len(text)
        return self.ask()

    def ask(self) -> _Waiting:
        snapshot = self.documents.snapshot(URI)
        assert snapshot is not None
        now_s = asyncio.get_running_loop().time()
        query = CompletionRequest(
            snapshot, Point(self.line, self.column), "automatic", now_s * 1_000, self.settings, "typed.py"
        )
        waiting = self.waiting = _Waiting(now_s, asyncio.create_task(self.service.complete(query)))

        def answered(_: object) -> None:
            waiting.answered_s = asyncio.get_running_loop().time()

        waiting.task.add_done_callback(answered)
        return waiting


@define
class Person:
    """Types ``FUNCTIONS`` with log-normal gaps; ``takes`` suggestions that are right with that probability."""

    seed: int = 1
    typos: float = 0.02
    takes: float = 0.7
    speed: float = 1.0  # of the fingers
    dice: random.Random = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.dice = random.Random(self.seed)

    def gap_s(self, *, line_start: bool) -> tuple[float, bool]:
        """Before the next key, and whether it is a pause."""
        if self.dice.random() < (THINKING_AT_LINE_START if line_start else THINKING):
            return self.dice.uniform(*PAUSE_MS) / 1_000, True
        gap_ms = self.dice.lognormvariate(0.0, GAP_SIGMA) * MEDIAN_GAP_MS / self.speed
        return min(449.0, max(SHORTEST_GAP_MS, gap_ms)) / 1_000, False


def stroke_at(truth: str, at: int) -> str:
    """The next key: with a line's end comes the next one's indentation."""
    if truth[at] != "\n":
        return truth[at]
    end = at + 1
    while end < len(truth) and truth[end] == " ":
        end += 1
    return "\n" if end < len(truth) and truth[end] == "\n" else truth[at:end]


def simulate(
    speed: Speed,
    key_count: int = 1_000,
    person: Person | None = None,
    *,
    known_lines: float = 0.5,
    known_words: float = 0.7,
    speculate: Speculate = "auto",
) -> Report:
    """``key_count`` keys in front of a model of that speed on this machine, which knows such shares of the text."""
    model = SimulatedModel(HEAD + FUNCTIONS, speed, known_lines, known_words)
    return virtual_time.run(_simulate(model, key_count, person or Person(), speculate))


async def _simulate(model: SimulatedModel, key_count: int, person: Person, speculate: Speculate) -> Report:
    loop = asyncio.get_running_loop()

    def now_ms() -> float:
        return loop.time() * 1_000

    backend = ScriptedBackend(model.script, sleep=asyncio.sleep)

    async def connect(_: Settings) -> ScriptedBackend:
        return backend

    here = CompletionSettings(backend="openai", url="http://127.0.0.1:1", model="qwen2.5-coder", speculate=speculate)
    settings = Settings(completion=here)
    endpoint = CompletionEndpoint(settings, connect, Quiet(), now_ms)
    syntax, documents = Syntax(), DocumentStore(PositionEncoding.UTF32)
    service = CompletionService(endpoint_for=lambda _: endpoint, syntax=syntax, gatherer=WindowTracker(), now_ms=now_ms)
    documents.subscribe(syntax.trees)
    documents.subscribe(service)
    documents.open(URI, "python", 1, HEAD + TAIL)
    editor = _Editor(service, documents, settings, HEAD.count("\n"))
    asked, rested, accepted = await _type(editor, person, key_count)
    await asyncio.sleep(5)
    unanswered = sum(not one.task.done() for one in asked)
    await service.aclose()
    await endpoint.aclose()
    return Report(
        keys=len(asked),
        counters=service.counters,
        requests=len(backend.requests),
        in_time=sum(bool(one.text) for one in asked),
        pauses=sum(not one.silent for one in rested),
        pause_to_suggestion_ms=_spent_ms(rested),
        accepts=len(accepted),
        accept_to_suggestion_ms=_spent_ms(accepted),
        unanswered=unanswered,
        evaluated_tokens=model.evaluated_tokens,
        most_running=backend.most_running,
    )


def _spent_ms(asked: list[_Waiting]) -> tuple[float, ...]:
    return tuple((one.answered_s - one.asked_s) * 1_000 for one in asked if one.text and one.answered_s is not None)


async def _type(
    editor: _Editor, person: Person, key_count: int
) -> tuple[list[_Waiting], list[_Waiting], list[_Waiting]]:
    asked: list[_Waiting] = []
    rested: list[_Waiting] = []
    accepted: list[_Waiting] = []
    dice, at, start = person.dice, 0, editor.line
    last: _Waiting | None = None
    while len(asked) < key_count:
        stroke = stroke_at(FUNCTIONS, at)
        gap_s, pause = person.gap_s(line_start=editor.column == 0 or FUNCTIONS[at - 1] in "\n ")
        if last is not None and pause:
            rested.append(last)
        if last is not None and pause and dice.random() < person.takes:
            await asyncio.sleep(REACTION_MS / 1_000)
            gap_s -= REACTION_MS / 1_000
            suggested = last.text
            if len(suggested) >= LEAST_TAKEN and FUNCTIONS.startswith(suggested, at):
                last = editor.press(suggested)
                accepted.append(last)
                at += len(suggested)
                gap_s = max(gap_s, 0.4)  # what was taken is read
                stroke = stroke_at(FUNCTIONS, at) if at < len(FUNCTIONS) else ""
        await asyncio.sleep(max(0.0, gap_s))
        if stroke.isalpha() and dice.random() < person.typos:
            asked.append(editor.press(dice.choice("aeiorstn")))
            await asyncio.sleep(person.gap_s(line_start=False)[0])
            asked.append(editor.press("", removes=1))
            await asyncio.sleep(person.gap_s(line_start=False)[0])
        if at < len(FUNCTIONS):
            last = editor.press(stroke)
            asked.append(last)
            at += len(stroke)
        if at >= len(FUNCTIONS):  # away with it, and once more
            at, last = 0, None
            editor.line, editor.column = start, 0
            _start_again(editor)
    return asked, rested, accepted


def _start_again(editor: _Editor) -> None:
    """Another document of the same name: nothing of the first is known any more."""
    if editor.waiting is not None:
        editor.waiting.task.cancel()
        editor.waiting = None
    editor.documents.close(URI)
    editor.documents.open(URI, "python", 1, HEAD + TAIL)
