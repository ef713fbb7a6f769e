"""The process that keeps one shared model server, for all editor windows of a user.

A model of forty gigabytes is loaded once, not once a window, and it must outlive the window that asked for it first. So
the server is the keeper's child, and the keeper belongs to its *users*: each language server holds a
connection to it, which the kernel closes however that server ends. The keeper ends the model server when the last
connection has been gone for ``idle_s``, and the kernel ends the model server when the keeper is gone.

Standard input   one line of JSON: the ``ServerSpec`` and ``folder``, where these files are:
``KEY.lock``     locked as long as a keeper lives: a second keeper of the same key sees that and ends with ``BUSY``
``KEY.json``     ``{"port", "token", "pid"}``, readable for the user only; written when the keeper listens
``KEY.log``      what the model server writes

A user connects to ``port`` and sends ``{"token": …}``, later perhaps ``{"restart": true}``; it gets one JSON object a
line: ``status`` (state, detail, fraction), ``ready`` (url, api_key), ``failed`` (message, hint).
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import os
import secrets
import signal
import sys
import time
from pathlib import Path
from typing import Any

from attrs import define, field

from autothink_lsp.engines.keeper_files import BUSY, KeeperFiles
from autothink_lsp.engines.keeper_life import ServerLife
from autothink_lsp.engines.server_spec import ServerSpec

FIRST_USER_PATIENCE_S = 30.0
_GREETING_PATIENCE_S = 5.0
_LAST_WORD_S = 0.1


@define(eq=False)
class Keeper:
    """Users on one side, the server's life on the other."""

    spec: ServerSpec
    files: KeeperFiles
    life: ServerLife = field(init=False)
    _token: str = field(factory=lambda: secrets.token_urlsafe(32), init=False)
    _users: set[asyncio.StreamWriter] = field(factory=set, init=False)
    _alone_since: float = field(factory=time.monotonic, init=False)
    _anybody_came: asyncio.Event = field(factory=asyncio.Event, init=False)
    _patience_s: float = field(default=FIRST_USER_PATIENCE_S, init=False)

    def __attrs_post_init__(self) -> None:
        self.life = ServerLife(self.spec, self.files, self._tell)

    async def run(self) -> None:
        """Run until no client needs the server, or a client asks to end it."""
        ending = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            with contextlib.suppress(NotImplementedError):  # Windows
                asyncio.get_running_loop().add_signal_handler(number, ending.set)
        listener = await asyncio.start_server(self._user, "127.0.0.1", 0)
        self.files.announce(listener.sockets[0].getsockname()[1], self._token)
        living = asyncio.create_task(self.life.run(), name="server-life")
        told = asyncio.create_task(ending.wait(), name="told-to-end")
        try:
            while not (ending.is_set() or living.done() or self._is_idle()):
                pause_s = min(1.0, max(0.05, self._patience_s / 4))
                await asyncio.wait({living, told}, timeout=pause_s, return_when=asyncio.FIRST_COMPLETED)
            await self._tell_the_first_one()
        finally:
            self.files.withdraw()
            listener.close()
            living.cancel()
            told.cancel()
            await asyncio.gather(living, told, return_exceptions=True)
            for user in self._users:  # what was written last still goes out: close() flushes
                user.close()
            await asyncio.sleep(_LAST_WORD_S)

    async def _tell_the_first_one(self) -> None:
        """A server may fail before the window that wants it has connected: that window must hear why."""
        if self.life.latest["event"] == "failed":
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._anybody_came.wait(), timeout=_GREETING_PATIENCE_S)

    def _is_idle(self) -> bool:
        return not self._users and time.monotonic() - self._alone_since > self._patience_s

    async def _user(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from its token to its end."""
        try:
            async with asyncio.timeout(_GREETING_PATIENCE_S):
                greeting = _message(await reader.readline())
            if not hmac.compare_digest(str(greeting.get("token", "")), self._token):
                return
            self._users.add(writer)
            self._anybody_came.set()
            _send(writer, self.life.latest)
            while line := await reader.readline():
                if _message(line).get("restart"):
                    self.life.restart()
        except (TimeoutError, OSError, ValueError):
            pass
        finally:
            self._users.discard(writer)
            if not self._users:
                self._alone_since, self._patience_s = time.monotonic(), self.spec.idle_s
            writer.close()

    def _tell(self, event: dict[str, Any]) -> None:
        if event["event"] == "failed" and self._users:
            self.files.withdraw()  # who tries anew must not find this keeper on its way out
        for user in self._users:
            _send(user, event)


def _send(writer: asyncio.StreamWriter, event: dict[str, Any]) -> None:
    with contextlib.suppress(OSError, RuntimeError):
        writer.write(json.dumps(event).encode() + b"\n")


def _message(line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def main() -> None:
    """Keep one server. Exit status ``BUSY`` where another keeper does so already."""
    start = json.loads(sys.stdin.readline())
    spec = ServerSpec.from_message(start["spec"])
    files = KeeperFiles(Path(start["folder"]), spec.key)
    os.chdir(files.folder)
    if not files.lock():
        sys.exit(BUSY)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(Keeper(spec, files).run())
