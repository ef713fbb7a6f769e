"""What a model server of ours is to the layers above: where it listens, what it is doing, how to start and end it.

Values and one protocol. Starting processes belongs to the engines' own modules; asking for completions belongs to
``backends/``, which gets an ``EngineAddress`` and needs to know nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

from attrs import field, frozen


class EngineState(StrEnum):
    """Where an engine's life stands."""

    STOPPED = "stopped"
    STARTING = "starting"
    READY = "ready"
    FAILED = "failed"


@frozen
class EngineAddress:
    """Where a ready engine listens. ``url`` is a loopback base URL without a slash at its end."""

    url: str
    api_key: str = field(repr=False)


@frozen
class EngineStatus:
    """One step of an engine's life, for an editor's progress display.

    ``detail`` is a sentence for the user; ``fraction`` runs from 0 to 1 where the work done so far can be told.
    """

    state: EngineState
    detail: str
    fraction: float | None = None


StatusListener = Callable[[EngineStatus], None]


class Engine(Protocol):
    """A model server in a child process. Every method runs on one event loop."""

    @property
    def name(self) -> str:
        """For messages: ``llama.cpp``."""
        ...

    @property
    def status(self) -> EngineStatus:
        """The latest step."""
        ...

    @property
    def state(self) -> EngineState:
        """``status.state``."""
        ...

    async def start(self) -> None:
        """Return when it is ready. Idempotent; after a failure it tries anew. Raises ``EngineError``."""
        ...

    async def address(self) -> EngineAddress:
        """Where it listens, once it is ready: starts it if need be, waits while it starts.

        Raises ``EngineError``. After a failure it raises the same error again at once, so that no caller waits for a
        broken engine on every key; ``start()`` is what tries anew.
        """
        ...

    async def check(self) -> bool:
        """Ask a ready engine whether it still answers. One that does not is restarted. False if it was not well."""
        ...

    def subscribe(self, listener: StatusListener) -> Callable[[], None]:
        """Call ``listener`` at each step from now on; the returned function ends that."""
        ...

    def log_tail(self, lines: int = 40) -> str:
        """The last lines that it wrote to its log."""
        ...

    async def stop(self) -> None:
        """End it and leave no process behind. Idempotent, bounded in time, never raises."""
        ...
