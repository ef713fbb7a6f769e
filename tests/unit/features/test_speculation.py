"""What follows a suggestion is asked for while it is read, and is there after Tab; virtual time, a scripted model."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from attrs import evolve

from autothink_lsp.backends.base import CompletionRequest
from autothink_lsp.features.completion import prefetch
from autothink_lsp.features.completion.model import Outcome
from autothink_lsp.settings.model import CompletionSettings, Settings
from tests.support import virtual_time
from tests.support.completion_house import SETTINGS, CompletionHouse
from tests.support.scripted_backend import Pause, ScriptedBackend, Step

LATENCY_S = 0.05
READ_S = 1.0
FIRST, SECOND, THIRD = "total = sum([a, b])", "\n    return total()", "\n\nprint(add(1, 2))"


def script(request: CompletionRequest) -> list[Step]:
    """It knows what comes after what."""
    before = request.prompt.rpartition("def add(a, b):")[2].partition("<|fim_suffix|>")[0]
    written = "".join(before.split())
    for said, then in ((FIRST, SECOND), (SECOND, THIRD)):
        if written.endswith("".join(said.split())):
            return [Pause(LATENCY_S), then, Pause(LATENCY_S)]
    return [Pause(LATENCY_S), f"    {FIRST}" if not written else "other()", Pause(LATENCY_S)]


class House(CompletionHouse):
    """With a connection from the start."""

    def __init__(self, settings: Settings = SETTINGS) -> None:
        super().__init__(ScriptedBackend(script, sleep=asyncio.sleep))
        self.settings = settings
        self.reached.set()

    async def suggest(self, line: int, column: int) -> str:
        query = self.query(line, column, SETTINGS)
        assert query is not None
        outcome: Outcome = await self.service.complete(evolve(query, settings=self.settings))
        return outcome.suggestion.text if outcome.suggestion is not None else ""

    @property
    def sent(self) -> int:
        return len(self.backend.requests)


def in_virtual_time(main: Callable[[House], object], house: Callable[[], House] = House) -> None:
    async def run() -> None:
        await main(house())  # type: ignore[misc]

    virtual_time.run(run())


def test_after_tab_the_next_suggestion_needs_no_request() -> None:
    async def main(house: House) -> None:
        assert await house.suggest(1, 4) == FIRST
        assert house.sent == 1
        await asyncio.sleep(READ_S)
        assert house.sent == 2
        house.edit(1, 4, 4, FIRST)
        assert await house.suggest(1, 4 + len(FIRST)) == SECOND
        assert house.sent == 2
        assert (house.service.counters.speculative, house.service.counters.speculative_used) == (1, 1)

    in_virtual_time(main)


def test_who_accepts_before_it_is_there_waits_for_that_request() -> None:
    async def main(house: House) -> None:
        await house.suggest(1, 4)
        await asyncio.sleep(prefetch.PAUSE_S + LATENCY_S / 2)
        assert house.backend.running == 1
        house.edit(1, 4, 4, FIRST)
        assert house.backend.running == 1
        assert await house.suggest(1, 4 + len(FIRST)) == SECOND
        assert house.sent == 2
        assert house.service.counters.from_running == 1

    in_virtual_time(main)


def test_enter_after_the_accepted_line_needs_no_request_either() -> None:
    async def main(house: House) -> None:
        await house.suggest(1, 4)
        await asyncio.sleep(READ_S)
        house.edit(1, 4, 4, FIRST)
        column = 4 + len(FIRST)
        house.edit(1, column, column, "\n    ")
        assert await house.suggest(2, 4) == "return total()"
        assert house.sent == 2

    in_virtual_time(main)


@pytest.mark.parametrize("typed", ["x", "total = a - "])
def test_a_key_that_says_something_else_hangs_up_at_once(typed: str) -> None:
    async def main(house: House) -> None:
        await house.suggest(1, 4)
        await asyncio.sleep(prefetch.PAUSE_S + LATENCY_S / 2)
        assert house.backend.running == 1
        house.edit(1, 4, 4, typed)
        await asyncio.sleep(0)  # one step of the loop
        assert house.backend.running == 0
        assert house.service.counters.aborted == 1

    in_virtual_time(main)


def test_typing_along_what_is_shown_does_not_hang_up() -> None:
    async def main(house: House) -> None:
        await house.suggest(1, 4)
        await asyncio.sleep(prefetch.PAUSE_S + LATENCY_S / 2)
        house.edit(1, 4, 4, "tot")
        assert await house.suggest(1, 7) == FIRST[3:]
        assert house.backend.running == 1
        assert house.sent == 2

    in_virtual_time(main)


def test_who_types_on_is_not_reading() -> None:
    async def main(house: House) -> None:
        for count in range(len(FIRST) - 1):
            assert await house.suggest(1, 4 + count) == FIRST[count:]
            await asyncio.sleep(prefetch.PAUSE_S * 0.9)
            house.edit(1, 4 + count, 4 + count, FIRST[count])
        assert house.sent == 1

    in_virtual_time(main)


def test_a_closed_document_is_asked_about_no_more() -> None:
    async def main(house: House) -> None:
        await house.suggest(1, 4)
        house.documents.close("file:///a.py")
        await asyncio.sleep(READ_S)
        assert house.sent == 1

    in_virtual_time(main)


ELSEWHERE = CompletionSettings(backend="openai", url="https://models.example", deadline_ms=60_000, debounce_ms=0)


@pytest.mark.parametrize(
    ("completion", "sent"),
    [
        (CompletionSettings(deadline_ms=60_000, debounce_ms=0), 2),
        (evolve(ELSEWHERE, url="http://127.0.0.1:8000"), 2),
        (ELSEWHERE, 1),
        (evolve(ELSEWHERE, speculate="always"), 2),
        (CompletionSettings(deadline_ms=60_000, debounce_ms=0, speculate="never"), 1),
    ],
)
def test_a_server_elsewhere_is_asked_ahead_only_where_the_settings_say_so(
    completion: CompletionSettings, sent: int
) -> None:
    async def main(house: House) -> None:
        await house.suggest(1, 4)
        await asyncio.sleep(READ_S)
        assert house.sent == sent

    in_virtual_time(main, lambda: House(Settings(completion=completion)))


def test_who_accepts_nothing_is_soon_not_served_ahead() -> None:
    async def main(house: House) -> None:
        for number in range(100):
            await house.suggest(1, 4)
            await asyncio.sleep(READ_S)
            house.edit(0, 4, 7, f"f{number:02}")  # elsewhere: what was asked ahead is of no use
        counters = house.service.counters
        assert counters.speculative_used == 0
        assert counters.speculative <= prefetch.MOST_CREDIT + 100 * prefetch.EARNED

    in_virtual_time(main)
