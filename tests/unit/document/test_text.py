"""What random edits hit rarely or show badly: the known traps, clamping, what an edit of a huge document costs."""

from __future__ import annotations

import pytest

from autothink_lsp.document import edits, rope
from autothink_lsp.document.snapshot import Change, ContentChange
from autothink_lsp.document.text import Text
from autothink_lsp.values import Point, Position, PositionEncoding, Range

NOT_LINE_ENDS = "\f\v\x1c\x1d\x1e\x85\u2028\u2029"  # str.splitlines breaks at each of them


def lines_of(text: Text) -> list[str]:
    return [text.line_with_end(number) for number in range(text.line_count)]


def edit(before: str, start: tuple[int, int], end: tuple[int, int], new: str) -> tuple[Text, Change]:
    change = ContentChange(Range(Position(*start), Position(*end)), new)
    return edits.apply(Text.from_str(before), change, PositionEncoding.UTF16)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("a", ["a"]),
        ("a\n", ["a\n", ""]),
        ("\n\n", ["\n", "\n", ""]),
        ("a\r\nb\rc\nd", ["a\r\n", "b\r", "c\n", "d"]),
        ("\r\r\n\n\r", ["\r", "\r\n", "\n", "\r", ""]),
        (NOT_LINE_ENDS + "\n" + NOT_LINE_ENDS, [NOT_LINE_ENDS + "\n", NOT_LINE_ENDS]),
    ],
)
def test_only_the_line_ends_of_lsp_end_lines(text: str, lines: list[str]) -> None:
    assert lines_of(Text.from_str(text)) == lines


@pytest.mark.parametrize(
    ("before", "start", "end", "new", "lines"),
    [
        # "\r" and "\n" come together
        ("a\rb", (1, 0), (1, 0), "\n", ["a\r\n", "b"]),
        ("a\nb", (0, 1), (0, 1), "\r", ["a\r\n", "b"]),
        ("a\rx\nb", (1, 0), (1, 1), "", ["a\r\n", "b"]),
        ("a\nb", (0, 0), (0, 1), "z\r", ["z\r\n", "b"]),
        ("a\rb", (1, 0), (1, 1), "\nz", ["a\r\n", "z"]),
        # and apart: no position points between them, so only what stands around them changes
        ("a\r\nb", (0, 1), (1, 0), "\r\r", ["a\r", "\r", "b"]),
        ("a\r\nb", (0, 9), (0, 9), "\n", ["a\n", "\r\n", "b"]),
        ("a\r\n\r\nb", (0, 1), (1, 0), "\r", ["a\r", "\r\n", "b"]),
        # other characters that look like line ends
        ("a\fb\nc", (0, 3), (1, 0), "", ["a\fbc"]),
        ("a\u2028b\nc", (1, 1), (1, 1), "!", ["a\u2028b\n", "c!"]),
        # astral characters, and a position inside one
        ("😀x\n", (0, 2), (0, 3), "y", ["😀y\n", ""]),
        ("😀x\n", (0, 1), (0, 2), "", ["x\n", ""]),
        # past the line, past the text, the wrong way round
        ("a\nb", (0, 99), (0, 99), "!", ["a!\n", "b"]),
        ("a\nb", (9, 9), (9, 9), "!", ["a\n", "b!"]),
        ("a\nb", (-1, 5), (0, -5), "!", ["!a\n", "b"]),
        ("abc", (0, 2), (0, 1), "!", ["a!c"]),
    ],
)
def test_an_edit_gives_the_lines_of_the_new_text(
    before: str, start: tuple[int, int], end: tuple[int, int], new: str, lines: list[str]
) -> None:
    text, _ = edit(before, start, end, new)
    assert lines_of(text) == lines
    assert text.lines(0, text.line_count) == [line.rstrip("\r\n") for line in lines]


@pytest.mark.parametrize(
    ("text", "eol"), [("", "\n"), ("a", "\n"), ("a\nb\r\n", "\n"), ("a\r\nb\n", "\r\n"), ("\rb\n", "\r"), ("\n", "\n")]
)
def test_a_new_line_ends_as_the_first_one_does(text: str, eol: str) -> None:
    assert Text.from_str(text).eol == eol


def test_replace_takes_code_point_columns() -> None:
    text = Text.from_str("😀é = 1\r\nb")
    assert str(text.replace(Point(0, 1), Point(0, 2), "ü")) == "😀ü = 1\r\nb"
    assert str(text.replace(Point(0, 99), Point(1, 0), "")) == "😀é = 1b"
    assert str(text.replace(Point(1, 0), Point(0, 99), "")) == "😀é = 1b"
    assert text.between(Point(0, 1), Point(1, 1)) == "é = 1\r\nb"
    assert str(text) == "😀é = 1\r\nb"


def test_lone_surrogates_count_three_bytes_each_and_do_not_join() -> None:
    text = Text.from_str("\ud83d\n\ude00")
    assert text.byte_length == 7
    joined = text.replace(Point(0, 1), Point(1, 0), "")
    assert joined.byte_length == 6
    assert joined.clamp(Point(0, 99)) == Point(0, 2)
    assert joined.read_bytes(0) == b"\xed\xa0\xbd\xed\xb8\x80"


@pytest.mark.parametrize(
    ("before", "after", "start", "removed", "inserted"),
    [
        ("def f():\n    x\n", "def f():\n    xy\n", (1, 5), "", "y"),
        ("def f():\n    xy\n", "def f():\n    x\n", (1, 5), "y", ""),
        ("aaaa", "aaaaa", (0, 4), "", "a"),
        ("same\n", "same\n", (1, 0), "", ""),
        ("", "new", (0, 0), "", "new"),
        ("old", "", (0, 0), "old", ""),
        ("a\r\nb", "a\rx\nb", (0, 1), "\r\n", "\rx\n"),  # the place between "\r" and "\n" has no Point
        ("a\r\nb", "a\nb", (0, 1), "\r\n", "\n"),
        ("a\nb", "a\r\nb", (0, 1), "\n", "\r\n"),
        ("x", "\r\ny", (0, 0), "x", "\r\ny"),
        ("x\r\n", "\r\n", (0, 0), "x", ""),
        ("\r\n", "\r\n\r\n", (1, 0), "", "\r\n"),
    ],
)
def test_a_new_whole_text_is_a_change_of_what_differs(
    before: str, after: str, start: tuple[int, int], removed: str, inserted: str
) -> None:
    text, change = edits.apply(Text.from_str(before), ContentChange(None, after), PositionEncoding.UTF16)
    assert str(text) == after
    assert (change.start, change.removed, change.inserted) == (start, removed, inserted)


def nodes_of(node: rope.Node) -> set[int]:
    if isinstance(node, rope.Leaf):
        return {id(node)}
    return {id(node)}.union(*[nodes_of(child) for child in node.children])


@pytest.mark.parametrize(
    "text",
    ["    value = compute(first, second)\n" * 100_000, "x" * 5_000_000, "é" * 1_000_000 + "\n", "\r" * 1_000_000],
    ids=["100,000 lines", "one line of 5 MB", "one line of 2 MB, not ASCII", "a million empty lines"],
)
@pytest.mark.parametrize("new", ["x", "\n", "😀"])
def test_a_typed_key_makes_a_handful_of_nodes_whatever_the_document(text: str, new: str) -> None:
    before = Text.from_str(text)
    middle = before.place_at_offset(before.char_length // 2).point
    after = before.replace(middle, middle, new)
    assert after.char_length == before.char_length + 1
    assert len(nodes_of(after._root) - nodes_of(before._root)) <= 8


def test_a_huge_document_is_kept_in_small_pieces() -> None:
    """One astral character must not make a whole document take four bytes a character, as it does with one str."""
    text = Text.from_str("x = 1\n" * 100_000 + "😀")
    assert sum(not chunk.isascii() for chunk in text.chunks()) == 1
    assert max(len(chunk) for chunk in text.chunks()) <= 2048


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("a", ["\n"]),
        ("a\nb\r\nc\rd", ["\n", "\r\n", "\r", "\r"]),
        ("a\r\nb\n", ["\r\n", "\n", "\n"]),
        ("\n", ["\n", "\n"]),
        ("a\n" * 3_000 + "b\r\n" * 3_000, ["\n"] * 3_000 + ["\r\n"] * 3_001),
    ],
)
def test_each_line_has_its_line_end(text: str, ends: list[str]) -> None:
    found = Text.from_str(text)
    assert [found.eol_at(line) for line in range(found.line_count)] == ends
