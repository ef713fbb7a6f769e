"""How long a request waits for the next key."""

import pytest
from attrs import evolve

from autothink_lsp.document.snapshot import Snapshot
from autothink_lsp.document.text import Text
from autothink_lsp.features.completion.debounce import (
    EARNED_INSIDE,
    INSIDE_WORD,
    LEAST,
    LONGEST_MS,
    MARGIN,
    MARGIN_HERE,
    MOST_TRUST,
    OVERDUE,
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
    delay, waits = AdaptiveDebouncer(), 0.0
    for now in range(0, 3_000, 100):
        delay.on_request(now)
        waits = delay.delay_before("x = ", SLOW_MS, MARGIN_HERE)
        delay.on_sent()
    assert waits == pytest.approx(100 * PATIENT)


GAP_MS = 200.0  # two keys apart, so that credit never lacks
OVERDUE_MS = GAP_MS * OVERDUE * INSIDE_WORD


class Distrusting(AdaptiveDebouncer):
    """After many keys inside words, none of which was typed as suggested."""

    def __init__(self, answer_ms: float = 0.5 * GAP_MS) -> None:
        super().__init__()
        self.now_ms, self.answer_ms = 0.0, answer_ms
        for _ in range(3 * int(MOST_TRUST)):
            self.key("x = value")

    def key(self, line: str, gap_ms: float = GAP_MS) -> float:
        """The delay of the next key."""
        self.now_ms += gap_ms
        self.on_request(self.now_ms)
        return self.delay_before(line, self.answer_ms, MARGIN_HERE)


@pytest.mark.parametrize(
    ("line", "waits_ms"),
    [
        ("x = value", min(LONGEST_MS, OVERDUE_MS)),
        ("x = _", min(LONGEST_MS, OVERDUE_MS)),
        ("x = v1", min(LONGEST_MS, OVERDUE_MS)),
        ("x = größe", min(LONGEST_MS, OVERDUE_MS)),
        ("x = value ", 0.0),
        ("x = value.", 0.0),
        ("x = value(", 0.0),
        ("x = (value,", 0.0),
        ("x =", 0.0),
        ("    ", 0.0),
        ("", 0.0),
    ],
)
def test_a_model_that_is_contradicted_is_asked_inside_a_word_when_the_next_key_is_overdue(
    line: str, waits_ms: float
) -> None:
    assert Distrusting().key(line) == pytest.approx(waits_ms)


def test_a_model_that_cannot_answer_between_two_keys_needs_no_trust() -> None:
    assert Distrusting(answer_ms=2 * GAP_MS).key("x = value") == 0.0


def test_a_model_that_answers_between_some_keys_is_asked_at_once_more_often() -> None:
    def asked_at_once(answer_ms: float) -> int:
        delay = Distrusting(answer_ms)
        gaps_ms = (0.8 * GAP_MS, 1.2 * GAP_MS)
        return [delay.key("x = value", gap_ms) for gap_ms in gaps_ms * 50].count(0.0)

    assert 10 <= asked_at_once(0.5 * GAP_MS) < 0.7 * asked_at_once(GAP_MS) < asked_at_once(2 * GAP_MS) == 100


def test_trust_returns_with_keys_that_are_typed_as_suggested() -> None:
    delay, waits = Distrusting(), []
    for _ in range(3):
        delay.on_request(delay.now_ms)
        delay.on_typed_along()
        waits.append(delay.key("x = value"))
    assert waits == [0.0, 0.0, 0.0]


def test_after_a_pause_a_model_that_is_contradicted_is_asked_at_once() -> None:
    assert Distrusting().key("x = value", gap_ms=1_000) == 0.0


def test_a_contradicted_model_gets_another_chance_now_and_then() -> None:
    delay = Distrusting()
    waits = [delay.key("x = value") for _ in range(int(2 / EARNED_INSIDE))]
    assert 1 <= waits.count(0.0) <= 3


@pytest.mark.parametrize("line", ["x = ", "    x."])
def test_keys_that_come_all_at_once_are_limited_by_credit_where_no_word_is(line: str) -> None:
    """A key that is held down."""
    delay, waits = AdaptiveDebouncer(), []
    for number in range(60):
        delay.on_request(number * 30.0)
        waits.append(delay.delay_before(line, SLOW_MS, MARGIN_HERE))
        delay.on_sent()
    assert waits[30:].count(0.0) <= 16
