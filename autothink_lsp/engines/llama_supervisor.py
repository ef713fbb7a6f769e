"""The supervisor of an embedded engine that editor windows share: the main module of its process.

``supervisor.py`` decides who is a client and when it ends, ``llama.py`` how the engine is started and restarted. The
engine's log stays in this process's memory, because it may quote requests.

Standard input: one line of JSON with ``parameters`` (``LlamaParameters``), ``key``, ``places``, ``idle_s``, the
``folder`` of its files and, in tests, the ``engine_command``.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path

from attrs import define, field

from autothink_lsp.engines.base import EngineState, EngineStatus, is_healthy
from autothink_lsp.engines.llama import LlamaEngine
from autothink_lsp.engines.llama_parameters import LlamaParameters
from autothink_lsp.engines.supervisor import EngineSupervisor, Event, failure_event, status_event, supervise
from autothink_lsp.engines.supervisor_files import SupervisorFiles
from autothink_lsp.errors import EngineError

_CHECK_TIMEOUT_S = 3.0
"""Short, because the client that requests a check has waited before."""


@define(eq=False)
class SupervisedLlama:
    """A ``SupervisedServer`` that passes on the status of ``engine`` to ``on_event``."""

    engine: LlamaEngine
    on_event: Callable[[Event], None]
    latest_event: Event = field(init=False)
    _check: asyncio.Task[None] | None = field(default=None, init=False)
    _failed: asyncio.Event = field(factory=asyncio.Event, init=False)

    def __attrs_post_init__(self) -> None:
        self.latest_event = status_event(f"starting {self.engine.parameters.model_name}")

    async def run(self) -> None:
        """Run the engine until it is given up."""
        unsubscribe = self.engine.subscribe(self._on_status)
        try:
            await self.engine.start()
            await self._failed.wait()
            await self.engine.address()  # raises the reason of the failure
        except EngineError as failure:
            self._emit(failure_event(failure))
        finally:
            unsubscribe()
            await self.engine.stop()

    def restart_server(self) -> None:
        """Check the engine for a client that got no answer from it; restart it if it does not answer here either."""
        if self._check is None or self._check.done():
            self._check = asyncio.create_task(self._restart_if_it_hangs(), name="engine-check")

    async def _restart_if_it_hangs(self) -> None:
        address = self.engine.current_address
        if address is None:
            return  # it is being started; its next event has the new address
        if await is_healthy(address.url, "/slots", api_key=address.api_key, timeout_s=_CHECK_TIMEOUT_S):
            self.on_event(self.latest_event)  # the client has dropped the address and waits for one
        else:
            await self.engine.restart(address)

    def _on_status(self, status: EngineStatus) -> None:
        address = self.engine.current_address
        if status.state is EngineState.STARTING:
            self._emit(status_event(status.detail, status.fraction))
        elif status.state is EngineState.READY and address is not None:
            pid = self.engine.pid
            self._emit({"event": "ready", "url": address.url, "api_key": address.api_key, "pid": pid})
        elif status.state is EngineState.FAILED:
            self._failed.set()

    def _emit(self, event: Event) -> None:
        self.latest_event = event
        self.on_event(event)


def main() -> None:
    """Supervise one embedded engine."""
    message = json.loads(sys.stdin.readline())
    parameters = LlamaParameters.from_message(message["parameters"])
    files = SupervisorFiles(Path(message["folder"]), message["key"])
    command = message.get("engine_command")
    supervise(
        EngineSupervisor(
            files,
            lambda on_event: SupervisedLlama(LlamaEngine(parameters, command=command), on_event),
            message["idle_s"],
            message["places"],
        )
    )
