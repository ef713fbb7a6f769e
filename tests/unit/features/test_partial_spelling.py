"""A marker that the prompt had to break (``< |fim_middle|>``) is shown in the document's spelling, however early."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from attrs import evolve

from autothink_lsp.backends.base import FimRequest
from autothink_lsp.settings.model import CompletionSettings, Settings
from tests.support import virtual_time
from tests.support.completion_harness import CompletionHarness
from tests.support.scripted_backend import Pause, ScriptedBackend, Step

SETTINGS = Settings(completion=CompletionSettings(debounce_ms=0, deadline_ms=600))
SLOW = Pause(5.0)


def now_ms() -> float:
    return asyncio.get_running_loop().time() * 1_000


class Harness(CompletionHarness):
    """The document has markers as text, so that they are no mistake in an answer."""

    def __init__(self, script: Sequence[Step] | None = None) -> None:
        super().__init__(ScriptedBackend(script or self.script, sleep=asyncio.sleep), now_ms=now_ms)
        self.reached.set()
        self.edit(3, 5, 5, '\nmarks = ["<|fim_middle|>", "<|im_end|>", "<｜end▁of▁sentence｜>"]')

    def script(self, _: FimRequest) -> Sequence[Step]:
        return ['    first = "< |fim_middle|>', SLOW, '"\n']

    async def shown(self) -> str:
        query = self.query(1, 4)
        assert query is not None
        outcome = await self.service.complete(evolve(query, settings=SETTINGS))
        return outcome.suggestion.text if outcome.suggestion is not None else ""


@pytest.mark.parametrize(
    ("streamed", "shown"),
    [
        # A whole line while the next one is awaited.
        (['    first = "< |fim_middle|>"\n', SLOW], 'first = "<|fim_middle|>"'),
        (['    first = "< |im', "_end|", '>"\n', SLOW], 'first = "<|im_end|>"'),
        (['    first = "< ｜end▁of▁sentence｜>"\n', SLOW], 'first = "<｜end▁of▁sentence｜>"'),
        (['    first = ["< |im_end|>", "< |fim_middle|>"]\n', SLOW], 'first = ["<|im_end|>", "<|fim_middle|>"]'),
        # A part of a line at the deadline.
        (['    first = ["< |im_end|>"] + second', SLOW], 'first = ["<|im_end|>"]'),
        (['    first = ["< |im_end|>", second', SLOW], ""),  # accepted, it would be broken code
        (["    first(a) < |fim_middle|", SLOW], "first(a)"),
        (["    first(a) < |fim_mid", SLOW], "first(a)"),
        (["    first(a) < |", SLOW], "first(a)"),
        (["    first(a) < ", SLOW], "first(a)"),
        # No marker at all.
        (["    first(a) < second(b) | third", SLOW], "first(a) < second(b)"),
        (["    first(a) < second(b)\n", SLOW], "first(a) < second(b)"),
        # The whole answer in time.
        (['    first = "< |fim_middle|>"\n'], 'first = "<|fim_middle|>"'),
    ],
)
def test_what_is_shown(streamed: list[Step], shown: str) -> None:
    async def main() -> None:
        harness = Harness(streamed)
        assert await harness.shown() == shown
        await harness.service.aclose()

    virtual_time.run(main())


def test_the_seed_of_the_next_request_keeps_the_spelling_of_the_prompt() -> None:
    """A marker as a control token would end the prompt in the middle of the seed."""

    async def main() -> None:
        harness = Harness()
        task = harness.ask()
        await asyncio.sleep(1.0)
        task.cancel()
        await asyncio.sleep(1.0)
        assert harness.backend.running == 0
        harness.ask()
        await asyncio.sleep(1.0)
        first, second = (request.prompt for request in harness.backend.requests)
        assert second == first + '    first = "< |fim_middle|>'
        await harness.service.aclose()

    virtual_time.run(main())
