"""Whole lines are shown once the next one could not be there soon; the rest comes up when they are taken. Virtual
time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from attrs import evolve

from autothink_lsp.features.completion.model import Trigger
from autothink_lsp.features.completion.scheduler import SOON_MS
from autothink_lsp.settings.model import CompletionSettings, Settings
from tests.support import virtual_time
from tests.support.completion_house import CompletionHouse
from tests.support.scripted_backend import Pause, ScriptedBackend, Step

LINES = ["    first = a + b\n", "    second = first\n", "    return second\n"]
SETTINGS = Settings(completion=CompletionSettings(debounce_ms=0))
DEADLINE_MS = 575


def script(line_ms: float) -> list[Step]:
    """Each line in two pieces, the second of which ends it."""
    half = Pause(line_ms / 2_000)
    return [step for line in LINES for step in (half, line[:8], half, line[8:-1], "\n")]


def now_ms() -> float:
    return asyncio.get_running_loop().time() * 1_000


class House(CompletionHouse):
    def __init__(self, line_ms: float) -> None:
        super().__init__(ScriptedBackend(script(line_ms), sleep=asyncio.sleep), now_ms=now_ms)
        self.reached.set()

    async def shown(self, trigger: Trigger = "automatic") -> tuple[str, int]:
        """What, and after how many milliseconds."""
        now_s = asyncio.get_running_loop().time
        query, began_s = self.query(1, 4), now_s()
        assert query is not None
        outcome = await self.service.complete(evolve(query, settings=SETTINGS, trigger=trigger))
        text = outcome.suggestion.text if outcome.suggestion is not None else ""
        return text, round((now_s() - began_s) * 1_000)


def play(line_ms: float, main: Callable[[House], Awaitable[None]]) -> None:
    async def run() -> None:
        house = House(line_ms)
        await main(house)
        await house.service.aclose()

    virtual_time.run(run())


@pytest.mark.parametrize(
    ("line_ms", "lines", "after_ms"),
    [
        (50.0, 3, 150),  # all of it is there soon
        (150.0, 2, 300),  # the third would not be: it comes at 450
        (300.0, 1, 300),
        (500.0, 1, 500),  # the first one, late as it is
        (2_000.0, 0, DEADLINE_MS),
    ],
)
def test_whole_lines_as_soon_as_the_next_would_be_late(line_ms: float, lines: int, after_ms: int) -> None:
    assert SOON_MS == 400

    async def main(house: House) -> None:
        shown, waited_ms = await house.shown()
        assert len(shown.splitlines()) == lines
        assert "".join(LINES).strip().startswith(shown)
        assert waited_ms == pytest.approx(after_ms, abs=2)

    play(line_ms, main)


def test_what_was_shown_early_is_not_counted_as_computed_for_nobody() -> None:
    async def main(house: House) -> None:
        await house.shown()
        await asyncio.sleep(2)
        assert (house.service.counters.finished, house.service.counters.wasted) == (1, 0)

    play(300.0, main)


def test_who_asks_by_hand_gets_all_of_it() -> None:
    async def main(house: House) -> None:
        shown, waited_ms = await house.shown("invoked")
        assert len(shown.splitlines()) == 3
        assert waited_ms == pytest.approx(900, abs=2)

    play(300.0, main)


def test_what_follows_comes_up_when_the_line_is_taken() -> None:
    async def main(house: House) -> None:
        shown, _ = await house.shown()
        house.edit(1, 4, 4, shown)
        query = house.query(1, 4 + len(shown))
        assert query is not None
        outcome = await house.service.complete(evolve(query, settings=SETTINGS, trigger="invoked"))
        assert outcome.suggestion is not None
        assert outcome.suggestion.text.startswith("\n    second = first")
        assert len(house.backend.requests) == 1
        assert house.service.counters.wasted == 0

    play(300.0, main)


def test_what_nobody_waits_for_any_more_is_not_counted_as_used() -> None:
    async def main(house: House) -> None:
        steps = script(100.0)
        house.backend._script = lambda _: [Pause(1.0), *steps]
        assert await house.shown() == ("", DEADLINE_MS)
        await asyncio.sleep(5)
        assert (house.service.counters.finished, house.service.counters.used) == (1, 0)

    play(100.0, main)
