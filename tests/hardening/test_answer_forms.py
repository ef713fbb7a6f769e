"""Answers in other forms than the asked one change one word, are refused, or are shown before they are applied.

A tool is silent about each of these edits, so nothing but the edit itself can hold it back: see ``answer_forms.py``.
"""

from __future__ import annotations

import asyncio

import pytest

from tests.hardening.answer_forms import FORMS, form_outcomes, is_silent, table
from tests.hardening.conftest import Count
from tests.hardening.perfect_model import samples

FILES = 60
SEED = 2


@pytest.mark.timeout(600)
def test_no_form_of_an_answer_changes_more_than_the_word_unseen(count: Count) -> None:
    found = asyncio.run(form_outcomes(samples(FILES, SEED), SEED))
    every = [one for part in found.values() for one in part]
    silent = [one for one in every if is_silent(one)]
    count("forms of answers: forms, cases, applied unasked with more", f"{len(FORMS)}, {len(every)}, {len(silent)}")
    assert not silent, "\n".join([table(found), *(one.difference() for one in silent)])
    assert len(every) > len(FORMS)
    right = {name for name, part in found.items() if part and not any(one.beyond or one.refused for one in part)}
    assert {"as asked", "diff", "before and after", "numbers with a bar", "HTML entities", "CRLF"} <= right, table(
        found
    )
