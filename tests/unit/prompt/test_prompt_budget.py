"""Characters for a number of tokens: never more than fit, nothing wasted, and steps instead of drift."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autothink_lsp.prompt.fim.budget import CharBudget, TokenRate, fit

RATE = TokenRate(chars_per_token=2.0, measured=2.0)


@pytest.mark.parametrize(
    ("tokens", "order", "prefix", "suffix", "expected"),
    [
        (116, "joined", 1000, 1000, CharBudget(150, 50)),
        (116, "joined", 1000, 10, CharBudget(190, 10)),
        (116, "joined", 20, 1000, CharBudget(20, 180)),
        (116, "joined", 20, 20, CharBudget(20, 20)),
        (116, "psm", 1000, 1000, CharBudget(170, 30)),
        (116, "psm", 20, 1000, CharBudget(20, 30)),  # every key evaluates the suffix again
        (116, "ctx", 1000, 1000, CharBudget(150, 40)),
        (116, "plain", 1000, 1000, CharBudget(200, 0)),
        (10, "joined", 1000, 1000, CharBudget(0, 0)),
    ],
)
def test_a_budget_is_shared_by_both_sides_of_the_cursor(
    tokens: int, order, prefix: int, suffix: int, expected: CharBudget
) -> None:
    assert fit(tokens, RATE, order, prefix_chars=prefix, suffix_chars=suffix) == expected


@given(
    st.integers(0, 5000),
    st.sampled_from(["psm", "spm", "joined", "ctx", "plain"]),
    st.integers(0, 20000),
    st.integers(0, 20000),
)
def test_fit_never_gives_more_than_there_is_or_fits(tokens: int, order, prefix: int, suffix: int) -> None:
    budget = fit(tokens, RATE, order, prefix_chars=prefix, suffix_chars=suffix)
    assert 0 <= budget.prefix <= prefix
    assert 0 <= budget.suffix <= suffix
    assert budget.prefix + budget.suffix <= max(0, tokens - 16) * 2


def test_the_rate_is_learnt_and_moves_in_steps() -> None:
    rate = TokenRate()
    rate = rate.observe(1200, 400)
    assert rate.chars_per_token == TokenRate().chars_per_token  # 3.0 is near enough: the window stays
    for _ in range(30):
        rate = rate.observe(400, 400)
    assert rate.chars_per_token == pytest.approx(1.0, rel=0.2)
    published = {rate.chars_per_token}
    for chars in (390, 410, 405, 395) * 5:
        rate = rate.observe(chars, 400)
        published.add(rate.chars_per_token)
    assert len(published) <= 2


@pytest.mark.parametrize(("chars", "tokens"), [(100, None), (100, 0), (100, 63), (0, 5)])
def test_answers_that_say_nothing_change_nothing(chars: int, tokens: int | None) -> None:
    assert TokenRate().observe(chars, tokens) == TokenRate()


@pytest.mark.parametrize(("chars", "tokens"), [(10**9, 64), (0, 10**6)])
def test_absurd_counts_are_held_in_bounds(chars: int, tokens: int) -> None:
    rate = TokenRate()
    for _ in range(100):
        rate = rate.observe(chars, tokens)
    assert 0.4 < rate.chars_per_token < 8.1
