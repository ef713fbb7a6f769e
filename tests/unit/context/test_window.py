"""The window around the cursor: always the text that is there, and the same from key to key."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autothink_lsp.context.values import CodeContext
from autothink_lsp.context.window import ContextRequest, WindowSize, WindowTracker
from autothink_lsp.document.snapshot import ContentChange
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.values import Point, Position, PositionEncoding, Range
from tests.support.example_counts import examples

SIZE = WindowSize(prefix_chars=200, suffix_chars=80)
URI = "file:///a.py"


class Editor:
    """A document, its store and a window tracker that listens to it."""

    def __init__(self, text: str) -> None:
        self.store = DocumentStore(PositionEncoding.UTF32)
        self.windows = WindowTracker()
        self.store.subscribe(self.windows)
        self.store.open(URI, "python", 1, text)
        self.version = 1

    def replace(self, start: tuple[int, int], end: tuple[int, int], text: str) -> None:
        self.version += 1
        self.store.change(URI, self.version, [ContentChange(Range(Position(*start), Position(*end)), text)])

    def gather(self, line: int, column: int, size: WindowSize = SIZE, *, may_grow: bool = False) -> CodeContext:
        snapshot = self.store.snapshot(URI)
        assert snapshot is not None
        return self.windows.gather(
            ContextRequest(snapshot, Point(line, column), size, path="a.py", language=None, may_grow=may_grow)
        )

    def text(self) -> str:
        return str(self.store.snapshot(URI).text)


LINES = [f"line_{number} = {number}" for number in range(300)]


def test_small_files_are_shown_whole() -> None:
    editor = Editor("a\nb\nc")
    context = editor.gather(1, 1)
    assert (context.prefix, context.suffix) == ("a\nb", "\nc")
    assert (context.line_prefix, context.line_suffix) == ("b", "")


def test_typing_in_place_changes_only_the_end_of_the_prefix() -> None:
    editor = Editor("\n".join(LINES))
    before = editor.gather(150, 0)
    for column, key in enumerate("return total"):
        editor.replace((150, column), (150, column), key)
        now = editor.gather(150, column + 1)
        assert now.prefix == before.prefix + "return total"[: column + 1]
        assert now.suffix == before.suffix


def test_new_lines_leave_the_start_and_the_suffix_alone() -> None:
    editor = Editor("\n".join(LINES))
    before = editor.gather(150, len(LINES[150]))
    editor.replace((150, len(LINES[150])), (150, len(LINES[150])), "\nx = 1")
    now = editor.gather(151, 5)
    assert now.prefix == before.prefix + "\nx = 1"
    assert now.suffix == before.suffix


def test_edits_above_the_window_do_not_move_it() -> None:
    editor = Editor("\n".join(LINES))
    before = editor.gather(150, 3)
    editor.replace((2, 0), (2, 0), "new\nlines\n")
    assert editor.gather(152, 3) == before
    editor.replace((0, 0), (5, 0), "")
    assert editor.gather(147, 3) == before


def test_edits_below_the_window_do_not_move_it() -> None:
    editor = Editor("\n".join(LINES))
    before = editor.gather(150, 3)
    editor.replace((250, 0), (260, 0), "x\n")
    assert editor.gather(150, 3) == before


def test_the_window_moves_in_steps() -> None:
    """Typing line after line, the first line of the prompt changes rarely."""
    editor = Editor("\n".join(LINES))
    starts = []
    for number in range(100):
        editor.replace((150 + number, 0), (150 + number, 0), "y = 2\n")
        starts.append(editor.gather(151 + number, 0).prefix.partition("\n")[0])
    changes = sum(a != b for a, b in pairwise(starts))
    assert changes <= 8


def test_a_jump_makes_a_new_window() -> None:
    editor = Editor("\n".join(LINES))
    editor.gather(150, 0)
    assert "line_9 = 9" in editor.gather(10, 0).prefix
    assert "line_290 = 290" in editor.gather(291, 0).prefix


def test_another_size_counts_from_the_next_jump_on() -> None:
    """A prompt that the server has in its cache is not given up for one that it would have to read."""
    editor, small = Editor("\n".join(LINES)), WindowSize(prefix_chars=60, suffix_chars=30)
    before = editor.gather(150, 0)
    assert editor.gather(150, 3, small).prefix[:-3] == before.prefix
    assert editor.windows.span(URI).size == SIZE
    there = editor.gather(20, 0, small)
    assert len(there.prefix) <= 60
    assert len(there.suffix) <= 30 + len(LINES[20]) + 1
    assert editor.gather(20, 3, SIZE).prefix.startswith(there.prefix)
    assert editor.windows.span(URI).size == small


def test_a_provisional_size_gives_way_at_once_where_the_server_is_fast_else_at_the_next_jump() -> None:
    editor, small = Editor("\n".join(LINES)), WindowSize(prefix_chars=60, suffix_chars=30, is_provisional=True)
    before = editor.gather(150, 0, small)
    assert editor.gather(150, 3, SIZE).prefix[:-3] == before.prefix
    assert len(editor.gather(150, 3, SIZE, may_grow=True).prefix) > 2 * len(before.prefix)
    again = editor.gather(20, 0, small)
    assert len(editor.gather(100, 0, SIZE).prefix) > 2 * len(again.prefix)


def test_a_provisional_size_that_was_right_changes_nothing() -> None:
    editor, small = Editor("\n".join(LINES)), WindowSize(prefix_chars=60, suffix_chars=30, is_provisional=True)
    before = editor.gather(150, 0, small)
    final = WindowSize(prefix_chars=66, suffix_chars=33)
    assert editor.gather(150, 0, final, may_grow=True) == before
    assert editor.windows.span(URI).size == final


def test_a_top_level_line_is_preferred_as_the_start() -> None:
    text = "\n".join(f"    x{number} = {number}" for number in range(20)) + "\n\ndef f():\n" + "    y = 1\n" * 15
    context = Editor(text).gather(37, 0)
    assert context.prefix.startswith("def f():\n")


@pytest.mark.parametrize("chars", [1, 40, 4_000])
def test_bounds(chars: int) -> None:
    editor = Editor("\n".join(LINES))
    context = editor.gather(150, 0, WindowSize(chars, chars))
    assert len(context.prefix) <= chars + len(LINES[150])
    assert len(context.suffix) <= chars + len(LINES[150]) + 1


EDITS = st.lists(
    st.tuples(
        st.integers(0, 60),
        st.integers(0, 12),
        st.integers(0, 3),
        st.integers(0, 12),
        st.sampled_from(["", "x", "\n", "a\nb\n", "  y\r\n"]),
    ),
    max_size=30,
)


@settings(max_examples=examples(150))
@given(edits=EDITS, cursors=st.lists(st.tuples(st.integers(0, 70), st.integers(0, 12)), min_size=1, max_size=10))
def test_the_window_is_always_the_text_around_the_cursor(
    edits: list[tuple[int, int, int, int, str]], cursors: list[tuple[int, int]]
) -> None:
    editor = Editor("\n".join(LINES[:60]))
    for index, (line, start, more, end, text) in enumerate(edits):
        first, last = sorted([(line, start), (line + more, end)])
        editor.replace(first, last, text)
        at_line, at_column = cursors[index % len(cursors)]
        snapshot = editor.store.snapshot(URI)
        assert snapshot is not None
        point = snapshot.text.clamp(Point(at_line, at_column))
        context = editor.gather(point.line, point.column)
        whole = editor.text().replace("\r\n", "\n").replace("\r", "\n")
        lines = whole.split("\n")
        offset = sum(len(each) + 1 for each in lines[: point.line]) + point.column
        assert whole[:offset].endswith(context.prefix)
        assert whole[offset:].startswith(context.suffix)
        assert context.prefix == whole[:offset] or whole[offset - len(context.prefix) - 1] == "\n"


class Forgetful(WindowTracker):
    """Reads all lines of the window for each request."""

    def gather(self, request: ContextRequest) -> CodeContext:
        self._newest = None
        return super().gather(request)


SIZES = (SIZE, WindowSize(400, 160), WindowSize(80, 40, is_provisional=True), WindowSize(200, 80, most_block_tokens=9))


@settings(max_examples=examples(150))
@given(
    keys=st.lists(
        st.tuples(
            st.sampled_from(["x", " = 1", "x", "\r", "\n", "", "a\nb"]),
            st.integers(0, 3),  # characters that go
            st.integers(-2, 2),  # lines that the cursor moves before it
            st.sampled_from([None, None, 0, 99]),  # column that it moves to
            st.sampled_from([0, 0, 0, *range(len(SIZES))]),
            st.booleans(),
        ),
        max_size=30,
    )
)
def test_what_is_kept_between_keys_is_what_would_be_read(
    keys: list[tuple[str, int, int, int | None, int, bool]],
) -> None:
    editor = Editor("\n".join(LINES[:40]))
    other = Forgetful()
    snapshot = editor.store.snapshot(URI)
    assert snapshot is not None
    other.did_open(snapshot)
    editor.store.subscribe(other)
    point = Point(20, 3)
    for text, removes, moves, column, size, may_grow in keys:
        at = point.column if column is None else column
        point = snapshot.text.clamp(Point(max(0, point.line + moves), at))
        start = Point(point.line, max(0, point.column - removes))
        editor.replace((start.line, start.column), (point.line, point.column), text)
        snapshot = editor.store.snapshot(URI)
        assert snapshot is not None
        breaks = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        end = Point(start.line + len(breaks) - 1, len(breaks[-1]) + (start.column if len(breaks) == 1 else 0))
        point = snapshot.text.clamp(end)
        request = ContextRequest(snapshot, point, SIZES[size], path="a.py", language=None, may_grow=may_grow)
        assert editor.windows.peek(request) == other.peek(request)
        assert editor.windows.gather(request) == other.gather(request)


def test_both_ends_prefer_to_stand_between_constructs() -> None:
    functions = "".join(f"def f{n}(a):\n    b = a\n    return b\n\n\n" for n in range(40))
    context = Editor(functions).gather(100, 0)
    assert context.prefix.startswith("def f")
    assert context.suffix.endswith("    return b\n\n")
    assert 0 < len(context.suffix) <= SIZE.suffix_chars
