"""Tests start the language server and its commands from a process that has imported them: 20 ms of CPU, not 600.

``install()`` replaces what ``subprocess`` (and with it ``asyncio``) calls to start a program. A command line of ours
goes to the fork server of this test session (``fork_server_main.py``); all other programs start as ever. The test gets
a child process of its own with its own pipes, environment, working directory and exit status, which receives signals
as any other. It was forked twice, and this process was its "child subreaper" (prctl(2)) while its first parent ended.

A server or command that was started so has a fork server of its own, for the modules that it starts itself.

A process really starts where the difference may matter: in tests with the fixture ``true_start``, with a terminal,
another user, descriptors to inherit, or variables that the interpreter reads when it starts, and on other systems than
Linux.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autothink_lsp.processes.spawn import module_command
from tests.support.fork_server_main import NUMBER

SUPPORT = Path(__file__).parent
MAIN = SUPPORT / "fork_server_main.py"
# Programs of tests that run our server with changes.
PROGRAMS = frozenset({str(SUPPORT / "short_deadlines_server.py"), str(SUPPORT / "gated_repairs_server.py")})
# Modules that our code starts as ``module_command`` says.
MODULES = ("autothink_lsp.context.index.indexer_main", "autothink_lsp.engines.models.pip_main")
# Variables that take effect when the interpreter or its C library starts.
STARTING_VARIABLES = ("PYTHON", "LC_", "LANG", "LD_", "MALLOC_", "GLIBC_", "COVERAGE_")
# ... but these the forked process takes into account.
HEEDED = frozenset({"PYTHONPATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"})
SET_CHILD_SUBREAPER = 36  # linux/prctl.h
_INHERITED = -1  # a stream or group that Popen leaves as it is
_original: Any = getattr(subprocess, "_fork_exec", None)


@dataclass(frozen=True)
class Program:
    """A command line of ours: ``kind`` is ``-m``, ``-c`` or ``file``, and ``name`` what follows it."""

    kind: str
    name: str
    arguments: list[str]
    module: str = ""
    """The module whose ``main`` is run by ``-c``."""
    reads_variables: bool = True
    """Whether the interpreter reads its variables (there is no ``-E``)."""


class ForkServer:
    """The process that forks ours. It starts with the first order and ends with this process."""

    def __init__(self) -> None:
        self.forked = 0
        """How many processes it has started."""
        self._lock = threading.Lock()
        self._orders: socket.socket | None = None
        self._process_id: int | None = None
        self._owner = 0
        self._variables: dict[str, str] = {}
        self._prctl = ctypes.CDLL(None, use_errno=True).prctl

    def fork(self, program: Program, call: Sequence[Any]) -> int | None:
        """The id of a new child process that runs the program. ``None``: it needs a start of its own.

        ``call`` are the arguments of ``_posixsubprocess.fork_exec``.
        """
        environment = _environment(call[5])
        wanted = {os.fsdecode(name): os.fsdecode(value) for name, value in environment}
        streams = [
            given if given != _INHERITED else number for number, given in enumerate((call[6], call[9], call[11]))
        ]
        try:
            folder = str(Path(os.fsdecode(call[4]) if call[4] is not None else ".").absolute())
            if not os.access(folder, os.X_OK) or any(os.isatty(one) for one in streams):
                return None
        except OSError:
            return None
        order = {
            "command_line": [os.fsdecode(one) for one in call[0]],
            "kind": program.kind,
            "name": program.name,
            "arguments": program.arguments,
            "module": program.module,
            "folder": folder,
            "environment": [[name.decode("latin-1"), value.decode("latin-1")] for name, value in environment],
            "unbuffered": program.reads_variables and bool(wanted.get("PYTHONUNBUFFERED")),
            "session": bool(call[15]),
            "group": call[16],
        }
        text = json.dumps(order).encode()
        with self._lock:
            if self._owner != os.getpid():
                self._start()
            same = _starting(self._variables, program) == _starting(wanted, program)
            if self._orders is None or not same:
                return None
            try:
                with self._subreaper():
                    socket.send_fds(self._orders, [NUMBER.pack(len(text))], streams)
                    self._orders.sendall(text)
                    process_id = self._number()
            except OSError:
                self._orders = None
                return None
            self.forked += 1
            return process_id

    def adopt(self, orders: socket.socket, process_id: int) -> None:
        """Take the child ``process_id`` at the other end of ``orders`` for this process's fork server."""
        self._owner, self._process_id = os.getpid(), process_id
        self._orders, self._variables = orders, dict(os.environ)

    def stop(self) -> None:
        """End it, if this process has started it. The next order starts another one."""
        with self._lock:
            if self._owner != os.getpid():
                return
            self._owner = 0
            if self._orders is not None:
                self._orders.close()
            if self._process_id is not None:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(self._process_id, 0)

    def _start(self) -> None:
        self._owner = os.getpid()
        self._orders, theirs = socket.socketpair()
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        self._variables = dict(environment)
        kept: list[str] = []
        if sys.pycache_prefix and not sys.dont_write_bytecode:  # see keep_bytecode of session_cost.py
            kept = ["-X", f"pycache_prefix={sys.pycache_prefix}"]
            environment.pop("PYTHONDONTWRITEBYTECODE", None)
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-P", *kept, str(MAIN)],
                stdin=theirs,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env=environment,
            )
        self._process_id = process.pid
        process.returncode = 0  # ``stop`` waits for it
        atexit.register(self.stop)
        try:
            self._number()
        except OSError:  # it cannot import the server: let the test see that
            self._orders = None

    def _number(self) -> int:
        assert self._orders is not None
        data = self._orders.recv(NUMBER.size, socket.MSG_WAITALL)
        if len(data) < NUMBER.size:
            raise ConnectionError("the fork server has ended")
        return NUMBER.unpack(data)[0]

    @contextlib.contextmanager
    def _subreaper(self) -> Iterator[None]:
        """Orphans among the descendants of this process become its children meanwhile."""
        if self._prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "no child subreaper")
        try:
            yield
        finally:
            self._prctl(SET_CHILD_SUBREAPER, 0, 0, 0, 0)


SERVER = ForkServer() if sys.platform == "linux" and _original is not None else None
_true_starts = 0


@contextlib.contextmanager
def true_starts() -> Iterator[None]:
    """Every process really starts meanwhile."""
    global _true_starts  # noqa: PLW0603 - one per process, as the replaced function
    _true_starts += 1
    try:
        yield
    finally:
        _true_starts -= 1


def install() -> None:
    """Start our command lines by the fork server from now on."""
    if SERVER is not None:
        subprocess._fork_exec = _fork_exec  # type: ignore[attr-defined]


def program_of(command_line: Sequence[str]) -> Program | None:
    """The program of ours that a command line runs; ``None`` for any other."""
    if not command_line or command_line[0] != sys.executable:
        return None
    rest = list(command_line[1:])
    if rest[:3] == ["-P", "-E", "-c"]:
        code = rest[3] if len(rest) > 3 else ""
        module = next((one for one in MODULES if code == module_command(one)[4]), None)
        return Program("-c", code, rest[4:], module=module, reads_variables=False) if module else None
    if rest[:1] == ["-P"]:
        del rest[0]
    if rest[:2] == ["-m", "autothink_lsp"]:
        return Program("-m", "autothink_lsp", rest[2:])
    if rest and rest[0] in PROGRAMS:
        return Program("file", rest[0], rest[1:])
    return None


def _fork_exec(*call: Any) -> int:
    """``_posixsubprocess.fork_exec``; its arguments have the same places in Python 3.11 to 3.14."""
    program = program_of([os.fsdecode(one) for one in call[0]])
    if program is not None and SERVER is not None and not _true_starts and _is_plain(call):
        process_id = SERVER.fork(program, call)
        if process_id is not None:
            return process_id
    return _original(*call)


def _is_plain(call: Sequence[Any]) -> bool:
    """Whether nothing is wanted that the fork server does not do: other descriptors, another user or mask, a function
    that is called in the new process. The one descriptor that is kept reports errors of ``exec``."""
    closes_others, kept, (gid, groups, uid, mask, prepare) = call[2], call[3], call[17:22]
    unset = {None, _INHERITED}
    return bool(closes_others) and len(kept) == 1 and {gid, uid} <= unset and groups is prepare is None and mask == -1


def _environment(listed: Sequence[bytes] | None) -> list[tuple[bytes, bytes]]:
    if listed is None:
        return list(os.environb.items())
    return [(name, value) for name, _, value in (one.partition(b"=") for one in listed)]


def _starting(environment: dict[str, str], program: Program) -> dict[str, str]:
    """The variables that a process which is running already could not take into account."""
    return {
        name: value
        for name, value in environment.items()
        if name.startswith(STARTING_VARIABLES)
        and name not in HEEDED
        and (program.reads_variables or not name.startswith("PYTHON"))
    }
