"""Requests that come while the model is still being reached: the newest one gets its turn before any warm-up."""

from __future__ import annotations

import asyncio

import pytest
from attrs import define, field

from autothink_lsp.backends.scripted import Hold, ScriptedBackend
from autothink_lsp.context.window import WindowTracker
from autothink_lsp.document.snapshot import ContentChange
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.features.completion.endpoint import CompletionEndpoint
from autothink_lsp.features.completion.query import CompletionQuery, Outcome
from autothink_lsp.features.completion.service import CompletionService
from autothink_lsp.settings.model import CompletionSettings, Settings
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import Point, Position, PositionEncoding, Range

URI = "file:///a.py"
SETTINGS = Settings(completion=CompletionSettings(deadline_ms=60_000, debounce_ms=0))
ELSEWHERE = Settings(completion=CompletionSettings(deadline_ms=60_000, debounce_ms=0, model="elsewhere"))


class Quiet:
    """A listener that has nothing to say."""

    def endpoint_ready(self, connected: object) -> None: ...

    def endpoint_failed(self, error: object) -> None: ...


@define(eq=False)
class House:
    """One document, and a model server that is reached when ``reached`` is set; with ``ELSEWHERE`` it is there at
    once."""

    backend: ScriptedBackend
    reached: asyncio.Event = field(factory=asyncio.Event)
    documents: DocumentStore = field(factory=lambda: DocumentStore(PositionEncoding.UTF32))
    service: CompletionService = field(init=False)

    def __attrs_post_init__(self) -> None:
        async def connect(settings: Settings) -> ScriptedBackend:
            if settings is SETTINGS:
                await self.reached.wait()
            return self.backend

        endpoints = {
            settings.completion.model: CompletionEndpoint(settings, connect, Quiet(), lambda: 0.0)
            for settings in (SETTINGS, ELSEWHERE)
        }
        self.service = CompletionService(
            endpoint_for=lambda settings: endpoints[settings.completion.model],
            syntax=Syntax(),
            windows=WindowTracker(),
            now_ms=lambda: 0.0,
        )
        self.documents.subscribe(self.service)
        self.documents.open(URI, "python", 1, "def add(a, b):\n    \n\nx = 1\n")

    def query(self, line: int, column: int, settings: Settings = SETTINGS) -> CompletionQuery | None:
        snapshot = self.documents.snapshot(URI)
        return snapshot and CompletionQuery(snapshot, Point(line, column), "automatic", 0.0, settings, "a.py")

    def ask(self, line: int = 1, column: int = 4) -> asyncio.Task[Outcome]:
        query = self.query(line, column)
        assert query is not None
        return asyncio.create_task(self.service.complete(query))

    def warm(self, settings: Settings = SETTINGS) -> asyncio.Task[None]:
        return asyncio.create_task(self.service.warm(lambda: self.query(4, 0, settings)))

    def type(self, line: int, column: int, text: str) -> None:
        at = Position(line, column)
        version = self.documents.snapshot(URI).version + 1  # type: ignore[union-attr]
        self.documents.change(URI, version, [ContentChange(Range(at, at), text)])


async def turns(count: int = 20) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_a_request_goes_before_the_warm_up_that_waits_with_it() -> None:
    house = House(ScriptedBackend(["return a + b"]))
    house.warm()
    asked = house.ask()
    await turns()
    house.reached.set()
    outcome = await asyncio.wait_for(asked, 5)
    assert outcome.suggestion is not None
    assert [request.max_tokens for request in house.backend.requests] == [64]


async def test_while_a_request_waits_nothing_is_warmed_elsewhere() -> None:
    never = asyncio.Event()
    house = House(ScriptedBackend(lambda request: ["return a + b"] if request.max_tokens else [Hold(never)]))
    asked = house.ask()
    await turns()
    house.warm(ELSEWHERE)
    await turns()
    house.reached.set()
    assert (await asyncio.wait_for(asked, 5)).suggestion is not None


async def test_the_newest_of_several_is_the_one_that_is_sent() -> None:
    house = House(ScriptedBackend(["return a + b"]))  # the word being typed is the model's to say
    first = house.ask()
    await turns()
    house.type(1, 4, "r")
    second = house.ask(1, 5)
    await turns()
    house.reached.set()
    assert (await asyncio.wait_for(second, 5)).suggestion is not None
    assert (await asyncio.wait_for(first, 5)).suggestion is None
    assert len(house.backend.requests) == 1


@pytest.mark.parametrize("closed", [False, True])
async def test_a_warm_up_reads_the_document_as_it_is_when_the_model_is_there(closed: bool) -> None:
    house = House(ScriptedBackend([]))
    warming = house.warm()
    await turns()
    if closed:
        house.documents.close(URI)
    else:
        house.type(3, 5, "234")
    house.reached.set()
    await warming
    await turns()
    assert ["x = 1234" in request.prompt for request in house.backend.requests] == ([] if closed else [True])
