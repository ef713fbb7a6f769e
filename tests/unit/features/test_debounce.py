"""How long a request waits for the next key."""

import pytest
from attrs import evolve

from autothink_lsp.document.snapshot import Snapshot
from autothink_lsp.document.text import Text
from autothink_lsp.features.completion.debounce import (
    LEAST,
    LONGEST_MS,
    MARGIN,
    MARGIN_HERE,
    PATIENT,
    AdaptiveDebouncer,
)
from autothink_lsp.features.completion.model import CompletionRequest
from autothink_lsp.settings.model import CompletionSettings, Settings
from autothink_lsp.values import Point, PositionEncoding


def delays(times_ms: list[float], *, line: str = "x = ", answer_ms: float = 0.0) -> list[float]:
    delay, waits = AdaptiveDebouncer(), []
    for now in times_ms:
        delay.on_request(now)
        waits.append(delay.delay_before(line, answer_ms))
    return waits


SLOW_MS = 1_000.0


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
    assert delays(times_ms, answer_ms=SLOW_MS) == pytest.approx(waits)


def test_the_slower_the_backend_the_longer_the_wait() -> None:
    waits = [delays([0, 100, 200], answer_ms=answer_ms)[-1] for answer_ms in (0, 60, 80, 90, 100, 110, 120, 500)]
    assert waits == sorted(waits)
    assert waits[2] == pytest.approx(LEAST * 100)  # it comes before the next key
    assert waits[-2] == waits[-1] == pytest.approx(MARGIN * 100)  # it cannot


def test_a_fast_typist_waits_for_a_backend_that_is_fast_enough_for_a_slow_one() -> None:
    assert delays([0, 80, 160], answer_ms=95)[-1] > 80 > 40 > delays([0, 160, 320], answer_ms=95)[-1]


def test_longer_inside_a_word() -> None:
    at_its_end, inside = (delays([0, 90, 180], line=line)[-1] for line in ("x = ", "x = y"))
    assert inside > at_its_end > 0


def test_the_first_key_of_a_line_goes_at_once() -> None:
    assert delays([0, 40, 80, 120], line="    ") == [0.0] * 4


def test_one_slow_gap_in_a_burst_does_not_change_the_pace() -> None:
    assert delays([0, 40, 80, 290, 330, 370], answer_ms=SLOW_MS)[-1] == pytest.approx(46.0)


def test_where_a_suggestion_was_typed_along_its_end_is_no_burst() -> None:
    """The keys in between needed no request, so the backend rests; their pace counts all the same."""
    delay = AdaptiveDebouncer()
    for now in (0, 50, 100):
        delay.on_request(now)
        delay.delay_before("x = ", SLOW_MS)
    for now in range(150, 500, 50):
        delay.on_request(now)
    delay.on_request(500)
    assert delay.delay_before("x = ", SLOW_MS) == 0.0
    delay.on_request(550)
    assert delay.delay_before("x = ", SLOW_MS) == pytest.approx(57.5)


def test_keys_that_come_at_once() -> None:
    assert delays([0, 0, 0, 0], answer_ms=SLOW_MS)[-1] < 2


@pytest.mark.parametrize(
    ("url", "margin"), [("http://127.0.0.1:8080", MARGIN_HERE), ("https://models.example", MARGIN)]
)
@pytest.mark.parametrize("answer_ms", [10.0, SLOW_MS])
def test_a_model_on_this_machine_is_asked_at_once(url: str, margin: float, answer_ms: float) -> None:
    settings = Settings(completion=CompletionSettings(backend="llama-server", url=url))
    snapshot = Snapshot("file:///a.py", "python", 1, Text.from_str("x = "), PositionEncoding.UTF32)
    query = CompletionRequest(snapshot, Point(0, 4), "automatic", 0.0, settings, "a.py")
    delay = AdaptiveDebouncer()
    for now in (0, 100, 200):
        delay.on_request(now)
        waits = delay.delay_ms(query, "x = ", answer_ms)
    assert waits == pytest.approx(100 * (margin if answer_ms == SLOW_MS else min(margin, LEAST)))
    assert delay.delay_ms(evolve(query, trigger="invoked"), "x = ", answer_ms) == 0.0


def test_without_credit_a_model_on_this_machine_waits_for_a_pause() -> None:
    delay = AdaptiveDebouncer()
    for now in range(0, 3_000, 100):
        delay.on_request(now)
        waits = delay.delay_before("x = ", SLOW_MS, MARGIN_HERE)
        delay.on_sent()
    assert waits == pytest.approx(100 * PATIENT)
