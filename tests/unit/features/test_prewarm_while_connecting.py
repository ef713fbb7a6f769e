"""A prewarm of another model does not hold up a request that waits for its connection.

The other stories of a connection that comes late are ``tests/scenarios/keystrokes/connecting_*.txt``.
"""

from __future__ import annotations

import asyncio

from tests.support.completion_harness import ELSEWHERE, CompletionHarness, turns
from tests.support.scripted_backend import Hold, ScriptedBackend


async def test_while_a_request_waits_for_its_connection_another_model_is_not_prewarmed() -> None:
    never = asyncio.Event()
    harness = CompletionHarness(
        ScriptedBackend(lambda request: ["return a + b"] if request.max_tokens else [Hold(never)])
    )
    asked = harness.ask()
    await turns()
    harness.warm(ELSEWHERE)
    await turns()
    harness.reached.set()
    assert (await asyncio.wait_for(asked, 5)).suggestion is not None
