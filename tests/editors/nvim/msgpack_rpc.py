"""A connection to ``nvim --embed``: MessagePack-RPC over its standard input and output, in asyncio."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from itertools import count
from typing import Any

import msgpack

REQUEST, RESPONSE, NOTIFICATION = 0, 1, 2


class NvimError(Exception):
    """What Neovim answered instead of a result."""


class NvimConnection:
    """``on_notification`` hears (method, arguments) in the order in which they were sent."""

    def __init__(self, process: asyncio.subprocess.Process, on_notification: Callable[[str, list[Any]], None]) -> None:
        self.process = process
        self._on_notification = on_notification
        self._numbers = count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._reader = asyncio.create_task(self._read())

    async def request(self, method: str, *arguments: Any, timeout_s: float = 15.0) -> Any:
        """Neovim's answer; ``NvimError`` with its words."""
        assert self.process.stdin is not None
        number = next(self._numbers)
        future = self._waiting[number] = asyncio.get_running_loop().create_future()
        self.process.stdin.write(msgpack.packb([REQUEST, number, method, list(arguments)]))
        return await asyncio.wait_for(future, timeout_s)

    async def close(self) -> None:
        """End Neovim, if need be by force."""
        assert self.process.stdin is not None
        with contextlib.suppress(OSError, asyncio.TimeoutError, NvimError):
            self.process.stdin.write(msgpack.packb([NOTIFICATION, "nvim_command", ["qall!"]]))
            await asyncio.wait_for(self.process.wait(), 10)
        if self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
        self._reader.cancel()

    async def _read(self) -> None:
        assert self.process.stdout is not None
        unpacker = msgpack.Unpacker(raw=False, unicode_errors="surrogateescape", ext_hook=_handle)
        while chunk := await self.process.stdout.read(1 << 16):
            unpacker.feed(chunk)
            for message in unpacker:
                self._take(message)
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(NvimError("Neovim has ended"))

    def _take(self, message: list[Any]) -> None:
        if message[0] == RESPONSE:
            future = self._waiting.pop(message[1])
            if future.done():
                return
            if message[2] is not None:
                future.set_exception(NvimError(str(message[2])))
            else:
                future.set_result(message[3])
        elif message[0] == NOTIFICATION:
            self._on_notification(message[1], message[2])


def _handle(_code: int, data: bytes) -> Any:
    """Buffers and windows come as numbers in an extension type."""
    return msgpack.unpackb(data)
