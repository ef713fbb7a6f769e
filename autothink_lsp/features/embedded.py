"""The embedded engine for those who ask for its address: which model, is it there, may it be fetched, start it.

One engine at a time: two models in memory are more than a laptop has to give. The order of things a user would notice
is decided here (ask, fetch with progress, load, ready); how each is done is the engines' business.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from attrs import define, field, frozen

from autothink_lsp.engines.base import EngineAddress, EngineState, EngineStatus
from autothink_lsp.engines.choice import Circumstances, ModelChoice, choose_model
from autothink_lsp.engines.llama import LlamaEngine
from autothink_lsp.engines.looked_after import address_of
from autothink_lsp.engines.machine import available_cores, available_memory_bytes, engine_threads
from autothink_lsp.engines.models.catalogue import ModelEntry
from autothink_lsp.engines.models.pull import ModelPull
from autothink_lsp.engines.models.store import ModelStore
from autothink_lsp.engines.models.watch import PullProgress
from autothink_lsp.engines.parameters import LlamaParameters, batch_tokens_for
from autothink_lsp.engines.speed import SpeedRecord, speed_key
from autothink_lsp.errors import ModelError
from autothink_lsp.features.completion.model import CompletionUsage
from autothink_lsp.settings.engines import EmbeddedSettings
from autothink_lsp.settings.model import Settings

logger = logging.getLogger(__name__)

NEEDED = "Completion needs a model."
BETTER = "This machine is fast enough for a better model."
SAVE_EVERY = 25  # requests, so that a crash loses little and a key writes nothing

# May this model be fetched? The text says what for.
Consent = Callable[[ModelEntry, str], Awaitable[bool]]
# What is being done, and how far it is (0 to 1) where that can be said.
Working = Callable[[str, float | None], None]


@frozen
class _Wanted:
    """What an engine is started for: another one is another engine."""

    embedded: EmbeddedSettings
    deadline_ms: int


@define(eq=False)
class EmbeddedModels:
    """``consent`` is asked once per model; the answer holds for the session."""

    consent: Consent
    working: Working
    store: ModelStore = field(factory=ModelStore.default)
    speeds: SpeedRecord = field(factory=SpeedRecord.load)
    pull: ModelPull = field(init=False)
    _agreed: set[str] = field(factory=set, init=False)
    _refused: set[str] = field(factory=set, init=False)
    _turning: asyncio.Lock = field(factory=asyncio.Lock, init=False)
    _engine: LlamaEngine | None = field(default=None, init=False)
    _wanted: _Wanted | None = field(default=None, init=False)
    _speed_key: str = field(default="", init=False)
    _offering: asyncio.Task[None] | None = field(default=None, init=False)
    _observed: int = field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        self.pull = ModelPull(self.store)

    @property
    def engine(self) -> LlamaEngine | None:
        """The one that was started last."""
        return self._engine

    async def address(self, settings: Settings) -> EngineAddress:
        """Where the engine listens; whatever has to be done for that first is done. Raises ``ModelError``,
        ``EngineError``."""
        wanted = _Wanted(settings.embedded, settings.completion.deadline_ms)
        async with self._turning:
            if self._engine is None or wanted != self._wanted:
                engine = await self._make(wanted)
                await self._stop_engine()
                self._engine, self._wanted = engine, wanted
            return await address_of(self._engine)

    def choice(self, embedded: EmbeddedSettings, deadline_ms: int) -> ModelChoice:
        """Which model ``embedded.model = "auto"`` means now, and why."""
        threads = engine_threads(embedded.threads, available_cores())
        return choose_model(
            Circumstances(
                installed=self.store.installed(),
                available_memory_bytes=available_memory_bytes(),
                speed_of=lambda name: self.speeds.speed(speed_key(name, threads)),
                deadline_ms=deadline_ms,
                context_tokens=embedded.context_tokens,
            )
        )

    def observe(self, spent: CompletionUsage) -> None:
        """Learn this machine's speed from a request: it decides the model and the batch of the next start."""
        evaluated, prompt_ms, predicted_ms = spent.prompt_evaluated_tokens, spent.prompt_ms, spent.predicted_ms
        if not self._speed_key or evaluated is None or prompt_ms is None or predicted_ms is None:
            return
        self.speeds.observe(
            self._speed_key,
            prompt_tokens=evaluated,
            prompt_ms=prompt_ms,
            predicted_tokens=spent.predicted_tokens,
            predicted_ms=predicted_ms,
        )
        self._observed += 1
        if self._observed % SAVE_EVERY == 1:
            self.speeds.save()

    async def aclose(self) -> None:
        """Stop the engine. Idempotent."""
        if self._offering is not None:
            self._offering.cancel()
            await asyncio.gather(self._offering, return_exceptions=True)
        if self._observed:
            self.speeds.save()
        await self._stop_engine()

    async def _make(self, wanted: _Wanted) -> LlamaEngine:
        name, path = await self._model(wanted)
        threads = engine_threads(wanted.embedded.threads, available_cores())
        self._speed_key = speed_key(name, threads)
        speed = self.speeds.speed(self._speed_key)
        parameters = LlamaParameters(
            model_path=path,
            model_name=name,
            threads=threads,
            context_tokens=wanted.embedded.context_tokens,
            batch_tokens=batch_tokens_for(speed.prefill_tokens_per_s),
            guesses=wanted.embedded.speculation == "ngram",
        )
        logger.info("engine: %s, %d threads, batches of %d tokens", name, threads, parameters.batch_tokens)
        engine = LlamaEngine(parameters)
        engine.subscribe(self._tell)
        return engine

    async def _model(self, wanted: _Wanted) -> tuple[str, Path]:
        """The model's name and its file, fetched if need be."""
        embedded = wanted.embedded
        if embedded.model_path:
            path = Path(embedded.model_path).expanduser()
            return path.name, path
        name = embedded.model
        if name == "auto":
            choice = self.choice(embedded, wanted.deadline_ms)
            logger.info("embedded.model is auto: %s", choice.reason)
            name = choice.name
            if choice.offer is not None and choice.installed and embedded.download == "ask":
                self._offer_in_background(self.store.find(choice.offer))
        entry = self.store.find(name)
        return entry.name, self.store.path(entry.name) or await self._fetch(entry, embedded)

    async def _fetch(self, entry: ModelEntry, embedded: EmbeddedSettings) -> Path:
        await self._ask(entry, embedded)
        self.working(f"fetching {entry.name}", 0.0)
        return await self.pull.run_async(entry.name, lambda done: self._fetching(entry, done))

    async def _ask(self, entry: ModelEntry, embedded: EmbeddedSettings) -> None:
        hint = f"`autothink-lsp model pull {entry.name}` fetches it; embedded.model_path takes a GGUF file of your own."
        if embedded.download == "never":
            raise ModelError(f'The model {entry.name} is not installed and embedded.download is "never".', hint=hint)
        if embedded.download == "always" or entry.name in self._agreed:
            return
        if entry.name not in self._refused and await self.consent(entry, NEEDED):
            self._agreed.add(entry.name)  # a download that failed is tried again without a question
            return
        self._refused.add(entry.name)
        raise ModelError(f"The model {entry.name} is not installed, so there is no completion.", hint=hint)

    def _offer_in_background(self, entry: ModelEntry) -> None:
        """Once a session; completion goes on with the model that is there."""
        if entry.name in self._refused or self._offering is not None:
            return
        self._offering = asyncio.get_running_loop().create_task(self._offer(entry), name="offer a model")

    async def _offer(self, entry: ModelEntry) -> None:
        if not await self.consent(entry, BETTER):
            self._refused.add(entry.name)
            return
        try:
            await self.pull.run_async(entry.name, lambda done: self._fetching(entry, done))
        except ModelError as error:
            logger.warning("%s", error.for_user())
        else:
            logger.info("%s is installed and will be used from the next start on", entry.name)

    def _fetching(self, entry: ModelEntry, done: PullProgress) -> None:
        self.working(f"fetching {entry.name}: {done.text}", done.done_bytes / max(1, done.total_bytes))

    def _tell(self, status: EngineStatus) -> None:
        if status.state is EngineState.STARTING:
            self.working(status.detail, status.fraction)

    async def _stop_engine(self) -> None:
        engine, self._engine = self._engine, None
        if engine is not None:
            await engine.stop()
