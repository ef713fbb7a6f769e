"""The persistent tree that holds a document's text: a rope whose nodes know their size in every unit LSP counts in.

A leaf holds up to two thousand characters, a branch holds nodes of one height and the running sums of their sizes.
An edit makes new nodes from one leaf up to the root and shares all others, so that its cost grows with the logarithm of
the document, not with its length or that of its lines, and every earlier root stays as it was. xi-editor's rope and
Zed's SumTree have the same shape; Python wants wide nodes, as ``bisect`` is fast and a step down the tree is not.

Invariant: no leaf boundary is between "\\r" and "\\n", so that sizes can be added without looking at neighbours.

Knows offsets and sizes only: no points, no client positions, no meaning of the text.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate, islice
from typing import NamedTuple, cast

from autothink_lsp.document.positions import column_of
from autothink_lsp.document.sizes import (
    CODE_POINTS,
    LINE_END,
    LINE_ENDS,
    NEWLINES,
    NO_SIZE,
    UTF8_BYTES,
    UTF16_UNITS,
    Size,
    add,
    measure,
    subtract,
)
from autothink_lsp.values import PositionEncoding, frozen

_LEAF_CHARS = 2048
_SPLIT_CHARS = _LEAF_CHARS * 3 // 4  # a fresh leaf has room for typing before it must split again
_CUT_SLACK_CHARS = 256  # how far before the even cut to look for a line end, so that most lines lie in one leaf
_CHILDREN = 32
_JOIN_CHILDREN = _CHILDREN * 3 // 4
_TWINS = (CODE_POINTS, CODE_POINTS, CODE_POINTS, LINE_ENDS, LINE_ENDS)  # the unit that each unit mostly agrees with
_LESS_A_LINE_END: Size = (0, 0, 0, -1, 0)
_ENCODINGS = {UTF8_BYTES: PositionEncoding.UTF8, UTF16_UNITS: PositionEncoding.UTF16}


@frozen(eq=False)
class Leaf:
    text: str
    size: Size

    @property
    def has_lone_cr(self) -> bool:
        """Whether a "\\r" without a "\\n" is a line end, so that searching for "\\n" is not enough."""
        return self.size[LINE_ENDS] != self.size[NEWLINES]

    def find_line_end(self, start: int) -> int:
        """The index of the first line end from the line start ``start`` on, -1 if there is none."""
        if self.has_lone_cr:
            line_end = LINE_END.search(self.text, start)
            return line_end.start() if line_end else -1
        end = self.text.find("\n", start)
        return end - 1 if end > start and self.text[end - 1] == "\r" else end

    def chars_of(self, unit: int, amount: int) -> int:
        """The number of code points in the first ``amount`` units, clamped. See :func:`find`."""
        if unit == CODE_POINTS:
            return min(amount, len(self.text))
        if unit in _ENCODINGS:
            return column_of(self.text, amount, _ENCODINGS[unit])
        if amount == 0:
            return 0
        if unit == LINE_ENDS and self.has_lone_cr:
            *_, last = islice(LINE_END.finditer(self.text), amount)
            return last.end()
        return len(self.text) - len(self.text.split("\n", amount)[-1])


@frozen(eq=False)
class Branch:
    children: tuple[Node, ...]
    starts: tuple[tuple[int, ...], ...]  # for each unit: the size before each child, then the total
    size: Size


Node = Leaf | Branch


# --- building ---------------------------------------------------------------------------------------------------------


def build(text: str) -> Node:
    """A tree of ``text``. An empty text is one empty leaf, the only empty node."""
    return _rooted(_leaves(text))


def _rooted(nodes: Sequence[Node]) -> Node:
    """One root of minimal height for nodes of equal height."""
    while len(nodes) > 1:
        nodes = _branches(nodes)
    root = nodes[0] if nodes else Leaf("", NO_SIZE)
    while isinstance(root, Branch) and len(root.children) == 1:
        root = root.children[0]
    return root


def _leaves(text: str) -> list[Node]:
    """One leaf if the text fits into it, else leaves of similar size, split at line ends if there are any nearby."""
    if len(text) <= _LEAF_CHARS:
        return [Leaf(text, measure(text))] if text else []
    leaves: list[Node] = []
    count = -(-len(text) // _SPLIT_CHARS)
    start = 0
    for n in range(1, count + 1):
        cut = len(text) * n // count
        if n < count:
            behind_line_end = text.rfind("\n", cut - _CUT_SLACK_CHARS, cut) + 1
            inside_line_end = text[cut - 1] == "\r" and text[cut] == "\n"
            cut = behind_line_end or cut - inside_line_end
        piece = text[start:cut]
        leaves.append(Leaf(piece, measure(piece)))
        start = cut
    return leaves


def _branches(nodes: Sequence[Node]) -> list[Node]:
    """The minimal number of branches for ``nodes``, of similar width."""
    count = -(-len(nodes) // _CHILDREN)
    cuts = [len(nodes) * n // count for n in range(count + 1)]
    return [_branch(tuple(nodes[cuts[n] : cuts[n + 1]])) for n in range(count)]


def _branch(children: tuple[Node, ...]) -> Branch:
    by_unit = zip(*[child.size for child in children], strict=True)
    chars, utf8_bytes, utf16_units, line_ends, newlines = [tuple(accumulate(sizes, initial=0)) for sizes in by_unit]
    starts = (
        chars,
        chars if utf8_bytes == chars else utf8_bytes,  # sums that agree are one tuple: see _with_child
        chars if utf16_units == chars else utf16_units,
        line_ends,
        line_ends if newlines == line_ends else newlines,
    )
    return Branch(children, starts, (chars[-1], utf8_bytes[-1], utf16_units[-1], line_ends[-1], newlines[-1]))


# --- changing ---------------------------------------------------------------------------------------------------------


def replace(root: Node, start: int, end: int, new: str) -> Node:
    """The tree with ``new`` in place of the code points from ``start`` to ``end`` (0 <= start <= end <= length)."""
    # A "\n" that gets a "\r" before it must be moved to that leaf. It is replaced by itself: new text always goes
    # to the leaf of the character before it.
    before = new or slice_of(root, start - 1, start)
    if before.endswith("\r") and slice_of(root, end, end + 1) == "\n":
        end += 1
        new += "\n"
    return _rooted(_replaced(root, start, end, new))


def _replaced(node: Node, start: int, end: int, new: str) -> list[Node]:
    """The nodes that replace ``node`` after the edit: of its height, none if nothing is left."""
    if isinstance(node, Leaf):
        return _leaves(node.text[:start] + new + node.text[end:])
    children, offsets = node.children, node.starts[CODE_POINTS]
    first = max(bisect_left(offsets, start) - 1, 0)  # the child with the character before ``start``
    if end <= offsets[first + 1]:
        last = first
        fresh = _replaced(children[first], start - offsets[first], end - offsets[first], new)
        if len(fresh) == 1:  # a typed key; a leaf that gets small by many of them may stay small
            return [_with_child(node, first, fresh[0])]
    else:
        last = bisect_left(offsets, end) - 1  # the child with the last removed character
        fresh = _replaced(children[first], start - offsets[first], children[first].size[CODE_POINTS], new)
        fresh += _replaced(children[last], 0, end - offsets[last], "")
    seam = max(first - 1, 0)
    around = _joined([*children[seam:first], *fresh, *children[last + 1 : last + 2]])
    nodes = [*children[:seam], *around, *children[last + 2 :]]
    return _branches(nodes) if nodes else []


def _with_child(branch: Branch, index: int, child: Node) -> Branch:
    """``branch`` with another child at ``index``. The sums after it change by the difference of the sizes, if there is
    one.

    This is most of the cost of a typed key, so sums that are equal for two units (the first three of an ASCII text, the
    last two of one without lone "\\r") are computed once and share one tuple.
    """
    children, starts = branch.children, branch.starts
    grown = subtract(child.size, children[index].size)
    moved: list[tuple[int, ...]] = []
    for unit, twin in enumerate(_TWINS):
        by, sums = grown[unit], starts[unit]
        if not by:
            moved.append(sums)
        elif unit != twin and by == grown[twin] and sums is starts[twin]:
            moved.append(moved[twin])
        else:
            moved.append(sums[: index + 1] + tuple([start + by for start in sums[index + 1 :]]))
    return Branch((*children[:index], child, *children[index + 1 :]), tuple(moved), add(branch.size, grown))


def _joined(nodes: Sequence[Node]) -> list[Node]:
    """``nodes``, neighbours merged where both fit into one with room to spare."""
    joined: list[Node] = []
    for node in nodes:
        before = joined[-1] if joined else None
        match before, node:
            case Leaf(), Leaf() if len(before.text) + len(node.text) <= _SPLIT_CHARS:
                joined[-1] = Leaf(before.text + node.text, add(before.size, node.size))
            case Branch(), Branch() if len(before.children) + len(node.children) <= _JOIN_CHILDREN:
                joined[-1] = _branch(before.children + node.children)
            case _:
                joined.append(node)
    return joined


# --- reading ----------------------------------------------------------------------------------------------------------


class Spot(NamedTuple):
    """A position in the tree: after ``chars`` code points of ``leaf``. The text before the leaf has the size
    ``before``."""

    leaf: Leaf
    chars: int
    before: Size

    @property
    def inside_line_end(self) -> bool:
        return self.chars > 0 and self.leaf.text.startswith("\r\n", self.chars - 1)

    def outside_line_end(self) -> Spot:
        """This position, or the start of the "\\r\\n" around it."""
        return Spot(self.leaf, self.chars - 1, self.before) if self.inside_line_end else self

    def before_line_end(self) -> Spot:
        """The start of the line end that ends at this position."""
        width = 2 if self.leaf.text.endswith("\r\n", 0, self.chars) else 1
        return Spot(self.leaf, self.chars - width, self.before)

    def size(self) -> Size:
        """The size of the text before this position. Half a "\\r\\n" is not a line end."""
        leaf, chars, before = self
        size = add(before, leaf.size if chars == len(leaf.text) else measure(leaf.text[:chars]))
        return add(size, _LESS_A_LINE_END) if self.inside_line_end else size


def find(root: Node, unit: int, target: int) -> Spot:
    """The position after ``target`` units of the text, clamped. Between two leaves it is the end of the first one.

    Inside a code point it is the start of that code point; for LINE_ENDS and NEWLINES it is the position after the last
    one.
    """
    node, remaining = root, target
    chars = utf8_bytes = utf16_units = line_ends = newlines = 0
    while isinstance(node, Branch):
        starts = node.starts
        child = bisect_left(starts[unit], remaining, 1, len(node.children)) - 1
        remaining -= starts[unit][child]
        chars += starts[0][child]
        utf8_bytes += starts[1][child]
        utf16_units += starts[2][child]
        line_ends += starts[3][child]
        newlines += starts[4][child]
        node = node.children[child]
    before = (chars, utf8_bytes, utf16_units, line_ends, newlines)
    return Spot(node, node.chars_of(unit, max(remaining, 0)), before)


def slice_of(root: Node, start: int, end: int) -> str:
    """The code points from ``start`` to ``end``, clamped."""
    start, end = max(start, 0), min(end, root.size[CODE_POINTS])
    if start >= end:
        return ""
    node = root
    while isinstance(node, Branch):
        offsets = node.starts[CODE_POINTS]
        child = bisect_left(offsets, end) - 1
        if start < offsets[child]:
            return "".join(_pieces(node, start, end))
        start, end, node = start - offsets[child], end - offsets[child], node.children[child]
    return node.text[start:end]


def beginning(root: Node, chars: int) -> tuple[Node, ...]:
    """Nodes, leaves if possible, that begin the text and have at least ``chars`` code points, or all of it."""
    node = root
    while isinstance(node, Branch) and isinstance(node.children[0], Branch):
        node = node.children[0]
    if isinstance(node, Leaf) or node.size[CODE_POINTS] < min(chars, root.size[CODE_POINTS]):
        return (root,)
    return node.children[: bisect_left(node.starts[CODE_POINTS], chars)]


def joined(nodes: Sequence[Node], chars: int) -> str:
    """The first ``chars`` code points of neighbours."""
    pieces = [node.text if isinstance(node, Leaf) else slice_of(node, 0, chars) for node in nodes]
    return "".join(pieces)[:chars]


def _pieces(node: Node, start: int, end: int) -> Iterator[str]:
    """Yield the text from ``start`` to ``end``, leaf by leaf."""
    if isinstance(node, Leaf):
        yield node.text[max(start, 0) : end]
        return
    offsets = node.starts[CODE_POINTS]
    first = max(bisect_left(offsets, start + 1) - 1, 0)
    stop = bisect_left(offsets, end, 0, len(node.children))
    children = node.children[first:stop]
    if isinstance(children[0], Leaf):  # then all are
        pieces = [child.text for child in cast("tuple[Leaf, ...]", children)]
        pieces[-1] = pieces[-1][: max(end - offsets[stop - 1], 0)]
        pieces[0] = pieces[0][max(start - offsets[first], 0) :]
        yield from pieces
        return
    for index, child in enumerate(children, first):
        yield from _pieces(child, start - offsets[index], end - offsets[index])


def texts(node: Node, *, backwards: bool = False) -> Iterator[str]:
    """Yield the texts of all leaves, forwards or backwards."""
    if isinstance(node, Leaf):
        yield node.text
        return
    for child in reversed(node.children) if backwards else node.children:
        yield from texts(child, backwards=backwards)
