"""The moving picture in the README: what a cast becomes."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from examples.demo.recording import LONGEST_PAUSE_S, ROWS, Event, Run, Terminal, cast, frames, read_cast, svg

PICTURE = Path(__file__).parents[2] / "docs/images/demo.svg"


@pytest.mark.parametrize(
    ("written", "rows"),
    [
        ("a\r\nb", ["a", "b"]),
        ("abc\rx", ["xbc"]),
        ("abc\r\x1b[Jx", ["x"]),
        ("a\r\nb\r\nc\x1b[2A\r\x1b[Jx", ["x"]),
        ("a\x1b[31mb\x1b[0m", ["ab"]),
        ("x" * 5, ["xxxx", "x"]),
    ],
)
def test_the_terminal_shows_what_was_written(written: str, rows: list[str]) -> None:
    terminal = Terminal(columns=4)
    terminal.write(written)
    assert ["".join(run.text for run in row) for row in terminal.lines()] == rows


def test_runs_keep_their_style_and_column() -> None:
    terminal = Terminal()
    terminal.write("re\x1b[2mturn\x1b[0m")
    assert terminal.lines() == ((Run(0, "re", ""), Run(2, "turn", "d")),)


def test_a_long_pause_is_shortened_and_nothing_else_changes() -> None:
    pictures = frames([Event(0, "a"), Event(1, "b"), Event(100, "c")])
    assert [at_s for at_s, _ in pictures] == [0, 1, 1 + LONGEST_PAUSE_S]
    assert [rows[0][0].text for _, rows in pictures] == ["a", "ab", "abc"]


def test_a_cast_is_read_as_it_was_written() -> None:
    events = [Event(0.5, "é\r\n"), Event(1.25, "\x1b[2m⟦\x1b[0m")]
    assert read_cast(cast(events)) == events


def test_the_svg_shows_each_text_while_it_stands_there() -> None:
    root = ET.fromstring(svg([Event(0, "<a>"), Event(1, "\r\x1b[Jb"), *(Event(2, "\r\n") for _ in range(ROWS + 1))]))
    texts = ["".join(each.itertext()) for each in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts[:2] == ["<a>", "b"]
    assert len(list(root.iter("{http://www.w3.org/2000/svg}animateTransform"))) == 1


def test_the_picture_of_the_readme_is_a_recording_without_scripts() -> None:
    root = ET.parse(PICTURE).getroot()
    tags = {each.tag.rpartition("}")[2] for each in root.iter()}
    assert tags == {"svg", "style", "rect", "g", "text", "tspan", "animate", "animateTransform"}
    shown = "".join(root.itertext())
    assert "from the key to its ghost text" in shown
    assert "Proved" in shown
