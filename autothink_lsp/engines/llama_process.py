"""One run of the embedded engine's child process: start it, hear that it is ready, keep its log, end it.

Decides nothing about starting again; that is ``llama.py``. Must not import xllamacpp.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import secrets
import subprocess
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from attrs import define, field

from autothink_lsp.engines.base import EngineAddress
from autothink_lsp.engines.parameters import LlamaParameters
from autothink_lsp.processes import clean_environment, neutral_folder

logger = logging.getLogger(__name__)

_LOG_LINES = 400
_LOG_LINE_CHARACTERS = 400
_PATIENCE_S = 1.0
"""How long each step of ending a process may take before the next, harsher one."""


class LoadRefusedError(Exception):
    """The child said why it cannot serve. Trying again would end the same way."""


class ChildDiedError(Exception):
    """The child ended without a word. ``returncode`` as in ``subprocess``: minus the signal's number."""

    def __init__(self, returncode: int) -> None:
        super().__init__(f"returncode {returncode}")
        self.returncode = returncode


@define
class LogRing:
    """The last lines of a child's standard error, of bounded size."""

    _lines: deque[str] = field(factory=lambda: deque(maxlen=_LOG_LINES), init=False)

    def append(self, line: str) -> None:
        """Add one line, cut to a length worth reading."""
        self._lines.append(line.rstrip()[:_LOG_LINE_CHARACTERS])

    def tail(self, count: int) -> list[str]:
        """The last ``count`` lines, oldest first."""
        return list(self._lines)[-count:] if count > 0 else []


@define
class LlamaProcess:
    """A child that was started. ``run`` makes one; ``end`` must follow in any case."""

    pid: int
    _process: Process
    _log: LogRing
    _api_key: str
    _log_task: asyncio.Task[None]

    @classmethod
    async def run(cls, command: Sequence[str], parameters: LlamaParameters, log: LogRing) -> LlamaProcess:
        """Start ``command`` and hand it its parameters. Raises ``OSError`` when the system cannot start it."""
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            limit=1 << 20,
            start_new_session=True,  # the interrupt key in a terminal is for us, not for the child
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            cwd=neutral_folder(),  # llama.cpp loads backends (libggml-*.so) from its current folder
            env=clean_environment(),
        )
        api_key = secrets.token_urlsafe(32)
        message = {
            "parent_pid": os.getpid(),
            "api_key": api_key,
            "parameters": parameters.to_message(),
        }
        assert process.stdin is not None  # noqa: S101 - PIPE was asked for
        process.stdin.write(json.dumps(message).encode() + b"\n")
        log_task = asyncio.create_task(_keep_log(process, log), name="engine-log")
        return cls(process.pid, process, log, api_key, log_task)

    async def ready(self, on_fraction: Callable[[float], None], patience_s: float) -> EngineAddress:
        """Wait for the ready line. ``patience_s`` is the longest silence between two words of the child.

        Raises ``LoadRefusedError`` with the child's own words, ``ChildDiedError``, or ``TimeoutError``.
        """
        while True:
            async with asyncio.timeout(patience_s):
                event = await self._next_event()
            match event:
                case {"event": "reading", "fraction": float(fraction)}:
                    on_fraction(fraction)
                case {"event": "ready", "url": str(url)}:
                    return EngineAddress(url, self._api_key)
                case {"event": "failed", "message": str(message)}:
                    await self.wait()  # so that its last words are in the log
                    raise LoadRefusedError(message)
                case None:
                    raise ChildDiedError(await self.wait())
                case _:
                    logger.debug("engine said %s", event)

    async def wait(self) -> int:
        """Wait for its end and for the rest of its log."""
        returncode = await self._process.wait()
        await asyncio.wait([self._log_task], timeout=_PATIENCE_S)
        return returncode

    async def end(self) -> None:
        """Ask by closing its input, then terminate, then kill; at most three seconds."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        for harsher in (self._process.terminate, self._process.kill, None):
            try:
                async with asyncio.timeout(_PATIENCE_S):
                    await self._process.wait()
                break
            except TimeoutError:
                if harsher is not None:
                    logger.debug("engine %d does not end: %s", self.pid, harsher.__name__)
                    harsher()
        self._log_task.cancel()

    async def _next_event(self) -> dict[str, Any] | None:
        assert self._process.stdout is not None  # noqa: S101
        line = await self._process.stdout.readline()
        if not line:
            return None
        try:
            event = json.loads(line)
        except ValueError:
            event = {}
        return event if isinstance(event, dict) else {}


async def _keep_log(process: Process, log: LogRing) -> None:
    assert process.stderr is not None  # noqa: S101
    while True:
        try:
            line = await process.stderr.readline()
        except ValueError:  # a line longer than the reader's limit; asyncio has dropped it
            continue
        if not line:
            return
        text = line.decode("utf-8", "replace")
        log.append(text)
        logger.debug("%s", text.rstrip())
