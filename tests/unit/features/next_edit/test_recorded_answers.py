"""Recorded answers of five next-edit models, through prompt, parser, checks and gate (``recordings.json``: cursortab,
Copyright (c) its authors, MIT license, see ``RECORDINGS_LICENSE``)."""

from __future__ import annotations

import pytest

from autothink_lsp.syntax.service import Syntax
from tests.bench.next_edit import RECORDINGS
from tests.bench.next_edit_recordings import MODELS, ReplayedAnswer, load, replayed

RESULTS = replayed(load(RECORDINGS), Syntax())


def of(model: str) -> list[ReplayedAnswer]:
    return [one for one in RESULTS if one.answer.model == model]


def lines(some: list[ReplayedAnswer]) -> tuple[int, int]:
    return sum(one.right for one in some), sum(one.changed for one in some)


@pytest.mark.parametrize("model", MODELS)
def test_no_edit_is_shown_where_none_is_expected(model: str) -> None:
    silent = [one for one in of(model) if one.recording.is_silent]
    assert len(silent) == 5
    assert not any(one.is_shown for one in silent)


@pytest.mark.parametrize(
    ("model", "shown", "right", "changed"),
    [
        ("sweep-next-edit-0.5B", 5, 11, 13),
        ("sweep-next-edit-1.5B", 5, 17, 20),
        ("sweep-next-edit-7B", 7, 25, 29),
        ("zeta", 9, 35, 40),
        ("zeta-2", 8, 32, 36),
    ],
)
def test_expected_edits_are_shown(model: str, shown: int, right: int, changed: int) -> None:
    found = [one for one in of(model) if one.is_shown]
    assert (len(found), *lines(found)) == (shown, right, changed)


@pytest.mark.parametrize("model", MODELS)
def test_checks_drop_no_right_edit_except_an_undo(model: str) -> None:
    dropped = {one.recording.name: one.refusal for one in of(model) if one.is_exact and one.refusal}
    assert dropped.keys() <= {"25-python-fix-import-typo"}
    assert set(dropped.values()) <= {"it brings back what was just deleted"}


def test_checks_raise_the_precision_of_the_small_model() -> None:
    own = [one for one in of("sweep-next-edit-1.5B") if one.is_edit and not one.recording.is_silent]
    assert lines(own) == (22, 38)
    assert lines([one for one in own if not one.refusal]) == (18, 22)
