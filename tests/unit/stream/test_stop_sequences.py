"""Stop sequences are found in any cut of the stream, and only what could become one is held back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autothink_lsp.stream.stop_sequences import StopSequences


def run(sequences: list[str], text: str) -> tuple[str, bool]:
    guard, out = StopSequences(sequences), ""
    for char in text:
        free, stopped = guard.step(char)
        out += free
        if stopped:
            return out, True
    return out + guard.release(), False


@pytest.mark.parametrize(
    ("sequences", "text", "expected"),
    [
        (["END"], "abENDcd", ("ab", True)),
        (["END"], "abEN", ("abEN", False)),
        (["END"], "EENDx", ("E", True)),
        (["aab"], "aaab", ("a", True)),
        (["ab", "abc"], "xabc", ("x", True)),
        (["xabc", "ab"], "xabd", ("x", True)),
        (["xabc", "ab"], "xabc", ("x", True)),
        ([], "abc", ("abc", False)),
        ([""], "abc", ("abc", False)),
        (["\n"], "a\nb", ("a", True)),
        (["𝕏é"], "a𝕏é", ("a", True)),
    ],
)
def test_text_before_the_first_sequence_is_kept(sequences: list[str], text: str, expected: tuple[str, bool]) -> None:
    assert run(sequences, text) == expected


@given(st.lists(st.text("ab", min_size=1, max_size=3), max_size=3), st.text("abc", max_size=20))
def test_stops_if_and_only_if_a_sequence_is_in_the_text(sequences: list[str], text: str) -> None:
    out, stopped = run(sequences, text)
    assert stopped == any(sequence in text for sequence in sequences)
    assert text.startswith(out)
    assert not any(sequence in out for sequence in sequences)
