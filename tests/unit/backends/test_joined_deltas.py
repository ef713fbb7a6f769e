"""Several pieces of a server as one delta."""

from __future__ import annotations

from autothink_lsp.backends.base import TextDelta, Timings, joined_deltas

TIMINGS = Timings(1, 2, 3.0, 4, 5.0)


def test_one_delta_stays_as_it_is() -> None:
    delta = TextDelta("a", TIMINGS, (-1.0,))
    assert joined_deltas([delta]) is delta
    assert delta.piece_count == 1


def test_several_keep_the_newest_timings_and_the_probability_of_each_piece() -> None:
    earlier = Timings(1, 1, 1.0, 1, 1.0)
    joined = joined_deltas([TextDelta("a", earlier, (-1.0,)), TextDelta("bc", TIMINGS, (-2.0, -3.0)), TextDelta("d")])
    assert joined == TextDelta("abcd", TIMINGS, (-1.0, -2.0, -3.0), ((1, -1.0), (2, -5.0), (1, 0)))
    assert joined.piece_count == 3
