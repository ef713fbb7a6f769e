"""A completion that the server broke off is shown up to a clean end only, and is no whole answer."""

from __future__ import annotations

import pytest

from autothink_lsp.backends.base import Finished
from tests.support.completion_harness import CompletionHarness
from tests.support.scripted_backend import ScriptedBackend


@pytest.mark.parametrize(
    ("end", "answer", "shown"),
    [
        (Finished("stop"), 'return "hello', 'return "hello'),
        *((end, answer, shown)
          for end in (
              Finished("content_filter"),
              Finished("cut", server_reason="error"),
              Finished("cut", server_reason="abort"),
          )
          for answer, shown in (
              ('return "hello', None),
              ("return a + (b", "return a"),
              ("return sum(a, b) + c", "return sum(a, b)"),
              ("x = a\n    return x + (b *", "x = a"),
              ("ret", None),
          )),
    ],
)  # fmt: skip
async def test_what_is_shown(end: Finished, answer: str, shown: str | None) -> None:
    harness = CompletionHarness(ScriptedBackend([answer, end]))
    harness.reached.set()
    outcome = await harness.ask()
    assert (outcome.suggestion.text if outcome.suggestion is not None else None) == shown
    await harness.service.aclose()
