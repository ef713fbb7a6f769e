"""What ``try`` leaves on a terminal, and in a file."""

from __future__ import annotations

import io
import re

import pytest

from examples.demo.screen import Screen

SEQUENCE = re.compile(r"\x1b\[(\d*)([AJm])")


class Terminal(io.StringIO):
    """Understands what we write: carriage return, line feed, up, erase below, and colours, which it drops."""

    def isatty(self) -> bool:
        return True

    def lines(self) -> list[str]:
        rows, row, column, text, at = [""], 0, 0, self.getvalue(), 0
        while at < len(text):
            if found := SEQUENCE.match(text, at):
                at = found.end()
                if found[2] == "A":
                    row -= int(found[1])
                elif found[2] == "J":
                    rows[row] = rows[row][:column]
                    del rows[row + 1 :]
                continue
            if text[at] == "\r":
                column = 0
            elif text[at] == "\n":
                row, column = row + 1, 0
                rows += [""] * (row + 1 - len(rows))
            else:
                rows[row] = rows[row][:column].ljust(column) + text[at] + rows[row][column + 1 :]
                column += 1
            at += 1
        return [line.rstrip() for line in rows]


def play(screen: Screen) -> None:
    """A ghost text of two lines, typed along, contradicted; then another one, accepted."""
    screen.row(7, "    x", "yz\n    more", "12 ms")
    screen.row(7, "    xy", "z\n    more", "1 ms")
    screen.keep()
    screen.row(7, "    xyq")
    screen.finished(7, "    xyq")
    screen.row(8, "    ")
    screen.row(8, "    ", "end", "340 ms")
    screen.keep()
    screen.row(8, "    ", "end", "Tab")
    screen.keep()


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    return Terminal()


def test_on_a_terminal_a_row_is_drawn_in_place_until_its_ghost_text_vanishes(terminal: Terminal) -> None:
    screen = Screen(terminal)
    play(screen)
    assert screen.live
    assert terminal.lines() == [
        "   7 │     xy▏z   1 ms",
        "     ┆     more",
        "   7 │     xyq",
        "   8 │     ▏end   340 ms",
        "   8 │     ▏end   Tab",
        "",
    ]
    assert "\x1b[2mend\x1b[0m" in terminal.getvalue()


def test_in_a_file_each_ghost_text_is_a_line_without_escapes() -> None:
    out = io.StringIO()
    screen = Screen(out)
    play(screen)
    assert not screen.live
    assert out.getvalue().splitlines() == [
        "   7 │     x▏⟦yz⟧   12 ms",
        "     ┆ ⟦    more⟧",
        "   7 │     xyq",
        "   8 │     ▏⟦end⟧   340 ms",
        "   8 │     ▏⟦end⟧   Tab",
    ]


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_a_terminal_that_wants_no_escapes_gets_none(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    play(Screen(terminal))
    assert "\x1b" not in terminal.getvalue()


def test_nothing_is_wider_than_the_terminal(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    screen = Screen(terminal)
    for count in (10, 30, 60):
        screen.row(1, "t" * count, "g" * 50 + "\n" + "h" * 90, "123 ms")
    assert max(map(len, terminal.lines())) <= 39
    assert len(terminal.lines()) == 2
