"""A server whose speed is not known yet: a small prompt first, where the cursor is, and more where it is fast."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest
from attrs import evolve

from autothink_lsp.backends.base import FimRequest, Finished, Timings
from autothink_lsp.features.completion.endpoint import PromptThroughput
from autothink_lsp.features.completion.prefetch import REST_S
from autothink_lsp.settings.model import CompletionSettings, Settings
from tests.support import virtual_time
from tests.support.completion_harness import URI, CompletionHarness
from tests.support.scripted_backend import Pause, ScriptedBackend, Step

LINES = 2_000
CHARS_PER_TOKEN = 3.4
LLAMA_SERVER = Settings(
    completion=CompletionSettings(
        backend="llama-server", url="http://127.0.0.1:1", model="elsewhere", deadline_ms=60_000, debounce_ms=0
    )
)


class Harness(CompletionHarness):
    """A long document in front of a server that evaluates ``tokens_per_s``, reports it, and has no cache."""

    def __init__(self, tokens_per_s: float) -> None:
        self.tokens_per_s = tokens_per_s
        super().__init__(
            ScriptedBackend(self.script, sleep=asyncio.sleep),
            now_ms=lambda: asyncio.get_running_loop().time() * 1_000,
        )
        self.documents.close(URI)
        self.documents.open(URI, "python", 1, "".join(f"value_{n} = {n}\n    \n" for n in range(LINES // 2)))

    def script(self, request: FimRequest) -> Sequence[Step]:
        tokens = int(len(request.prompt) / CHARS_PER_TOKEN)
        spent_s = tokens / self.tokens_per_s
        timings = Timings(tokens, 0, spent_s * 1_000, 0, 0.0)
        return [
            Pause(spent_s),
            *(["b + c\n"] if request.max_tokens else []),
            Pause(0.02),
            Finished("stop", timings=timings),
        ]

    def opens(self) -> asyncio.Task[None]:
        return asyncio.create_task(self.service.warm(lambda: self.query(LINES - 1, 4, LLAMA_SERVER)))

    @property
    def prompts(self) -> list[str]:
        return [request.prompt for request in self.backend.requests]


def play(tokens_per_s: float, main: Callable[[Harness], Awaitable[None]]) -> None:
    async def run() -> None:
        harness = Harness(tokens_per_s)
        await main(harness)
        await harness.service.aclose()

    virtual_time.run(run())


@pytest.mark.parametrize(("tokens_per_s", "count"), [(145.0, 1), (4_000.0, 2)])
def test_the_first_prompt_is_small_and_a_fast_server_gets_the_large_one_before_the_first_key(
    tokens_per_s: float, count: int
) -> None:
    async def main(harness: Harness) -> None:
        await harness.opens()
        await asyncio.sleep(20)
        assert len(harness.prompts[0]) < 2_000
        assert len(harness.prompts) == count
        assert count == 1 or len(harness.prompts[1]) > 5_000
        harness.edit(LINES - 1, 4, 4, "x")
        request = harness.query(LINES - 1, 5, LLAMA_SERVER)
        assert request is not None
        await harness.service.complete(request)
        assert harness.prompts[-1][:1_000] == harness.prompts[count - 1][:1_000], "the server has it in its cache"

    play(tokens_per_s, main)


def test_a_key_before_that_ends_the_waiting_and_the_window_grows_with_a_later_one() -> None:
    async def main(harness: Harness) -> None:
        for number in range(3):
            harness.edit(1_001, 4 + number, 4 + number, "x")
            request = harness.query(1_001, 5 + number, LLAMA_SERVER)
            assert request is not None
            await harness.service.complete(request)
        sizes = [len(prompt) for prompt in harness.prompts]
        assert sizes[0] < 2_000
        assert sizes[-1] > 5_000

    play(4_000.0, main)


def test_the_place_where_the_cursor_rests_is_read_instead_of_the_end() -> None:
    async def main(harness: Harness) -> None:
        harness.service.rests(lambda: harness.query(1_001, 4, LLAMA_SERVER))
        await harness.opens()
        await asyncio.sleep(10)
        assert ["value_500 =" in prompt for prompt in harness.prompts] == [True]

    play(145.0, main)


def test_a_cursor_that_comes_to_rest_ends_the_reading_of_the_end() -> None:
    async def main(harness: Harness) -> None:
        await harness.opens()
        await asyncio.sleep(1.0)
        harness.service.rests(lambda: harness.query(1_001, 4, LLAMA_SERVER))
        await asyncio.sleep(REST_S + 10)
        assert ["value_500 =" in prompt for prompt in harness.prompts] == [False, True]

    play(145.0, main)


def test_where_it_typed_last_is_no_place_of_rest() -> None:
    async def main(harness: Harness) -> None:
        harness.service.rests(lambda: harness.query(1_001, 4, LLAMA_SERVER))
        harness.edit(1, 4, 4, "x")
        await harness.opens()
        await asyncio.sleep(10)
        assert ["value_500 =" in prompt for prompt in harness.prompts] == [False]

    play(145.0, main)


def test_another_model_has_no_such_place() -> None:
    off = evolve(LLAMA_SERVER, completion=evolve(LLAMA_SERVER.completion, enabled=False))

    async def main(harness: Harness) -> None:
        harness.service.rests(lambda: harness.query(1_001, 4, off))
        await harness.opens()
        await asyncio.sleep(10)
        assert harness.prompts == []

    play(145.0, main)


def test_the_first_answer_of_a_fast_local_server_is_enough() -> None:
    """However short its prompt: a small file needs code of other files most."""
    fast, slow = PromptThroughput(), PromptThroughput()
    fast.record_local_answer(chars=60, after_ms=10.0)
    slow.record_local_answer(chars=60, after_ms=150.0)
    slow.record_local_answer(chars=600, after_ms=10.0)  # from its cache
    assert (fast.is_known, slow.is_known) == (True, False)
