"""While the server reads a long prompt: what is typed changes only its end, so the reading goes on. Virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest

from autothink_lsp.backends.base import CompletionRequest
from autothink_lsp.document.snapshot import ContentChange
from autothink_lsp.features.completion.model import Outcome
from autothink_lsp.features.completion.slot import REQUEST_GRACE_MS
from autothink_lsp.values import Position, Range
from tests.support import virtual_time
from tests.support.completion_house import URI, CompletionHouse
from tests.support.scripted_backend import Pause, ScriptedBackend, Step

READ_S = 3.0
QUERY_COMES_S = REQUEST_GRACE_MS / 1_000
AIM_S = 0.005


def now_ms() -> float:
    return asyncio.get_running_loop().time() * 1_000


class House(CompletionHouse):
    """The first prompt takes long to read; what follows the cursor is known then."""

    def __init__(self) -> None:
        super().__init__(ScriptedBackend(self.script, sleep=asyncio.sleep), now_ms=now_ms)
        self.reached.set()

    def script(self, _: CompletionRequest) -> Sequence[Step]:
        known = self.backend.finished + self.backend.cancelled
        return [Pause(0.02 if known else READ_S), "    return a + b", Pause(0.02)]

    async def reading(self, seconds: float = 1.0) -> asyncio.Task[Outcome]:
        task = self.ask()
        await asyncio.sleep(seconds)
        assert self.backend.running == 1
        return task


def play(main: Callable[[House], Awaitable[None]]) -> None:
    async def run() -> None:
        house = House()
        await main(house)
        await house.service.aclose()

    virtual_time.run(run())


def test_a_typo_and_its_backspace_do_not_end_the_reading() -> None:
    async def main(house: House) -> None:
        (await house.reading()).cancel()
        house.edit(1, 4, 4, "q")
        house.ask(1, 5).cancel()
        house.edit(1, 4, 5, "")
        task = house.ask(1, 4)
        await asyncio.sleep(READ_S - 1.0 - 0.01)
        assert (house.backend.running, len(house.backend.requests)) == (1, 1)
        outcome = await task
        assert outcome.suggestion is not None
        assert outcome.suggestion.text == "return a + b"
        assert len(house.backend.requests) == 2
        assert house.backend.most_running == 1

    play(main)


def test_what_was_only_read_is_closed_at_its_first_word_and_never_shown() -> None:
    async def main(house: House) -> None:
        task = await house.reading()
        task.cancel()
        house.edit(1, 0, 4, "  if a:\n    ")
        asked = house.ask(2, 4)
        await asyncio.sleep(READ_S - 1.0 + 0.001)
        assert (house.backend.cancelled, house.backend.running) == (1, 1)
        assert not asked.done()
        await asked
        assert [request.prompt.count("if a:") for request in house.backend.requests] == [0, 1]

    play(main)


@pytest.mark.parametrize("edit", [(0, 0, 0, "# "), (3, 0, 0, "y = 2\n")])
def test_an_edit_elsewhere_makes_it_another_prompt(edit: tuple[int, int, int, str]) -> None:
    async def main(house: House) -> None:
        await house.reading()
        house.edit(*edit)
        house.ask(1, 4)
        await asyncio.sleep(0.001)
        assert house.backend.cancelled == 1

    play(main)


def test_a_cancel_without_an_edit_closes_it_within_the_aim() -> None:
    async def main(house: House) -> None:
        (await house.reading()).cancel()
        await asyncio.sleep(AIM_S)
        assert house.backend.running == 0

    play(main)


def test_a_cancelled_request_that_waited_for_the_reading_closes_it_too() -> None:
    async def main(house: House) -> None:
        await house.reading()
        house.edit(1, 3, 4, "")
        task = house.ask(1, 3)
        await asyncio.sleep(0.3)
        assert house.backend.running == 1
        task.cancel()
        await asyncio.sleep(AIM_S)
        assert house.backend.running == 0
        await asyncio.sleep(READ_S)
        assert len(house.backend.requests) == 1  # nobody waits for what was to follow

    play(main)


def test_where_no_request_follows_the_edit_it_is_closed_all_the_same() -> None:
    async def main(house: House) -> None:
        (await house.reading()).cancel()
        house.edit(1, 3, 4, "")
        await asyncio.sleep(QUERY_COMES_S * 0.9)
        assert house.backend.running == 1
        await asyncio.sleep(QUERY_COMES_S * 0.2)
        assert house.backend.running == 0

    play(main)


def test_what_waited_for_the_reading_is_not_sent_once_the_text_has_changed() -> None:
    async def main(house: House) -> None:
        await house.reading()
        house.edit(1, 3, 4, "")
        house.ask(1, 3)
        await asyncio.sleep(0.3)
        house.edit(1, 2, 3, "")
        await asyncio.sleep(READ_S)
        assert len(house.backend.requests) == 1

    play(main)


async def _waiting(house: House) -> asyncio.Task[Outcome]:
    """A request waits for the end of a reading that contradicts it."""
    (await house.reading()).cancel()
    house.edit(1, 3, 4, "")
    task = house.ask(1, 3)
    await asyncio.sleep(0.3)
    assert (house.backend.running, len(house.backend.requests)) == (1, 1)
    return task


def test_nothing_is_sent_of_a_document_that_was_closed_meanwhile() -> None:
    async def main(house: House) -> None:
        task = await _waiting(house)
        house.documents.close(URI)
        assert (await task).reason == "document closed"
        await asyncio.sleep(2 * READ_S)
        assert len(house.backend.requests) == 1

    play(main)


def test_nothing_is_sent_when_the_server_ends() -> None:
    async def main(house: House) -> None:
        task = await _waiting(house)
        await house.service.aclose()
        await task
        await asyncio.sleep(2 * READ_S)
        assert (house.backend.running, len(house.backend.requests)) == (0, 1)

    play(main)


def test_nothing_is_sent_for_who_was_superseded_by_a_place_where_nothing_is_asked() -> None:
    async def main(house: House) -> None:
        task = await _waiting(house)
        house.edit(3, 0, 5, "# x = 1")
        assert (await house.ask(3, 7)).suggestion is None
        await task
        await asyncio.sleep(2 * READ_S)
        assert len(house.backend.requests) == 1

    play(main)


def test_an_edit_of_another_document_takes_nothing_from_who_waits() -> None:
    async def main(house: House) -> None:
        task = await _waiting(house)
        house.documents.open("file:///b.py", "python", 1, "x")
        where = Range(Position(0, 1), Position(0, 1))
        house.documents.change("file:///b.py", 2, [ContentChange(where, "y")])
        outcome = await task
        assert len(house.backend.requests) == 2
        assert outcome.suggestion is not None

    play(main)
