"""Random edit sequences against the naive reference: the text, every line, every place and every number of a Change."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise, product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autothink_lsp.document import rope, sizes
from autothink_lsp.document.snapshot import Change, ContentChange, Snapshot
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.document.text import Text
from autothink_lsp.values import Point, Position, PositionEncoding, Range
from tests.support import flat_text
from tests.support.example_counts import examples

URI = "file:///a.py"

# Plain letters, every LSP line end, every character at which str.splitlines breaks and LSP does not, two to four bytes,
# astral characters, lone surrogates (JSON's "\ud83d") that would make one if joined, and NUL.
LINE_ENDS = ["\n", "\r", "\r\n"]
OTHERS = ["a", "b ", "\f", "\v", "\x1c", "\x85", "\u2028", "é", "€", "😀", "𝕏", "\ud83d", "\ude00", "\0"]
PIECES = LINE_ENDS + OTHERS
pieces = st.one_of(st.sampled_from(LINE_ENDS), st.sampled_from(OTHERS))
texts = st.lists(pieces, max_size=12).map("".join)
long_texts = st.lists(pieces, max_size=60).map("".join)
encodings = st.sampled_from(list(PositionEncoding))

# An edit is drawn before the text that it applies to is known, so its numbers are taken modulo what there is.
numbers = st.integers(0, 99)
positions = st.tuples(numbers, numbers)
edits = st.one_of(
    st.tuples(st.just("type"), positions, st.none(), pieces),
    st.tuples(st.just("replace"), positions, positions, texts),
    st.tuples(st.just("whole"), numbers, st.integers(0, 8), texts),
)


@pytest.fixture
def tiny_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    """With leaves of a few characters, short texts already make deep trees whose nodes split and join."""
    tiny = {"LEAF_CHARS": 8, "SPLIT_CHARS": 6, "CUT_SLACK_CHARS": 2, "CHILDREN": 4, "JOIN_CHILDREN": 3}
    for name, value in tiny.items():
        monkeypatch.setattr(rope, f"_{name}", value)


def as_content_change(text: str, edit: tuple, encoding: str) -> ContentChange:
    kind, start, end, new = edit
    if kind == "whole":  # the same document but for one place, as clients without incremental sync send it
        start %= len(text) + 1
        return ContentChange(None, text[:start] + new + text[start + end :])
    return ContentChange(Range(as_position(text, start, encoding), as_position(text, end or start, encoding)), new)


def as_position(text: str, numbers: tuple[int, int], encoding: str) -> Position:
    """A place in the text, or a little past it on any side."""
    lines = flat_text.lines_with_ends(text)
    line = numbers[0] % (len(lines) + 2) - 1
    width = flat_text.units(flat_text.content(lines[line]), encoding) if 0 <= line < len(lines) else 0
    return Position(line, numbers[1] % (width + 3) - 1)


def expected_text(text: str, change: ContentChange, encoding: str) -> str:
    if change.range is None:
        return change.text
    start, end = sorted(flat_text.offset_of(text, *position, encoding) for position in change.range)
    return text[:start] + change.text + text[end:]


@pytest.mark.usefixtures("tiny_nodes")
@given(long_texts, st.lists(edits, max_size=12), encodings)
@settings(max_examples=examples(150))
def test_the_store_holds_what_the_client_has_after_any_edits(
    start: str, edits: list, encoding: PositionEncoding
) -> None:
    store = DocumentStore(encoding)
    expected = start
    history = [(store.open(URI, "python", 0, start), start)]
    for version, edit in enumerate(edits, start=1):
        content_change = as_content_change(expected, edit, encoding)
        before, expected = expected, expected_text(expected, content_change, encoding)
        result = store.change(URI, version, [content_change])
        assert result is not None
        snapshot, (change,) = result
        assert str(snapshot.text) == expected
        assert snapshot.version == version
        check_change(change, before, expected)
        history.append((snapshot, expected))
    for snapshot, text in history:  # only now: no later edit may have touched an earlier snapshot
        check_tree(snapshot.text)
        check_reading(snapshot.text, text)
    check_places(snapshot, text)


def check_change(change: Change, before: str, after: str) -> None:
    old, new = flat_text.encoded(before), flat_text.encoded(after)
    assert old[change.start_byte : change.old_end_byte] == flat_text.encoded(change.removed)
    assert new[change.start_byte : change.new_end_byte] == flat_text.encoded(change.inserted)
    assert new == old[: change.start_byte] + flat_text.encoded(change.inserted) + old[change.old_end_byte :]
    assert change.start_point == flat_text.tree_sitter_point(old, change.start_byte)
    assert change.old_end_point == flat_text.tree_sitter_point(old, change.old_end_byte)
    assert change.new_end_point == flat_text.tree_sitter_point(new, change.new_end_byte)
    start = len(old[: change.start_byte].decode("utf-8", "surrogatepass"))
    assert change.start == flat_text.point_of(before, start)
    assert change.old_end == flat_text.point_of(before, start + len(change.removed))
    assert change.new_end == flat_text.point_of(after, start + len(change.inserted))


def check_reading(text: Text, expected: str) -> None:
    lines = flat_text.lines_with_ends(expected)
    contents = [flat_text.content(line) for line in lines]
    assert text.line_count == len(lines)
    assert text.byte_length == len(flat_text.encoded(expected))
    assert text.char_length == len(expected)
    for number, line in enumerate(lines):
        assert text.line_with_end(number) == line
        assert text.line(number) == contents[number]
        assert text.lines(number, number + 3) == contents[number : number + 3]
        assert text.slice_lines(number, number + 3) == "".join(lines[number : number + 3])
    assert text.lines(-5, len(lines) + 5) == contents
    assert text.eol == (lines[0][len(contents[0]) :] or "\n")
    assert "".join(text.chunks()) == expected
    assert "".join(chunk[::-1] for chunk in text.chunks(backwards=True)) == expected[::-1]
    for offset in range(len(expected) + 1):
        assert text.slice_offsets(offset, offset + 5) == expected[offset : offset + 5]


def check_places(snapshot: Snapshot, expected: str) -> None:
    text, data = snapshot.text, flat_text.encoded(expected)
    lines = flat_text.lines_with_ends(expected)
    for line in range(-1, len(lines) + 2):
        for character in range(-1, 9):
            offset = flat_text.offset_of(expected, line, character, snapshot.encoding)
            point = snapshot.point(Position(line, character))
            assert point == flat_text.point_of(expected, offset)
            assert text.place(point).offset == offset
            in_line = flat_text.content(lines[point.line])[: point.column]
            assert snapshot.position(point) == (point.line, flat_text.units(in_line, snapshot.encoding))
            assert text.byte_offset(point) == len(flat_text.encoded(expected[:offset]))
            assert text.byte_column(point) == len(flat_text.encoded(in_line))
            clamped = flat_text.point_of(expected, flat_text.offset_of(expected, line, character, "utf-32"))
            assert text.clamp(Point(line, character)) == clamped
    byte = 0
    for offset, char in enumerate(expected):
        for inside in range(len(flat_text.encoded(char))):
            assert text.point_at_byte(byte + inside) == flat_text.point_of(expected, offset)
            chunk = text.read_bytes(byte + inside)
            assert chunk
            assert data.startswith(chunk, byte + inside)
        byte += len(flat_text.encoded(char))
    assert text.point_at_byte(byte) == text.point_at_byte(byte + 9) == flat_text.point_of(expected, len(expected))
    assert text.read_bytes(byte) == b""


def check_tree(text: Text) -> None:
    """The invariants that the rope's file names, and that it does not degenerate."""
    root = text._root
    leaves = list(check_node(root, height_of(root), is_root=True))
    assert all(leaf.text for leaf in leaves) or len(leaves) == 1
    assert not any(a.text.endswith("\r") and b.text.startswith("\n") for a, b in pairwise(leaves))


def height_of(node: rope.Node) -> int:
    return 0 if isinstance(node, rope.Leaf) else 1 + height_of(node.children[0])


def check_node(node: rope.Node, height: int, *, is_root: bool = False) -> Iterator[rope.Leaf]:
    assert height_of(node) == height
    if isinstance(node, rope.Leaf):
        assert len(node.text) <= rope._LEAF_CHARS
        assert node.size == sizes.measure(node.text)
        yield node
        return
    assert (2 if is_root else 1) <= len(node.children) <= rope._CHILDREN
    for unit in range(len(sizes.NO_SIZE)):
        child_sizes = [child.size[unit] for child in node.children]
        assert node.starts[unit] == tuple(sum(child_sizes[:index]) for index in range(len(child_sizes) + 1))
        assert node.size[unit] == sum(child_sizes)
    for child in node.children:
        yield from check_node(child, height - 1)


@given(st.lists(texts, min_size=1, max_size=4), encodings)
@settings(deadline=None)
def test_several_changes_in_one_message_apply_one_after_the_other(
    inserts: list[str], encoding: PositionEncoding
) -> None:
    store = DocumentStore(encoding)
    store.open(URI, "python", 1, "one\ntwo\n")
    top = Range(Position(0, 0), Position(0, 0))
    result = store.change(URI, 2, [ContentChange(top, insert) for insert in inserts])
    assert result is not None
    snapshot, changes = result
    assert str(snapshot.text) == "".join(reversed(inserts)) + "one\ntwo\n"
    assert [change.inserted for change in changes] == inserts


@pytest.mark.parametrize("encoding", list(PositionEncoding))
def test_edits_of_a_long_document_with_nodes_of_their_real_size(encoding: PositionEncoding) -> None:
    random = Random(7)
    expected = "".join(random.choices([*PIECES, "some code ", "x = 1\n"], k=8_000))  # some 25 leaves
    store = DocumentStore(encoding)
    store.open(URI, "python", 0, expected)
    for version in range(1, 1 + examples(59)):
        change, expected = random_change(random, expected, encoding)
        result = store.change(URI, version, [change])
        assert result is not None
        snapshot, _ = result
        assert str(snapshot.text) == expected
        check_tree(snapshot.text)
        line = random.randrange(snapshot.text.line_count)
        assert snapshot.text.line_with_end(line) == flat_text.lines_with_ends(expected)[line]
        offset = flat_text.offset_of(expected, line, 7, encoding)
        assert snapshot.point(Position(line, 7)) == flat_text.point_of(expected, offset)


def random_change(random: Random, text: str, encoding: str) -> tuple[ContentChange, str]:
    """A change near a random line and the text after it: mostly a typed key, sometimes many lines go or come."""
    line = random.randrange(len(flat_text.lines_with_ends(text)))
    start = Position(line, random.randrange(20))
    span, inserted = random.choices([(0, 1), (1, 3), (400, 5), (3, 2_000)], weights=[4, 4, 1, 1])[0]
    end = Position(line + random.randrange(span + 1), random.randrange(20)) if span else start
    change = ContentChange(Range(start, end), "".join(random.choices(PIECES, k=inserted)))
    return change, expected_text(text, change, encoding)


@pytest.mark.usefixtures("tiny_nodes")
@pytest.mark.parametrize("seed", range(4))
def test_no_edit_anywhere_leaves_a_line_end_in_two_nodes(seed: int) -> None:
    """Every short edit at every place of texts that are mostly line ends, node boundaries before and behind each."""
    before = "".join(Random(seed).choices("aa\r\n", k=examples(50)))
    text = Text.from_str(before)
    for start, removed, new in product(range(len(before) + 1), range(9), ["", "\r", "\n", "a\r", "\na"]):
        end = min(start + removed, len(before))
        after = text.replace_offsets(start, end, new)
        check_tree(after)
        assert after.lines(0, after.line_count) == re.split("\r\n|\r|\n", before[:start] + new + before[end:])


@pytest.mark.usefixtures("tiny_nodes")
def test_deleting_a_document_bit_by_bit_ends_with_one_empty_leaf() -> None:
    text = Text.from_str("0123456789\r\n" * 40)
    while text.char_length:
        text = text.replace_offsets(text.char_length // 3, text.char_length // 2, "")
        text = text.replace_offsets(0, min(5, text.char_length), "")
        check_tree(text)
    assert text.line_count == 1
    assert list(text.chunks()) == [""]
