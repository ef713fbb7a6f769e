"""The life of the model server inside the keeper: started, started again when it dies, given up when that is no use."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from attrs import define, field

from autothink_lsp.engines.keeper_files import KeeperFiles
from autothink_lsp.engines.restarts import RestartPolicy
from autothink_lsp.engines.served import EndedError, Served, free_port, is_taken
from autothink_lsp.engines.server_failures import failure_of, is_port_taken
from autothink_lsp.engines.server_log import progress_in
from autothink_lsp.engines.server_spec import ServerSpec
from autothink_lsp.errors import EngineError

_LINES = 400


@define(eq=False)
class ServerLife:
    """``tell`` gets every event; ``latest`` is the event that a new client has to get first."""

    spec: ServerSpec
    files: KeeperFiles
    tell: Callable[[dict[str, Any]], None]
    latest: dict[str, Any] = field(init=False)
    _api_key: str = field(factory=lambda: secrets.token_urlsafe(32), init=False)
    _lines: deque[str] = field(factory=lambda: deque(maxlen=_LINES), init=False)
    _last_word_s: float = field(factory=time.monotonic, init=False)
    _served: Served | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self.latest = self._status(f"starting {self.spec.label}")

    def restart(self) -> None:
        """A client found that the server does not answer: kill it; ``run`` starts the next one."""
        if self._served is not None and self.latest["event"] == "ready":
            self._say(self._status(f"{self.spec.label} does not answer; starting it again"))
            self._served.kill()

    async def run(self) -> None:
        """One server after the other, until one cannot start or too many died. Returns after a failure."""
        restarts = RestartPolicy()
        self.files.start_log()
        while True:
            began = time.monotonic()
            try:
                returncode, was_ready = await self._once()
            except EngineError as failure:
                return self._fail(failure)
            delay_s = restarts.died(time.monotonic() - began)
            failure = failure_of(self.spec, list(self._lines), returncode)
            if delay_s is None or (not was_ready and not self._port_was_lost()):
                return self._fail(failure)
            self._say(self._status(f"{self.spec.label} ended unexpectedly ({returncode}); starting it again"))
            await asyncio.sleep(delay_s)

    async def _once(self) -> tuple[int, bool]:
        """From start to unexpected end: how it ended, and whether it had been ready."""
        port = self.spec.port or free_port()
        if self.spec.port and is_taken(port):
            raise EngineError(
                f"Port {port} is taken by another program, so {self.spec.label} cannot listen there.",
                hint=f"Set {self.spec.kind}.port to another one or to 0, or end that program; if it is the server "
                f"that you mean, set url to http://127.0.0.1:{port}.",
            )
        self._lines.clear()
        self._last_word_s = time.monotonic()
        try:
            served = await Served.run(self.spec, port, self._api_key, self.files.folder, self._on_line)
        except OSError as error:
            raise EngineError(
                f"{self.spec.label} could not be started: {error}.", hint=f"Is {self.spec.kind}.python right?"
            ) from error
        self._served, was_ready = served, False
        try:
            await served.ready(lambda: self._last_word_s, time.monotonic)
            was_ready = True
            self._say({"event": "ready", "url": served.url, "api_key": self._api_key if self.spec.key_variable else ""})
            return await served.wait(), True
        except EndedError:
            return await served.wait(), was_ready
        except TimeoutError as error:
            raise EngineError(
                f"{self.spec.label} has written nothing for {self.spec.silence_s:.0f} s and is not ready.",
                hint=f"Its log is {self.files.log}.",
            ) from error
        finally:
            self._served = None
            await served.end()

    def _port_was_lost(self) -> bool:
        """Another program took the port between our choice and the start: choose another one."""
        return not self.spec.port and is_port_taken(list(self._lines))

    def _fail(self, failure: EngineError) -> None:
        self._say({"event": "failed", "message": failure.message, "hint": failure.hint})

    def _on_line(self, line: str) -> None:
        self._last_word_s = time.monotonic()
        self._lines.append(line)
        self.files.write_log(line)
        if self.latest["event"] == "status" and (progress := progress_in(line)) is not None:
            self._say(self._status(f"{self.spec.label}: {progress.text}", progress.fraction))

    def _status(self, detail: str, fraction: float | None = None) -> dict[str, Any]:
        return {"event": "status", "detail": detail, "fraction": fraction}

    def _say(self, event: dict[str, Any]) -> None:
        self.latest = event
        self.tell(event)
