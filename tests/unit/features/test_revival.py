"""The return of a server is noticed without a key, and what it was asked before is answered; virtual time."""

from __future__ import annotations

import asyncio

import pytest

from autothink_lsp.context.window import WindowTracker
from autothink_lsp.document.snapshot import ContentChange
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.errors import AutothinkError, BackendAuthError, BackendUnavailable
from autothink_lsp.features.completion.endpoint import CompletionConnection, CompletionEndpoint
from autothink_lsp.features.completion.model import CompletionRequest
from autothink_lsp.features.completion.service import CompletionService
from autothink_lsp.settings.model import Settings
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import Point, PositionEncoding
from tests.support import virtual_time
from tests.support.scripted_backend import ScriptedBackend, Step

URI = "file:///a.py"


class Harness:
    """A server that fails as long as ``error`` is set."""

    def __init__(self) -> None:
        self.error: AutothinkError | None = None
        self.connects = 0
        self.reported: list[str] = []
        self.documents = DocumentStore(PositionEncoding.UTF32)
        self.backends: list[ScriptedBackend] = []
        self.endpoint = CompletionEndpoint(Settings(), self.connect, self, self.now_ms)
        self.service = CompletionService(
            endpoint_for=lambda _: self.endpoint, syntax=Syntax(), gatherer=WindowTracker(), now_ms=self.now_ms
        )
        self.late: list[tuple[int | None, Point]] = []
        self.service.late_answers.on_late_answer = lambda late, _extends: self.late.append(
            (late.snapshot.version, late.point)
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
        self.backends.append(ScriptedBackend(lambda _: self.next_answer()))
        return self.backends[-1]

    def next_answer(self) -> list[Step]:
        return [self.error] if self.error is not None else ["value + 1"]  # type: ignore[list-item]

    def endpoint_ready(self, connected: CompletionConnection) -> None:
        self.reported.append("ready")

    def endpoint_failed(self, error: AutothinkError) -> None:
        self.reported.append("failed")

    def endpoint_recovered(self) -> None:
        self.reported.append("recovered")

    def endpoint_reading(self, *, is_reading: bool) -> None: ...

    def endpoint_warning(self, warning: str) -> None: ...

    async def ask(self) -> None:
        snapshot = self.documents.snapshot(URI)
        assert snapshot is not None
        await self.service.complete(
            CompletionRequest(snapshot, Point(0, 4), "automatic", self.now_ms(), Settings(), "a.py")
        )


def test_a_server_that_comes_back_is_found_without_a_key() -> None:
    async def main() -> None:
        harness = Harness()
        harness.error = BackendUnavailable("Connection refused.")
        await harness.ask()
        assert harness.reported == ["failed"]
        await asyncio.sleep(30)
        harness.error = None
        await asyncio.sleep(60)
        assert harness.reported == ["failed", "ready", "recovered"]
        (backend,) = harness.backends
        assert [request.max_tokens > 0 for request in backend.requests] == [True]  # what was asked, no more
        assert harness.late == [(1, Point(0, 4))]
        connects = harness.connects
        await asyncio.sleep(3_600)
        assert harness.connects == connects
        await harness.service.aclose()

    virtual_time.run(main())


def test_an_engine_that_dies_under_a_request_is_started_again_and_answers_it() -> None:
    async def main() -> None:
        harness = Harness()
        await harness.ask()
        harness.documents.change(URI, 2, [])
        harness.error = BackendUnavailable("The connection broke.")
        harness.service._answers.forget(URI)
        await harness.ask()
        harness.error = None
        await asyncio.sleep(10)
        assert len(harness.backends) == 2
        assert [request.max_tokens > 0 for request in harness.backends[1].requests] == [True]
        assert harness.late == [(2, Point(0, 4))]
        await harness.service.aclose()

    virtual_time.run(main())


def test_it_is_not_looked_for_without_end_or_without_pause() -> None:
    async def main() -> None:
        harness = Harness()
        harness.error = BackendUnavailable("Connection refused.")
        await harness.ask()
        await asyncio.sleep(600)
        assert 5 <= harness.connects <= 25
        harness.documents.close(URI)
        await asyncio.sleep(61)
        connects = harness.connects
        await asyncio.sleep(600)
        assert harness.connects == connects
        await harness.service.aclose()

    virtual_time.run(main())


def test_what_was_edited_meanwhile_is_not_answered_but_warmed() -> None:
    async def main() -> None:
        harness = Harness()
        harness.error = BackendUnavailable("Connection refused.")
        await harness.ask()
        harness.documents.change(URI, 2, [ContentChange(None, "y = \n")])
        harness.error = None
        await asyncio.sleep(60)
        assert [request.max_tokens for backend in harness.backends for request in backend.requests] == [0]
        assert harness.late == []
        await harness.service.aclose()

    virtual_time.run(main())


@pytest.mark.parametrize("error", [BackendAuthError("No such key.", status=401), AutothinkError("Not wanted.")])
def test_an_error_that_the_user_has_to_mend_is_not_retried(error: AutothinkError) -> None:
    async def main() -> None:
        harness = Harness()
        harness.error = error
        await harness.ask()
        await asyncio.sleep(600)
        assert harness.connects == 1
        await harness.service.aclose()

    virtual_time.run(main())
