"""``completion.by_language`` and how much of the context a prompt used, through the service; virtual time."""

from __future__ import annotations

import asyncio

import pytest
from attrs import evolve

from autothink_lsp.backends.base import FimRequest, Finished, ServerDescription, Timings
from autothink_lsp.context.window import WindowTracker
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.features.completion.endpoint import CompletionEndpoint
from autothink_lsp.features.completion.model import CompletionRequest, ContextUse
from autothink_lsp.features.completion.service import CompletionService
from autothink_lsp.features.endpoints import EndpointPool
from autothink_lsp.settings.model import CompletionSettings, Settings
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import Point, PositionEncoding
from tests.support import virtual_time
from tests.support.completion_harness import Quiet
from tests.support.scripted_backend import ScriptedBackend, Step

SETTINGS = Settings(
    completion=CompletionSettings(
        backend="openai",
        url="http://127.0.0.1:1/v1",
        model="general",
        fim_family="starcoder",
        by_language={"go": {"model": "gopher", "max_tokens": 7}},
    )
)


class World:
    """A server with several models, and one open document of each language."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, int]] = []
        pool = EndpointPool("completion", lambda settings: CompletionEndpoint(settings, self._connect, Quiet(), now_ms))
        self.service = CompletionService(
            endpoint_for=pool.get, syntax=Syntax(), gatherer=WindowTracker(), now_ms=now_ms
        )
        self.documents = DocumentStore(PositionEncoding.UTF32)
        self.documents.subscribe(self.service)

    async def _connect(self, settings: Settings) -> ScriptedBackend:
        def answer(request: FimRequest) -> list[Step]:
            self.sent.append((settings.completion.model, request.max_tokens))
            return ["value()", Finished("stop", timings=Timings(30, 70, 10.0, 4, 10.0))]

        return ScriptedBackend(answer, description=ServerDescription("scripted", context_tokens=2048))

    async def complete(self, language_id: str, settings: Settings = SETTINGS) -> None:
        uri = f"file:///a.{language_id}"
        if self.documents.snapshot(uri) is None:
            self.documents.open(uri, language_id, 1, "first = \n")
        snapshot = self.documents.snapshot(uri)
        assert snapshot is not None
        request = CompletionRequest(snapshot, Point(0, 8), "automatic", now_ms(), settings, "a")
        await self.service.complete(request)
        await asyncio.sleep(1)


def now_ms() -> float:
    return asyncio.get_running_loop().time() * 1_000


@pytest.mark.parametrize(
    ("language_id", "sent"), [("go", ("gopher", 7)), ("python", ("general", 64)), ("rust", ("general", 64))]
)
def test_a_language_is_completed_with_its_own_settings(language_id: str, sent: tuple[str, int]) -> None:
    async def story() -> None:
        world = World()
        await world.complete(language_id)
        assert world.sent[0] == sent
        await world.service.aclose()

    virtual_time.run(story())


def test_changed_settings_of_a_language_apply_at_once() -> None:
    async def story() -> None:
        world = World()
        await world.complete("go")
        other = evolve(SETTINGS, completion=evolve(SETTINGS.completion, by_language={"go": {"model": "newer"}}))
        await world.complete("go", other)
        assert world.sent[-1] == ("newer", 64)
        await world.service.aclose()

    virtual_time.run(story())


def test_the_context_that_the_latest_prompt_used() -> None:
    async def story() -> None:
        world = World()
        assert world.service.context_use(SETTINGS) is None
        await world.complete("python")
        assert world.service.context_use(SETTINGS) == ContextUse("general", 100, 2048)
        await world.service.aclose()

    virtual_time.run(story())
