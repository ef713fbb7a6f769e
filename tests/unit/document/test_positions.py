from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autothink_lsp.document.positions import character_of, column_of
from autothink_lsp.values import PositionEncoding
from tests.support import flat_text

UTF8, UTF16, UTF32 = PositionEncoding.UTF8, PositionEncoding.UTF16, PositionEncoding.UTF32
LINE = "aé€😀\ud83d\ude00z"  # 1, 2, 3 and 4 bytes, an astral character, two lone surrogates that are not one


@pytest.mark.parametrize(
    ("encoding", "columns"),
    [  # for each unit from 0: the code point it is in
        (UTF8, [0, 1, 1, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 5, 5, 5, 6, 7, 7, 7]),
        (UTF16, [0, 1, 2, 3, 3, 4, 5, 6, 7, 7, 7]),
        (UTF32, [0, 1, 2, 3, 4, 5, 6, 7, 7, 7]),
    ],
)
def test_a_unit_inside_a_code_point_goes_to_its_start_and_one_past_the_line_to_its_end(
    encoding: PositionEncoding, columns: list[int]
) -> None:
    assert [column_of(LINE, character, encoding) for character in range(len(columns))] == columns


@pytest.mark.parametrize(
    ("encoding", "characters"),
    [
        (UTF8, [0, 1, 3, 6, 10, 13, 16, 17, 17]),
        (UTF16, [0, 1, 2, 3, 5, 6, 7, 8, 8]),
        (UTF32, [0, 1, 2, 3, 4, 5, 6, 7, 7]),
    ],
)
def test_units_before_a_column(encoding: PositionEncoding, characters: list[int]) -> None:
    assert [character_of(LINE, column, encoding) for column in range(len(characters))] == characters


@pytest.mark.parametrize("encoding", list(PositionEncoding))
def test_below_zero_is_zero(encoding: PositionEncoding) -> None:
    assert column_of(LINE, -3, encoding) == 0
    assert character_of(LINE, -3, encoding) == 0


@given(st.text(st.characters(exclude_categories=[])), st.integers(0, 300), st.sampled_from(list(PositionEncoding)))
def test_units_and_columns_convert_both_ways(line: str, character: int, encoding: PositionEncoding) -> None:
    column = column_of(line, character, encoding)
    assert character_of(line, column, encoding) == flat_text.units(line[:column], encoding) <= character
    assert column == len(line) or flat_text.units(line[: column + 1], encoding) > character
