"""When the stream of a request that nobody waits for is closed: in steps of the loop and in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from autothink_lsp.features.completion.model import Outcome
from autothink_lsp.features.completion.slot import EDIT_GRACE_MS, REQUEST_GRACE_MS
from tests.support import virtual_time
from tests.support.completion_house import CompletionHouse
from tests.support.scripted_backend import Pause, ScriptedBackend

ANSWER_S = 0.5
EDIT_COMES_S, QUERY_COMES_S = EDIT_GRACE_MS / 1_000, REQUEST_GRACE_MS / 1_000
AIM_S = 0.005  # from the cancel to the closed stream


class House(CompletionHouse):
    """It says the first word at once and the rest later; the request is under way."""

    def __init__(self) -> None:
        steps = ["    return", Pause(ANSWER_S), " a + b", Pause(ANSWER_S)]
        super().__init__(ScriptedBackend(steps, sleep=asyncio.sleep))
        self.reached.set()

    async def under_way(self) -> asyncio.Task[Outcome]:
        task = self.ask()
        await asyncio.sleep(ANSWER_S / 2)
        assert self.backend.running == 1
        return task


def play(main: Callable[[House], Awaitable[None]]) -> None:
    async def run() -> None:
        await main(House())

    virtual_time.run(run())


@pytest.mark.parametrize(("column", "text"), [(4, "x"), (2, "r"), (4, "\n")])
def test_an_edit_that_contradicts_closes_it_in_one_step(column: int, text: str) -> None:
    async def main(house: House) -> None:
        await house.under_way()
        house.edit(1, column, column, text)
        await asyncio.sleep(0)
        assert house.backend.running == 0

    play(main)


def test_a_cancel_without_an_edit_closes_it_within_the_aim() -> None:
    async def main(house: House) -> None:
        task = await house.under_way()
        task.cancel()
        await asyncio.sleep(AIM_S)
        assert house.backend.running == 0

    assert EDIT_COMES_S < AIM_S
    play(main)


def test_a_cancel_and_then_an_edit_that_contradicts() -> None:
    async def main(house: House) -> None:
        task = await house.under_way()
        task.cancel()
        house.edit(1, 4, 4, "x")
        await asyncio.sleep(0)
        assert house.backend.running == 0

    play(main)


def test_a_cancel_and_then_an_edit_that_agrees_keep_it_for_the_next_request() -> None:
    async def main(house: House) -> None:
        task = await house.under_way()
        task.cancel()
        house.edit(1, 4, 4, "r")
        await asyncio.sleep(QUERY_COMES_S / 2)
        assert house.backend.running == 1
        outcome = await house.ask(1, 5)
        assert outcome.suggestion is not None
        assert outcome.suggestion.text == "eturn a + b"
        assert len(house.backend.requests) == 1

    play(main)


def test_an_edit_that_agrees_just_before_the_cancel_keeps_it_too() -> None:
    async def main(house: House) -> None:
        task = await house.under_way()
        house.edit(1, 4, 4, "r")
        task.cancel()
        await asyncio.sleep(QUERY_COMES_S / 2)
        assert house.backend.running == 1

    play(main)


def test_where_no_request_follows_it_is_closed_all_the_same() -> None:
    async def main(house: House) -> None:
        task = await house.under_way()
        task.cancel()
        house.edit(1, 4, 4, "r")
        await asyncio.sleep(QUERY_COMES_S * 1.1)
        assert house.backend.running == 0

    play(main)


def test_what_comes_to_contradict_what_was_typed_ahead_is_closed_and_asked_anew_at_once() -> None:
    async def main(house: House) -> None:
        await house.under_way()
        house.edit(1, 4, 4, "return x")
        task = house.ask(1, 12)
        await asyncio.sleep(ANSWER_S * 0.6)  # " a + b" is there
        assert len(house.backend.requests) >= 2
        assert house.service.counters.aborted == 1
        await task

    play(main)
