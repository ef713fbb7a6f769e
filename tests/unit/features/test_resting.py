"""Where the cursor rests the prompt is read before the first key; who only looks around pays little. Virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest

from autothink_lsp.backends.base import FimRequest
from autothink_lsp.features.completion.prefetch import MOST_CREDIT, REST_S
from autothink_lsp.settings.model import CompletionSettings, Settings
from tests.support import virtual_time
from tests.support.completion_harness import SETTINGS, URI, CompletionHarness
from tests.support.scripted_backend import Pause, ScriptedBackend, Step

LINES = 2_000
READ_S = 3.0


def now_ms() -> float:
    return asyncio.get_running_loop().time() * 1_000


class Harness(CompletionHarness):
    """A long document of which the model reads some hundred characters around the cursor, slowly when they are new."""

    def __init__(self) -> None:
        super().__init__(ScriptedBackend(self.script, sleep=asyncio.sleep), now_ms=now_ms)
        self.reached.set()
        self.documents.close(URI)
        self.documents.open(URI, "python", 1, "".join(f"if value_{n}:\n    \n" for n in range(LINES // 2)))
        self.seen: set[str] = set()

    def script(self, request: FimRequest) -> Sequence[Step]:
        start = request.prompt[:200]
        known, _ = start in self.seen, self.seen.add(start)
        return [Pause(0.02 if known else READ_S), *(["b + c\n"] if request.max_tokens else []), Pause(0.02)]

    @property
    def warm_ups(self) -> int:
        return sum(not request.max_tokens for request in self.backend.requests)

    async def connect(self) -> None:
        """As the first key does. Nothing is read ahead of it."""
        await self.ask(1, 4)

    def rests(self, line: int, settings: Settings = SETTINGS) -> None:
        self.service.rests(lambda: self.query(line, 4, settings))


def play(main: Callable[[Harness], Awaitable[None]]) -> None:
    async def run() -> None:
        harness = Harness()
        await main(harness)
        await harness.service.aclose()

    virtual_time.run(run())


def test_the_first_key_finds_its_prompt_read() -> None:
    async def main(harness: Harness) -> None:
        await harness.connect()
        harness.rests(1001)
        await asyncio.sleep(REST_S + READ_S + 0.1)
        assert harness.warm_ups == 1
        harness.edit(1001, 4, 4, "x")
        before = now_ms()
        outcome = await harness.ask(1001, 5)
        assert outcome.suggestion is not None
        assert now_ms() - before < 300

    play(main)


def test_a_key_while_it_is_read_waits_for_the_reading_and_starts_no_other() -> None:
    async def main(harness: Harness) -> None:
        await harness.connect()
        await asyncio.sleep(0.1)
        before = harness.backend.cancelled
        harness.rests(1001)
        await asyncio.sleep(REST_S + 1.0)
        harness.edit(1001, 4, 4, "x")
        task = harness.ask(1001, 5)
        await asyncio.sleep(1.0)
        assert (harness.backend.running, harness.backend.cancelled) == (1, before)
        assert harness.warm_ups == 1
        await task
        assert harness.backend.most_running == 1

    play(main)


def test_keys_as_vs_code_sends_them_do_not_end_the_reading() -> None:
    """Each cancels the request of the one before, edits, and asks again a little later."""

    async def main(harness: Harness) -> None:
        await harness.connect()
        await asyncio.sleep(0.1)
        before = harness.backend.cancelled
        harness.rests(1001)
        await asyncio.sleep(REST_S + 1.0)
        task = None
        for number, key in enumerate("value"):
            if task is not None:
                task.cancel()
                await asyncio.sleep(0)
            harness.edit(1001, 4 + number, 4 + number, key)
            await asyncio.sleep(0.05)
            task = harness.ask(1001, 5 + number)
            await asyncio.sleep(0.1)
        assert task is not None
        assert (harness.backend.running, harness.backend.cancelled, harness.warm_ups) == (1, before, 1)
        await task

    play(main)


def test_a_cancel_without_an_edit_ends_it() -> None:
    async def main(harness: Harness) -> None:
        await harness.connect()
        harness.rests(1001)
        await asyncio.sleep(REST_S + 1.0)
        harness.edit(1001, 4, 4, "x")
        task = harness.ask(1001, 5)
        await asyncio.sleep(0.1)
        task.cancel()
        await asyncio.sleep(0.005)
        assert harness.backend.running == 0

    play(main)


def test_moving_on_reads_nothing() -> None:
    async def main(harness: Harness) -> None:
        await harness.connect()
        for line in range(101, 1_901, 200):
            harness.rests(line)
            await asyncio.sleep(REST_S / 2)
        harness.edit(1, 4, 4, "x")
        await asyncio.sleep(10)
        assert harness.warm_ups == 0

    play(main)


def test_prewarms_at_rest_are_limited_unless_the_user_types() -> None:
    async def main(harness: Harness) -> None:
        await harness.connect()
        for line in range(201, 1_801, 200):
            harness.rests(line)
            await asyncio.sleep(REST_S + READ_S + 0.1)
        assert harness.warm_ups == MOST_CREDIT

    async def typing(harness: Harness) -> None:
        await harness.connect()
        for line in range(201, 1_801, 200):
            harness.rests(line)
            await asyncio.sleep(REST_S + READ_S + 0.1)
            harness.edit(line, 4, 4, "x")
            await harness.ask(line, 5)
        assert harness.warm_ups == 8

    play(main)
    play(typing)


def test_what_was_read_already_is_not_read_again() -> None:
    async def main(harness: Harness) -> None:
        await harness.connect()
        for _ in range(2):
            harness.rests(1001)
            await asyncio.sleep(REST_S + READ_S + 0.1)
        assert harness.warm_ups == 1

    play(main)


def test_looking_elsewhere_does_not_move_the_window_of_where_one_types() -> None:
    async def main(harness: Harness) -> None:
        await harness.connect()
        harness.edit(1, 4, 4, "x = 1\n    ")
        await harness.ask(2, 4)
        prompt = harness.backend.requests[-1].prompt
        harness.rests(1002)  # a line was added
        await asyncio.sleep(REST_S + READ_S + 0.1)
        assert harness.warm_ups == 1
        harness.edit(2, 4, 4, "y")
        await harness.ask(2, 5)
        assert harness.backend.requests[-1].prompt[:200] == prompt[:200]

    play(main)


@pytest.mark.parametrize(
    "completion",
    [
        {"speculate": "never"},
        {"backend": "openai", "url": "https://models.example.com/v1"},
        {"enabled": False},
        {"context_tokens": 100},
    ],
)
def test_not_where_nothing_may_be_asked_ahead_or_other_code_stands_in_front(completion: dict[str, object]) -> None:
    settings = Settings(completion=CompletionSettings(model="elsewhere", **completion))  # pyright: ignore[reportArgumentType]

    async def main(harness: Harness) -> None:
        await harness.service.warm(
            lambda: harness.query(1, 4, Settings(completion=CompletionSettings(model="elsewhere")))
        )
        await asyncio.sleep(READ_S + 0.1)
        assert harness.warm_ups == 1, "it is connected"
        harness.rests(1001, settings)
        await asyncio.sleep(10)
        assert harness.warm_ups == 1

    play(main)
