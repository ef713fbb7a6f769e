"""The keystroke benchmark's person and model: the same each time, and what is typed is the file's own code."""

from __future__ import annotations

import pytest

from tests.bench.keystroke.editor import ghost_text
from tests.bench.keystroke.oracle import NOTHING, Knowledge, Oracle
from tests.bench.keystroke.places import Prose, RealFile, many_places, places, real_file, without
from tests.bench.keystroke.trace import PAUSE_MS, strokes
from tests.bench.typist import WRONG_ANSWER, prompt_end

FILE = RealFile(
    "x.py",
    "import os\n\n\ndef first(a):\n"
    + "".join(f"    value_{n} = compute(a, {n})\n" for n in range(20))
    + "    return a\n\n\n"
    + "# between\n" * 14
    + 'def second(b):\n    """About b.\n\n    More.\n    """\n    c = b\n    d = c\n    e = d\n    return e\n',
)


def typed(text: str, seed: int) -> str:
    """What stands there when all strokes were made."""
    there = ""
    for stroke in strokes(text, seed):
        there = there[: len(there) - stroke.removes] + stroke.text
        assert stroke.kind == "typo" or there == text[: stroke.offset]
    return there


@pytest.mark.parametrize("seed", range(20))
def test_the_strokes_type_the_text_and_are_the_same_each_time(seed: int) -> None:
    text = places(FILE, 10_000, seed)[0].text
    assert typed(text, seed) == text
    assert strokes(text, seed) == strokes(text, seed)
    assert strokes(text, seed) != strokes(text, seed + 1)


def test_a_long_trace_has_all_that_people_do() -> None:
    text = "".join(place.text + "\n" for place in places(real_file(3_500), 20_000, 1))
    trace = strokes(text, 1)
    kinds = {stroke.kind for stroke in trace}
    assert kinds == {"key", "newline", "paste", "typo", "backspace", "delete word", "undo"}
    assert {stroke.asks for stroke in trace if stroke.kind == "undo"} == {False}
    rests = [stroke for stroke in trace if stroke.after_pause]
    assert 0.02 < len(rests) / len(trace) < 0.1
    assert all(PAUSE_MS[0] <= stroke.gap_ms <= PAUSE_MS[1] for stroke in rests)
    assert {stroke.accepts for stroke in rests} == {True, False}
    assert not any(stroke.accepts for stroke in trace if not stroke.after_pause)


@pytest.mark.parametrize("lines", [300, 3_500, 13_000, 100_000])
def test_files_of_about_the_wanted_length_with_enough_to_type(lines: int) -> None:
    file = real_file(lines)
    assert 0.8 * lines <= file.line_count <= 1.2 * lines
    assert file.text.isascii()
    assert file == real_file(lines)
    chosen = places(file, 400, 7)
    assert sum(len(place.text) for place in chosen) >= 400
    assert chosen == places(file, 400, 7)


def test_places_are_taken_out_and_fit_in_again() -> None:
    chosen = places(FILE, 10_000, 3)
    assert [place.text.split("\n")[0] for place in chosen] == ["value_0 = compute(a, 0)", "c = b"]  # no docstring
    lines = without(FILE, chosen).split("\n")
    for place in chosen:  # from the top down, as the person does
        assert lines[place.first] == place.indent
        lines[place.first : place.first + 1] = (place.indent + place.text).split("\n")
    assert "\n".join(lines) == FILE.text


def test_the_model_goes_on_where_the_prompt_ends() -> None:
    at = FILE.text.index("value_7 = ") + len("value_7 = ")
    knowing = Oracle(FILE.text, 1, Knowledge(lines=1.0), here=at)
    assert knowing.answer(FILE.text[: at + 11][-300:]) == "7)\n    value_8 = compute(a, 8)\n"
    assert Oracle(FILE.text, 1, Knowledge(0.0, 0.0), here=at).answer(FILE.text[:at]) == WRONG_ANSWER
    assert Oracle(FILE.text, 1, NOTHING, here=at).answer(FILE.text[: at - 3]) == " = " + WRONG_ANSWER
    assert knowing.answer("nothing of the kind") == WRONG_ANSWER
    assert knowing.answer("whatever " + WRONG_ANSWER[:9]) == WRONG_ANSWER[9:]


@pytest.mark.parametrize(
    ("body", "end"),
    [
        ({"prompt": "a\nb"}, "a\nb"),
        ({"prompt": "<|fim_prefix|>ab<|fim_suffix|>yz<|fim_middle|>"}, "ab"),
        ({"prompt": "<|fim_prefix|>ab<|fim_suffix|>yz<|fim_middle|>c"}, "abc"),
        ({"prompt": "<|fim_prefix|><|fim_suffix|>yz<|fim_middle|>ab"}, "ab"),
        ({"prompt": "b", "input_prefix": "a\n", "input_suffix": "z"}, "a\nb"),
        ({"language": "python", "segments": {"prefix": "a", "suffix": "z"}}, "a"),
    ],
)
def test_where_prompts_end(body: dict[str, object], end: str) -> None:
    assert prompt_end(body) == end


def span(start: int, end: int) -> dict[str, dict[str, int]]:
    return {"start": {"line": 0, "character": start}, "end": {"line": 0, "character": end}}


@pytest.mark.parametrize(
    ("item", "before", "after", "shown"),
    [
        ({"insertText": "cd"}, "ab", "", "cd"),
        ({"insertText": "abcd", "range": span(0, 2)}, "ab", "", "cd"),
        ({"insertText": "abcd)", "range": span(0, 3)}, "ab", ")", "cd"),
        ({"insertText": "xycd", "range": span(0, 2)}, "ab", "", ""),  # no editor shows it
        ({"label": "l", "textEdit": {"newText": "abcd", "range": span(0, 2)}}, "ab", "", "cd"),
        ({"label": "foobar"}, "x.foo", "", "bar"),
    ],
)
def test_what_of_an_item_is_shown(item: dict[str, object], before: str, after: str, shown: str) -> None:
    assert ghost_text({"items": [item]}, before, after)[1] == shown
    assert ghost_text([item], before, after)[1] == shown
    assert ghost_text(None, before, after) == (None, "")


def test_places_for_a_typist_who_moves_on_soon() -> None:
    file = real_file(3_500)
    chosen = many_places(file, 6, 52, 7)
    assert len(chosen) == 6
    assert all(len(place.text) > 52 for place in chosen)
    assert [place.first for place in chosen] == sorted(place.first for place in chosen)
    assert len(many_places(FILE, 9, 100, 7)) == 1


def test_where_a_text_is_prose() -> None:
    text = 'x = "a"  # why\n"""About.\n\nMore."""\ny = 1\n'
    prose = Prose.of(text)
    held = [text[offset - 1] for offset in range(1, len(text) + 1) if prose.holds(offset)]
    assert "".join(held) == '# why"""About.\n\nMore."""'
    assert not prose.holds(0)
    assert not Prose.of("def (").holds(3)
