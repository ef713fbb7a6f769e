"""How long a request waits for the next key."""

import pytest

from autothink_lsp.features.completion.delay import LONGEST_MS, AdaptiveDelay


def delays(times_ms: list[float], *, invoked: bool = False, line_start: bool = False) -> list[float]:
    delay = AdaptiveDelay()
    return [delay.next_ms(now, invoked=invoked, line_start=line_start) for now in times_ms]


@pytest.mark.parametrize(
    ("times_ms", "waits"),
    [
        ([0], [0.0]),
        ([0, 1_000], [0.0, 0.0]),  # a pause between them
        ([0, 50], [0.0, 0.0]),  # one gap is no pace
        ([0, 50, 100], [0.0, 0.0, 57.5]),
        ([0, 50, 100, 900], [0.0, 0.0, 57.5, 0.0]),  # after a pause the first key goes at once
        ([0, 250, 500], [0.0, 0.0, LONGEST_MS]),
    ],
)
def test_follows_the_typist(times_ms: list[float], waits: list[float]) -> None:
    assert delays(times_ms) == pytest.approx(waits)


def test_a_request_by_hand_never_waits() -> None:
    assert delays([0, 40, 80, 120], invoked=True) == [0.0] * 4


def test_the_first_key_of_a_line_goes_at_once() -> None:
    assert delays([0, 40, 80, 120], line_start=True) == [0.0] * 4


def test_one_slow_gap_in_a_burst_does_not_change_the_pace() -> None:
    assert delays([0, 40, 80, 290, 330, 370])[-1] == pytest.approx(46.0)
