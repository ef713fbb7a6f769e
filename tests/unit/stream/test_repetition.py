"""Loops of a model are told from what people repeat."""

import pytest

from autothink_lsp.stream.repetition import character_loop, line_loop


@pytest.mark.parametrize(
    ("line", "start"),
    [
        ("x = [" + "0, 1, " * 10, 5),
        ("a" * 100, 0),
        ("foo(" * 15, 0),
        ("return " + "value_and_more(" * 4, 7),
        ("return " + "value_and_more(" * 3, None),
        ("-" * 79, None),
        ("0, " * 15, None),
        ("", None),
        ("short", None),
        ("abcdefghijklmnopqrstuvwxyz" * 2, None),
        ("x = [" + "0, 1, " * 10 + "end", None),
    ],
)
def test_a_repeated_phrase_is_found_in_a_line(line: str, start: int | None) -> None:
    assert character_loop(line) == start


@pytest.mark.parametrize(
    ("lines", "second"),
    [
        (["abc"] * 3, 1),
        (["abc"] * 2, None),
        (["x1", "abc", "abc", "abc"], 2),
        (["abc", "def"] * 3, 2),
        (["abc", "def"] * 2, None),
        (["abc", "def", "ghi"] * 2, 3),
        (["}"] * 9, None),
        ([""] * 9, None),
        (["abc", "", "def"] * 2, 3),
        (["x1", "abc", "def", "", "abc", "def", "", "abc"], 4),
        ([], None),
        (["a1", "a2", "a3"], None),
    ],
)
def test_repeated_lines_are_found(lines: list[str], second: int | None) -> None:
    assert line_loop(lines) == second
