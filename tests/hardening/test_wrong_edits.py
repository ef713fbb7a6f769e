"""Wrong edits are not applied without asking and not called proved, and a tool that objects leads to another attempt.

The cases are those of ``wrong_edits.py``, which prints a table. Where the reporting tool is silent about a wrong edit,
it is proved: no tool can know better there. It is still not applied without asking where it changes other lines.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from tests.hardening.conftest import Count
from tests.hardening.wrong_edits import (
    WAYS,
    WrongOutcome,
    hard_cases,
    mutants,
    table,
    trick_outcomes,
    tricks,
    wrong_outcomes,
)


@pytest.mark.timeout(600)
def test_wrong_edits(count: Count) -> None:
    assert len(hard_cases()) == 9
    assert len(mutants()) >= 40
    found = asyncio.run(wrong_outcomes())
    count("wrong edits: cases, applied unasked", f"{len(found)}, {sum(one.is_applied_unasked for one in found)}")
    assert_all_are_held_back(found)


@pytest.mark.timeout(600)
def test_edits_that_silence_a_tool(count: Count) -> None:
    assert len(tricks()) >= 25
    found = asyncio.run(trick_outcomes())
    count(
        "edits that make a tool silent: cases, applied unasked",
        f"{len(found)}, {sum(one.is_applied_unasked for one in found)}",
    )
    assert_all_are_held_back(found)


def assert_all_are_held_back(found: Sequence[WrongOutcome]) -> None:
    assert not [one.case.name for one in found if one.is_applied_unasked], table(found)
    assert not [one.case.name for one in found if one.is_falsely_proved], table(found)
    reported = [one for one in found if one.case.way in {WAYS[1], WAYS[3]}]
    assert not [one.case.name for one in reported if not one.has_escalated], table(found)
    assert all(one.result.has_failed or not one.result.has_edit for one in reported), table(found)
