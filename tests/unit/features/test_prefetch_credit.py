"""A user who accepts nothing is soon prefetched for only now and then; virtual time, a scripted model.

When a prefetch starts and ends is in ``tests/scenarios/keystrokes/prefetch_*.txt``.
"""

from __future__ import annotations

import asyncio

from autothink_lsp.features.completion import prefetch
from tests.support import virtual_time
from tests.support.completion_harness import CompletionHarness
from tests.support.scripted_backend import Pause, ScriptedBackend

READING_S = 1.0
REPETITIONS = 100


def test_prefetches_that_are_never_used_become_rare() -> None:
    async def main() -> None:
        steps = [Pause(0.05), "    total = sum([a, b])", Pause(0.05)]
        harness = CompletionHarness(ScriptedBackend(steps, sleep=asyncio.sleep))
        harness.reached.set()
        for number in range(REPETITIONS):
            await harness.ask()
            await asyncio.sleep(READING_S)
            harness.edit(0, 4, 7, f"f{number:02}")  # an edit elsewhere makes the prefetch useless
        counters = harness.service.counters
        assert counters.speculative_used == 0
        assert 0 < counters.speculative <= prefetch.MOST_CREDIT + REPETITIONS * prefetch.EARNED

    virtual_time.run(main())
