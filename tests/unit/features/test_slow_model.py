"""A model that reads 145 and writes 33 tokens a second, in front of the bench's person, in virtual time.

Counts and virtual milliseconds, which are the same on every machine; what was counted when they were set stands behind
them.
"""

from __future__ import annotations

from collections import Counter
from statistics import median

import pytest

from tests.support.bench_simulation import Report, simulate_bench

pytestmark = pytest.mark.exhaustive
SEEDS = (7, 1, 2, 4)
COLD_S = 3.8  # a window of 1,600 characters is read in, and a word said


@pytest.fixture(scope="module")
def reports() -> list[Report]:
    return [simulate_bench(keys=500, seed=seed) for seed in SEEDS]


@pytest.fixture(scope="module")
def jumping() -> list[Report]:
    """Every 40 keys she goes on in code that the model has not read."""
    return [simulate_bench(keys=240, seed=seed, keys_at_place=40) for seed in SEEDS]


def test_nine_pauses_in_ten_have_a_suggestion_though_the_server_was_unknown() -> None:
    cold = [simulate_bench(keys=250, seed=seed, warm=False) for seed in SEEDS]
    pauses = [key for report in cold for key in report.open_pauses]
    assert len(pauses) >= 40
    assert sum(bool(key.shown) for key in pauses) >= 0.9 * len(pauses)  # 0.76 with the window of a fast server first
    assert all(report.tokens_per_key() <= 5 for report in cold)  # 9


def test_nine_pauses_in_ten_have_a_suggestion_and_soon(reports: list[Report]) -> None:
    pauses = [key for report in reports for key in report.open_pauses]
    waits_ms = [key.waited_ms for key in pauses if key.shown]
    assert len(pauses) >= 60
    assert len(waits_ms) >= 0.94 * len(pauses)  # one would be a line in the first column of a class, which breaks it
    assert median(waits_ms) <= 400  # with the deadline as the only end of waiting: 491
    assert sum(waited > 450 for waited in waits_ms) <= 0.2 * len(waits_ms)  # 0.47


def test_it_costs_a_token_or_two_a_key(reports: list[Report]) -> None:
    keys = sum(len(report.keys) for report in reports)
    assert sum(report.service.counters.wasted for report in reports) <= 0.03 * keys
    assert sum(len(report.jobs) for report in reports) <= 0.5 * keys
    assert all(report.tokens_per_key() <= 5 for report in reports)


def test_after_a_jump_the_window_is_read_once_and_then_every_pause_is_served(jumping: list[Report]) -> None:
    silent: Counter[str] = Counter()
    served = 0
    for report in jumping:
        jumped_s = 0.0
        for key in report.keys:
            jumped_s = key.pressed_s if key.jumped else jumped_s
            if key in report.open_pauses and key.pressed_s - jumped_s > COLD_S:
                served += bool(key.shown)
                silent[key.reason] += not key.shown
    assert served >= 35
    assert silent.total() <= 0.03 * served, silent


def test_a_jump_costs_one_small_window(jumping: list[Report]) -> None:
    for report in jumping:
        assert report.tokens_per_key() * 40 <= 600  # 1,300 with the window of a fast server
