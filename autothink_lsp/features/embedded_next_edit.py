"""The embedded engines of next-edit models: processes of their own, in the background of the others.

There is one for each model that the folders' settings name, usually one. It is started when a next edit is requested of
the model for the first time, and stopped when all backends that use it are closed (no folder's settings name it any
more, or the model cannot be used), and at the end of the session. A missing model is not downloaded and the user is not
asked: next edits then come from the rules.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from pathlib import Path

from attrs import define, field

from autothink_lsp.backends.base import FimRequest, StreamEvent
from autothink_lsp.engines.base import EngineAddress
from autothink_lsp.engines.llama import LlamaEngine
from autothink_lsp.engines.llama_parameters import LlamaParameters
from autothink_lsp.engines.machine import available_cores, engine_threads
from autothink_lsp.engines.models.model_cards import find_card
from autothink_lsp.engines.models.store import ModelStore
from autothink_lsp.engines.speed import SpeedRecord
from autothink_lsp.errors import ModelError
from autothink_lsp.features.background_engine import background_parameters, context_that_fits
from autothink_lsp.features.forwarding_backend import ForwardingBackend
from autothink_lsp.settings.engines import EmbeddedSettings

logger = logging.getLogger(__name__)

CONTEXT_TOKENS = (
    4096  # of the longest window with the lines around it (``prompt/next_edit/dialects.py``), and its answer
)
_HINT = 'Choose a smaller model with `embedded.next_edit_model`, or set `next_edit.backend` to "none".'

Release = Callable[[], Awaitable[None]]


@define(eq=False)
class _UsedEngine:
    """An engine, and how many open backends use it."""

    engine: LlamaEngine
    uses: int = 0


@define(eq=False)
class EmbeddedNextEdit:
    """``make`` makes an engine that is not started; ``running`` gives the model files of the other engines."""

    store: ModelStore
    speeds: SpeedRecord
    free_memory_bytes: Callable[[], int | None]
    running: Callable[[], Sequence[Path]]
    make: Callable[[LlamaParameters, EmbeddedSettings], LlamaEngine]
    _turning: asyncio.Lock = field(factory=asyncio.Lock, init=False)
    _engines: dict[EmbeddedSettings, _UsedEngine] = field(factory=dict, init=False)

    async def use(self, embedded: EmbeddedSettings) -> tuple[EngineAddress, Release]:
        """Where the engine listens, and what ends this use of it; starts it if necessary. Raises ``ModelError``,
        ``EngineError``."""
        async with self._turning:
            used = self._engines.get(embedded)
            if used is None:
                for failed in [each for each, other in self._engines.items() if not other.uses]:
                    await self._stop(failed)
                used = self._engines[embedded] = _UsedEngine(await self._make(embedded))
            try:
                address = await used.engine.ensure_ready()
            except asyncio.CancelledError:
                if not used.uses:  # no backend gets it, so none would stop it
                    await self._stop(embedded)
                raise
            used.uses += 1
            return address, lambda: self._release(embedded, used)

    async def aclose(self) -> None:
        """Stop the engines. Idempotent."""
        async with self._turning:
            for embedded in [*self._engines]:
                await self._stop(embedded)

    async def _release(self, embedded: EmbeddedSettings, used: _UsedEngine) -> None:
        """End one use of an engine, which is stopped after the last one."""
        async with self._turning:
            used.uses -= 1
            if used.uses == 0 and self._engines.get(embedded) is used:
                await self._stop(embedded)

    async def _stop(self, embedded: EmbeddedSettings) -> None:
        await self._engines.pop(embedded).engine.stop()

    async def _make(self, embedded: EmbeddedSettings) -> LlamaEngine:
        name, path = self._model(embedded)
        free_bytes = self.free_memory_bytes()
        running = [*self.running(), *(used.engine.parameters.model_path for used in self._engines.values())]
        context_tokens = await context_that_fits(name, path, CONTEXT_TOKENS, free_bytes, running, _HINT)
        threads = engine_threads(embedded.threads, available_cores())
        # An answer repeats most of its window, so it is drafted from the prompt.
        parameters = background_parameters(name, path, embedded, context_tokens, threads, self.speeds, speculates=True)
        logger.info("engine of next edits: %s, %d threads", name, threads)
        return self.make(parameters, embedded)

    def _model(self, embedded: EmbeddedSettings) -> tuple[str, Path]:
        if embedded.next_edit_model_path:
            path = Path(embedded.next_edit_model_path).expanduser()
            return path.name, path
        name = embedded.next_edit_model
        card = find_card(name)
        try:
            entry = self.store.find(name)
        except ModelError:
            if card is None:
                raise
            raise _missing(card.name) from None
        path = self.store.path(entry.name)
        if path is None:
            raise _missing(entry.name)
        return entry.name, path


def _missing(name: str) -> ModelError:
    return ModelError(
        f"The next-edit model {name} is not installed, so next edits come from the rules only.",
        hint=f"Run `autothink-lsp model pull {name}`, or set embedded.next_edit_model_path to a GGUF file.",
    )


@define(eq=False)
class OwnEngineBackend(ForwardingBackend):
    """A backend of the engine. Closing it ends its use of the engine, once."""

    release: Release | None

    async def stream(self, request: FimRequest) -> AsyncGenerator[StreamEvent, None]:
        """The completion of ``inner``."""
        async with contextlib.aclosing(self.inner.stream(request)) as events:
            async for event in events:
                yield event

    async def aclose(self) -> None:
        release, self.release = self.release, None
        await self.inner.aclose()
        if release is not None:
            await release()
