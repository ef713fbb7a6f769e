"""What the benchmark of next edits takes for similar, and how it judges a proposal."""

from __future__ import annotations

import pytest

from autothink_lsp.syntax.service import Syntax
from tests.bench.next_edit import run_case
from tests.bench.next_edit_harvest import HarvestedCase, LineHunk, cases_of

SYNTAX = Syntax()
CALLS = tuple(f"v{n} = fetch({n})" for n in range(5))
LINES = tuple(line for call in CALLS for line in (call, ""))


def hunks(*numbers: int) -> list[LineHunk]:
    return [LineHunk(2 * n, 2 * n + 1, (CALLS[n].replace("fetch", "load"),)) for n in numbers]


def harvested(*numbers: int) -> dict[str, HarvestedCase]:
    return {case.kind: case for case in cases_of("case", "python", LINES, hunks(*numbers))}


def test_three_similar_places_are_a_positive_and_its_negatives() -> None:
    found = harvested(0, 1, 2, 4)
    assert set(found) == {"positive", "reverted", "complete", "trap", "untouched"}
    assert found["positive"].edits == tuple(hunks(0, 1))
    assert found["positive"].truth == tuple(hunks(2, 4))
    assert found["positive"].is_held_back == found["trap"].is_held_back


def test_a_right_proposal_is_useful() -> None:
    result = run_case(harvested(0, 1, 2)["positive"], SYNTAX)
    assert (result.is_useful, result.right, result.changed) == (True, 2, 2)


def test_a_proposal_at_a_place_that_the_commit_left_alone_is_wrong() -> None:
    case = harvested(0, 1, 3)["positive"]
    result = run_case(case, SYNTAX)
    assert (result.rule is not None, result.is_useful, result.right) == (True, False, 0)


@pytest.mark.parametrize("kind", ["reverted", "trap", "untouched"])
def test_the_negatives_stay_silent(kind: str) -> None:
    assert run_case(harvested(0, 1, 2, 3, 4)[kind], SYNTAX).rule is None
