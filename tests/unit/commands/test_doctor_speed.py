"""What ``doctor`` says of a model's speed: whether suggestions come within their deadline."""

from __future__ import annotations

import pytest

from autothink_lsp.commands.doctor.model import probe_context, speed_finding


@pytest.mark.parametrize(
    ("first_ms", "decode", "deadline_ms", "level", "words"),
    [
        (120, 90, 600, "ok", "first token after 120 ms, then 90 tokens per second"),
        (2884, 25, 600, "warning", "the first token takes longer than completion.deadline_ms (600)"),
        (2884, 25, 5000, "ok", "first token after 2884 ms"),
        (120, 10, 600, "warning", "a line of 12 tokens takes 1200 ms, more than completion.deadline_ms (600)"),
    ],
)
def test_what_is_late_is_said(first_ms: float, decode: float, deadline_ms: int, level: str, words: str) -> None:
    finding = speed_finding(first_ms, decode, 38, deadline_ms)
    assert finding.level == level
    assert words in finding.text
    assert "evaluates 38 prompt tokens per second" in finding.text
    assert bool(finding.remedy) == (level == "warning")


def test_no_engine_has_evaluated_the_prompt_already() -> None:
    first, second = (probe_context().prefix.split("\n", 1) for _ in range(2))
    assert first[0] != second[0]
    assert first[1] == second[1]
