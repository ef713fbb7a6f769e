"""The keystroke benchmark in virtual time: its files, places, strokes, oracle and model of known speed, over the whole
keystroke path in this process. What a minute of typing came to, pause by pause, in a second or two.

What it leaves out is what the real bench is for: processes, pipes, HTTP, CPU time and context from other files.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, cast

from attrs import define, evolve, field

from autothink_lsp.backends.base import FimRequest, Finished, ServerDescription, StreamEvent, TextDelta, Timings
from autothink_lsp.context.window import WindowTracker
from autothink_lsp.document.snapshot import ContentChange
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.features.completion.endpoint import CompletionEndpoint
from autothink_lsp.features.completion.model import CompletionRequest
from autothink_lsp.features.completion.service import CompletionService
from autothink_lsp.settings.model import CompletionSettings, Settings
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import Point, Position, PositionEncoding, Range
from tests.bench.keystroke.jobs import MOST_WARM_TOKENS, Job
from tests.bench.keystroke.oracle import NOTHING, Knowledge, Oracle
from tests.bench.keystroke.pace import Latency, Pace, Speed
from tests.bench.keystroke.places import (
    Place,
    Prose,
    RealFile,
    many_places,
    places,
    real_file,
    without,
)
from tests.bench.keystroke.trace import PAUSE_MS, USUAL, Rhythm, Stroke, strokes
from tests.bench.typist import prompt_end
from tests.support import virtual_time
from tests.support.bench_report import Key, Report
from tests.support.completion_harness import Quiet

URI = "file:///bench/module.py"
CHARACTERS_PER_KEY = 1.3
MOVE_S = 1.0


@define(eq=False)
class PacedBackend:
    """The bench's model server without the HTTP."""

    pace: Pace
    oracle: Oracle
    jobs: list[Job] = field(factory=list)
    prompts: list[str] = field(factory=list)
    url: str = ""
    name: str = "scripted"

    async def stream(self, request: FimRequest) -> AsyncGenerator[StreamEvent, None]:
        now_s = asyncio.get_running_loop().time
        job = Job(now_s(), request.max_tokens <= MOST_WARM_TOKENS)
        self.jobs.append(job)
        self.prompts.append(request.prompt)
        text = "" if job.is_warm_up else self.oracle.answer(prompt_end({"prompt": request.prompt}))
        try:
            async with aclosing(cast("Any", self.pace.answering(job, request.prompt, text))) as pieces:
                async for piece in pieces:
                    job.first_s = job.first_s or now_s()
                    job.said += piece
                    yield TextDelta(piece, _timings(job))
            job.finished_s = now_s()
        except (asyncio.CancelledError, GeneratorExit):
            job.closed_s = now_s()
            raise
        yield Finished("stop", timings=_timings(job))

    async def token_counts(self, texts: Sequence[str]) -> Mapping[str, int] | None:
        return None

    async def describe(self) -> ServerDescription:
        return ServerDescription("scripted")

    async def aclose(self) -> None: ...


def _timings(job: Job) -> Timings:
    return Timings(job.computed_tokens or 0, 0, job.computed_ms, 0, 0.0)


@define(eq=False)
class _Typist:
    service: CompletionService
    documents: DocumentStore
    settings: Settings
    backend: PacedBackend
    file: RealFile
    line: int = 0
    column: int = 0
    tells_rest: bool = False
    keys: list[Key] = field(factory=list)
    _offset: int = 0
    _prose: Prose = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._prose = Prose.of(self.file.text)

    async def type_at(self, place: Place, trace: list[Stroke], most: int) -> None:
        """As ``keystroke/person.py``."""
        now_s = asyncio.get_running_loop().time
        self.line, self.column, self._offset = place.first, len(place.indent), 0
        start = sum(len(line) + 1 for line in self.file.text.split("\n")[: place.first]) + len(place.indent)
        if self.tells_rest:
            self.service.rests(self._query)
        due_s, number, first, wrong = now_s() + MOVE_S, 0, True, 0
        while number < len(trace) and most > 0:
            stroke, most = trace[number], most - 1
            due_s = max(due_s + stroke.gap_ms / 1_000, now_s())
            await asyncio.sleep(due_s - now_s())
            ghost = self._wanted(stroke, place.text[self._offset :])
            if ghost:
                self._offset += len(ghost)
                text, removes, kind = ghost, 0, "accept"
                while number < len(trace) and (trace[number].offset <= self._offset or trace[number].removes):
                    number += 1
            else:
                further = stroke.offset > self._offset
                text = place.text[self._offset : stroke.offset] if further else stroke.text
                removes, kind = stroke.removes, stroke.kind
                self._offset, number = stroke.offset, number + 1
            wrong = 0 if kind == "accept" or stroke.is_right else len(stroke.text)
            self.backend.oracle.here = start + self._offset
            if self.keys:
                self.keys[-1].next_s = now_s()
                self.keys[-1].before_pause = stroke.gap_ms >= PAUSE_MS[0] or first
            self._press(kind, text, removes, None if wrong else place.text[self._offset :])
            self.keys[-1].jumped, first = first, False
            self.keys[-1].in_prose = self._prose.holds(start + self._offset)
        await asyncio.sleep(1.5)
        self.keys[-1].next_s = now_s()
        self.keys[-1].before_pause = True
        self._replace(place.text[self._offset :], wrong)

    def _wanted(self, stroke: Stroke, rest: str) -> str:
        shown = self.keys[-1].shown if self.keys and stroke.accepts else ""
        return shown if shown and rest.startswith(shown) else ""

    def _press(self, kind: str, text: str, removes: int, rest: str | None) -> None:
        now_s = asyncio.get_running_loop().time()
        before = self.keys[-1].task if self.keys else None
        if before is not None and not before.done():
            before.cancel()
        self._replace(text, removes)
        snapshot = self.documents.snapshot(URI)
        assert snapshot is not None
        key = Key(len(self.keys), kind, now_s, snapshot.text.line(self.line)[: self.column], rest)
        self.keys.append(key)
        if kind == "undo":
            return
        key.task = asyncio.create_task(self.service.complete(self._query()))

        def answered(_: object) -> None:
            key.answered_s = asyncio.get_running_loop().time()

        key.task.add_done_callback(answered)

    def _query(self) -> CompletionRequest:
        snapshot, now_ms = self.documents.snapshot(URI), asyncio.get_running_loop().time() * 1_000
        assert snapshot is not None
        return CompletionRequest(
            snapshot, Point(self.line, self.column), "automatic", now_ms, self.settings, "module.py"
        )

    def _replace(self, text: str, removes: int) -> None:
        snapshot = self.documents.snapshot(URI)
        assert snapshot is not None
        where = Range(Position(self.line, self.column - removes), Position(self.line, self.column))
        self.documents.change(URI, snapshot.version + 1, [ContentChange(where, text)])
        _, newline, last = text.rpartition("\n")
        self.line += text.count("\n")
        self.column = len(last) if newline else self.column - removes + len(text)


def _at_end(documents: DocumentStore, settings: Settings) -> CompletionRequest:
    """Where the server prefills when a document is opened."""
    snapshot, now_ms = documents.snapshot(URI), asyncio.get_running_loop().time() * 1_000
    assert snapshot is not None
    point = Point(snapshot.text.line_count - 1, 0)
    return CompletionRequest(snapshot, point, "invoked", now_ms, settings, "module.py")


def simulate_bench(
    prefill: float = 145.0,
    decode: float = 33.0,
    *,
    pace: Speed | Latency | None = None,
    lines: int = 3_500,
    keys: int = 250,
    seed: int = 7,
    keys_at_place: int | None = None,
    completion: CompletionSettings | None = None,
    warm: bool = True,
    tells_rest: bool = False,
    known_lines: float = 0.5,
    rhythm: Rhythm = USUAL,
) -> Report:
    """``keys`` strokes of the bench's person; with ``keys_at_place`` she jumps elsewhere after so many. ``pace`` is the
    model's, instead of a speed.

    ``warm``: the prompt at the first place is evaluated before the first key; otherwise the server is unknown, and the
    prompt at the document's end was asked for when it was opened, a second before. ``tells_rest``: the editor reports
    where the cursor rests, a second before the first key there. ``known_lines``: the share of lines that the model
    knows; with 0 it is always wrong. ``rhythm`` is the person's."""
    run = _simulate(
        pace or Speed(prefill, decode),
        real_file(lines),
        keys,
        seed,
        keys_at_place,
        completion,
        warm=warm,
        tells_rest=tells_rest,
        knowledge=Knowledge(known_lines) if known_lines else NOTHING,
        rhythm=rhythm,
    )
    return virtual_time.run(run)


def _chosen(file: RealFile, keys: int, seed: int, keys_at_place: int | None) -> list[Place]:
    if keys_at_place is None:
        return places(file, int(CHARACTERS_PER_KEY * (keys + 15)), seed)
    return many_places(file, -(-keys // keys_at_place), int(CHARACTERS_PER_KEY * keys_at_place), seed)


async def _simulate(
    pace: Speed | Latency,
    file: RealFile,
    key_count: int,
    seed: int,
    keys_at_place: int | None,
    completion: CompletionSettings | None,
    *,
    warm: bool,
    tells_rest: bool,
    knowledge: Knowledge,
    rhythm: Rhythm,
) -> Report:
    loop = asyncio.get_running_loop()
    pace.clock = loop.time

    def now_ms() -> float:
        return loop.time() * 1_000

    backend = PacedBackend(pace, Oracle(file.text, seed, knowledge))

    async def connect(_: Settings) -> PacedBackend:
        return backend

    here = completion or CompletionSettings()
    here = evolve(here, backend="llama-server", url="http://127.0.0.1:1", model="qwen2.5-coder")
    settings = Settings(completion=here)
    endpoint = CompletionEndpoint(settings, cast("Any", connect), Quiet(), now_ms)
    syntax, documents = Syntax(), DocumentStore(PositionEncoding.UTF32)
    service = CompletionService(endpoint_for=lambda _: endpoint, syntax=syntax, gatherer=WindowTracker(), now_ms=now_ms)
    documents.subscribe(syntax.trees)
    documents.subscribe(service)
    chosen = _chosen(file, key_count, seed, keys_at_place)
    documents.open(URI, "python", 1, without(file, chosen))
    typist = _Typist(service, documents, settings, backend, file, tells_rest=tells_rest)
    if warm:
        snapshot = documents.snapshot(URI)
        assert snapshot is not None
        point = Point(chosen[0].first, len(chosen[0].indent))
        query = CompletionRequest(snapshot, point, "invoked", now_ms(), settings, "module.py")
        await service.complete(query)
        await asyncio.sleep(30)
        backend.jobs.clear()
    else:
        warming = loop.create_task(service.warm(lambda: _at_end(documents, settings)))
        warming.add_done_callback(lambda done: done.result())
    for number, place in enumerate(chosen):
        left = key_count - len(typist.keys)
        await typist.type_at(place, strokes(place.text, seed + number, rhythm), min(left, keys_at_place or left))
        if len(typist.keys) >= key_count:
            break
    await asyncio.sleep(5)
    await service.aclose()
    await endpoint.aclose()
    return Report(typist.keys, backend.jobs, service)
