"""Notices where an edit changes the parameters of a function that other code may call."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from attrs import frozen

from autothink_lsp.document.text import Text
from autothink_lsp.syntax.captures import text_of
from autothink_lsp.syntax.grammar import Grammar

if TYPE_CHECKING:
    import tree_sitter

_PARSE_LIMIT_MS = 300.0
_PARAMETERS = ("parameters", "parameter", "formal_parameters")
_PRIVATE = re.compile(r"\bprivate\b|\bfileprivate\b|\bstatic\b(?=.*[*\w]\s*\()")
_LONGEST = 60
_MOST_CHARACTERS = 60_000


@frozen
class Signature:
    """A function that is no closure: its name and its parameters, without comments and with blanks made one.

    ``untyped`` are the parameters without type annotations. ``local``: it stands inside another function.
    """

    name: str
    parameters: str
    untyped: str
    local: bool
    private: bool


def changed_signatures(
    grammar: Grammar | None, old: Sequence[str], new: Sequence[str], elsewhere: str, *, types_asked: bool
) -> tuple[str, ...]:
    """Sentences about functions whose parameters change, though code outside the piece may call them.

    ``elsewhere`` is the rest of the document. ``types_asked``: added type annotations are what was asked for.
    """
    if grammar is None or max(sum(map(len, old)), sum(map(len, new))) > _MOST_CHARACTERS:
        return ()
    before, after = _signatures(grammar, old), _signatures(grammar, new)
    concerns: list[str] = []
    for name in before.keys() & after.keys():
        if len(before[name]) != 1 or len(after[name]) != 1:
            lost = list(
                (
                    Counter(one.parameters for one in before[name]) - Counter(one.parameters for one in after[name])
                ).elements()
            )
            pairs = [(one, after[name][0]) for one in before[name] if one.parameters in lost]
        else:
            pairs = [(before[name][0], after[name][0])]
        for was, now in pairs:
            if was.parameters == now.parameters or (types_asked and was.untyped == now.untyped):
                continue
            used = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", elsewhere) is not None
            if used or not (was.local or was.private):
                callers = "other code in this file uses it" if used else "other files may call it"
                concerns.append(f"It changes the parameters of `{name[:_LONGEST]}`, and {callers}.")
    return tuple(sorted(concerns))


def _signatures(grammar: Grammar, lines: Sequence[str]) -> dict[str, list[Signature]]:
    base = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    source = "\n".join(line[base:] for line in lines)
    source = grammar.language.prefix_for(source) + source
    tree = grammar.parse_source(source, limit_ms=_PARSE_LIMIT_MS)
    found: dict[str, list[Signature]] = {}
    if tree is None:
        return found
    text = Text.from_str(source)
    for node, local in _functions(tree.root_node):
        name, parameters = _name(node), _parameters(node)
        if name is None or parameters is None:
            continue
        known = text_of(text, [name]) or ""
        line = text.line(text.point_at_byte(node.start_byte).line)
        head = text.bytes_between(node.start_byte, parameters.start_byte).decode("utf-8", "replace")
        private = known.startswith(("_", "#")) or any(_PRIVATE.search(part) for part in (f"{head}(", line))
        found.setdefault(known, []).append(
            Signature(known, _words(text, parameters), _words(text, parameters, typed=False), local, private)
        )
    return found


def _functions(root: tree_sitter.Node) -> Iterator[tuple[tree_sitter.Node, bool]]:
    """Every node that has a name and parameters, and whether it stands inside another one."""
    pending = [(root, False)]
    while pending:
        node, local = pending.pop()
        is_function = _parameters(node) is not None and _name(node) is not None
        if is_function:
            yield node, local
        pending.extend((child, local or is_function) for child in reversed(node.named_children))


def _parameters(node: tree_sitter.Node) -> tree_sitter.Node | None:
    for name in _PARAMETERS:
        found = node.child_by_field_name(name)
        if found is not None:
            return found
    for child in node.named_children:
        if child.type.endswith(("parameters", "parameter_list")) and "type_" not in child.type:
            return child
    return None


def _name(node: tree_sitter.Node) -> tree_sitter.Node | None:
    name = node.child_by_field_name("name")
    if name is None and "declarator" in node.type:
        name = node.child_by_field_name("declarator")
    return name


def _words(text: Text, node: tree_sitter.Node, *, typed: bool = True) -> str:
    """The leaves of a parameter list with one blank between them."""
    words: list[str] = []
    pending = [node]
    while pending:
        here = pending.pop()
        if "comment" in here.type:
            continue
        if here.child_count == 0:
            words.append(text.bytes_between(here.start_byte, here.end_byte).decode("utf-8", "replace"))
            continue
        annotation = None if typed else here.child_by_field_name("type")
        for number in range(here.child_count - 1, -1, -1):
            child = here.children[number]
            if child is None or (annotation is not None and child.id == annotation.id):
                continue
            if annotation is not None and child.type == ":":
                continue
            pending.append(child)
    joined = " ".join(word for word in words if word.strip())
    return re.sub(r" ,(?= [)\]}>|]|$)", "", joined)
