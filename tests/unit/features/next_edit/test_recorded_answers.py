"""Recorded answers of five next-edit models, through prompt, parser, checks and gate (``recordings.json``: cursortab,
Copyright (c) its authors, MIT license, see ``RECORDINGS_LICENSE``)."""

from __future__ import annotations

import pytest

from autothink_lsp.syntax.service import Syntax
from tests.bench.next_edit import RECORDINGS
from tests.bench.next_edit_recordings import MODELS, JudgedEdit, ReplayedAnswer, load, replayed

RESULTS = replayed(load(RECORDINGS), Syntax())


def of(model: str) -> list[ReplayedAnswer]:
    return [one for one in RESULTS if one.answer.model == model]


def lines(some: list[JudgedEdit]) -> tuple[int, int]:
    return sum(edit.right for edit in some), sum(edit.changed for edit in some)


def fired(model: str) -> list[JudgedEdit]:
    """The model's edits where one is to be made, as they are."""
    return [one.edit for one in of(model) if one.edit is not None and not one.recording.is_silent]


@pytest.mark.parametrize("model", MODELS)
def test_no_edit_is_shown_where_none_is_expected(model: str) -> None:
    silent = [one for one in of(model) if one.recording.is_silent]
    assert len(silent) == 5
    assert not any(one.offered for one in silent)


@pytest.mark.parametrize(
    ("model", "shown", "right", "changed"),
    [
        ("sweep-next-edit-0.5B", 6, 12, 15),
        ("sweep-next-edit-1.5B", 7, 20, 25),
        ("sweep-next-edit-7B", 9, 28, 33),
        ("zeta", 11, 38, 44),
        ("zeta-2", 11, 37, 42),
    ],
)
def test_expected_edits_are_shown(model: str, shown: int, right: int, changed: int) -> None:
    found = [one.edit for one in of(model) if one.edit is not None and one.is_shown]
    assert (len(found), *lines(found)) == (shown, right, changed)


@pytest.mark.parametrize(
    ("model", "offered", "right", "changed"),
    [
        ("sweep-next-edit-0.5B", 6, 14, 17),
        ("sweep-next-edit-1.5B", 8, 24, 29),
        ("sweep-next-edit-7B", 10, 32, 37),
        ("zeta", 11, 38, 44),
        ("zeta-2", 11, 37, 42),
    ],
)
def test_what_rules_and_model_offer_together(model: str, offered: int, right: int, changed: int) -> None:
    found = [one.offered for one in of(model) if one.offered is not None]
    assert (len(found), *lines(found)) == (offered, right, changed)


@pytest.mark.parametrize("model", MODELS)
def test_checks_drop_no_right_edit(model: str) -> None:
    assert not [one for one in of(model) if one.edit is not None and one.edit.is_exact and not one.is_shown]


@pytest.mark.parametrize("model", MODELS)
def test_edits_that_the_checks_drop_are_mostly_wrong(model: str) -> None:
    dropped = [one.edit for one in of(model) if one.edit is not None and one.edit.changed and not one.is_shown]
    for edit in dropped:
        assert edit.right / edit.changed < 0.7


def test_checks_raise_the_precision_of_the_small_model() -> None:
    assert lines(fired("sweep-next-edit-1.5B")) == (22, 38)
    shown = [one.edit for one in of("sweep-next-edit-1.5B") if one.edit is not None and one.is_shown]
    assert lines(shown) == (20, 25)
