"""While the stream goes on, complete statements are shown soon, and other whole lines later: in virtual time, with a
model that writes a line in 0.1 s."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from autothink_lsp.features.completion.model import CompletionOutcome
from autothink_lsp.features.completion.scheduler import LINES_MS, STATEMENTS_MS
from tests.support import virtual_time
from tests.support.completion_harness import CompletionHarness
from tests.support.scripted_backend import Pause, ScriptedBackend, Step

LINE_S = 0.1
SOON = LINE_S * 1_000 + 1

# The text up to the cursor, what the model says, what is shown first, and after how many milliseconds at the latest.
CASES = [
    ("    y = 1\n    ", ["z = 2", "    return z", "    # end"], "z = 2", SOON),
    ("    y = 1\n    z = ", ["y + 1", "    return z", "    # end"], "y + 1", SOON),
    ("    return a", [" + b", "x = 1", "y = 2"], " + b", SOON),
    # A statement goes on in the next line.
    ("    y = 1\n    ", ["z = f(", "        2,", "    )", "    return z"], "z = f(\n        2,\n    )", 3 * SOON),
    ("    y = 1\n    ", ["if y:", "        y = 2", "    return y"], "if y:\n        y = 2", 2 * SOON),
    ("    y = 1\n    ", ["@wraps", "    def f():", "        pass"], "@wraps\n    def f():\n        pass", 4 * SOON),
    # The body of a definition is shown as a whole, as far as it is there in time.
    ("    ", ["c = a + b", "    d = c", "    return d"], "c = a + b\n    d = c\n    return d", 4 * SOON),
    ("    def f(\n        c,\n    ):\n        ", ["d = c", "        e = d"], "d = c\n        e = d", 3 * SOON),
    ("    class C:\n        ", ["d = 1", "        e = 2"], "d = 1\n        e = 2", 3 * SOON),
    ("    for c in a:\n        ", ["b += c", "        print(b)", "        a = b"], "b += c", SOON),
    ("    if a:\n        b()\n    else:\n        ", ["b += c", "        print(b)", "        a = b"], "b += c", SOON),
]


class Harness(CompletionHarness):
    def __init__(self, before: str, lines: Sequence[str]) -> None:
        script: list[Step] = []
        for line in lines:
            script += [*line[:-1], Pause(LINE_S), f"{line[-1]}\n"]
        super().__init__(ScriptedBackend(script, sleep=asyncio.sleep), now_ms=self.clock_ms)
        self.reached.set()
        self.edit(1, 0, 4, before)
        self.line, self.column = 1 + before.count("\n"), len(before.rpartition("\n")[2])

    @staticmethod
    def clock_ms() -> float:
        return asyncio.get_running_loop().time() * 1_000

    async def shown(self) -> tuple[CompletionOutcome, float]:
        """The outcome, and the milliseconds to it."""
        asked_ms = self.clock_ms()
        outcome = await self.ask(self.line, self.column)
        return outcome, self.clock_ms() - asked_ms


@pytest.mark.parametrize(("before", "lines", "shown", "most_ms"), CASES)
def test_what_is_shown_first(before: str, lines: list[str], shown: str, most_ms: float) -> None:
    async def main() -> None:
        harness = Harness(before, lines)
        outcome, after_ms = await harness.shown()
        await harness.service.aclose()
        assert (outcome.suggestion.text if outcome.suggestion else outcome.reason) == shown
        assert after_ms <= most_ms

    virtual_time.run(main())


def test_the_rest_is_there_when_the_first_statement_is_taken() -> None:
    async def main() -> None:
        harness = Harness("    y = 1\n    ", ["z = 2", "    x = z", "    return x"])
        first, _ = await harness.shown()
        await asyncio.sleep(1)
        assert first.suggestion is not None
        text = first.suggestion.text + "\n    "
        harness.edit(harness.line, harness.column, harness.column, text)
        harness.line += 1
        harness.column = 4
        rest, after_ms = await harness.shown()
        assert rest.suggestion is not None
        assert (rest.suggestion.text, after_ms) == ("x = z\n    return x", 0)
        assert len(harness.backend.requests) == 1
        await harness.service.aclose()

    virtual_time.run(main())


def test_statements_come_before_other_lines() -> None:
    assert LINE_S * 1_000 < STATEMENTS_MS < 2 * LINE_S * 1_000 < LINES_MS
