"""An engine that all editor windows of a user share: our end of the connection to its keeper (``keeper.py``).

Finds the keeper or starts it, tells its listeners what the keeper tells, and lets go of it at the end. A keeper that
vanishes is replaced; whether the model server itself is started again is the keeper's business.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from attrs import define, field

from autothink_lsp.engines.base import EngineAddress, EngineState, EngineStatus, StatusListener
from autothink_lsp.engines.child_command import child_command
from autothink_lsp.engines.health import is_well
from autothink_lsp.engines.keeper_files import BUSY, KeeperAddress, KeeperFiles
from autothink_lsp.engines.readiness import Readiness
from autothink_lsp.engines.restarts import RestartPolicy
from autothink_lsp.engines.server_spec import ServerSpec
from autothink_lsp.errors import EngineError
from autothink_lsp.processes import clean_environment

logger = logging.getLogger(__name__)

_KEEPER_MODULE = "autothink_lsp.engines.keeper"
_FIND_PATIENCE_S = 60.0
"""As long as an old keeper may take to end its server before a new one can have its place."""
_LOOK_AGAIN_S = 0.05
_LINE_BYTES = 1 << 20


@define(eq=False)
class SharedEngine:
    """See ``base.Engine``. ``prepare`` runs before the first start and raises ``EngineError`` where it is no use."""

    spec: ServerSpec
    files: KeeperFiles
    _prepare: Callable[[], Any] | None = None
    _command: Sequence[str] | None = field(default=None, kw_only=True)
    _readiness: Readiness = field(factory=Readiness, init=False)
    _life: asyncio.Task[None] | None = field(default=None, init=False)
    _writer: asyncio.StreamWriter | None = field(default=None, init=False)
    _turning: asyncio.Lock = field(factory=asyncio.Lock, init=False)
    keeper_pid: int | None = field(default=None, init=False)

    @property
    def name(self) -> str:
        """For messages: ``vLLM``."""
        return self.spec.label

    @property
    def status(self) -> EngineStatus:
        """The latest step."""
        return self._readiness.status

    @property
    def state(self) -> EngineState:
        """``status.state``."""
        return self._readiness.status.state

    def subscribe(self, listener: StatusListener) -> Callable[[], None]:
        """See ``base.Engine``."""
        return self._readiness.subscribe(listener)

    def log_tail(self, lines: int = 40) -> str:
        """The last lines that the model server wrote."""
        return "\n".join(self.files.log_tail(lines))

    async def start(self) -> None:
        """See ``base.Engine``."""
        async with self._turning:
            if self._life is None or self._life.done():
                self._readiness.expect()
                self._readiness.say(EngineState.STARTING, f"starting {self.spec.label}")
                self._life = asyncio.create_task(self._live(), name="shared-engine")
        await self._readiness.wait()

    async def address(self) -> EngineAddress:
        """See ``base.Engine``."""
        if self.state is EngineState.STOPPED:
            await self.start()
        return await self._readiness.wait()

    async def check(self) -> bool:
        """See ``base.Engine``."""
        address = self._readiness.known()
        if address is None:
            return False
        if await is_well(address.url, self.spec.health_path):
            return True
        if address == self._readiness.known() and self._writer is not None:
            logger.warning("%s does not answer: starting it again", self.spec.label)
            self._readiness.expect()
            self._writer.write(b'{"restart": true}\n')
        return False

    async def stop(self) -> None:
        """Let go of it. It lives on for other windows, and for ``idle_s`` after the last one."""
        async with self._turning:
            if self._life is None:
                return
            self._life.cancel()
            await asyncio.wait([self._life])
            self._life = None
            self._readiness.disappoint(EngineError(f"{self.spec.label} was let go."))
            self._readiness.say(EngineState.STOPPED, "stopped")

    async def _live(self) -> None:
        """One keeper after the other, until one says that it is no use."""
        restarts = RestartPolicy()
        try:
            if self._prepare is not None:
                await self._prepare()
            while True:
                began = time.monotonic()
                await self._follow(*await self._find())
                self._readiness.expect()
                delay_s = restarts.died(time.monotonic() - began)
                if delay_s is None:
                    text = f"The process that keeps {self.spec.label} ends again and again."
                    self._readiness.failed(EngineError(text, hint=f"The log of its server is {self.files.log}."))
                    return
                self._readiness.say(EngineState.STARTING, f"the keeper of {self.spec.label} ended; starting it again")
                await asyncio.sleep(delay_s)
        except EngineError as error:
            self._readiness.failed(error)
        except OSError as error:
            self._readiness.failed(EngineError(f"{self.spec.label} could not be started: {error}."))

    async def _find(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to the keeper, started if need be. Two windows at once start two; one of them gives way."""
        started: subprocess.Popen[bytes] | None = None
        try:
            async with asyncio.timeout(_FIND_PATIENCE_S):
                while True:
                    known = self.files.read()
                    if known is not None and (connection := await _connect(known)) is not None:
                        self.keeper_pid = known.pid
                        return connection
                    if started is None or started.poll() == BUSY:
                        started = self._start_keeper()
                    elif started.returncode is not None:
                        raise EngineError(
                            f"The process that keeps {self.spec.label} did not start ({started.returncode}).",
                            hint=f"Is the folder {self.files.folder} writable?",
                        )
                    await asyncio.sleep(_LOOK_AGAIN_S)
        except TimeoutError as error:
            raise EngineError(
                f"The process that keeps {self.spec.label} cannot be reached.",
                hint=f"Is another one of its kind stuck? Its files are {self.files.folder / self.files.key}.*",
            ) from error

    def _start_keeper(self) -> subprocess.Popen[bytes]:
        """Detached: it outlives this window, whose terminal and pipes must not be kept open by it.

        Not through asyncio, whose transports kill what still runs when the loop is closed.
        """
        self.files.make_folder()
        process = subprocess.Popen(
            [*(self._command or child_command(_KEEPER_MODULE))],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            cwd=self.files.folder,
            env=clean_environment(),
        )
        message = {"spec": self.spec.to_message(), "folder": str(self.files.folder)}
        with contextlib.suppress(OSError), process.stdin or contextlib.nullcontext() as pipe:
            if pipe is not None:
                pipe.write(json.dumps(message).encode() + b"\n")
        return process

    async def _follow(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Tell what the keeper tells, until it is gone. Raises ``EngineError`` when it gives up."""
        self._writer = writer
        try:
            while line := await reader.readline():
                match json.loads(line):
                    case {"event": "status", "detail": str(detail), "fraction": fraction}:
                        self._readiness.expect()
                        self._readiness.say(EngineState.STARTING, detail, fraction)
                    case {"event": "ready", "url": str(url), "api_key": str(key)}:
                        self._readiness.expect()
                        self._readiness.is_ready(EngineAddress(url, key), f"{self.spec.label} is ready")
                    case {"event": "failed", "message": str(message), "hint": str(hint)}:
                        raise EngineError(message, hint=hint)
                    case _:
                        logger.debug("the keeper said %r", line)
        except (OSError, ValueError) as error:
            logger.debug("the keeper's connection: %s", error)
        finally:
            self._writer = None
            writer.close()


async def _connect(keeper: KeeperAddress) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
    """A greeted connection; ``None`` where nothing listens."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", keeper.port, limit=_LINE_BYTES)
    except OSError:
        return None
    writer.write(json.dumps({"token": keeper.token}).encode() + b"\n")
    return reader, writer


def engine_folder() -> Path:
    """Where keepers and their users meet."""
    from autothink_lsp.settings.paths import state_dir

    return state_dir() / "engines"
