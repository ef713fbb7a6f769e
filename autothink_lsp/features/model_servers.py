"""The engines that windows share, by role: one for each model and its settings, kept while in use.

Two roles with the same model use one engine. Changed settings make another engine; the old one is disconnected and ends
by itself when no window uses it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable

from attrs import define, field

from autothink_lsp.engines.base import EngineAddress, EngineState, EngineStatus
from autothink_lsp.engines.supervised import SupervisedEngine
from autothink_lsp.errors import EngineError, ServerNotNamed
from autothink_lsp.features.endpoints import Role, role_settings
from autothink_lsp.settings.model import STARTED_BACKENDS, EndpointSettings, Settings

logger = logging.getLogger(__name__)

# The current step, and its progress from 0 to 1, ``None`` if it is not known.
Working = Callable[[str, float | None], None]
_ROLES: tuple[Role, ...] = ("completion", "assist", "next_edit")


@define(eq=False)
class ModelServers:
    """``working`` is called with the progress of a start, ``worked`` at its end."""

    working: Working
    worked: Callable[[str], None] = lambda _: None
    _engines: dict[str, SupervisedEngine] = field(factory=dict, init=False)
    _turning: asyncio.Lock = field(factory=asyncio.Lock, init=False)

    @property
    def engines(self) -> tuple[SupervisedEngine, ...]:
        """The engines in use."""
        return tuple(self._engines.values())

    async def address(self, settings: Settings, role: EndpointSettings, section: str) -> EngineAddress:
        """The address of the role's engine, which is started if necessary. Waits until it is ready. Raises
        ``EngineError``, or ``ServerNotNamed`` without a model to serve."""
        if not role.model:
            raise ServerNotNamed(
                f'{section}.backend is "{role.backend}", but {section}.model is empty.',
                hint="Name the model to serve: a folder, or its name on the model hub.",
            )
        async with self._turning:
            made = await _make(settings, role)
            engine = self._engines.get(made.spec.key)
            if engine is None:
                engine = self._engines[made.spec.key] = made
                engine.subscribe(self._tell)
                logger.info("engine: %s with %s", engine.name, role.model)
        return await engine.ensure_ready()

    async def close_unused(self, wanted: Iterable[Settings]) -> None:
        """Disconnect from the engines that no role of these settings uses; ``wanted`` are those of all folders. An
        engine ends by itself when no window is connected to it."""
        if not self._engines:
            return
        async with self._turning:
            try:
                keys = {key for settings in wanted for key in await _keys(settings)}
            except EngineError as error:  # the engine of these settings cannot be determined now
                logger.info("engines are kept: %s", error.message)
                return
            unused = [self._engines.pop(key) for key in [*self._engines] if key not in keys]
        for engine in unused:
            logger.info("engine: %s is not in the settings any more", engine.name)
            await engine.stop()

    async def aclose(self) -> None:
        """Disconnect from all engines. Idempotent."""
        engines, self._engines = list(self._engines.values()), {}
        for engine in engines:
            await engine.stop()

    def _tell(self, status: EngineStatus) -> None:
        if status.state is EngineState.STARTING:
            self.working(status.detail, status.fraction)
        else:
            self.worked(status.detail)


async def _keys(settings: Settings) -> list[str]:
    """The keys of the engines that the roles of these settings use. Raises ``EngineError``."""
    keys = []
    for name in _ROLES:
        role = role_settings(settings, name)
        if role.backend in STARTED_BACKENDS and not role.url and role.model:
            keys.append((await _make(settings, role)).spec.key)
    return keys


async def _make(settings: Settings, role: EndpointSettings) -> SupervisedEngine:
    if role.backend == "vllm":
        from autothink_lsp.engines.vllm import vllm_engine

        return await vllm_engine(settings.vllm, _base_model(settings, role.model))
    from autothink_lsp.engines.transformers import transformers_engine

    return transformers_engine(settings.transformers, role.model)


def _base_model(settings: Settings, model: str) -> str:
    """The base model of ``model``: a role may name one of vLLM's adapters, and the other role its base model."""
    adapters = {entry.partition("=")[0] for entry in settings.vllm.lora}
    if model not in adapters:
        return model
    other = next(
        (
            role.model
            for role in (settings.completion, settings.assist)
            if role.backend == "vllm" and role.model and role.model not in adapters
        ),
        None,
    )
    if other is None:
        raise EngineError(
            f"{model} is an adapter of vllm.lora, and no role names the model that it adapts.",
            hint="Set completion.model or assist.model to that model, or run both servers yourself and set url.",
        )
    return other
