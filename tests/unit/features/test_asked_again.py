"""Asked by hand it says something: where nothing of the model's answer is worth showing, it is asked once more."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from attrs import evolve

from autothink_lsp.backends.base import FimRequest
from tests.support.completion_harness import CompletionHarness
from tests.support.scripted_backend import ScriptedBackend, Step

BELOW = "x = 1"  # the harness's document has it below the cursor


async def asked(backend: ScriptedBackend, trigger: str) -> str | None:
    harness = CompletionHarness(backend)
    harness.reached.set()
    query = harness.query(1, 4)
    assert query is not None
    outcome = await harness.service.complete(evolve(query, trigger=trigger))
    await harness.service.aclose()
    return outcome.suggestion.text if outcome.suggestion is not None else None


def repeats_below(request: FimRequest) -> Sequence[Step]:
    """A model that says the line below as long as it sees it."""
    return ["\n\n" + BELOW + "\n"] if BELOW in request.prompt else ["    return a + b\n"]


def needs_temperature(request: FimRequest) -> Sequence[Step]:
    return ["    return b\n"] if request.temperature else ["\n"]


@pytest.mark.parametrize(
    ("script", "shown", "requests"),
    [
        (repeats_below, "return a + b", 2),
        (needs_temperature, "return b", 3),
        (lambda _: ["\n"], None, 3),
        (lambda _: ["    return a\n"], "return a", 1),
    ],
    ids=["the line below", "sampled", "never", "at once"],
)
async def test_by_hand(script, shown: str | None, requests: int) -> None:
    backend = ScriptedBackend(script)
    assert await asked(backend, "invoked") == shown
    assert len(backend.requests) == requests


async def test_an_automatic_request_is_not_repeated() -> None:
    backend = ScriptedBackend(repeats_below)
    assert await asked(backend, "automatic") is None
    assert len(backend.requests) == 1
