"""A search for a next edit gives way: no part of it is done while a completion is being answered, and none after a key.

Counted in parts of the search and in virtual time, not in milliseconds of this machine."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from autothink_lsp.backends.base import Finished, Usage
from autothink_lsp.features.next_edit import service
from autothink_lsp.features.next_edit.proposal import LineEdit, RuleContext
from autothink_lsp.features.next_edit.rules import table
from autothink_lsp.features.next_edit.service import MOST_WAIT_S, QUIET_S, TYPING_QUIET_S, NextEdit
from autothink_lsp.values import Point
from tests.support.completion_harness import CompletionHarness, turns
from tests.support.next_edit_session import NextEditSession
from tests.support.scripted_backend import ScriptedBackend

PARTS = 5


class Searching:
    """A document with an edit, and one rule whose work has some parts. ``done`` is the number of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.session = NextEditSession("a = 1\nb = 2\nc = 3\n")
        self.now_s = 100.0
        self.session.service.now_s = lambda: self.now_s
        self.session.edit("1", "10")
        self.done = 0
        self.part_s = 0.0
        self.is_answering = False
        self.waits: list[float] = []
        self.session.service.is_answering = lambda: self.is_answering
        monkeypatch.setattr(table, "RULES", (self.rule,))
        monkeypatch.setattr(service, "TURN_S", 0.0)  # each part a turn
        monkeypatch.setattr(asyncio, "sleep", self.sleep)
        self.at_wait = lambda: None
        self.edit = LineEdit("rule", "pattern", 2, 3, ("c = 30",))

    def rule(self, _context: RuleContext) -> Iterator[LineEdit | None]:
        for _ in range(PARTS):
            self.done += 1
            self.now_s += self.part_s
            yield None
        yield self.edit

    async def sleep(self, delay_s: float) -> None:
        """Time is counted, not waited for."""
        self.waits.append(delay_s)
        self.at_wait()

    async def find(self) -> NextEdit | None:
        return await self.session.service.find(self.session.snapshot, Point(0, 0))


async def test_no_part_is_done_while_a_completion_is_being_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    searching = Searching(monkeypatch)
    searching.is_answering = True
    done_while_answering: list[int] = []

    def at_wait() -> None:
        if searching.is_answering:
            done_while_answering.append(searching.done)
            searching.is_answering = len(done_while_answering) < 10

    searching.at_wait = at_wait
    assert await searching.find() is not None
    assert done_while_answering == [0] * 10
    assert searching.done == PARTS


async def test_a_completion_in_the_midst_of_a_search_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    searching = Searching(monkeypatch)
    done_while_answering: set[int] = set()
    rests = 0

    def at_wait() -> None:
        nonlocal rests
        if searching.done == 2 and rests < 10:
            searching.is_answering = True
            rests += 1
            done_while_answering.add(searching.done)
        else:
            searching.is_answering = False

    searching.at_wait = at_wait
    assert await searching.find() is not None
    assert done_while_answering == {2}
    assert rests == 10


@pytest.mark.parametrize(("part_s", "turns_taken"), [(0.0, 1), (0.0009, 2), (0.003, PARTS)])
async def test_short_parts_share_a_turn(monkeypatch: pytest.MonkeyPatch, part_s: float, turns_taken: int) -> None:
    searching = Searching(monkeypatch)
    monkeypatch.setattr(service, "TURN_S", 0.002)
    searching.part_s = part_s
    turns_with_parts: list[int] = []
    searching.at_wait = lambda: turns_with_parts.append(searching.done)
    assert await searching.find() is not None
    assert searching.done == PARTS
    assert len({done for done in turns_with_parts if done < PARTS}) == turns_taken


async def test_a_search_waits_for_slow_completions_only_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    searching = Searching(monkeypatch)
    searching.is_answering = True  # and stays so
    assert await searching.find() is not None
    assert MOST_WAIT_S <= sum(searching.waits) - TYPING_QUIET_S < MOST_WAIT_S + 0.05  # of all parts together


@pytest.mark.parametrize("parts", range(PARTS))
async def test_no_part_is_done_after_a_key(monkeypatch: pytest.MonkeyPatch, parts: int) -> None:
    searching = Searching(monkeypatch)
    before = searching.session.snapshot

    def at_wait() -> None:
        if searching.done == parts and searching.session.snapshot is before:
            searching.session.edit("b = 2", "b = 2 ")

    searching.at_wait = at_wait
    assert await searching.session.service.find(before, Point(0, 0)) is None
    assert searching.done == parts


@pytest.mark.parametrize(
    ("since_s", "by_hand", "quiet_s"),
    [(0.0, False, TYPING_QUIET_S), (0.1, False, 0.05), (1.0, False, QUIET_S), (0.0, True, QUIET_S)],
)
async def test_a_search_begins_after_a_pause(
    monkeypatch: pytest.MonkeyPatch, since_s: float, by_hand: bool, quiet_s: float
) -> None:
    searching = Searching(monkeypatch)
    searching.now_s += since_s
    await searching.session.service.find(searching.session.snapshot, Point(0, 0), by_hand=by_hand)
    assert searching.waits[0] == pytest.approx(quiet_s)


async def test_after_an_accepted_edit_the_next_one_comes_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    searching = Searching(monkeypatch)
    assert searching.session.accept() is not None
    searching.waits.clear()
    await searching.find()
    assert searching.waits[0] == QUIET_S


async def test_a_search_in_advance_gives_way_too(monkeypatch: pytest.MonkeyPatch) -> None:
    searching = Searching(monkeypatch)
    searching.is_answering = True
    snapshot = searching.session.snapshot

    def at_wait() -> None:
        searching.is_answering = len(searching.waits) < 10
        assert searching.done == 0 or not searching.is_answering

    searching.at_wait = at_wait
    await searching.session.service.look_ahead(snapshot, 0)
    assert searching.session.service.found_ahead(snapshot) is not None


async def test_lines_of_an_edit_found_in_advance_are_checked_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[int] = []
    for new in (("b = 20",), ("b = 20", "c = 30")):
        searching = Searching(monkeypatch)
        searching.edit = LineEdit("rule", "pattern", 1, 1 + len(new), new)
        snapshot = searching.session.snapshot
        await searching.session.service.look_ahead(snapshot, 0)
        assert searching.session.service.found_ahead(snapshot) is not None
        waits.append(len(searching.waits))
    assert waits[1] == waits[0] + 2


def test_a_rule_pauses_before_each_search_of_the_file() -> None:
    session = NextEditSession("a = fetch(1)\nb = fetch(2)\n\nc = other(1)\nd = other(2)\n")
    for old, new in (("fetch", "load"), ("fetch", "load"), ("other", "another"), ("= other", "= another")):
        session.edit(old, new)
    parts = sum(1 for _ in session.service.steps(session.snapshot, 0))
    assert parts >= 1 + len(table.RULES) + 2  # the tree; the rules; in them a form of lines and a change of words


async def test_a_completion_is_being_answered_until_it_has_its_outcome() -> None:
    harness = CompletionHarness(ScriptedBackend(lambda _request: ["b + c", Finished("stop", Usage(1))]))
    assert not harness.service.is_answering
    asked = harness.ask()
    await turns(1)
    assert harness.service.is_answering
    harness.reached.set()
    assert (await asked).suggestion is not None
    assert not harness.service.is_answering
    cancelled = harness.ask(1, 3)
    await turns(1)
    cancelled.cancel()
    await asyncio.gather(cancelled, return_exceptions=True)
    assert not harness.service.is_answering
    await harness.service.aclose()


@pytest.mark.parametrize(
    ("old", "new", "parses"),
    [
        ("b = 2\n", "b = 2\nvalue = a + b\n", False),  # a new line
        ("b = 2\n", "b = 2\nvalue = total(a, b)\n", False),  # with a call
        ("= 2", "= 2 + a", False),
        ("b = 2\n", "b = 2\nvalue = Path(a)\n", True),  # of a name that lacks its import
        ("def first(x)", "def first(x, y)", True),
        ("def first", "def second", True),
    ],
)
def test_a_search_parses_only_for_a_rule_that_needs_the_tree(old: str, new: str, parses: bool) -> None:
    session = NextEditSession("def first(x):\n    return x\n\n\na = first(1)\nb = 2\nc = 3\n")
    session.edit(old, new)
    for found in session.service.steps(session.snapshot, 5):
        if found is not None:
            break
    assert (session.syntax.trees.ready_tree(session.snapshot, rough=True) is not None) is parses
