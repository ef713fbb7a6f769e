"""The fork server's process: ``python -P fork_server_main.py`` with a socket as standard input.

It imports the language server once, and then forks a process for each order that ``fork_server.py`` sends. A forked
process has the streams, arguments, environment and working directory of its order, and runs what the command line
would run. It differs from a process of its own in what is imported before ``main`` begins, in what ``/proc`` says of
its command line and first environment, and in that its modules are not cleared at its end. The fork server has one
thread and no event loop, and reads no settings.

In a session of ``parallel_pytest`` it is forked from the process that started the session, which has imported all of
this already.

An order is a length of four bytes, with the three standard streams as ancillary data, and then JSON. The reply is the
process id, four bytes.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import gc
import importlib
import io
import json
import os
import pkgutil
import runpy
import signal
import socket
import struct
import sys
import threading
import types
from pathlib import Path
from typing import Any

_SET_THP_DISABLE = 41  # linux/prctl.h
NUMBER = struct.Struct("=i")
_PYTHONPATH = os.environ.get("PYTHONPATH", "")  # as it was when this process began
STREAMS = (("stdin", "rb"), ("stdout", "wb"), ("stderr", "wb"))
# What servers and commands import later than at their start, apart from modules of ours.
OTHERS = (
    "concurrent.futures.thread",
    "encodings.idna",
    "httpx",
    "httpcore",
    "importlib.metadata",
    "lsprotocol.types",
    "sqlite3",
    "tree_sitter",
)
# Programs of their own, and a module for vLLM's process.
LEFT_OUT = ("__main__", "_main", "autothink_reasoning_parser")


# What a program imports in addition, by the module whose ``main`` it runs. Imported with its first order, if this
# version of pip has it.
ALSO = {
    "autothink_lsp.engines.models.pip_main": (
        "pip._internal.cli.main",
        "pip._internal.commands.download",
        "pip._internal.metadata.pkg_resources",
        "pip._internal.resolution.resolvelib.resolver",
        "pip._vendor.distro",
    )
}


def preload() -> None:
    """Import what a server and the commands import in the end, and fill the caches of ``re`` and of lsprotocol."""
    import autothink_lsp

    for module in pkgutil.walk_packages(autothink_lsp.__path__, "autothink_lsp."):
        if not module.name.endswith(LEFT_OUT):
            importlib.import_module(module.name)
    for name in OTHERS:
        importlib.import_module(name)
    from lsprotocol.converters import get_converter

    from autothink_lsp.syntax.languages import LanguageRegistry

    importlib.import_module("tests.support.fork_server")
    get_converter()  # resolves the annotations of all types
    LanguageRegistry().by_path("file:///a.py")  # reads all languages and compiles their patterns


def serve(orders: socket.socket) -> dict[str, Any] | None:
    """Fork a process for each order. Returns the order in the forked process, ``None`` when no more can come."""
    _forbid_huge_pages()
    while True:
        received = _receive(orders)
        if received is None:
            return None
        order, descriptors = received
        for name in ALSO.get(order["module"], ()):
            with contextlib.suppress(ImportError):
                importlib.import_module(name)
        may_begin, begin = os.pipe()
        process_id, parent = _fork_orphan()
        if not parent:
            os.close(begin)
            os.read(may_begin, 1)  # ends when the process in between has ended: until then it is the parent
            os.close(may_begin)
            orders.close()
            for target, descriptor in enumerate(descriptors):
                os.dup2(descriptor, target)
                os.close(descriptor)
            return order
        os.close(may_begin)
        for descriptor in descriptors:
            os.close(descriptor)
        os.waitpid(parent, 0)
        os.close(begin)
        orders.sendall(NUMBER.pack(process_id))


def _fork_orphan() -> tuple[int, int]:
    """Fork a process whose parent ends at once: its id, and its parent's. Both are 0 in that process.

    The kernel makes the nearest ancestor that is a "child subreaper" the new parent (prctl(2)).
    """
    read, write = os.pipe()
    parent = os.fork()
    if parent == 0:
        process_id = os.fork()
        if process_id == 0:
            os.close(read)
            os.close(write)
            return 0, 0
        os.write(write, NUMBER.pack(process_id))
        os._exit(0)
    os.close(write)
    (process_id,) = NUMBER.unpack(os.read(read, NUMBER.size))
    os.close(read)
    return process_id, parent


def _receive(orders: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    length, descriptors, _, _ = socket.recv_fds(orders, NUMBER.size, len(STREAMS))
    if len(length) < NUMBER.size:
        return None
    rest, text = NUMBER.unpack(length)[0], b""
    while len(text) < rest:
        chunk = orders.recv(rest - len(text))
        if not chunk:
            return None
        text += chunk
    return json.loads(text), descriptors


def _forbid_huge_pages() -> None:
    """Let no process that is forked from this one replace its heap by huge pages: that would copy what they share."""
    ctypes.CDLL(None).prctl(_SET_THP_DISABLE, 1, 0, 0, 0)


def fork_nested() -> dict[str, Any] | None:
    """Fork another fork server from this process, for what it starts itself. Returns an order in a process that was
    forked for it, to be handed to ``start``.

    To be called before the process has threads. The fork server is its child and not this process's parent, since the
    kernel gives orphans to an ancestor.
    """
    from tests.support import fork_server

    if fork_server.SERVER is None:
        return None
    orders, theirs = socket.socketpair()
    server = os.fork()
    if server == 0:
        orders.close()
        interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN)
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in range(len(STREAMS)):
            os.dup2(null, descriptor)
        os.closerange(len(STREAMS), theirs.fileno())  # what ``exec`` would close
        os.closerange(theirs.fileno() + 1, os.sysconf("SC_OPEN_MAX"))
        order = None
        with contextlib.suppress(ConnectionError):
            order = serve(theirs)
        if order is None:
            os._exit(0)
        signal.signal(signal.SIGINT, interrupt)
        return order
    theirs.close()
    fork_server.SERVER.adopt(orders, server)
    fork_server.install()
    return None


def start(order: dict[str, Any], *, nested: bool = True) -> None:
    """Be the program of the order. ``nested``: with a fork server for the modules that it starts itself."""
    become(order)
    if nested and order["kind"] != "-c":  # what our modules start are other programs
        order_of_ours = fork_nested()
        if order_of_ours is not None:
            start(order_of_ours, nested=False)
            return
    _end(_status_of(order))


def _status_of(order: dict[str, Any]) -> int:
    """Run the program; its exit status. What ends it in another way than a program ends itself is raised."""
    try:
        run(order["kind"], order["name"], order["arguments"])
    except SystemExit as ended:
        if not isinstance(ended.code, int | None):
            raise
        return ended.code or 0
    return 0


def _end(status: int) -> None:
    """End as the interpreter does, up to where it clears all modules: that writes to most of the memory which was
    shared until then, and takes 75 ms of CPU where all else of a short command takes 20."""
    threading._shutdown()  # type: ignore[attr-defined] # as in multiprocessing's own forked processes
    atexit._run_exitfuncs()
    gc.collect()  # what has a message for the user when it is destroyed
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):  # the interpreter reports it, with a status of its own
        sys.exit(status)
    os._exit(status)


def become(order: dict[str, Any]) -> None:
    """Make this process what ``subprocess.Popen`` would have started: session, folder, environment, streams, path."""
    if order["session"]:
        os.setsid()
    elif order["group"] >= 0:
        os.setpgid(0, order["group"])
    os.chdir(order["folder"])
    os.environ.clear()
    os.environb.update((name.encode("latin-1"), value.encode("latin-1")) for name, value in order["environment"])
    search_path = [str(Path(entry).absolute()) for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
    sys.path[:0] = search_path
    for descriptor, (name, mode) in enumerate(STREAMS):  # as CPython's create_stdio in pylifecycle.c
        before = getattr(sys, name)
        is_unbuffered = order["unbuffered"] and name != "stdin"
        stream = io.TextIOWrapper(
            open(descriptor, mode, closefd=False, buffering=0 if is_unbuffered else -1),  # noqa: SIM115 - never closed
            encoding=before.encoding,
            errors=before.errors,
            newline="\n",
            line_buffering=name == "stderr",
            write_through=is_unbuffered,
        )
        stream.mode = mode[0]
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    sys.orig_argv[:] = order["command_line"]
    sys.dont_write_bytecode = bool(os.environ.get("PYTHONDONTWRITEBYTECODE"))
    sys.pycache_prefix = os.environ.get("PYTHONPYCACHEPREFIX") or None


def run(kind: str, name: str, arguments: list[str]) -> None:
    """Run what ``python -m NAME``, ``python -c NAME`` or ``python NAME`` runs."""
    if kind == "-m":
        sys.argv[:] = [name, *arguments]
        runpy.run_module(name, run_name="__main__", alter_sys=True)
    elif kind == "-c":
        sys.argv[:] = ["-c", *arguments]
        exec(compile(name, "<string>", "exec"), sys.modules["__main__"].__dict__)
    else:
        sys.argv[:] = [name, *arguments]
        runpy.run_path(name, run_name="__main__")


def start_as_module(order: dict[str, Any]) -> None:
    """``start`` in a process that began as ``python -m``, with the search path and ``__main__`` of a new one."""
    listed = [one for one in _PYTHONPATH.split(os.pathsep) if one]
    del sys.path[: len(listed) + (not sys.flags.safe_path)]
    if order["kind"] == "-m" and not sys.flags.safe_path:
        sys.path.insert(0, order["folder"])  # ``__main__`` of the package takes it out
    sys.modules["__main__"] = types.ModuleType("__main__")
    gc.enable()
    start(order)


def main() -> None:
    """See the module."""
    interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in a terminal is for the tests
    gc.disable()
    preload()
    gc.freeze()
    orders = socket.socket(fileno=os.dup(0))
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    orders.sendall(NUMBER.pack(os.getpid()))
    order = None
    with contextlib.suppress(ConnectionError):
        order = serve(orders)
    if order is not None:
        signal.signal(signal.SIGINT, interrupt)
        gc.enable()
        start(order)


if __name__ == "__main__":
    main()
