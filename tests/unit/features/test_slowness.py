"""The warning about a slow backend: from when on, once, with what to do. Pure."""

from __future__ import annotations

import pytest
from attrs import evolve

from autothink_lsp.features.completion.endpoint import JUDGED_ANSWERS, SlownessWatch, advice
from autothink_lsp.settings.model import CompletionSettings, Settings

SETTINGS = Settings()
FAST, LATE = 100.0, 1_500.0


def changes(watch: SlownessWatch, times: list[float]) -> list[str]:
    return [watch.warning for took_ms in times if watch.record(took_ms, SETTINGS)]


CASES = [
    ("too few answers", [LATE] * (JUDGED_ANSWERS - 1), 0),
    ("all are late", [LATE] * 3 * JUDGED_ANSWERS, 1),
    ("half of them", [FAST, LATE] * JUDGED_ANSWERS, 1),
    ("fewer than half", [FAST, FAST, LATE] * JUDGED_ANSWERS, 0),
    ("exactly at the deadline is in time", [600.0] * 2 * JUDGED_ANSWERS, 0),
    ("fast again, then slow again", [LATE] * 30 + [FAST] * 30 + [LATE] * 30, 3),
]


@pytest.mark.parametrize(("times", "count"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_when_a_backend_is_called_slow(times: list[float], count: int) -> None:
    assert len(changes(SlownessWatch(), times)) == count


def test_the_warning_has_average_share_and_advice() -> None:
    watch = SlownessWatch()
    (warning,) = changes(watch, [FAST, LATE] * (JUDGED_ANSWERS // 2))
    assert "800 ms on average for the last 20 answers, 10 of them after the deadline of 600 ms" in warning
    assert warning.endswith(advice(SETTINGS))
    assert changes(watch, [FAST] * JUDGED_ANSWERS) == [""], "it goes when the backend is fast again"


@pytest.mark.parametrize(
    ("backend", "url", "words"),
    [
        ("embedded", "", "autothink-lsp doctor"),
        ("vllm", "", "GPU"),
        ("openai", "http://127.0.0.1:8000/v1", "GPU"),
        ("openai", "https://models.example.org/v1", "network"),
    ],
)
def test_the_advice_is_about_the_backend(backend, url: str, words: str) -> None:
    settings = evolve(SETTINGS, completion=CompletionSettings(backend=backend, url=url))
    assert words in advice(settings)
