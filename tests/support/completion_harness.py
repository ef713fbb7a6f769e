"""One document and the whole keystroke path over it, with a scripted model that is reached when the test says so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from attrs import define, field

from autothink_lsp.context.window import WindowTracker
from autothink_lsp.document.snapshot import ContentChange
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.features.completion.endpoint import CompletionEndpoint
from autothink_lsp.features.completion.model import CompletionOutcome, CompletionRequest
from autothink_lsp.features.completion.service import CompletionService
from autothink_lsp.settings.model import CompletionSettings, Settings
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import Point, Position, PositionEncoding, Range
from tests.support.scripted_backend import ScriptedBackend

URI = "file:///a.py"
SETTINGS = Settings(completion=CompletionSettings(deadline_ms=60_000, debounce_ms=0))
ELSEWHERE = Settings(completion=CompletionSettings(deadline_ms=60_000, debounce_ms=0, model="elsewhere"))


class Quiet:
    """A listener that ignores every event."""

    def endpoint_ready(self, connected: object) -> None: ...

    def endpoint_failed(self, error: object) -> None: ...

    def endpoint_recovered(self) -> None: ...

    def endpoint_reading(self, *, is_reading: bool) -> None: ...

    def endpoint_warning(self, warning: str) -> None: ...


@define(eq=False)
class CompletionHarness:
    """The model server is reached when ``reached`` is set; with the settings ``ELSEWHERE`` it is there at once."""

    backend: ScriptedBackend
    reached: asyncio.Event = field(factory=asyncio.Event)
    now_ms: Callable[[], float] = lambda: 0.0
    documents: DocumentStore = field(factory=lambda: DocumentStore(PositionEncoding.UTF32))
    service: CompletionService = field(init=False)

    def __attrs_post_init__(self) -> None:
        async def connect(settings: Settings) -> ScriptedBackend:
            if settings is SETTINGS:
                await self.reached.wait()
            return self.backend

        endpoints = {
            settings.completion.model: CompletionEndpoint(settings, connect, Quiet(), self.now_ms)
            for settings in (SETTINGS, ELSEWHERE)
        }
        self.service = CompletionService(
            endpoint_for=lambda settings: endpoints[settings.completion.model],
            syntax=Syntax(),
            gatherer=WindowTracker(),
            now_ms=self.now_ms,
        )
        self.documents.subscribe(self.service)
        self.documents.open(URI, "python", 1, "def add(a, b):\n    \n\nx = 1\n")

    def query(self, line: int, column: int, settings: Settings = SETTINGS) -> CompletionRequest | None:
        snapshot = self.documents.snapshot(URI)
        return snapshot and CompletionRequest(
            snapshot, Point(line, column), "automatic", self.now_ms(), settings, "a.py"
        )

    def ask(self, line: int = 1, column: int = 4) -> asyncio.Task[CompletionOutcome]:
        query = self.query(line, column)
        assert query is not None
        return asyncio.create_task(self.service.complete(query))

    def warm(self, settings: Settings = SETTINGS) -> asyncio.Task[None]:
        return asyncio.create_task(self.service.warm(lambda: self.query(4, 0, settings)))

    def edit(self, line: int, start: int, end: int, text: str) -> None:
        """Replace columns of a line."""
        snapshot = self.documents.snapshot(URI)
        assert snapshot is not None
        where = Range(Position(line, start), Position(line, end))
        self.documents.change(URI, snapshot.version + 1, [ContentChange(where, text)])


async def turns(count: int = 20) -> None:
    for _ in range(count):
        await asyncio.sleep(0)
