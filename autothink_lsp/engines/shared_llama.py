"""The embedded engine that all editor windows of a user share: decides which windows share an engine.

Windows share an engine if its model file and everything that decides its answers, its speed or its code are equal.
The engine is the child of a supervisor (``llama_supervisor.py``). Requests go directly to the engine, so cancelling and
speed are those of an unshared engine. Where no supervisor can be started or reached (full disk, folder not writable,
supervisor that hangs), the window starts an engine of its own: sharing must never cost a suggestion.
"""

from __future__ import annotations

import hashlib
import json
import logging
import platform
import sys
from collections.abc import Sequence
from pathlib import Path

from attrs import define, evolve, field

import autothink_lsp
from autothink_lsp.engines.base import EngineState
from autothink_lsp.engines.llama import LlamaEngine
from autothink_lsp.engines.llama_parameters import LlamaParameters
from autothink_lsp.engines.models.gguf import check_gguf
from autothink_lsp.engines.supervisor_files import SupervisorFiles, supervisor_folder
from autothink_lsp.engines.supervisor_link import SupervisorLink, SupervisorUnavailableError
from autothink_lsp.errors import EngineError, ModelError
from autothink_lsp.processes.environment import compute_variables, shared_engine_environment
from autothink_lsp.processes.spawn import module_command

logger = logging.getLogger(__name__)

_SUPERVISOR_MODULE = "autothink_lsp.engines.llama_supervisor"
_CONNECT_TIMEOUT_S = 15.0
"""A supervisor that ends needs at most four seconds; after this time the window starts its own engine."""


@define(eq=False)
class SharedLlamaEngine(LlamaEngine):
    """The embedded engine of several windows. ``idle_s`` is how long it may run on after this window's ``stop``.

    ``places`` is the number of windows with slots of their own. ``folder`` holds the supervisors' files.
    """

    idle_s: float = field(kw_only=True)
    places: int = field(kw_only=True)
    _folder: Path | None = field(default=None, kw_only=True)
    _supervisor_command: Sequence[str] | None = field(default=None, kw_only=True)
    _connect_timeout_s: float = field(default=_CONNECT_TIMEOUT_S, kw_only=True)
    link: SupervisorLink | None = field(default=None, init=False)

    @property
    def pid(self) -> int | None:
        """The engine's process id, ``None`` while there is none."""
        if self.link is not None:
            return self.link.server_pid
        return super().pid

    @property
    def windows(self) -> int:
        """The number of windows that use the engine, this one included; 0 if it is not shared."""
        return self.link.windows if self.link is not None else 0

    def set_idle_s(self, idle_s: float) -> None:
        """Change how long the engine may run on after this window's ``stop``."""
        self.idle_s = idle_s
        if self.link is not None:
            self.link.set_idle_s(idle_s)

    async def _run(self) -> None:
        """Follow the supervisor; without one, run this window's own engine."""
        model = self._parameters.model_name
        self._readiness.set_status(EngineState.STARTING, f"starting {model}")
        try:
            check_gguf(self._parameters.model_path)
            self.link = self._make_link()
            await self.link.follow()
        except (SupervisorUnavailableError, OSError) as error:
            logger.warning("%s cannot be shared between windows, starting one for this window: %s", model, error)
        except (EngineError, ModelError) as error:
            self._readiness.set_failed(EngineError(error.message, hint=error.hint))
            return
        self.link = None
        await super()._run()

    async def _restart(self) -> None:
        if self.link is not None:
            self.link.request_restart()
        else:
            await super()._restart()

    def _make_link(self) -> SupervisorLink:
        """Raises ``OSError`` if the model's file cannot be read."""
        parameters = evolve(self._parameters, parallel=self._parameters.parallel * self.places)
        files = SupervisorFiles(self._folder or supervisor_folder(), engine_key(parameters))
        return SupervisorLink(
            label=parameters.model_name,
            files=files,
            command=self._supervisor_command or module_command(_SUPERVISOR_MODULE),
            message={
                "parameters": parameters.to_message(),
                "key": files.key,
                "places": self.places,
                "idle_s": self.idle_s,
                "engine_command": self._command,
            },
            idle_s=self.idle_s,
            readiness=self._readiness,
            environment=shared_engine_environment,
            connect_timeout_s=self._connect_timeout_s,
        )


def start_shared(parameters: LlamaParameters, idle_s: float, places: int) -> LlamaEngine:
    """Return an engine that is shared by this user's windows, not started."""
    return SharedLlamaEngine(parameters, idle_s=idle_s, places=places)


def engine_key(parameters: LlamaParameters) -> str:
    """Identifies the engine: equal for two windows that can share one. Raises ``OSError`` without the model's file.

    The file counts by its identity, size and time, because reading 500 MB for a digest takes a second. The batch does
    not count: it follows the measured speed, which changes between two windows. The network namespace counts because
    a container with the same home folder cannot reach the loopback address. Of the environment counts what decides how
    the engine computes (``CUDA_VISIBLE_DEVICES``); the engine does not get the rest of it.
    """
    file = parameters.model_path.resolve()
    stat = file.stat()
    values = {**parameters.to_message(), "model_path": str(file), "batch_tokens": 0}
    if parameters.is_background:  # with drafts or without follows the measured speed, too
        values["speculates"] = False
    parts = (
        values,
        (stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns),
        (autothink_lsp.__version__, sys.prefix, str(Path(autothink_lsp.__file__).parent)),
        (platform.node(), _network_namespace()),
        compute_variables(),
    )
    return f"llama-{hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]}"


def _network_namespace() -> int:
    try:
        return Path("/proc/self/ns/net").stat().st_ino
    except OSError:  # not Linux
        return 0
