"""What is shown of an answer that the deadline cuts off."""

import pytest

from autothink_lsp.features.completion.type_through import presentable


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ("", ""),
        ("   ", ""),
        ("retu", ""),  # one word that may go on
        ("return ite", "return"),
        ("return item", "return"),  # it may be items
        ("return item.", "return item"),
        ("sum(item.price * item.qu", "sum(item.price * item"),
        ("sum(item.price * ", "sum(item.price"),
        ("sum(item.price)", "sum(item.price)"),
        ('print("a', "print"),
        ('print("a b c', "print"),
        ('x = "abc"', 'x = "abc"'),
        ('x = ["abc", ', 'x = ["abc"'),
        ("x = 1\ny = 2\nz", "x = 1\ny = 2"),
        ("x = 1\n", "x = 1"),
        ("\n    retu", ""),
        ("\n    return x", "\n    return"),
        ("(", ""),
        ('  ""', ""),  # of a docstring, perhaps
    ],
)
def test_presentable(answer: str, shown: str) -> None:
    assert presentable(answer) == shown


def test_it_only_ever_cuts() -> None:
    answer = "result = [value for value in values if value > limit]\nreturn result"
    for end in range(len(answer)):
        assert answer.startswith(presentable(answer[:end]))
