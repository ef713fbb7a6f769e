"""A small LSP client: starts ``autothink-lsp serve`` as an editor does and talks plain JSON-RPC over its pipes.

For ``try``, ``bench`` and the end-to-end tests. It knows no types of LSP on purpose: what it sees is what goes over the
wire.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any, Final

Json = Any
CHUNK_BYTES = 1 << 16


# What ``answers`` gives for a request of the server that is never answered (some editors do not).
SILENCE: Final = object()
# ... and for one that is answered by "no such method".
REFUSED: Final = object()
# A test knows which mode a request takes.
_CERTAIN: Final = {"AUTOTHINK_ASSIST__EXPLORE": "never"}


class ServerError(Exception):
    """An error reply: ``code`` and the server's text."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{text} ({code})")
        self.code = code


class LspClient:
    """One server process. ``answers`` maps methods that the server asks us to a value or a function of the
    parameters."""

    def __init__(self, answers: Mapping[str, Json | Callable[[Json], Json]] | None = None) -> None:
        self.notifications: list[tuple[str, Json]] = []
        self.requests: list[tuple[str, Json]] = []
        self.stray: list[Json] = []  # replies to no request of ours
        self.on_notification: Callable[[str, Json], None] = lambda _method, _params: None
        self._answers = dict(answers or {})
        self._waiting: dict[int, asyncio.Future[Json]] = {}
        self._ids = count(1)
        self._held: list[bytes] | None = None  # messages that go out in one piece
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None

    @classmethod
    async def start(
        cls,
        command: Sequence[str] = (sys.executable, "-P", "-m", "autothink_lsp", "serve"),
        *,
        environ: Mapping[str, str] | None = None,
        inherited: Mapping[str, str] = os.environ,
        answers: Mapping[str, Json | Callable[[Json], Json]] | None = None,
        stderr: int | None = None,
    ) -> LspClient:
        """Start the server with ``environ`` on top of what it inherits. Its standard error is ours without
        ``stderr``."""
        client = cls(answers)
        client._process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=stderr,
            cwd=None,  # the folder that the user calls the command in, or the test
            env={**inherited, **_CERTAIN, **(environ or {})},
        )
        client._reader = asyncio.create_task(client._read(), name="lsp client reader")
        return client

    @property
    def process(self) -> asyncio.subprocess.Process:
        """The server's process."""
        if self._process is None:
            raise RuntimeError("not started")
        return self._process

    async def initialize(
        self, capabilities: Json = None, *, folder_uri: str | None = None, options: Json = None
    ) -> Json:
        """The handshake; the server's reply to ``initialize``."""
        result = await self.request(
            "initialize",
            {
                "processId": os.getpid(),
                "rootUri": folder_uri,
                "capabilities": capabilities or {"textDocument": {"inlineCompletion": {}}},
                "workspaceFolders": [{"uri": folder_uri, "name": "folder"}] if folder_uri else None,
                "initializationOptions": options,
            },
        )
        self.notify("initialized", {})
        return result

    def send(self, method: str, params: Json) -> tuple[int, asyncio.Future[Json]]:
        """Send a request without waiting: its id, and the future of its result (or ``ServerError``)."""
        number = next(self._ids)
        future: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        # The exception of a cancelled request may stay unread.
        future.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._waiting[number] = future
        self._write({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        return number, future

    async def request(self, method: str, params: Json = None, *, timeout_s: float = 60.0) -> Json:
        """Send and wait. Raises ``ServerError`` for an error reply, ``TimeoutError`` for none."""
        return await asyncio.wait_for(self.send(method, params)[1], timeout_s)

    def notify(self, method: str, params: Json) -> None:
        """Send a notification."""
        self._write({"jsonrpc": "2.0", "method": method, "params": params})

    def cancel(self, number: int) -> None:
        """Ask the server to give up a request; it still has to answer it."""
        self.notify("$/cancelRequest", {"id": number})

    def unanswered(self) -> list[int]:
        """Ids of requests without a reply so far."""
        return [number for number, future in self._waiting.items() if not future.done()]

    async def stop(self, *, timeout_s: float = 15.0) -> int:
        """``shutdown``, ``exit``, and the process's status; killed if it does not leave."""
        with contextlib.suppress(ServerError, TimeoutError, ConnectionError):
            await self.request("shutdown", timeout_s=timeout_s)
            self.notify("exit", None)
        try:
            status = await asyncio.wait_for(self.process.wait(), timeout_s)
        except TimeoutError:
            self.process.kill()
            status = await self.process.wait()
        await self._drop_pipes()
        return status

    async def kill(self) -> None:
        """SIGKILL, as a crash of the server."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()
        await self._drop_pipes()

    async def _drop_pipes(self) -> None:
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
        if self.process.stdin is not None:
            self.process.stdin.close()

    def write_raw(self, data: bytes) -> None:
        """Bytes as they are, for what a broken client sends."""
        if self._held is not None:
            self._held.append(data)
        elif self.process.stdin is not None:
            self.process.stdin.write(data)

    @contextlib.contextmanager
    def at_once(self) -> Iterator[None]:
        """What is sent meanwhile goes out in one piece at the end, so that the server reads all of it together."""
        self._held = held = []
        try:
            yield
        finally:
            self._held = None
            self.write_raw(b"".join(held))

    def _write(self, message: Json) -> None:
        body = json.dumps(message).encode()
        self.write_raw(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    async def _read(self) -> None:
        stdout = self.process.stdout
        if stdout is None:
            return
        try:
            while True:
                headers = await stdout.readuntil(b"\r\n\r\n")
                length = next(
                    int(line.split(b":")[1])
                    for line in headers.split(b"\r\n")
                    if line.lower().startswith(b"content-length")
                )
                self._take(json.loads(await stdout.readexactly(length)))
        except (asyncio.IncompleteReadError, ConnectionError):
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(ConnectionError("the server has gone"))

    def _take(self, message: Json) -> None:
        if "method" in message:
            if "id" in message:
                self._answer(message)
            else:
                self.notifications.append((message["method"], message.get("params")))
                self.on_notification(message["method"], message.get("params"))
            return
        future = self._waiting.get(message.get("id"))
        if future is None or future.done():
            self.stray.append(message)
        elif "error" in message:
            future.set_exception(ServerError(message["error"]["code"], message["error"]["message"]))
        else:
            future.set_result(message.get("result"))

    def _answer(self, message: Json) -> None:
        self.requests.append((message["method"], message.get("params")))
        answer = self._answers.get(message["method"])
        if callable(answer):
            answer = answer(message.get("params"))
        if answer is SILENCE:
            return
        if answer is REFUSED:
            error = {"code": -32601, "message": message["method"]}
            self._write({"jsonrpc": "2.0", "id": message["id"], "error": error})
            return
        if answer is None and message["method"] == "workspace/configuration":
            answer = [None] * len(message["params"]["items"])
        self._write({"jsonrpc": "2.0", "id": message["id"], "result": answer})
