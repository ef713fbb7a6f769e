"""That a Change says what tree-sitter's ``Tree.edit`` wants: a tree kept in step equals a fresh one, node by node."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import tree_sitter_json
from tree_sitter import Language, Node, Parser

from autothink_lsp.document import edits
from autothink_lsp.document.snapshot import ContentChange
from autothink_lsp.document.text import Text
from autothink_lsp.values import Position, PositionEncoding, Range


def nodes(node: Node) -> list[tuple]:
    places = (node.type, node.start_byte, node.end_byte, tuple(node.start_point), tuple(node.end_point))
    return [places, *[inner for child in node.children for inner in nodes(child)]]


def reader(text: Text) -> Callable[[int, object], bytes]:
    return lambda byte, _: text.read_bytes(byte)


@pytest.mark.parametrize("eol", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("size", [1, 150], ids=["one chunk", "many chunks"])
@pytest.mark.parametrize(
    ("start", "end", "new"),
    [
        ((1, 5), (1, 5), "0"),
        ((1, 0), (1, 0), ' "😀", '),
        ((1, 3), (2, 3), ""),
        ((2, 6), (2, 6), ",\n\r\n 7"),
        ((0, 1), (0, 1), "\r"),
        ((1, 0), (1, 0), "\n"),
        ((0, 99), (1, 0), "\r"),
    ],
)
def test_an_edited_tree_equals_a_fresh_one(
    eol: str, size: int, start: tuple[int, int], end: tuple[int, int], new: str
) -> None:
    parser = Parser(Language(tree_sitter_json.language()))
    item = eol.join(['["é😀",', '  12, "x",', '  {"y": "😀", "z": 3}', "],", ""])
    before = Text.from_str("[" + eol + item * size + "0]" + eol)
    tree = parser.parse(reader(before))
    change = ContentChange(Range(Position(*start), Position(*end)), new)
    after, change = edits.apply(before, change, PositionEncoding.UTF16)
    tree.edit(
        change.start_byte,
        change.old_end_byte,
        change.new_end_byte,
        change.start_point,
        change.old_end_point,
        change.new_end_point,
    )
    assert nodes(parser.parse(reader(after), tree).root_node) == nodes(parser.parse(reader(after)).root_node)
