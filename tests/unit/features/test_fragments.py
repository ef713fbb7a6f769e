"""Of an answer that is broken off within its first line, only what may stay as it is is shown. The rest is not lost: it
is shown when all of it is there."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from attrs import evolve

from autothink_lsp.features.completion.model import CompletionOutcome
from autothink_lsp.settings.model import CompletionSettings, Settings
from tests.support import virtual_time
from tests.support.completion_harness import CompletionHarness
from tests.support.scripted_backend import Pause, ScriptedBackend, Step

DEADLINE = Settings(completion=CompletionSettings(deadline_ms=600, debounce_ms=0))

# The line, with | for a cursor that is not at its end; what the model has said at the deadline; what of it is shown.
CASES = [
    ("    ", '    vowels = "', ""),
    ("    ", '    vowels = "aeiou" + ot', 'vowels = "aeiou"'),
    ("    ", "    return fib(n", ""),
    ("    ", "    return fib(n) + fi", "return fib(n)"),
    ("    ", "    elif a", ""),
    ("    ", "    if a > b and", ""),  # a header without its colon
    ("    ", "    for item in items", ""),
    ("    ", "    print", ""),  # the first word of a line
    ("    ", "    total = [x for x in", ""),
    ("    ", "    total = [x for x in y] + z", "total = [x for x in y]"),
    ("    return ", " a + b * c", "a + b"),
    ("    return ", " fib(n - 1", ""),
    ("    return ", " {'a': 1, ", ""),
    ("    call(|)", "a, b, c", "a, b"),
    ("    call(|)", "f(a, b", ""),
    ("    x = 'it|'", " is a lo", ""),
    ("    return item", ".price * ite", ".price"),
    ("    return ", " item.pri", ""),
    ("    x = ", " a if b els", ""),
]


class Harness(CompletionHarness):
    def __init__(self, line: str, script: Sequence[Step]) -> None:
        super().__init__(ScriptedBackend(script, sleep=asyncio.sleep), now_ms=self.clock_ms)
        self.reached.set()
        self.column = len(line.partition("|")[0])
        self.edit(1, 0, 4, line.replace("|", ""))

    @staticmethod
    def clock_ms() -> float:
        return asyncio.get_running_loop().time() * 1_000

    async def ask_automatically(self) -> CompletionOutcome:
        query = self.query(1, self.column)
        assert query is not None
        return await self.service.complete(evolve(query, settings=DEADLINE))


@pytest.mark.parametrize(("line", "streamed", "shown"), CASES)
def test_at_the_deadline(line: str, streamed: str, shown: str) -> None:
    async def main() -> None:
        word = line.rsplit(" ", maxsplit=1)[-1]  # left to the model to say
        harness = Harness(line, [word + streamed if word.isidentifier() else streamed, Pause(60)])
        outcome = await harness.ask_automatically()
        await harness.service.aclose()
        assert (outcome.suggestion.text if outcome.suggestion else "") == shown

    virtual_time.run(main())


def test_the_whole_line_is_shown_as_soon_as_it_is_there() -> None:
    async def main() -> None:
        harness = Harness("    ", ["    return fib(n", Pause(2), " - 1)\n", "x"])
        assert (await harness.ask_automatically()).suggestion is None
        await asyncio.sleep(3)
        outcome = await harness.ask_automatically()
        assert outcome.suggestion is not None
        assert outcome.suggestion.text == "return fib(n - 1)"
        await harness.service.aclose()

    virtual_time.run(main())
