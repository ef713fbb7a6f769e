"""The window is as many tokens as the server counts: what it says of one prompt decides how long later ones are."""

from __future__ import annotations

import pytest

from autothink_lsp.backends.base import FimRequest, Finished, ServerDescription, Usage
from tests.support.completion_harness import URI, CompletionHarness
from tests.support.scripted_backend import ScriptedBackend, Step

LINES = "".join(f"value_{n} = {n}\n    \n" for n in range(5_000))


def counting(chars_per_token: float) -> ScriptedBackend:
    def script(request: FimRequest) -> list[Step]:
        return ["b + c", Finished("stop", Usage(round(len(request.prompt) / chars_per_token)))]

    return ScriptedBackend(script)


async def lengths(backend: ScriptedBackend) -> list[int]:
    """Characters of the prompts of places that are far from each other."""
    harness = CompletionHarness(backend)
    harness.reached.set()
    harness.documents.close(URI)
    harness.documents.open(URI, "python", 1, LINES)
    for line in range(401, 8_001, 400):
        await harness.ask(line, 4)
    await harness.service.aclose()
    return [len(request.prompt) for request in backend.requests]


@pytest.mark.parametrize("chars_per_token", [1.2, 6.8])
async def test_the_same_number_of_tokens(chars_per_token: float) -> None:
    first, *_, last = await lengths(counting(chars_per_token))
    assert last / chars_per_token == pytest.approx(first / 3.4, rel=0.25)


async def test_code_as_it_usually_is_leaves_the_window_as_it_was() -> None:
    first, *_, last = await lengths(counting(3.3))
    assert last == pytest.approx(first, rel=0.02)


async def test_it_fits_into_a_small_context() -> None:
    def script(request: FimRequest) -> list[Step]:
        return ["b + c", Finished("stop", Usage(len(request.prompt) // 3))]

    backend = ScriptedBackend(script, description=ServerDescription("small", context_tokens=256))
    assert max(await lengths(backend)) / 3 + 64 <= 256
