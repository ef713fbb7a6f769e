"""The return of a server is noticed without a key, and its prompt is warm then; virtual time."""

from __future__ import annotations

import asyncio

import pytest

from autothink_lsp.context.window import WindowTracker
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.errors import AutothinkError, BackendAuthError, BackendUnavailable
from autothink_lsp.features.completion.endpoint import CompletionEndpoint, Connected
from autothink_lsp.features.completion.model import CompletionQuery
from autothink_lsp.features.completion.service import CompletionService
from autothink_lsp.settings.model import Settings
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import Point, PositionEncoding
from tests.support import virtual_time
from tests.support.scripted_backend import ScriptedBackend, Step

URI = "file:///a.py"


class House:
    """A server that fails as long as ``error`` is set."""

    def __init__(self) -> None:
        self.error: AutothinkError | None = None
        self.connects = 0
        self.told: list[str] = []
        self.documents = DocumentStore(PositionEncoding.UTF32)
        self.backends: list[ScriptedBackend] = []
        self.endpoint = CompletionEndpoint(Settings(), self.connect, self, self.now_ms)
        self.service = CompletionService(
            endpoint_for=lambda _: self.endpoint, syntax=Syntax(), windows=WindowTracker(), now_ms=self.now_ms
        )
        self.documents.subscribe(self.service)
        self.documents.open(URI, "python", 1, "x = \n")

    @staticmethod
    def now_ms() -> float:
        return asyncio.get_running_loop().time() * 1_000

    async def connect(self, settings: Settings) -> ScriptedBackend:
        self.connects += 1
        if self.error is not None:
            raise self.error
        self.backends.append(ScriptedBackend(lambda _: self.say()))
        return self.backends[-1]

    def say(self) -> list[Step]:
        return [self.error] if self.error is not None else ["1"]  # type: ignore[list-item]

    def endpoint_ready(self, connected: Connected) -> None:
        self.told.append("ready")

    def endpoint_failed(self, error: AutothinkError) -> None:
        self.told.append("failed")

    def endpoint_recovered(self) -> None:
        self.told.append("recovered")

    async def ask(self) -> None:
        snapshot = self.documents.snapshot(URI)
        assert snapshot is not None
        await self.service.complete(
            CompletionQuery(snapshot, Point(0, 4), "automatic", self.now_ms(), Settings(), "a.py")
        )


def test_a_server_that_comes_back_is_found_without_a_key() -> None:
    async def main() -> None:
        house = House()
        house.error = BackendUnavailable("Nobody listens.")
        await house.ask()
        assert house.told == ["failed"]
        await asyncio.sleep(30)
        house.error = None
        await asyncio.sleep(60)
        assert house.told == ["failed", "ready", "recovered"]
        (backend,) = house.backends
        assert [request.max_tokens for request in backend.requests] == [0]  # warmed
        connects = house.connects
        await asyncio.sleep(3_600)
        assert house.connects == connects
        await house.service.aclose()

    virtual_time.run(main())


def test_an_engine_that_dies_under_a_request_is_started_again_and_warmed() -> None:
    async def main() -> None:
        house = House()
        await house.ask()
        house.documents.change(URI, 2, [])
        house.error = BackendUnavailable("The connection broke.")
        house.service._answers.forget(URI)
        await house.ask()
        house.error = None
        await asyncio.sleep(10)
        assert len(house.backends) == 2
        assert [request.max_tokens for request in house.backends[1].requests] == [0]
        await house.service.aclose()

    virtual_time.run(main())


def test_it_is_not_looked_for_without_end_or_without_pause() -> None:
    async def main() -> None:
        house = House()
        house.error = BackendUnavailable("Nobody listens.")
        await house.ask()
        await asyncio.sleep(600)
        assert 5 <= house.connects <= 16
        house.documents.close(URI)
        await asyncio.sleep(61)
        connects = house.connects
        await asyncio.sleep(600)
        assert house.connects == connects
        await house.service.aclose()

    virtual_time.run(main())


@pytest.mark.parametrize("error", [BackendAuthError("No such key.", status=401), AutothinkError("Not wanted.")])
def test_what_somebody_has_to_change_is_not_tried_again(error: AutothinkError) -> None:
    async def main() -> None:
        house = House()
        house.error = error
        await house.ask()
        await asyncio.sleep(600)
        assert house.connects == 1
        await house.service.aclose()

    virtual_time.run(main())
