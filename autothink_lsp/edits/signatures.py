"""Finds functions whose parameters an edit changes although other code may call them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from attrs import frozen

from autothink_lsp.document.lines import indent_length
from autothink_lsp.document.text import Text
from autothink_lsp.syntax.captures import text_of
from autothink_lsp.syntax.grammar import Grammar

if TYPE_CHECKING:
    import tree_sitter

_PARSE_LIMIT_MS = 300.0
_PARAMETERS = ("parameters", "parameter", "formal_parameters")
_PRIVATE = re.compile(r"\bprivate\b|\bfileprivate\b|\bstatic\b(?=.*[*\w]\s*\()")
_CLASS_WORDS = ("class", "impl_item", "trait", "interface", "struct_", "object_")
_GO_METHOD = re.compile(r"(?m)^func \([^)\n]*\) (\w+)")
# Functions that the language itself calls.
_ENTRY_POINTS = {"go": {"main", "init"}} | {
    name: {"main"} for name in ("c", "cpp", "objc", "rust", "zig", "kotlin", "scala", "dart", "haskell")
}
_LONGEST = 60
_MOST_CHARACTERS = 500_000


@frozen
class Signature:
    """A function with a name: its name and its parameters, without comments and with normalised blanks.

    ``untyped`` are the parameters without type annotations. ``local``: it is inside another function. ``member``: it is
    inside a class or a similar type.
    """

    name: str
    parameters: str
    untyped: str
    local: bool
    private: bool
    member: bool = False


@frozen
class SignatureChange:
    """A function before and after an edit."""

    before: Signature
    after: Signature

    @property
    def name(self) -> str:
        return self.before.name

    def concern(self, elsewhere: str) -> str:
        """The reason why the user should review the change; empty if no other code can call the function. ``elsewhere``
        is the rest of the document."""
        used = re.search(rf"(?<!\w){re.escape(self.name)}(?!\w)", elsewhere) is not None
        if not used and (self.before.local or self.before.private):
            return ""
        callers = "other code in this file uses it" if used else "other files may call it"
        return f"It changes the parameters of `{self.name[:_LONGEST]}`, and {callers}."


def changed_signatures(
    grammar: Grammar | None, old: Sequence[str], new: Sequence[str], elsewhere: str, *, types_asked: bool
) -> tuple[str, ...]:
    """Concerns about functions whose parameters change although code outside the piece may call them.

    ``elsewhere`` is the rest of the document. ``types_asked``: type annotations were requested.
    """
    found = signature_changes(grammar, old, new, types_asked=types_asked)
    return tuple(sorted(concern for change in found if (concern := change.concern(elsewhere))))


def unused_additions(
    grammar: Grammar | None, old: Sequence[str], new: Sequence[str], elsewhere: str
) -> tuple[str, ...]:
    """Concerns about functions that a fix adds at the outermost level and that no code of the document uses.

    ``elsewhere`` is the rest of the document.
    """
    if grammar is None or len(new) <= len(old) + 1 or max(sum(map(len, old)), sum(map(len, new))) > _MOST_CHARACTERS:
        return ()
    if all(indent_length(line) for line in new if line.strip()):
        return ()  # methods
    before, after = _signatures(grammar, old), _signatures(grammar, new)
    text = "\n".join((*new, elsewhere))
    called = set(_GO_METHOD.findall(text)) | _ENTRY_POINTS.get(grammar.language.name, set())
    words = Counter(re.findall(r"\w+", text))
    concerns: list[str] = []
    for name, added in after.items():
        if not name or name in before or name in called or any(one.local or one.member for one in added):
            continue
        # A name with other signs, such as ``is-even?``, occurs at most as often as its rarest word.
        if min((words[word] for word in re.findall(r"\w+", name)), default=0) <= len(added):
            concerns.append(f"It adds `{name[:_LONGEST]}`, which nothing in this file uses.")
    return tuple(concerns)


def signature_changes(
    grammar: Grammar | None, old: Sequence[str], new: Sequence[str], *, types_asked: bool
) -> tuple[SignatureChange, ...]:
    """The functions of ``old`` whose parameters differ in ``new``; empty if the text is too long to compare."""
    if grammar is None or max(sum(map(len, old)), sum(map(len, new))) > _MOST_CHARACTERS:
        return ()
    before, after = _signatures(grammar, old), _signatures(grammar, new)
    changes: list[SignatureChange] = []
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
            if was.parameters != now.parameters and not (types_asked and was.untyped == now.untyped):
                changes.append(SignatureChange(was, now))
    return tuple(changes)


def _signatures(grammar: Grammar, lines: Sequence[str]) -> dict[str, list[Signature]]:
    base = min((indent_length(line) for line in lines if line.strip()), default=0)
    source = "\n".join(line[base:] for line in lines)
    source = grammar.language.prefix_for(source) + source
    tree = grammar.parse_source(source, limit_ms=_PARSE_LIMIT_MS)
    found: dict[str, list[Signature]] = {}
    if tree is None:
        return found
    text = Text.from_str(source)
    for node, local, member in _functions(tree.root_node):
        name, parameters = _name(node), _parameters(node)
        if name is None or parameters is None:
            continue
        known = text_of(text, [name]) or ""
        line = text.line(text.point_at_byte(node.start_byte).line)
        head = text.bytes_between(node.start_byte, parameters.start_byte).decode("utf-8", "replace")
        private = known.startswith(("_", "#")) or any(_PRIVATE.search(part) for part in (f"{head}(", line))
        found.setdefault(known, []).append(
            Signature(known, _words(text, parameters), _words(text, parameters, typed=False), local, private, member)
        )
    return found


def _functions(root: tree_sitter.Node) -> Iterator[tuple[tree_sitter.Node, bool, bool]]:
    """Yield every node with a name and parameters, whether it is inside another function, and whether it is inside a
    class."""
    pending = [(root, False, False)]
    while pending:
        node, local, member = pending.pop()
        is_function = _parameters(node) is not None and _name(node) is not None
        if is_function:
            yield node, local, member
        member = member or any(word in node.type for word in _CLASS_WORDS)
        pending.extend((child, local or is_function, member) for child in reversed(node.named_children))


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
    """The leaves of a parameter list, joined by single blanks."""
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
