"""``python -m tests.bench steps``: what the server does for a key, counted instead of timed (Linux).

CPU time for each key depends on the load: on a busy machine keys come together and nothing cools down in between, and
on a quiet one each wake-up costs more than the work behind it. These counts are the same in each run: wake-ups of an
otherwise idle process, callbacks of its event loop, and bytecode instructions by module (``--code``; their number is
not in proportion to time: a parse is one). ``--cold`` gives CPU time after all, of one thread, with the processor's
caches emptied before each wake-up: this comes near to a quiet machine, whatever else runs.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from types import CodeType, FrameType
from typing import Any
from unittest import mock

from attrs import define, field

from tests.bench.keystroke.in_process import Session, is_servers
from tests.bench.keystroke.pace import Latency, Pace, Speed
from tests.bench.keystroke.places import real_file
from tests.bench.keystroke.trial import Target, Trial

_CACHE_BYTES = 8 << 20  # more than the second-level cache of a core
_FOLDERS = ("/autothink_lsp/", "/site-packages/", "/lib/python3.")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``steps`` below ``bench``."""
    parser = subparsers.add_parser("steps", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keys", type=int, default=250, metavar="N", help="keys that count (250)")
    parser.add_argument("--seed", type=int, default=7, metavar="N", help="of the person, the place and the model (7)")
    parser.add_argument("--lines", type=int, default=3_500, metavar="N", help="length of the file")
    parser.add_argument("--truth", type=float, default=0.5, metavar="SHARE", help="of lines that the model knows (0.5)")
    parser.add_argument("--backend", default="latency", choices=("latency", "145/33", "4000/100"))
    parser.add_argument("--code", action="store_true", help="count bytecode instructions, too (slow)")
    parser.add_argument("--tree", type=float, default=0, metavar="N", help="with --code: calls of at least N a key")
    parser.add_argument("--cold", action="store_true", help="measure CPU time with empty caches")
    parser.add_argument("--rows", type=int, default=25, metavar="N", help="of each table (25)")


@define(eq=False)
class Calls:
    """A function below those that called it: how often, and the bytecode instructions of its own."""

    calls: int = 0
    own: int = 0
    inner: dict[CodeType, Calls] = field(factory=dict)

    @property
    def all(self) -> int:
        """The instructions with those of what it calls."""
        return self.own + sum(each.all for each in self.inner.values())

    def trace(self, _frame: FrameType, event: str, _argument: object) -> Any:
        """Count an instruction of the function."""
        self.own += event == "opcode"
        return self.trace

    def below(self) -> Iterator[tuple[int, CodeType, Calls]]:
        """Yield the depth, the function and its calls of all functions that were called, the largest first."""
        for code, each in sorted(self.inner.items(), key=lambda item: -item[1].all):
            yield 0, code, each
            for depth, inner, calls in each.below():
                yield depth + 1, inner, calls


@define
class Steps:
    """What was counted since ``begin``."""

    session: Session = field(factory=Session)
    counts_code: bool = False
    is_cold: bool = False
    is_counting: bool = False
    wakes: Counter[str] = field(factory=Counter)  # by the first callback
    callbacks: Counter[str] = field(factory=Counter)
    cpu_ns: Counter[str] = field(factory=Counter)
    calls: dict[str, Calls] = field(factory=dict)  # by the callback
    _jumps: int = 0
    _junk: bytes = b""

    def begin(self) -> None:
        """Count from now on."""
        self.is_counting, self._jumps = True, self.session.jumps
        self._junk = bytes(_CACHE_BYTES) if self.is_cold else b""

    def run(self, handle: Any, inner: Callable[[Any], None]) -> None:
        """Run a callback of the loop, and count it if it is the server's."""
        if not (self.is_counting and is_servers(handle)):
            inner(handle)
            return
        name = _name(handle._callback)
        if self._jumps != self.session.jumps:
            self._jumps = self.session.jumps
            self.wakes[name] += 1
            zlib.adler32(self._junk)
        self.callbacks[name] += 1
        if self.counts_code:
            top = self.calls.setdefault(name, Calls())
            sys.settrace(partial(_trace, top))
        began_ns = time.thread_time_ns()
        inner(handle)
        self.cpu_ns[name] += time.thread_time_ns() - began_ns
        sys.settrace(None)


def _trace(top: Calls, frame: FrameType, _event: str, _argument: object) -> Any:
    """Begin to count a function that was called, below the one that called it."""
    frame.f_trace_opcodes, frame.f_trace_lines = True, False
    caller = getattr(frame.f_back.f_trace, "__self__", None) if frame.f_back is not None else None
    outer = caller if isinstance(caller, Calls) else top
    calls = outer.inner.setdefault(frame.f_code, Calls())
    calls.calls += 1
    return calls.trace


def run(args: argparse.Namespace) -> int:
    """Count and print."""
    steps = Steps(counts_code=args.code, is_cold=args.cold)
    api = "openai" if args.backend == "latency" else "llama-server"
    trial = Trial(Target(), real_file(args.lines), args.keys, args.seed, args.backend, api=api, known_lines=args.truth)
    inner = asyncio.Handle._run
    with mock.patch.object(asyncio.Handle, "_run", lambda handle: steps.run(handle, inner)):
        found = steps.session.run(trial, lambda clock: _pace(args.backend, clock), steps.begin)
    keys = found.keys
    print(f"{keys} keys, {found.requests_per_100_keys:.1f} requests per 100 keys; for each key:")
    print(f"{sum(steps.wakes.values()) / keys:8.2f} wake-ups")
    print(f"{sum(steps.callbacks.values()) / keys:8.2f} callbacks")
    if args.cold:
        print(f"{sum(steps.cpu_ns.values()) / keys / 1e6:8.2f} ms of CPU in callbacks, with empty caches")
    _show("wake-ups, by the first callback", steps.wakes, keys, args.rows, "8.2f")
    if args.cold:
        _show("µs of CPU, by callback", steps.cpu_ns, 1_000 * keys, args.rows, "8.0f")
    if args.code:
        modules: Counter[str] = Counter()
        functions: Counter[str] = Counter()
        for top in steps.calls.values():
            for _, code, calls in top.below():
                modules[_module(code)] += calls.own
                functions[f"{_module(code)}: {code.co_qualname}"] += calls.own
        print(f"\n{sum(modules.values()) / keys:8.0f} bytecode instructions")
        _show("bytecode instructions, by module", modules, keys, args.rows, "8.0f")
        _show("the same by function", functions, keys, args.rows, "8.0f")
        if args.tree:
            _show_tree(steps.calls, keys, args.tree)
    return 0 if found.unanswered == 0 else 1


def _pace(name: str, clock: Callable[[], float]) -> Pace:
    if name == "latency":
        return Latency(clock=clock)
    prefill, decode = name.split("/")
    return Speed(float(prefill), float(decode), clock=clock)


def _show(title: str, counts: Counter[str], divisor: int, rows: int, form: str) -> None:
    print(f"\n{title}")
    print("\n".join(f"{number / divisor:{form}}  {name}" for name, number in counts.most_common(rows)))


def _show_tree(tops: dict[str, Calls], keys: int, least: float) -> None:
    print("\nbytecode instructions with what is called, own ones, calls")
    for name, top in sorted(tops.items(), key=lambda item: -item[1].all):
        print(f"{top.all / keys:8.0f} {'':17} {name}")
        for depth, code, calls in top.below():
            if calls.all >= least * keys:
                counts = f"{calls.all / keys:8.0f} {calls.own / keys:8.0f} {calls.calls / keys:8.2f}"
                print(f"{counts} {'  ' * depth} {_module(code)}: {code.co_qualname}")


def _name(callback: Any) -> str:
    """Of a step of a task its coroutine, else the function."""
    owner = getattr(callback, "__self__", None)
    if isinstance(owner, asyncio.Task):
        return f"task {getattr(owner.get_coro(), '__qualname__', '?')}"
    callback = getattr(callback, "func", callback)
    return str(getattr(callback, "__qualname__", type(callback).__name__))


def _module(code: CodeType) -> str:
    path = code.co_filename.replace("\\", "/")
    return next((path.rpartition(folder)[2] for folder in _FOLDERS if folder in path), path)
