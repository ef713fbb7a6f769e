"""A third-party model server that all editor windows of a user share: an ``Engine`` over a link to its supervisor.

Restarts of the model server are the supervisor's decision; ``supervisor_link.py`` replaces a supervisor that dies.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from attrs import define, field

from autothink_lsp.engines.base import Engine, EngineAddress, EngineState, is_healthy
from autothink_lsp.engines.server_process import ServerSpec
from autothink_lsp.engines.supervisor_files import SupervisorFiles
from autothink_lsp.engines.supervisor_link import SupervisorLink
from autothink_lsp.errors import EngineError
from autothink_lsp.processes.spawn import module_command

_SUPERVISOR_MODULE = "autothink_lsp.engines.supervisor"


@define(eq=False)
class SupervisedEngine(Engine):
    """A shared engine. ``prepare`` runs before the first start; it raises ``EngineError`` if a start cannot succeed.

    ``stop`` only disconnects: the server keeps running for other windows, and for ``idle_s`` after the last one.
    """

    spec: ServerSpec
    files: SupervisorFiles
    _prepare: Callable[[], Awaitable[None]] | None = None
    _command: Sequence[str] | None = field(default=None, kw_only=True)
    link: SupervisorLink = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.link = SupervisorLink(
            label=self.spec.label,
            files=self.files,
            command=self._command or module_command(_SUPERVISOR_MODULE),
            message={"spec": self.spec.to_message()},
            idle_s=self.spec.idle_s,
            readiness=self._readiness,
        )

    @property
    def name(self) -> str:
        """The server's label: ``vLLM``."""
        return self.spec.label

    @property
    def supervisor_pid(self) -> int | None:
        """The process id of the supervisor that was connected last."""
        return self.link.pid

    def log_tail(self, lines: int = 40) -> str:
        """Return the last lines of the model server's log."""
        return "\n".join(self.files.log_tail(lines))

    async def _run(self) -> None:
        """Follow one supervisor after the other, until one reports a failure or too many died."""
        self._readiness.set_status(EngineState.STARTING, f"starting {self.name}")
        try:
            if self._prepare is not None:
                await self._prepare()
            await self.link.follow()
        except EngineError as error:
            self._readiness.set_failed(error)
        except OSError as error:
            self._readiness.set_failed(EngineError(f"{self.name} could not be started: {error}."))

    async def _is_healthy(self, address: EngineAddress) -> bool:
        return await is_healthy(address.url, self.spec.health_path)

    async def _restart(self) -> None:
        self.link.request_restart()
