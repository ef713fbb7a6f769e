"""A person types in virtual time: how often a backend of some speed is asked, and how often that was of use.

Counts, which are the same on every machine. The limits are the aims of the keystroke path; what was counted when they
were set stands behind them.
"""

from __future__ import annotations

from statistics import median

import pytest

from autothink_lsp.settings.model import Speculate
from tests.support.simulated_model import BACKEND_95_MS, LAPTOP, WORKSTATION, Speed
from tests.support.typing_simulation import Person, Report, simulate

pytestmark = pytest.mark.exhaustive
KEYS = 1_000
REMOTE = Speed(400.0, 1e9, 100.0)


@pytest.fixture(scope="module")
def reports() -> dict[Speed, Report]:
    return {speed: simulate(speed, KEYS) for speed in (BACKEND_95_MS, LAPTOP, WORKSTATION, REMOTE)}


def per_100(report: Report, count: int) -> float:
    return 100 * count / report.keys


def test_every_request_is_answered_and_one_runs_at_a_time(reports: dict[Speed, Report]) -> None:
    assert {report.unanswered for report in reports.values()} == {0}
    assert {report.most_running for report in reports.values()} == {1}


def test_few_answers_are_wasted_and_many_keys_need_no_request(reports: dict[Speed, Report]) -> None:
    for report in reports.values():
        counters = report.counters
        assert per_100(report, counters.wasted) <= 3
        assert per_100(report, counters.from_cache + counters.from_running) >= 30
        assert counters.speculative_used > 0


def test_after_tab_the_next_suggestion_is_there_sooner() -> None:
    def waits_ms(speculate: Speculate) -> list[float]:
        reports = [simulate(LAPTOP, 500, Person(seed, takes=1.0), speculate=speculate) for seed in (1, 2, 3)]
        return [waited for report in reports for waited in report.accept_to_suggestion_ms]

    ahead, when_asked = waits_ms("auto"), waits_ms("never")
    assert median(ahead) < 0.7 * median(when_asked)


def test_a_backend_that_is_faster_than_the_fingers(reports: dict[Speed, Report]) -> None:
    report = reports[BACKEND_95_MS]
    assert per_100(report, report.requests) <= 60
    assert per_100(report, report.in_time) >= 60
    assert median(report.pause_to_suggestion_ms) <= 130


def test_a_model_whose_suggestions_are_never_typed_is_not_asked_at_every_key() -> None:
    report = simulate(BACKEND_95_MS, KEYS, known_lines=0.0, known_words=0.1)
    assert per_100(report, report.requests) <= 75  # 96 without the account of requests
    assert len(report.pause_to_suggestion_ms) >= 0.9 * report.pauses


def test_a_slower_backend_is_asked_less_often(reports: dict[Speed, Report]) -> None:
    assert reports[LAPTOP].requests < reports[BACKEND_95_MS].requests
    assert reports[REMOTE].requests < reports[BACKEND_95_MS].requests


@pytest.mark.parametrize(("speed", "soon_ms"), [(LAPTOP, 450.0), (WORKSTATION, 150.0)])
def test_a_suggestion_in_nearly_every_pause(reports: dict[Speed, Report], speed: Speed, soon_ms: float) -> None:
    report = reports[speed]
    assert len(report.pause_to_suggestion_ms) >= 0.9 * report.pauses
    assert median(report.pause_to_suggestion_ms) <= soon_ms
