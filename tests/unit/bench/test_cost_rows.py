"""A number that cannot be says so, and the made-up model understands the prompts that it gets."""

from __future__ import annotations

import pytest

from tests.bench.report import Row, table
from tests.bench.typist import FUNCTIONS, WRONG_ANSWER, Key, Model

PREFIX, SUFFIX, MIDDLE = "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"


@pytest.mark.parametrize(
    ("runs", "possible", "shown"),
    [
        ([2.0, 3.0], (0.0, 100.0), "pass"),
        ([6.0, 7.0], (0.0, 100.0), "MISS"),
        ([-25.1], (0.0, float("inf")), "IMPOSSIBLE"),
        ([2.0, -1.0, 2.0], (0.0, 100.0), "IMPOSSIBLE"),
        ([120.0], (0.0, 100.0), "IMPOSSIBLE"),
    ],
)
def test_a_row_says_what_is_possible(runs: list[float], possible: tuple[float, float], shown: str) -> None:
    row = Row.of("a", "a time", runs, "ms", aim=5.0, possible=possible)
    assert row.is_possible is (shown != "IMPOSSIBLE")
    assert f" {shown}" in table([row])
    assert row.as_json()["possible"] is row.is_possible


def key(line: str, answer: str = "gap)\n", *, knows_word: bool = True) -> Key:
    return Key(100.0, line[-1:], 0, line, answer, knows_word)


@pytest.mark.parametrize(
    ("line", "before", "expected"),
    [
        ("    x = f(", "def f():\n    x = f(", "gap)\n"),  # all of the line is in the prompt
        ("    x = fo", "def f():\n    x =", " fogap)\n"),  # the word and the blank are kept back
        ("    ", "def f():", None),  # the line end, too
        ("    x = f(", "def f():\n    x = f(ga", "p)\n"),  # the answer has begun
        ("    x = f(", "def f():\n    x = f(quux", None),
        ("    x = f(", "def g():\n    return", None),
    ],
)
def test_the_model_finds_the_line_of_the_key(line: str, before: str, expected: str | None) -> None:
    for prompt in (
        f"{SUFFIX}\n\nclass A: ...{MIDDLE}{before}",  # the suffix first, as prompts are laid out by default
        f"{PREFIX}{before}{SUFFIX}\n\nclass A: ...{MIDDLE}",
    ):
        model = Model(key(line))
        assert model.answer(prompt) == (expected if expected is not None else WRONG_ANSWER)
        assert (model.asked, model.lost) == (1, expected is None)


def test_a_model_that_does_not_know_the_word_says_another() -> None:
    assert Model(key("    x = fo", knows_word=False)).answer(f"{SUFFIX}{MIDDLE}def f():\n    x =") == "gap)\n"
    assert "quux" not in FUNCTIONS
