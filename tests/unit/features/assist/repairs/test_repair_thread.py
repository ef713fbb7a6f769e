"""Repairs are searched for in one thread, with a parser of its own, and stop when their action or the service ends."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from autothink_lsp.document.store import DocumentStore
from autothink_lsp.features.assist.actions import ActionKind, AssistRequest
from autothink_lsp.features.assist.repairs import repair_thread, rules
from autothink_lsp.features.assist.repairs.project import OpenDocumentNames
from autothink_lsp.features.assist.repairs.repair import Repair, RepairContext, RepairStopped
from autothink_lsp.features.assist.repairs.repair_thread import RepairThread
from autothink_lsp.settings.model import Settings
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import Diagnostic, Point

CODE = "def total(prices):\n    return sum(pirces)\n"
PROBLEM = Diagnostic(Point(1, 15), Point(1, 21), '"pirces" is not defined')


class Bench:
    def __init__(self) -> None:
        self.documents, self.syntax = DocumentStore(), Syntax()
        self.documents.subscribe(self.syntax.trees)
        self.thread = RepairThread(OpenDocumentNames(self.documents, self.syntax))

    def find(self, code: str = CODE, problem: Diagnostic = PROBLEM) -> Awaitable[Repair | None]:
        snapshot = self.documents.open("file:///project/a.py", "python", 1, code)
        request = AssistRequest(
            action=ActionKind.FIX,
            snapshot=snapshot,
            start=problem.start,
            end=problem.end,
            settings=Settings(),
            path="a.py",
            folder=Path("/project"),
            diagnostics=(problem,),
        )
        return self.thread.find(request, self.syntax.trees.tree(snapshot), self.syntax.language(snapshot))


@pytest.fixture
def searching(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[RepairContext], None]], None]:
    """Runs a function at the start of each search."""

    def begin(what: Callable[[RepairContext], None]) -> None:
        monkeypatch.setattr(rules, "RULES", (what, *rules.RULES))

    return begin


async def test_a_repair_is_found_in_another_thread_with_a_parser_of_its_own(searching: Callable) -> None:
    bench, seen = Bench(), []
    searching(lambda case: seen.append((threading.current_thread(), case.tree.grammar)))
    found = await bench.find()
    assert found is not None
    assert found.replacements[0].new_text == "prices"
    ((thread, grammar),) = seen
    shared = bench.syntax.grammars.load(bench.syntax.registry.find("python", ""))
    assert thread is not threading.current_thread()
    assert shared is not None
    assert grammar._parser is not shared._parser
    bench.thread.close()


async def test_one_search_runs_at_a_time_and_the_event_loop_goes_on(searching: Callable) -> None:
    bench, gate, entered = Bench(), threading.Event(), []

    def wait(case: RepairContext) -> None:
        entered.append(case)
        gate.wait()

    searching(wait)
    searches = [asyncio.ensure_future(bench.find()) for _ in range(3)]
    while not entered:
        await asyncio.sleep(0)
    for _ in range(1_000):
        await asyncio.sleep(0)
    assert (len(entered), [one.done() for one in searches]) == (1, [False] * 3)
    gate.set()
    assert all(await asyncio.gather(*searches))
    assert len(entered) == 3
    bench.thread.close()


def _until_stopped(entered: threading.Event, stopped: threading.Event) -> Callable[[RepairContext], None]:
    def wait(case: RepairContext) -> None:
        entered.set()
        while True:
            try:
                case.check_stop()
            except RepairStopped:
                stopped.set()
                raise

    return wait


async def test_a_cancelled_search_stops_and_frees_the_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    bench, entered, stopped = Bench(), threading.Event(), threading.Event()
    monkeypatch.setattr(repair_thread, "_CPU_LIMIT_S", 1e9)
    with monkeypatch.context() as patched:
        patched.setattr(rules, "RULES", (_until_stopped(entered, stopped), *rules.RULES))
        search = asyncio.ensure_future(bench.find())
        await asyncio.to_thread(entered.wait)
        search.cancel()
        with pytest.raises(asyncio.CancelledError):
            await search
        await asyncio.to_thread(stopped.wait)
    assert await bench.find() is not None
    bench.thread.close()


async def test_closing_ends_the_search_without_waiting_and_a_later_search_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    bench, entered, stopped = Bench(), threading.Event(), threading.Event()
    monkeypatch.setattr(repair_thread, "_CPU_LIMIT_S", 1e9)
    with monkeypatch.context() as patched:
        patched.setattr(rules, "RULES", (_until_stopped(entered, stopped), *rules.RULES))
        searches = [asyncio.ensure_future(bench.find()) for _ in range(2)]  # the second waits for the thread
        await asyncio.to_thread(entered.wait)
        bench.thread.close()
        assert await asyncio.gather(*searches) == [None, None]
    bench.thread.close()
    assert await bench.find() is not None
    bench.thread.close()


async def test_a_search_ends_when_its_cpu_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()
    monkeypatch.setattr(repair_thread, "_CPU_LIMIT_S", -1.0)
    assert await bench.find() is None
    bench.thread.close()


async def test_names_of_other_open_documents_are_those_of_the_moment(searching: Callable) -> None:
    bench, gate, entered = Bench(), threading.Event(), threading.Event()

    def wait(_case: RepairContext) -> None:
        entered.set()
        gate.wait()

    searching(wait)
    bench.documents.open("file:///project/shop.py", "python", 1, "def checkout():\n    pass\n")
    code = "def buy():\n    return checkout()\n"
    search = asyncio.ensure_future(
        bench.find(code, Diagnostic(Point(1, 11), Point(1, 19), '"checkout" is not defined'))
    )
    await asyncio.to_thread(entered.wait)
    bench.documents.close("file:///project/shop.py")
    gate.set()
    found = await search
    assert found is not None
    assert found.replacements[0].new_text.strip() == "from shop import checkout"
    bench.thread.close()
