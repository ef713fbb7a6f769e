"""The embedded engines of completion and actions: which model, whether it is installed, whether it may be fetched.

Completion and actions share one engine unless the settings name another model for actions. That model has its own
engine, which is started when an action needs it and ends when no action has used it for a while. A next-edit model has
its own engine, too (``embedded_next_edit.py``). This module decides the order of the steps that a user notices (ask,
download with progress, load, ready); ``engines/`` does them.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from pathlib import Path

from attrs import define, evolve, field, frozen

from autothink_lsp.backends.base import Timings
from autothink_lsp.engines.base import EngineAddress, EngineState, EngineStatus
from autothink_lsp.engines.choice import Circumstances, ModelChoice, choose_model
from autothink_lsp.engines.llama import LlamaEngine
from autothink_lsp.engines.llama_parameters import (
    WINDOWS_WITH_OWN_SLOTS,
    LlamaParameters,
    batch_tokens_for,
    completion_slots,
)
from autothink_lsp.engines.machine import available_cores, available_memory_bytes, engine_threads
from autothink_lsp.engines.models.catalogue import ModelEntry
from autothink_lsp.engines.models.pull import ModelPull
from autothink_lsp.engines.models.sources import CancellationToken, DownloadStep, PullCancelledError
from autothink_lsp.engines.models.store import ModelStore
from autothink_lsp.engines.speed import SpeedRecord, drafted_speed_key, speed_key, uses_drafts
from autothink_lsp.errors import ModelError
from autothink_lsp.features.background_engine import background_parameters, context_that_fits
from autothink_lsp.features.completion.model import CompletionUsage
from autothink_lsp.features.embedded_next_edit import EmbeddedNextEdit, Release
from autothink_lsp.quantities import megabytes
from autothink_lsp.settings.engines import EmbeddedSettings
from autothink_lsp.settings.model import Settings

logger = logging.getLogger(__name__)

NEEDED = "Completion needs a model."
NEEDED_FOR_ACTIONS = "Actions need a model."
BETTER = "This machine is fast enough for a better model."
# Makes an engine that windows share, from its parameters, the seconds that it outlives this window, and its places.
StartShared = Callable[[LlamaParameters, float, int], LlamaEngine]
# Settings that only one engine depends on.
_OF_NEXT_EDITS = ("next_edit_model", "next_edit_model_path")
_OF_ACTIONS = ("assist_model", "assist_model_path", "assist_context_tokens", "assist_speculation", "idle_minutes")
_OF_COMPLETION = ("model", "model_path", "context_tokens", "speculation", "idle_minutes")
ASSIST_GRACE_S = 5.0
"""A shared engine of actions outlives its last window by this: ``idle_minutes`` are counted while it is connected."""
ENOUGH_ANSWER_TOKENS = 24  # of an action; the speed of a shorter answer is mostly chance
SAVE_EVERY = 25  # requests, so that a crash loses little and a key writes nothing

_TOO_LARGE = (
    "Choose a smaller model with `embedded.assist_model`, lower `embedded.assist_context_tokens`, or empty "
    "`embedded.assist_model` to use the model of completion."
)

# May this model be fetched? The text says what for.
Consent = Callable[[ModelEntry, str], Awaitable[bool]]
# The current step, and its progress from 0 to 1, ``None`` if it is not known.
Working = Callable[[str, float | None], None]
# The model that is downloaded, the progress from 0 to 1, and the token that cancels the download.
Downloading = Callable[[str, float, Callable[[], None]], None]


@frozen
class _Wanted:
    """The settings that determine an engine: other values mean another engine."""

    embedded: EmbeddedSettings
    deadline_ms: int


@frozen
class _Started:
    """An engine with the settings that it was started for."""

    engine: LlamaEngine
    wanted: object
    model_name: str
    model_path: Path


@define(eq=False)
class EmbeddedModels:
    """``consent`` is called once for each model; its answer and a cancelled download are valid for the session.
    ``working`` gets the steps of a start, ``worked`` the end of a start for actions and of a download without a start.
    ``downloading`` gets the steps of a download; if it is ``None``, ``working`` does. ``minute_s`` is the length of a
    minute of ``embedded.idle_minutes``."""

    consent: Consent
    working: Working
    worked: Callable[[str], None] = lambda _: None
    downloading: Downloading | None = None
    store: ModelStore = field(factory=ModelStore.default)
    speeds: SpeedRecord = field(factory=SpeedRecord.load)
    minute_s: float = field(default=60.0, kw_only=True)
    free_memory_bytes: Callable[[], int | None] = field(default=available_memory_bytes, kw_only=True)
    start: Callable[[LlamaParameters], LlamaEngine] = field(default=LlamaEngine, kw_only=True)
    start_shared: StartShared | None = field(default=None, kw_only=True)
    """Makes an engine that windows share; without it each window has its own."""
    keeps_engines: bool = field(default=False, kw_only=True)
    """Whether a shared engine outlives this process for ``embedded.idle_minutes``: for an editor, not for a command."""
    pull: ModelPull = field(init=False)
    next_edit: EmbeddedNextEdit = field(init=False)
    _agreed: set[str] = field(factory=set, init=False)
    _refused: set[str] = field(factory=set, init=False)
    _cancelled: set[str] = field(factory=set, init=False)
    _turning: asyncio.Lock = field(factory=asyncio.Lock, init=False)
    _assist_turning: asyncio.Lock = field(factory=asyncio.Lock, init=False)
    _completion: _Started | None = field(default=None, init=False)
    _assist: _Started | None = field(default=None, init=False)
    _assist_uses: int = field(default=0, init=False)
    _unloading: asyncio.Task[None] | None = field(default=None, init=False)
    _speed_key: str = field(default="", init=False)
    _assist_speed_keys: tuple[str, str] | None = field(default=None, init=False)  # without drafts and with them
    _offering: asyncio.Task[None] | None = field(default=None, init=False)
    _is_download_shown: bool = field(default=False, init=False)
    _observed: int = field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        self.pull = ModelPull(self.store)
        self.next_edit = EmbeddedNextEdit(
            self.store,
            self.speeds,
            self.free_memory_bytes,
            lambda: [one.model_path for one in (self._completion, self._assist) if one is not None],
            lambda parameters, embedded: self._engine(parameters, embedded, ASSIST_GRACE_S, 1),
        )

    @property
    def engine(self) -> LlamaEngine | None:
        """The engine of completion that was started last."""
        return self._completion.engine if self._completion is not None else None

    @property
    def assist_engine(self) -> LlamaEngine | None:
        """The engine of actions alone; ``None`` while it is not loaded or both roles share one."""
        return self._assist.engine if self._assist is not None else None

    @property
    def windows(self) -> int:
        """The number of editor windows and commands that use the engine of completion; 0 if it is not shared."""
        return self.engine.windows if self.engine is not None else 0

    def is_shared_between_windows(self) -> bool:
        """Whether editor windows share the engine of completion."""
        return self.windows > 0

    async def address(self, settings: Settings) -> EngineAddress:
        """The address of the engine of completion, which is downloaded and started if necessary. Raises ``ModelError``,
        ``EngineError``."""
        wanted = _Wanted(
            _with_defaults(settings.embedded, (*_OF_ACTIONS, *_OF_NEXT_EDITS)), settings.completion.deadline_ms
        )
        async with self._turning:
            if self._completion is None or wanted != self._completion.wanted:
                made = await self._make(wanted, settings.embedded.idle_minutes)
                await self._stop_completion()
                self._completion = made
            self._completion.engine.set_idle_s(self._idle_s(settings.embedded.idle_minutes))
            return await self._completion.engine.ensure_ready()

    async def unload_completion(self, settings: Settings) -> None:
        """Stop the engine of completion, which the next request starts again; not where actions use the same one."""
        if settings.assist.backend == "embedded" and self.is_shared(settings):
            return
        async with self._turning:
            if self._completion is not None:
                logger.info("engine of completion: unloading %s, which no request needs", self._completion.model_name)
                await self._stop_completion()

    async def close_unused(self, wanted: Iterable[Settings]) -> None:
        """Stop the engine of completion if no role of these settings, which are those of all folders, uses it."""
        if any(_uses_completion_engine(settings) for settings in wanted):
            return
        async with self._turning:
            if self._completion is not None:
                logger.info("engine of completion: stopped, no settings name it any more")
                await self._stop_completion()

    def is_installed(self, settings: Settings) -> bool:
        """Whether the engine of completion can start without fetching a model."""
        embedded = settings.embedded
        if embedded.model_path:
            return Path(embedded.model_path).expanduser().is_file()
        if embedded.model == "auto":
            return self.choice(embedded, settings.completion.deadline_ms).installed
        try:
            return self.store.path(embedded.model) is not None
        except ModelError:
            return False

    def is_shared(self, settings: Settings) -> bool:
        """Whether one engine answers keystrokes and actions. Raises ``ModelError`` for an unknown model."""
        embedded = settings.embedded
        if not embedded.assist_model and not embedded.assist_model_path:
            return True
        if settings.completion.backend != "embedded":
            return False
        if embedded.assist_model_path or embedded.model_path:
            return embedded.assist_model_path == embedded.model_path
        name = embedded.model
        if name == "auto":
            chosen = self._completion
            name = chosen.model_name if chosen else self.choice(embedded, settings.completion.deadline_ms).name
        return self.store.find(embedded.assist_model).name == self.store.find(name).name

    @contextlib.asynccontextmanager
    async def use_for_actions(self, settings: Settings) -> AsyncIterator[EngineAddress]:
        """The address of the engine of actions alone, which is started if necessary and kept until the end of this
        context. Raises ``ModelError``, ``EngineError``."""
        embedded = settings.embedded
        wanted = _with_defaults(embedded, (*_OF_COMPLETION, *_OF_NEXT_EDITS))
        self._assist_uses += 1
        try:
            async with self._assist_turning:
                if self._assist is None or wanted != self._assist.wanted:
                    try:
                        made = await self._make_for_actions(wanted)
                    except BaseException:  # the action was cancelled, too
                        self._end_download("not loaded")
                        raise
                    await self._stop_assist()
                    self._assist = made
                address = await self._assist.engine.ensure_ready()
            yield address
        finally:
            self._assist_uses -= 1
            self._unload_when_idle(embedded.idle_minutes * self.minute_s)

    async def use_for_next_edits(self, settings: Settings) -> tuple[EngineAddress, Release]:
        """The address of the engine of next edits, and the function that ends this use. Raises ``ModelError``,
        ``EngineError``."""
        return await self.next_edit.use(_with_defaults(settings.embedded, (*_OF_COMPLETION, *_OF_ACTIONS)))

    def choice(self, embedded: EmbeddedSettings, deadline_ms: int) -> ModelChoice:
        """The model that ``embedded.model = "auto"`` means now, with the reason."""
        threads = engine_threads(embedded.threads, available_cores())
        return choose_model(
            Circumstances(
                installed=self.store.installed(),
                available_memory_bytes=available_memory_bytes(),
                speed_of=lambda name: self.speeds.speed(speed_key(name, threads)),
                deadline_ms=deadline_ms,
                context_tokens=embedded.context_tokens * completion_slots(is_shared=embedded.share),
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

    def observe_action(self, timings: Timings) -> None:
        """Learn the speed of the engine of actions from an answer, with drafts or without."""
        if self._assist_speed_keys is None or timings.predicted_tokens < ENOUGH_ANSWER_TOKENS:
            return
        self.speeds.observe(
            self._assist_speed_keys[bool(timings.draft_tokens)],
            prompt_tokens=timings.prompt_evaluated_tokens,
            prompt_ms=timings.prompt_ms,
            predicted_tokens=timings.predicted_tokens,
            predicted_ms=timings.predicted_ms,
        )
        self.speeds.save()

    async def aclose(self) -> None:
        """Stop the engine. Idempotent."""
        if self._offering is not None:
            self._offering.cancel()
            await asyncio.gather(self._offering, return_exceptions=True)
        if self._observed:
            self.speeds.save()
        if self._unloading is not None:
            self._unloading.cancel()
            await asyncio.gather(self._unloading, return_exceptions=True)
        await self.next_edit.aclose()
        await self._stop_assist()
        await self._stop_completion()

    async def _make(self, wanted: _Wanted, idle_minutes: int) -> _Started:
        embedded = wanted.embedded
        name, path = await self._model(wanted)
        threads = engine_threads(embedded.threads, available_cores())
        self._speed_key = speed_key(name, threads)
        speed = self.speeds.speed(self._speed_key)
        parameters = LlamaParameters(
            model_path=path,
            model_name=name,
            threads=threads,
            context_tokens=embedded.context_tokens,
            batch_tokens=batch_tokens_for(speed.prefill_tokens_per_s),
            speculates=embedded.speculation == "ngram",
            gpu_layers=None if embedded.gpu_layers == "auto" else embedded.gpu_layers,
        )
        logger.info("engine: %s, %d threads, batches of %d tokens", name, threads, parameters.batch_tokens)
        engine = self._engine(parameters, embedded, self._idle_s(idle_minutes), WINDOWS_WITH_OWN_SLOTS)
        engine.subscribe(self._tell)
        return _Started(engine, wanted, name, path)

    def _idle_s(self, idle_minutes: int) -> float:
        return idle_minutes * self.minute_s if self.keeps_engines else 0.0

    async def _make_for_actions(self, embedded: EmbeddedSettings) -> _Started:
        """An engine in the background of completion's, if the memory is enough for it."""
        if embedded.assist_model_path:
            path = Path(embedded.assist_model_path).expanduser()
            name = path.name
        else:
            entry = self.store.find(embedded.assist_model)
            name, path = entry.name, self.store.path(entry.name)
            path = path or await self._fetch(entry, embedded, "assist_model", NEEDED_FOR_ACTIONS)
        running = [self._completion.model_path] if self._completion is not None else []
        context_tokens = await context_that_fits(
            name, path, embedded.assist_context_tokens, self.free_memory_bytes(), running, _TOO_LARGE
        )
        threads = engine_threads(embedded.threads, available_cores())
        speculates = self._speculates(embedded, name, threads)
        parameters = background_parameters(
            name, path, embedded, context_tokens, threads, self.speeds, speculates=speculates
        )
        self._assist_speed_keys = speed_key(name, threads), drafted_speed_key(name, threads)
        logger.info(
            "engine of actions: %s, %d threads, %d tokens of context, %s",
            name,
            threads,
            context_tokens,
            "drafts from the prompt" if speculates else "no drafts",
        )
        engine = self._engine(parameters, embedded, ASSIST_GRACE_S if self.keeps_engines else 0.0, 1)
        engine.subscribe(self._tell_assist)
        return _Started(engine, embedded, name, path)

    def _engine(
        self, parameters: LlamaParameters, embedded: EmbeddedSettings, idle_s: float, places: int
    ) -> LlamaEngine:
        """An engine that is not started: shared by windows if the settings say so, and then for ``idle_s`` longer."""
        if embedded.share and self.start_shared is not None:
            return self.start_shared(parameters, idle_s, places)
        return self.start(parameters)

    def _speculates(self, embedded: EmbeddedSettings, name: str, threads: int) -> bool:
        if embedded.assist_speculation != "auto":
            return embedded.assist_speculation == "ngram"
        plain, drafted = speed_key(name, threads), drafted_speed_key(name, threads)
        return uses_drafts(self.speeds.speed(plain), self.speeds.speed(drafted))

    def _unload_when_idle(self, after_s: float) -> None:
        if self._unloading is not None:
            self._unloading.cancel()
        self._unloading = asyncio.get_running_loop().create_task(self._unload(after_s), name="unload the assist model")

    async def _unload(self, after_s: float) -> None:
        await asyncio.sleep(after_s)
        async with self._assist_turning:
            if not self._assist_uses and self._assist is not None:
                logger.info("engine of actions: unloading %s, which no action used", self._assist.model_name)
                await self._stop_assist()

    async def _model(self, wanted: _Wanted) -> tuple[str, Path]:
        """The model's name and its file, which is downloaded if necessary."""
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
        return entry.name, self.store.path(entry.name) or await self._fetch(entry, embedded, "model", NEEDED)

    async def _fetch(self, entry: ModelEntry, embedded: EmbeddedSettings, setting: str, needed: str) -> Path:
        await self._ask(entry, embedded, setting, needed)
        return await self._download(entry)

    async def _download(self, entry: ModelEntry) -> Path:
        cancellation = CancellationToken()
        try:
            return await self.pull.run_async(
                entry.name, lambda done: self._fetching(entry, done, cancellation), cancellation
            )
        except PullCancelledError as error:
            self._cancelled.add(entry.name)
            raise _cancelled(entry) from error

    async def _ask(self, entry: ModelEntry, embedded: EmbeddedSettings, setting: str, needed: str) -> None:
        hint = f"Run `autothink-lsp model pull {entry.name}`, or set embedded.{setting}_path to a GGUF file."
        if embedded.download == "never":
            raise ModelError(f'The model {entry.name} is not installed and embedded.download is "never".', hint=hint)
        if entry.name in self._cancelled:  # not started again in this session
            raise _cancelled(entry)
        if embedded.download == "always" or entry.name in self._agreed:
            return
        if entry.name not in self._refused and await self.consent(entry, needed):
            self._agreed.add(entry.name)  # a download that failed is tried again without a question
            return
        self._refused.add(entry.name)
        raise ModelError(f"The model {entry.name} is not installed.", hint=hint)

    def _offer_in_background(self, entry: ModelEntry) -> None:
        """Offer the better model once in a session; completion continues with the installed one."""
        if entry.name in self._refused | self._cancelled or self._offering is not None:
            return
        self._offering = asyncio.get_running_loop().create_task(self._offer(entry), name="offer a model")

    async def _offer(self, entry: ModelEntry) -> None:
        if not await self.consent(entry, BETTER):
            self._refused.add(entry.name)
            return
        try:
            await self._download(entry)
        except ModelError as error:
            logger.warning("%s", error.for_user())
        else:
            logger.info("%s is installed and will be used from the next start on", entry.name)
        finally:
            self._end_download("ready")

    def _fetching(self, entry: ModelEntry, done: DownloadStep, cancellation: CancellationToken) -> None:
        text = f"{done.text.split()[0]} {entry.name}, {megabytes(done.done_bytes)} of {megabytes(done.total_bytes)} MB"
        fraction = done.done_bytes / max(1, done.total_bytes)
        self._is_download_shown = True
        if self.downloading is not None:
            self.downloading(text, fraction, cancellation.cancel)
        else:
            self.working(text, fraction)

    def _end_download(self, text: str) -> None:
        """End the display of a download that no start of an engine follows."""
        is_shown, self._is_download_shown = self._is_download_shown, False
        if is_shown:
            self.worked(text)

    def _tell(self, status: EngineStatus) -> None:
        if status.state is EngineState.STARTING:
            self.working(status.detail, status.fraction)

    def _tell_assist(self, status: EngineStatus) -> None:
        if status.state is EngineState.STARTING:
            self.working(status.detail, status.fraction)
        else:
            self.worked(status.detail)

    async def _stop_completion(self) -> None:
        started, self._completion = self._completion, None
        if started is not None:
            await started.engine.stop()

    async def _stop_assist(self) -> None:
        started, self._assist = self._assist, None
        if started is not None:
            await started.engine.stop()


def _cancelled(entry: ModelEntry) -> PullCancelledError:
    return PullCancelledError(
        f"The download of {entry.name} was cancelled.",
        hint=f"Restart the server to be asked again, or run `autothink-lsp model pull {entry.name}`. "
        "It continues where it ended.",
    )


def _uses_completion_engine(settings: Settings) -> bool:
    """Whether a role may need the engine of completion; actions do unless the settings name another model for them."""
    completion, embedded = settings.completion, settings.embedded
    shares = not embedded.assist_model and not embedded.assist_model_path
    return "embedded" in (completion.backend, completion.fallback) or (settings.assist.backend == "embedded" and shares)


def _with_defaults(embedded: EmbeddedSettings, names: tuple[str, ...]) -> EmbeddedSettings:
    """The settings with the defaults for ``names``, on which an engine does not depend."""
    return evolve(embedded, **{name: getattr(EmbeddedSettings(), name) for name in names})
