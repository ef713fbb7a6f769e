"""Takes the documentation comment out of a model's answer and puts it into the code to document.

The model is asked for the comment alone. Many repeat the code with it, in part or with changes; the comment is used all
the same and their code is not, so the code cannot change. A Python docstring becomes the first statement of the body;
the comment of any other language goes above the definition.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from textwrap import dedent
from typing import TYPE_CHECKING

from attrs import frozen

from autothink_lsp.document.lines import indent_of
from autothink_lsp.document.text import Text
from autothink_lsp.edits.fences import fenced_blocks
from autothink_lsp.edits.replacement import EditRefused
from autothink_lsp.syntax.captures import text_of
from autothink_lsp.syntax.scopes import scope_kind
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.values import Point

if TYPE_CHECKING:
    import tree_sitter

_DOCSTRING_LANGUAGES = frozenset({"python"})
_DEFINITIONS = frozenset({"function_definition", "class_definition"})
_STRING_START = re.compile(r"""[rRuU]?(?:\"{3}|'{3}|"|')""")
_FEWEST_WORDS = 2  # fewer say nothing
_WORD = re.compile(r"[^\W\d_]{2,}")
_PLACEHOLDER = re.compile(r"^\W*(?:\.\.\.|…|(?:the )?rest of|existing code|same as)", re.IGNORECASE)


@frozen
class _Place:
    """Where a comment belongs: before ``row`` of the code, with ``indent``. ``name`` is that of the definition that a
    docstring is for."""

    row: int
    indent: str
    name: str = ""


def documented_code(answer: str, code: str, tree: SyntaxTree, first_line: int, *, finished: bool) -> str | None:
    """``code``, whole lines of ``tree`` from ``first_line`` on, with the documentation comment of ``answer``.

    ``None`` if the answer has no usable comment, the code has one already, or it is no definition. ``finished``: the
    model ended the answer by itself; a comment that may have been cut is not used.
    """
    is_docstring, place = _has_docstrings(tree), _place(code, tree, first_line)
    if place is None:
        return None
    for block, is_closed in _blocks(answer):
        comment = _docstring(block, tree, place.name) if is_docstring else _leading_comment(block, tree)
        if comment is None or not _says_something(comment):
            continue
        is_whole = finished or is_closed or is_docstring or comment.endswith("*/") or comment != block.strip()
        if not is_whole:
            continue
        lines = code.split("\n")
        added = _indented(comment, place.indent, is_docstring=is_docstring)
        if is_docstring or _is_comment_above(added, tree, first_line):
            lines[place.row : place.row] = added
            return "\n".join(lines)
    return None


def has_place(code: str, tree: SyntaxTree, first_line: int) -> bool:
    """Whether a documentation comment can be put into ``code`` as it is: it is a definition without one."""
    return _place(code, tree, first_line) is not None


def _has_docstrings(tree: SyntaxTree) -> bool:
    return not _DOCSTRING_LANGUAGES.isdisjoint(tree.language.language_ids)


def _place(code: str, tree: SyntaxTree, first_line: int) -> _Place | None:
    find = _docstring_place if _has_docstrings(tree) else _place_above
    return find(code, tree, first_line)


def _blocks(answer: str) -> Iterator[tuple[str, bool]]:
    """The fenced blocks of an answer, and whether each is closed; an answer without fences is one block."""
    text = answer.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    try:
        found = fenced_blocks(text, inner_fences=None, measure=lambda _: 0.0)
    except EditRefused:
        return
    text = text.rstrip()
    for block in found:
        yield dedent(block.code), block.end < len(text) or text.endswith(("```", "~~~"))
    if not found:
        yield dedent(text.strip("\n")), False


def _docstring(block: str, tree: SyntaxTree, name: str) -> str | None:
    """The docstring that the definition of ``name`` has in ``block``, or that ``block`` is. Of another definition it is
    used only if ``name`` is not defined: the docstring of a method does not describe its class."""
    parsed = _parsed(block, tree)
    if parsed is None:
        return None
    text = Text.from_str(block)
    asked, own, other, is_defined = None, None, None, False
    pending = [parsed]
    while pending:
        node = pending.pop()
        pending.extend(reversed(node.named_children))
        if node.type not in {"module", "block"}:
            continue
        is_asked = node.type == "block" and node.parent is not None and _name_of(text, node.parent) == name
        is_defined = is_defined or is_asked
        string = _first_string(node)
        if string is None or string.has_error:
            continue
        found = text.bytes_between(string.start_byte, string.end_byte).decode("utf-8", "surrogatepass")
        if _STRING_START.match(found) is None:
            continue
        if is_asked:
            asked = asked or found
        elif node.type == "module":
            own = found
        else:
            other = other or found
    return asked or own or (None if is_defined else other)


def _first_string(node: tree_sitter.Node) -> tree_sitter.Node | None:
    """The string that is the first statement of a block."""
    first = next((child for child in node.named_children if child.type != "comment"), None)
    if first is None or first.type != "expression_statement" or first.named_child_count != 1:
        return None
    string = first.named_children[0]
    return string if string.type == "string" else None


def _leading_comment(block: str, tree: SyntaxTree) -> str | None:
    """The comment lines at the beginning of ``block``."""
    if block.startswith("#!"):  # of a whole script
        block = block.partition("\n")[2].lstrip("\n")
    before = tree.language.prefix_for(block)
    parsed = _parsed(before + block, tree)
    if parsed is None:
        return None
    source = (before + block).encode("utf-8", "surrogatepass")
    start = end = len(before.encode())
    last_row = -1
    for child in parsed.children:
        if child.end_byte <= start:
            continue
        if "comment" not in child.type or (last_row >= 0 and child.start_point[0] > last_row + 1):
            break
        end = child.end_byte
        last_row = child.end_point[0] - (child.end_point[1] == 0)
    return source[start:end].decode("utf-8", "surrogatepass").strip("\n").rstrip() or None


def _docstring_place(code: str, tree: SyntaxTree, first_line: int) -> _Place | None:
    node = _definition(code, tree, first_line)
    body = node.child_by_field_name("body") if node is not None else None
    if node is None or body is None or not body.named_children or _first_string(body) is not None:
        return None
    colon = next((child for child in reversed(node.children) if child.type == ":"), None)
    first = body.named_children[0]
    if colon is None or first.start_point[0] <= colon.end_point[0]:
        return None  # on the header's line
    row = colon.end_point[0] + 1 - first_line
    return _Place(row, indent_of(tree.text.line(first.start_point[0])), _name_of(tree.text, node))


def _place_above(code: str, tree: SyntaxTree, first_line: int) -> _Place | None:
    """Above the first line, unless a comment stands there already."""
    first = code.split("\n", 1)[0]
    indent = indent_of(first)
    places = [Point(first_line, len(indent) + 1)]
    if first_line > 0:
        above = tree.text.line(first_line - 1)
        places += [Point(first_line - 1, len(indent_of(above)) + 1)] if above.strip() else []
    has_comment = any(scope_kind(tree, place) == "comment" for place in places)
    return None if has_comment or not first.strip() else _Place(0, indent)


def _definition(code: str, tree: SyntaxTree, first_line: int) -> tree_sitter.Node | None:
    """The function or class at the beginning of the code, below its decorators and comments."""
    count = code.count("\n") + 1
    pending = [tree.root]
    while pending:
        node = pending.pop()
        is_inside = first_line <= node.start_point[0] and node.end_point[0] < first_line + count
        if node.type in _DEFINITIONS and is_inside:
            return node
        if node.end_point[0] >= first_line and node.start_point[0] < first_line + count:
            pending.extend(reversed(node.named_children))
    return None


def _name_of(text: Text, definition: tree_sitter.Node) -> str:
    name = definition.child_by_field_name("name")
    return text_of(text, [name] if name is not None else []) or ""


def _is_comment_above(added: list[str], tree: SyntaxTree, first_line: int) -> bool:
    """Whether ``added``, put above ``first_line``, is a comment there: in a template or in JSX it would be text."""
    text = tree.text
    before = "".join(f"{line}\n" for line in text.lines(0, first_line))
    root = _parsed(before + "\n".join([*added, *text.lines(first_line, text.line_count)]), tree)
    if root is None:
        return False
    byte = len(before.encode("utf-8", "surrogatepass")) + len(indent_of(added[0]).encode()) + 1
    node = root.descendant_for_byte_range(byte, byte + 1)
    while node is not None and "comment" not in node.type:
        node = node.parent
    return node is not None


def _parsed(block: str, tree: SyntaxTree) -> tree_sitter.Node | None:
    parsed = tree.grammar.parse_source(block) if block.strip() else None
    return parsed.root_node if parsed is not None else None


def _says_something(comment: str) -> bool:
    return len(_WORD.findall(comment)) >= _FEWEST_WORDS and _PLACEHOLDER.match(comment) is None


def _indented(comment: str, indent: str, *, is_docstring: bool) -> list[str]:
    """The lines of the comment at ``indent``. The further lines of a docstring keep their indentation to each other."""
    first, *rest = comment.split("\n")
    if is_docstring and rest:
        rest = dedent("\n".join(rest)).split("\n")
    return [indent + first, *(f"{indent}{line}".rstrip() for line in rest)]
