"""A change of several kinds, in answers of many forms and 45 kinds of files, changes what it means to and nothing else
(`changed_answers.py` has the cases)."""

from __future__ import annotations

import asyncio

import pytest

from tests.hardening.changed_answers import COMPLETE, difference, outcomes, rows
from tests.hardening.changed_sources import SOURCES
from tests.hardening.conftest import Count

CASES, SEED = 260, 4


@pytest.mark.timeout(600)
def test_no_answer_changes_more_than_the_case_says_unseen(count: Count) -> None:
    found = asyncio.run(outcomes(CASES, SEED))
    silent = [one for one in found if one.verdict == "silent"]
    shown = [one for one in found if one.verdict == "shown"]
    count("changes in many forms: cases, shown with more, silent", f"{len(found)}, {len(shown)}, {len(silent)}")
    table = "\n".join(rows(found))
    assert not silent, "\n".join([table, *(f"{one.case}\n{one.detail}" for one in silent)])
    complete = [one for one in found if one.case.split("/")[2] in COMPLETE]
    assert sum(one.verdict == "right" for one in complete) >= 0.95 * len(complete), table


def test_each_change_stands_once_in_its_source() -> None:
    for key, source in SOURCES.items():
        for name, (fragment, edits) in source.changes.items():
            assert all(source.text.count(one) == 1 for one in (fragment, *(old for old, _ in edits))), (key, name)


def test_the_check_sees_a_line_end_that_has_changed() -> None:
    assert not difference("a\r\nx\nc\n", "a\r\nb\nc\n", ["a", "x", "c", ""])
    assert difference("a\nx\nc\n", "a\r\nb\nc\n", ["a", "x", "c", ""])
    assert difference("a\r\nx\r\nc\n", "a\r\nb\nc\n", ["a", "x", "c", ""])
    assert not difference("a\r\nb\r\nx\r\nc", "a\r\nb\r\nc", ["a", "b", "x", "c"])
