"""``python -m tests.bench steps``: what the server does for a key, counted instead of timed (Linux).

CPU time for each key depends on the load: on a busy machine keys come together and nothing cools down in between, and
on a quiet one each wake-up costs more than the work behind it. These counts are the same in each run: wake-ups of an
otherwise idle process, callbacks of its event loop, and bytecode instructions by module (``--code``; their number is
not in proportion to time: a parse is one). Behind a pause nothing is in the processor's caches, so that what counts is
how much *different* code a key runs: ``--code`` also prints how many functions and instructions a key runs at least
once, up to the next edit. ``--cold`` gives CPU time after all, of one thread, with the processor's
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
from itertools import chain
from statistics import median
from types import CodeType, FrameType
from typing import Any
from unittest import mock

from attrs import define, field

from tests.bench.keystroke.in_process import Session, is_servers
from tests.bench.keystroke.pace import Latency, Pace, Speed
from tests.bench.keystroke.places import real_file
from tests.bench.keystroke.trial import Target, Trial

_CACHE_BYTES = 8 << 20  # more than the second-level cache of a core
_WITHOUT, _REQUESTED, _SHOWN = "without a request", "with a request, nothing shown", "with a request, answer shown"
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


@define
class Distinct:
    """The bytecode instructions that the server ran at least once after an edit, up to the next one."""

    run: set[tuple[CodeType, int]] = field(factory=set)  # function and place in it
    edits: int = 0
    requests: int = 0
    shown: int = 0
    found: dict[str, list[Counter[CodeType]]] = field(factory=dict)  # by what became of the key

    def look(self, session: Session) -> None:
        """End a key if there was another edit."""
        if session.edits == self.edits:
            return
        if self.edits:
            kind = _WITHOUT
            if session.requests > self.requests:
                kind = _SHOWN if session.shown > self.shown else _REQUESTED
            self.found.setdefault(kind, []).append(Counter(code for code, _ in self.run))
        self.run.clear()
        self.edits, self.requests, self.shown = session.edits, session.requests, session.shown


@define(eq=False)
class Calls:
    """A function below those that called it: how often, and the bytecode instructions of its own."""

    distinct: set[tuple[CodeType, int]]
    calls: int = 0
    own: int = 0
    inner: dict[CodeType, Calls] = field(factory=dict)

    @property
    def all(self) -> int:
        """The instructions with those of what it calls."""
        return self.own + sum(each.all for each in self.inner.values())

    def trace(self, frame: FrameType, event: str, _argument: object) -> Any:
        """Count an instruction of the function."""
        if event == "opcode":
            self.own += 1
            self.distinct.add((frame.f_code, frame.f_lasti))
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
    distinct: Distinct = field(factory=Distinct)
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
            self.distinct.look(self.session)
            top = self.calls.setdefault(name, Calls(self.distinct.run))
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
    calls = outer.inner.setdefault(frame.f_code, Calls(top.distinct))
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
        _show_distinct(steps.distinct, keys, args.rows)
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


def _show_distinct(distinct: Distinct, keys: int, rows: int) -> None:
    print("\ndistinct code of a key, medians: functions, instructions")
    for kind, found in sorted(distinct.found.items()):
        functions, instructions = median(map(len, found)), median(map(Counter.total, found))
        print(f"{functions:8.0f} {instructions:8.0f}  {kind} ({len(found)} keys)")
    each = [one for found in distinct.found.values() for one in found]
    print(f"{sum(map(len, each)) / keys:8.0f} {sum(map(Counter.total, each)) / keys:8.0f}  mean of all")
    functions_of: Counter[str] = Counter()
    instructions_of: Counter[str] = Counter()
    for code, count in chain.from_iterable(one.items() for one in each):
        functions_of[_module(code)] += 1
        instructions_of[_module(code)] += count
    print("\ndistinct functions, by module")
    for name, number in functions_of.most_common(rows):
        print(f"{number / keys:8.1f} {instructions_of[name] / keys:8.0f}  {name}")


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
