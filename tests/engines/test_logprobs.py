"""The real engine says how sure the model is, in both of its dialects, and what it says means something."""

from __future__ import annotations

from collections.abc import Callable
from math import exp

import pytest

from autothink_lsp.backends.base import Backend, FimRequest, TextDelta
from autothink_lsp.backends.endpoint import Endpoint
from autothink_lsp.backends.llama_server import LlamaServerBackend
from autothink_lsp.backends.openai import OpenAIBackend
from autothink_lsp.engines.llama import LlamaEngine

pytestmark = [pytest.mark.model, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

KEY_NAME = "MODEL_SERVER_KEY"
# The same word three times, and a word that cannot be predicted.
SHOWN = "print(alpha, beta)\n"
KNOWN = f"<|fim_prefix|>alpha = 1\nbeta = 2\n{SHOWN}{SHOWN}print(alpha,<|fim_suffix|>\n<|fim_middle|>"
UNKNOWN = "<|fim_prefix|>password =<|fim_suffix|>\n<|fim_middle|>"


@pytest.mark.parametrize("kind", [LlamaServerBackend, OpenAIBackend])
async def test_probability_is_high_for_a_predictable_token_and_low_for_an_unpredictable_one(
    shared_engine: LlamaEngine, monkeypatch: pytest.MonkeyPatch, kind: Callable[[Endpoint], Backend]
) -> None:
    address = await shared_engine.address()
    monkeypatch.setenv(KEY_NAME, address.api_key)
    backend = kind(Endpoint(address.url, api_key_env=KEY_NAME))
    first: list[float] = []
    for prompt in (KNOWN, UNKNOWN):
        events = [event async for event in backend.stream(FimRequest(prompt, 4, logprobs=True))]
        deltas = [event for event in events if isinstance(event, TextDelta)]
        assert deltas
        assert all(event.logprobs and max(event.logprobs) <= 0 for event in deltas)
        first.append(exp(deltas[0].logprobs[0]))
    assert first[0] > 0.8 > 0.5 > first[1], first
    events = [event async for event in backend.stream(FimRequest(KNOWN, 4))]
    assert not any(event.logprobs for event in events if isinstance(event, TextDelta))
    await backend.aclose()
