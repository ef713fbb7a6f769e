"""A completion that the server broke off is shown up to a clean end only, and is no whole answer."""

from __future__ import annotations

import pytest

from autothink_lsp.backends.base import Finished
from tests.support.completion_house import CompletionHouse
from tests.support.scripted_backend import ScriptedBackend


@pytest.mark.parametrize(
    ("end", "said", "shown"),
    [
        (Finished("stop"), 'return "hello', 'return "hello'),
        *((end, said, shown)
          for end in (Finished("content_filter"), Finished("cut", told="error"), Finished("cut", told="abort"))
          for said, shown in (
              ('return "hello', "return"),
              ("return a + (b", "return a"),
              ("return sum(a, b) + c", "return sum(a, b)"),
              ("x = a\n    return x + (b *", "x = a"),
              ("ret", None),
          )),
    ],
)  # fmt: skip
async def test_what_is_shown(end: Finished, said: str, shown: str | None) -> None:
    house = CompletionHouse(ScriptedBackend([said, end]))
    house.reached.set()
    outcome = await house.ask()
    assert (outcome.suggestion.text if outcome.suggestion is not None else None) == shown
    await house.service.aclose()
