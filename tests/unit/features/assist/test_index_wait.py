"""The wait for a project's first index leaves the model its part of a short deadline."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from autothink_lsp.features.assist.action_context import COMMAND_INDEX_WAIT_S, INDEX_WAIT_S, ActionContextSource


@pytest.mark.parametrize(
    ("wait_s", "deadline_s", "expected_s"),
    [
        (INDEX_WAIT_S, 5, 1.0),
        (INDEX_WAIT_S, 20, 4.0),
        (INDEX_WAIT_S, 120, INDEX_WAIT_S),
        (COMMAND_INDEX_WAIT_S, 3600, COMMAND_INDEX_WAIT_S),
        (COMMAND_INDEX_WAIT_S, 60, 12.0),
    ],
)
def test_a_share_of_the_deadline(wait_s: float, deadline_s: int, expected_s: float) -> None:
    unused: Any = None
    source = ActionContextSource(unused, unused, unused, unused, index_wait_s=wait_s)
    request: Any = SimpleNamespace(settings=SimpleNamespace(assist=SimpleNamespace(deadline_s=deadline_s)))
    assert source._index_wait_s(request) == pytest.approx(expected_s)
