"""The keystroke bench in one process and in virtual time: the real server over pipes, the made-up model server over
HTTP and the person, in one event loop whose clock jumps to the next timer.

What the server does is the same in each run, under any load, so that it can be counted. Callbacks of the server are
told from the bench's own by their context (``is_servers``).
"""

from __future__ import annotations

import asyncio
import json
import os
import selectors
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from itertools import count
from typing import Any, cast
from unittest import mock

from attrs import define, evolve, field

from autothink_lsp.app import build_server
from autothink_lsp.framing import FrameParser
from autothink_lsp.lsp.transport import Writer, writes_without_waiting
from tests.bench.keystroke import trial as trials
from tests.bench.keystroke.backend import MadeUpBackend
from tests.bench.keystroke.editor import CAPABILITIES, Editor
from tests.bench.keystroke.oracle import Oracle
from tests.bench.keystroke.pace import Pace
from tests.bench.keystroke.person import Person
from tests.bench.keystroke.places import Prose, without
from tests.bench.keystroke.tally import Tally, tally
from tests.bench.keystroke.trace import strokes
from tests.bench.keystroke.trial import Trial

_FAR_S = 1_000.0  # when the clock begins
_START_S = 5.0  # real seconds for a thread, where no timer is set
_PIPE_BYTES = 1 << 20  # a whole document
_LINUX_SET_PIPE_SIZE = 1031  # fcntl's F_SETPIPE_SZ

_is_server: ContextVar[bool] = ContextVar("bench_is_server", default=False)


def is_servers(handle: asyncio.Handle) -> bool:
    """Whether a callback of the loop belongs to the server."""
    return bool(cast("Any", handle)._context.get(_is_server, False))


class _Jumping(selectors.DefaultSelector):  # type: ignore[misc,valid-type]  # which class it is depends on the machine
    """Waits for nothing where a timer is set: the clock jumps to it. What is ready on loopback is ready at once."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = _FAR_S
        self.jumps = 0

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(0 if timeout is not None else _START_S)
        if ready or timeout is None or timeout <= 0:
            return ready
        self.now_s += timeout + 1e-6
        self.jumps += 1
        return super().select(0)


@define(eq=False)
class Session:
    """``jumps`` of the clock: with the first callback after one the process would have been woken. ``edits`` were sent
    to the server, ``shown`` of its replies had a suggestion, and the model server got ``requests``."""

    selector: _Jumping = field(factory=_Jumping)
    edits: int = 0
    shown: int = 0
    _backend: MadeUpBackend | None = None

    @property
    def requests(self) -> int:
        """How many requests for a completion the model server got."""
        return len(self._backend.jobs) if self._backend is not None else 0

    @property
    def jumps(self) -> int:
        """How often the clock has jumped."""
        return self.selector.jumps

    def run(self, trial: Trial, make_pace: Callable[[Callable[[], float]], Pace], begin: Callable[[], None]) -> Tally:
        """Type in front of the server. ``begin`` is called before the first key that counts. ``make_pace`` gets the
        clock."""
        with mock.patch("time.monotonic", self._now_s), mock.patch("time.perf_counter", self._now_s):
            loop = asyncio.SelectorEventLoop(self.selector)
            try:
                return loop.run_until_complete(_typed(trial, make_pace(self._now_s), begin, self))
            finally:
                loop.close()

    def _now_s(self) -> float:
        return self.selector.now_s


class _Client:
    """As much of ``LspClient`` as an ``Editor`` needs."""

    def __init__(self, session: Session, from_server: int, to_server: int) -> None:
        self._session, self._from_server, self._to_server = session, from_server, to_server
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._ids, self._parser = count(1), FrameParser(strict=True)
        asyncio.get_running_loop().add_reader(from_server, self._read)

    def send(self, method: str, params: Any) -> tuple[int, asyncio.Future[Any]]:
        number, reply = next(self._ids), asyncio.get_running_loop().create_future()
        reply.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._waiting[number] = reply
        self._write({"id": number, "method": method, "params": params})
        return number, reply

    def notify(self, method: str, params: Any) -> None:
        self._session.edits += method == "textDocument/didChange"
        self._write({"method": method, "params": params})

    def cancel(self, number: int) -> None:
        self.notify("$/cancelRequest", {"id": number})

    def unanswered(self) -> list[int]:
        return [number for number, reply in self._waiting.items() if not reply.done()]

    def _write(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        os.write(self._to_server, b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    def _read(self) -> None:
        for body in self._parser.feed(os.read(self._from_server, 1 << 16)):
            message = json.loads(cast("bytes", body))
            if "method" in message:
                if "id" in message:
                    items = (message.get("params") or {}).get("items", ())
                    self._write({"id": message["id"], "result": [None] * len(items) or None})
                continue
            reply = self._waiting.pop(message["id"])
            if "error" in message:
                reply.set_exception(ConnectionError(message["error"]["message"]))
            else:
                result = message["result"]
                self._session.shown += isinstance(result, dict) and bool(result.get("items"))
                reply.set_result(result)


@contextmanager
def _pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    try:
        yield ends
    finally:
        for end in ends:
            os.close(end)


async def _typed(trial: Trial, pace: Pace, begin: Callable[[], None], session: Session) -> Tally:
    import fcntl  # Linux only, as the size of a pipe is

    oracle = Oracle(trial.file.text, trial.seed, trial.knowledge)
    with tempfile.TemporaryDirectory() as home, _pipe() as (server_in, to_server), _pipe() as (from_server, server_out):
        fcntl.fcntl(to_server, _LINUX_SET_PIPE_SIZE, _PIPE_BYTES)
        async with MadeUpBackend(oracle, pace) as backend:
            session._backend = backend
            environment = trials._environment(trial, backend, home, debounce_ms="auto")
            with mock.patch.dict(os.environ, environment), os.fdopen(os.dup(server_out), "wb") as stream:
                context = copy_context()
                context.run(_is_server.set, True)
                server = build_server()
                running = server.run(
                    lambda size: os.read(server_in, size),
                    Writer(stream, writes_without_waiting(stream.fileno())),
                    descriptor=server_in,
                )
                serving = asyncio.get_running_loop().create_task(running, context=context)
                client = _Client(session, from_server, to_server)
                try:
                    return await _type(trial, cast("Any", client), backend, oracle, begin)
                finally:
                    await client.send("shutdown", None)[1]
                    client.notify("exit", None)
                    await serving
                    asyncio.get_running_loop().remove_reader(from_server)


async def _type(trial: Trial, client: Any, backend: MadeUpBackend, oracle: Oracle, begin: Callable[[], None]) -> Tally:
    """As ``trial.run_against``, at places one after the other."""
    initialized = await client.send("initialize", {"processId": None, "rootUri": None, "capabilities": CAPABILITIES})[1]
    client.notify("initialized", {})
    editor = Editor.of(client, without(trial.file, trial.chosen()), initialized)
    await trials._ready(editor, trial.chosen()[0], backend)
    person, prose, warm_keys = Person(editor, lambda _offset: False), Prose.of(trial.file.text), trial.warm_keys
    for number, place in enumerate(trial.chosen()):
        person.reached = trials._reaching(oracle, trial.file, place, prose)
        trace = strokes(place.text, trial.seed + number)
        if number == 0:
            await person.type_at(place, [evolve(stroke, accepts=False) for stroke in trace[:warm_keys]], warm_keys)
            trace = trace[warm_keys:]
            begin()
        await person.type_at(place, trace, trial.keys + warm_keys - len(person.pressed), moves=number > 0)
        person.leave(place)
        if len(person.pressed) >= trial.keys + warm_keys:
            break
    pressed = person.pressed[warm_keys:]
    jobs = [job for job in backend.jobs if job.arrived_s >= pressed[0].written_s]
    return tally(pressed, jobs, len(client.unanswered()))
