"""Extracts the definitions of a file, each with the few lines that a caller needs.

A signature is a definition without its body. Of a small type without code (a struct, an enum, an interface) it is the
whole definition, because callers need its fields. The language folder's queries and the grammar's field ``body``
decide; no language is named here. Pure: reads a tree, no file.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from autothink_lsp.context.secrets import find_secrets
from autothink_lsp.document.text import Text
from autothink_lsp.syntax.captures import Captured, captured, text_of
from autothink_lsp.syntax.grammar import Grammar
from autothink_lsp.values import frozen

if TYPE_CHECKING:
    import tree_sitter

MOST_SYMBOLS = 500
LONGEST_SIGNATURE = 300
_LOOKED_AT_CHARS = 4_000  # the part searched for secrets: more than is shown, with secrets that begin in the shown part
LONGEST_TYPE = 600
LONGEST_VALUE = 160
_MOST_TYPE_LINES = 14
_HOLDERS = frozenset({"class", "type"})


@frozen
class Symbol:
    """A definition. ``container`` is the name of the enclosing class or type, or empty; ``path`` is relative to the
    project."""

    path: str
    name: str
    kind: str
    container: str
    signature: str
    line: int  # first line, from 0


def symbols_of(grammar: Grammar, text: Text, root: tree_sitter.Node, path: str) -> list[Symbol]:
    """The definitions in the tree of ``text`` in source order, at most ``MOST_SYMBOLS``, without local variables."""
    found: dict[int, tuple[Captured, str]] = {}
    for capture in captured(grammar, "definitions", root):
        if capture.kind.startswith("definition.") and (names := capture.names):
            found[capture.node.id] = capture, text_of(text, names) or ""
    ordered = sorted(found.values(), key=lambda item: (item[0].node.start_byte, -item[0].node.end_byte))
    symbols: list[Symbol] = []
    around: list[tuple[int, str, str]] = []  # (end byte, kind, name) of the enclosing definitions
    for capture, name in ordered:
        node, kind = capture.node, capture.kind.removeprefix("definition.")
        while around and around[-1][0] <= node.start_byte:
            around.pop()
        container = around[-1] if around else None
        around.append((node.end_byte, kind, name))
        if container is not None and container[1] not in _HOLDERS:
            continue  # local to a function
        signature = _signature(text, node, kind)
        if signature and len(symbols) < MOST_SYMBOLS:
            symbols.append(Symbol(path, name, kind, container[2] if container else "", signature, node.start_point[0]))
    return symbols


def _signature(text: Text, node: tree_sitter.Node, kind: str) -> str:
    source = text.bytes_between(node.start_byte, node.end_byte).decode("utf-8", "replace")
    body = _body(node)
    if kind == "variable" and body is None:
        return _value(source)
    if kind == "type" and _is_small(source):
        return source
    if body is None:
        header = source if kind == "type" else source.split("{", 1)[0]
        return one_line(header)
    header = text.bytes_between(node.start_byte, body.start_byte).decode("utf-8", "replace")
    return one_line(header)


def _value(source: str) -> str:
    """The first line of a variable's definition; a longer value is shortened to one line."""
    first = source.split("\n", 1)[0].rstrip()
    # Search before the text is cut: half a key is not recognized as a secret.
    if any(find_secrets(source[:_LOOKED_AT_CHARS])):
        return ""
    if first == source.rstrip() or not first.endswith(("(", "[", "{")):
        return first[:LONGEST_SIGNATURE]
    whole = one_line(source)
    return whole if len(whole) <= LONGEST_VALUE else f"{whole[: LONGEST_VALUE - 3]}..."


def _body(node: tree_sitter.Node) -> tree_sitter.Node | None:
    """The body node of a function or class; for ``const f = () => {…}``, the body of the arrow function."""
    body = node.child_by_field_name("body")
    if body is None and (value := node.child_by_field_name("value")) is not None:
        body = value.child_by_field_name("body")
    if body is None and (inner := node.child_by_field_name("type")) is not None:
        body = inner.child_by_field_name("body")
    return body


def _is_small(source: str) -> bool:
    return len(source) <= LONGEST_TYPE and source.count("\n") < _MOST_TYPE_LINES


def one_line(header: str, most_chars: int = LONGEST_SIGNATURE) -> str:
    """Join lines of code into one line without comments and commas before closing brackets; empty if cutting it at
    ``most_chars`` could split a secret."""
    # A comment at the end of a line would comment out the rest.
    lines = (re.sub(r"\s(#|//)\s.*$", "", line) for line in header.split("\n"))
    text = " ".join(" ".join(lines).split()).rstrip("{ ")
    whole = re.sub(r",? ([)\]}])", r"\1", re.sub(r"([(\[]) ", r"\1", text))
    if len(whole) > most_chars and any(find_secrets(whole[:_LOOKED_AT_CHARS])):
        return ""
    return whole[:most_chars]
