"""While its server is away, completion goes on with the embedded model, if the user wants that; virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from attrs import define, evolve, field

from autothink_lsp.context.window import WindowTracker
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.errors import AutothinkError, BackendAuthError, BackendTimeout, BackendUnavailable
from autothink_lsp.features.completion.endpoint import CompletionEndpoint
from autothink_lsp.features.completion.model import CompletionOutcome, CompletionRequest
from autothink_lsp.features.completion.service import CompletionService
from autothink_lsp.features.endpoints import EndpointPool
from autothink_lsp.settings.model import CompletionSettings, Settings
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import Point, PositionEncoding
from tests.support import virtual_time
from tests.support.completion_harness import Quiet
from tests.support.scripted_backend import ScriptedBackend

URI = "file:///a.py"
REMOTE = Settings(
    completion=CompletionSettings(
        backend="openai", url="https://models.example/v1", model="large", fim_family="starcoder", fallback="embedded"
    )
)
OFF = evolve(REMOTE, completion=evolve(REMOTE.completion, fallback="off"))


@define(eq=False)
class World:
    """A server that cannot be reached while ``error`` is set, and an embedded engine."""

    error: AutothinkError | None = None
    is_installed: bool = True
    connected: list[Settings] = field(factory=list)
    released: list[Settings] = field(factory=list)
    service: CompletionService = field(init=False)
    documents: DocumentStore = field(factory=lambda: DocumentStore(PositionEncoding.UTF32))

    def __attrs_post_init__(self) -> None:
        endpoints = EndpointPool(
            "completion", lambda settings: CompletionEndpoint(settings, self._connect, Quiet(), now_ms)
        )
        self.service = CompletionService(
            endpoint_for=endpoints.get,
            syntax=Syntax(),
            gatherer=WindowTracker(),
            now_ms=now_ms,
        )
        self.service.fallback.is_installed = lambda _: self.is_installed
        self.service.fallback.release = self._release
        self.documents.subscribe(self.service)
        self.documents.open(URI, "python", 1, "first = \nsecond = \nthird = \n")

    async def _connect(self, settings: Settings) -> ScriptedBackend:
        self.connected.append(settings)
        if settings.completion.backend == "embedded":
            return ScriptedBackend(["embedded()"])
        if self.error is not None:
            raise self.error
        return ScriptedBackend(lambda _: ["remote()" if self.error is None else BackendUnavailable("gone")])

    def go_away(self) -> None:
        """From now on the server cannot be reached, nor does it answer over its connection."""
        self.error = BackendUnavailable("gone")

    async def _release(self, settings: Settings) -> None:
        self.released.append(settings)

    async def shown(self, line: int, settings: Settings = REMOTE) -> str | None:
        """What is shown at the end of this line."""
        snapshot = self.documents.snapshot(URI)
        assert snapshot is not None
        point = Point(line, len(snapshot.text.line(line)))
        request = CompletionRequest(snapshot, point, "automatic", now_ms(), settings, "a.py")
        outcome: CompletionOutcome = await self.service.complete(request)
        await asyncio.sleep(1)
        return outcome.suggestion.text if outcome.suggestion is not None else None


def now_ms() -> float:
    return asyncio.get_running_loop().time() * 1_000


def played(world: World, story: Callable[[World], Awaitable[None]]) -> None:
    async def run() -> None:
        await story(world)
        await world.service.aclose()

    virtual_time.run(run())


@pytest.mark.parametrize("error", [BackendUnavailable("gone"), BackendTimeout("slow")])
def test_the_embedded_model_answers_during_an_outage(error: AutothinkError) -> None:
    async def story(world: World) -> None:
        assert await world.shown(0) is None  # the first request finds out
        assert await world.shown(1) == "embedded()"
        used = world.connected[-1].completion
        assert (used.backend, used.url, used.model, used.fim_family) == ("embedded", "", "", "auto")
        assert used.deadline_ms == REMOTE.completion.deadline_ms

    played(World(error), story)


def test_the_server_gets_the_next_request_when_it_is_back() -> None:
    async def story(world: World) -> None:
        await world.shown(0)
        assert await world.shown(1) == "embedded()"
        world.error = None
        await asyncio.sleep(120)
        await world.shown(2)  # notices it
        assert await world.shown(0) == "remote()"
        assert await world.shown(1) == "remote()"  # what the other model said is not shown any more

    played(World(BackendUnavailable("gone")), story)


def test_the_server_is_not_tried_at_every_key() -> None:
    async def story(world: World) -> None:
        for number in range(30):
            await world.shown(number % 3)
        tried = [settings for settings in world.connected if settings.completion.backend != "embedded"]
        assert len(tried) <= 16  # in half a minute: the pauses of an outage grow to two seconds

    played(World(BackendUnavailable("gone")), story)


@pytest.mark.parametrize(
    ("error", "settings", "is_installed"),
    [
        (BackendUnavailable("gone"), OFF, True),
        (BackendUnavailable("gone"), REMOTE, False),
        (BackendAuthError("wrong key"), REMOTE, True),
    ],
    ids=["not wanted", "not installed", "will not pass by itself"],
)
def test_otherwise_nothing_is_started(error: AutothinkError, settings: Settings, is_installed: bool) -> None:
    async def story(world: World) -> None:
        for line in range(3):
            assert await world.shown(line, settings) is None
        assert all(one.completion.backend == "openai" for one in world.connected)

    played(World(error, is_installed), story)


def test_a_server_that_works_is_used() -> None:
    async def story(world: World) -> None:
        assert await world.shown(0) == "remote()"

    played(World(), story)


def test_a_model_that_is_installed_during_the_outage_is_used() -> None:
    async def story(world: World) -> None:
        await world.shown(0)
        assert await world.shown(1) is None
        world.is_installed = True
        await asyncio.sleep(3)  # longer than the longest pause between two tries of the server
        assert await world.shown(2) == "embedded()"

    played(World(BackendUnavailable("gone"), is_installed=False), story)


EMBEDDED = Settings()
IDLE_S = 60.0 * EMBEDDED.embedded.idle_minutes


@pytest.mark.parametrize(
    ("is_used_elsewhere", "is_away_again", "times"),
    [(False, False, 1), (True, False, 0), (False, True, 0)],
    ids=["released", "another folder completes with it", "the server is away again"],
)
def test_the_engine_is_released_a_while_after_the_outage(
    is_used_elsewhere: bool, is_away_again: bool, times: int
) -> None:
    async def story(world: World) -> None:
        await world.shown(0)
        assert await world.shown(1) == "embedded()"
        world.error = None
        await asyncio.sleep(120)
        await world.shown(2)
        assert await world.shown(0) == "remote()"
        if is_used_elsewhere:
            await world.shown(1, EMBEDDED)
        if is_away_again:
            world.go_away()
            await world.shown(1)
            assert await world.shown(2) == "embedded()"
        assert not world.released
        await asyncio.sleep(IDLE_S)
        assert len(world.released) == times
        if not is_away_again:
            world.go_away()
            await world.shown(1)
            assert await world.shown(2) == "embedded()", "it is started again by the next outage"

    played(World(BackendUnavailable("gone")), story)
