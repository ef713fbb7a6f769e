"""How much of an answer is sure, from the probabilities of its tokens."""

import random
from math import log

import pytest

from autothink_lsp.stream.confidence import Confidence, sure_part

# Least percent, pieces with the probabilities of their tokens, characters typed already, sure characters.
CASES: list[tuple[int, list[tuple[str, tuple[float, ...]]], int, int | None]] = [
    (0, [("a", (0.01,))], 0, None),
    (20, [("return", (0.9,)), (" a", (0.9,))], 0, None),
    (20, [("return", (0.9,)), (" a", (0.5,)), (" + b", (0.4,))], 0, 8),
    (20, [("return", (0.1,)), (" a", (0.9,))], 0, 0),
    (20, [("ret", (0.9,)), ("urn a", (0.5, 0.3))], 0, 3),
    (20, [("return", ()), (" a", ())], 0, None),  # a server that does not tell
    (20, [("return", ()), (" a", (0.1,))], 0, 6),
    (50, [(" return", (0.1,)), (" a", (0.9,))], 7, None),  # typed already: certain
    (20, [(" return", (0.1,)), (" a", (0.9,))], 4, None),  # three of seven characters are left: 0.1 ** (3 / 7)
    (40, [(" return", (0.1,)), (" a", (0.9,))], 4, 0),
    (20, [("a" * 10, (0.98,) * 10)], 0, None),
]


@pytest.mark.parametrize(("least", "pieces", "typed", "sure"), CASES)
def test_text_counts_as_confident_up_to_the_limit(
    least: int, pieces: list[tuple[str, tuple[float, ...]]], typed: int, sure: int | None
) -> None:
    confidence = Confidence(least)
    for text, probabilities in pieces:
        confidence.hear([(len(text), sum(log(one) for one in probabilities))])
    assert confidence.sure_of(typed) == sure
    confidence.restart()
    assert confidence.sure_of(0) is None


@pytest.mark.parametrize(
    ("text", "length", "part"),
    [
        ("return a", 6, "return"),
        ("select.select", 9, "select."),  # no part of a word
        ("as_posix", 6, ""),
        ("stack = []", 7, "stack"),  # no operator
        ("if x", 2, ""),  # as good as nothing
        ("if x", 4, "if x"),
        ("foo(bar", 4, "foo("),
        ("a = 1\n    b", 10, "a = 1"),
        ("a", 0, ""),
        ("export const $brand", 14, "export const"),  # no part of a word: the sigil belongs to it
        ("return @name", 8, "return"),
        ("export const $", 14, "export const $"),
    ],
)
def test_the_confident_part_ends_at_a_word(text: str, length: int, part: str) -> None:
    assert sure_part(text, length) == part


@pytest.mark.parametrize("least", [1, 10, 50, 90])
@pytest.mark.parametrize("seed", range(8))
def test_asked_after_each_piece_it_says_what_it_says_when_asked_once(least: int, seed: int) -> None:
    dice = random.Random(seed)
    pieces = [(dice.randrange(4), -dice.random() * dice.choice([0.01, 1.0])) for _ in range(40)]
    known, said, typed = Confidence(least), 0, 0
    for number, piece in enumerate(pieces):
        known.hear([piece])
        typed = dice.choice([typed, typed, typed, typed + 1, 0])  # a healed word counts as typed once it is whole
        once = Confidence(least)
        for other in pieces[: number + 1]:
            once.hear([other])
        sure = once.sure_of(typed)
        assert known.sure_of(typed) == sure
        said += sure is not None
    assert said or least == 1
