"""Determines which calls in a Python file certainly refer to a function, and how they fit its new parameters.

A call is certain if the called name can only be the function: in its own file, or imported from its module and bound by
nothing else. It is changed if the difference of the parameters determines the change: one renamed parameter, one
removed, added ones with a default. All other calls are left to the model or the user.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from attrs import field, frozen

from autothink_lsp.document.text import Text
from autothink_lsp.edits.replacement import Replacement
from autothink_lsp.edits.signatures import SignatureChange
from autothink_lsp.features.assist.repairs.bound_names import bound_names
from autothink_lsp.features.assist.repairs.repair import source_of

if TYPE_CHECKING:
    import tree_sitter

# An argument with one of these has an effect, so it must not be removed with its parameter.
_ACTS = frozenset({"call", "await", "yield", "named_expression", "list_comprehension", "generator_expression"})
_SPREADS = frozenset({"list_splat", "dictionary_splat", "generator_expression"})


@frozen
class FunctionPlace:
    """The place of the function's definition: its file's path in the folder, and whether the searched text is that
    file."""

    path: str
    is_here: bool
    skip: tuple[int, int] = field(default=(-1, -1))  # lines of the searched text that the edit already changes


def _definition(name: str) -> str:
    """An expression for the beginning of a function or class called ``name``."""
    return rf"(?m)^[ \t]*+(?:async[ \t]+)?(?:def|class)[ \t]+{re.escape(name)}\b"


def python_names(
    root: tree_sitter.Node, text: Text, name: str, place: FunctionPlace, path: str
) -> tuple[frozenset[str], frozenset[str]]:
    """The names that certainly are the function, and those that may be it, in the file ``path``. ``mod.f`` counts as a
    name."""
    source = str(text)
    if place.is_here:
        definitions = re.findall(_definition(name), source)
        is_bound = name in bound_names(_without_calls(source, name)) or _is_imported(root, text, name)
        return frozenset({name} if len(definitions) == 1 and not is_bound else ()), frozenset({name})
    certain: set[str] = set()
    known: set[str] = set()
    for node in _imports(root):
        if any(child.type == "wildcard_import" for child in node.named_children):
            known.add(name)
        for local, is_name, is_certain in _imported(node, text, name, place, path):
            if is_name:
                known.add(local)
            if is_certain:
                certain.add(local)
    rebound = bound_names(_without_imports_and_calls(root, text, certain))
    defined = {one for one in certain if re.search(_definition(one), source)}
    return frozenset(one for one in certain - defined if one.partition(".")[0] not in rebound), frozenset(known)


def _imported(
    node: tree_sitter.Node, text: Text, name: str, place: FunctionPlace, path: str
) -> Iterator[tuple[str, bool, bool]]:
    """Yield for each name of an import: the beginning of a call of the function, whether the imported name is the
    function's, and whether it certainly is the function."""
    module = node.child_by_field_name("module_name")
    from_module = source_of(text, module)
    for part in node.children_by_field_name("name"):
        original, _, alias = (one.strip() for one in source_of(text, part).partition(" as "))
        local = alias or original
        if module is None:
            yield f"{local}.{name}", False, _is_module(original, place.path, path)
        elif original == name:
            yield local, True, _is_module(from_module, place.path, path)
        else:
            whole = f"{from_module}{'' if from_module.endswith('.') else '.'}{original}"
            yield f"{local}.{name}", False, _is_module(whole, place.path, path)


def _imports(root: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    pending = [root]
    while pending:
        node = pending.pop()
        if node.type in {"import_from_statement", "import_statement"}:
            yield node
        elif "import" in node.type or node.type.endswith(("module", "block", "statement", "definition", "clause")):
            pending.extend(reversed(node.named_children))


def _is_imported(root: tree_sitter.Node, text: Text, name: str) -> bool:
    return any(re.search(rf"\b{re.escape(name)}\b", source_of(text, node)) for node in _imports(root))


def _without_calls(source: str, name: str) -> str:
    """The source without the calls and the definition of ``name``, whose arguments look like parameters."""
    return re.sub(rf"\b{re.escape(name)}\s*\(", "_(", source)


def _without_imports_and_calls(root: tree_sitter.Node, text: Text, names: set[str]) -> str:
    source = str(text)
    for node in _imports(root):
        source = source.replace(source_of(text, node), "")
    for name in names:
        source = re.sub(rf"\b{re.escape(name)}\s*\(", "_(", source)
        source = re.sub(rf"\b{re.escape(name.partition('.')[0])}\.", "_.", source)
    return source


def _is_module(written: str, defined_in: str, importing: str) -> bool:
    """Whether ``written``, a module name in the file ``importing``, refers to the file ``defined_in``. Both paths are
    relative to the folder."""
    target = _parts(defined_in)
    here = PurePosixPath(importing).parent.parts
    dots = len(written) - len(written.lstrip("."))
    names = tuple(part for part in written.strip(".").split(".") if part)
    if dots:
        base = here[: len(here) - (dots - 1)] if dots > 1 else here
        return dots - 1 <= len(here) and target == (*base, *names)
    roots: tuple[tuple[str, ...], ...] = ((), ("src",), here)
    return bool(names) and any(target == (*root, *names) for root in roots)


def _parts(path: str) -> tuple[str, ...]:
    parts = PurePosixPath(path).with_suffix("").parts
    return parts[:-1] if parts[-1:] == ("__init__",) else parts


@frozen
class _Parameters:
    positional: tuple[str, ...]
    only_named: tuple[str, ...]
    optional: frozenset[str]
    only_positional: int
    takes_more: bool  # *args or **kwargs

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.positional, *self.only_named)


def _parameters(written: str) -> _Parameters | None:
    try:
        tree = ast.parse(f"def f{written}: pass")
    except (SyntaxError, ValueError, RecursionError):
        return None
    (function,) = tree.body
    if not isinstance(function, ast.FunctionDef):
        return None
    found = function.args
    positional = [one.arg for one in (*found.posonlyargs, *found.args)]
    optional = set(positional[len(positional) - len(found.defaults) :]) if found.defaults else set()
    optional |= {one.arg for one, value in zip(found.kwonlyargs, found.kw_defaults, strict=True) if value is not None}
    more = found.vararg is not None or found.kwarg is not None
    only_named = tuple(one.arg for one in found.kwonlyargs)
    return _Parameters(tuple(positional), only_named, frozenset(optional), len(found.posonlyargs), more)


def fitted_call(call: tree_sitter.Node, text: Text, change: SignatureChange) -> tuple[Replacement, ...] | None:
    """The replacements that make a call fit; empty if it already fits, ``None`` if that is not certain."""
    old, new = _parameters(change.before.parameters), _parameters(change.after.parameters)
    arguments = call.child_by_field_name("arguments")
    if old is None or new is None or arguments is None or old.takes_more or new.takes_more:
        return None
    given = [one for one in arguments.named_children if one.type != "comment"]
    bound = _bound_arguments(given, text, old) if arguments.type == "argument_list" else None
    if bound is None:
        return None
    renamed = _renamed(old, new)
    target = {name: renamed.get(name, name) for name in old.names}
    kept = [name for name in bound if target[name] in new.names]
    if not _reach_their_parameters(kept, bound, target, new):
        return None
    removed = [bound[name] for name in bound if name not in kept]
    if len(removed) > 1 or any(map(_acts, removed)):
        return None
    replacements = [_without(text, arguments, given, one) for one in removed]
    for name in kept:
        label = bound[name].child_by_field_name("name") if bound[name].type == "keyword_argument" else None
        if label is not None and target[name] != name:
            start, end = text.point_at_byte(label.start_byte), text.point_at_byte(label.end_byte)
            replacements.append(Replacement(start, end, target[name]))
    if any(one is None for one in replacements):
        return None
    return tuple(sorted((one for one in replacements if one is not None), key=lambda one: one.start))


def _bound_arguments(given: list[tree_sitter.Node], text: Text, old: _Parameters) -> dict[str, tree_sitter.Node] | None:
    """The arguments by the old parameter that each of them sets; ``None`` if that cannot be determined."""
    bound: dict[str, tree_sitter.Node] = {}
    for number, argument in enumerate(given):
        named = argument.child_by_field_name("name") if argument.type == "keyword_argument" else None
        name = source_of(text, named) if named is not None else _at(old.positional, number)
        if name not in old.names or name in bound or argument.type in _SPREADS:
            return None
        bound[name] = argument
    return bound


def _reach_their_parameters(
    kept: list[str], bound: dict[str, tree_sitter.Node], target: dict[str, str], new: _Parameters
) -> bool:
    """Whether the remaining arguments set the same parameters in the new order, and no required one is missing."""
    places = [target[name] for name in kept if bound[name].type != "keyword_argument"]
    labels = [target[name] for name in kept if bound[name].type == "keyword_argument"]
    if tuple(places) != new.positional[: len(places)]:
        return False
    if any(name in new.positional[: new.only_positional] for name in labels):
        return False
    return all(name in places or name in labels or name in new.optional for name in new.names)


def _renamed(old: _Parameters, new: _Parameters) -> dict[str, str]:
    """The parameters with a new name in the same position, if everything else is equal."""
    found = {
        one: other
        for before, after in ((old.positional, new.positional), (old.only_named, new.only_named))
        if len(before) == len(after)
        for one, other in zip(before, after, strict=True)
        if one != other and one not in new.names and other not in old.names
    }
    return found if len(found) == 1 else {}


def _at(names: tuple[str, ...], number: int) -> str:
    return names[number] if number < len(names) else ""


def _acts(node: tree_sitter.Node) -> bool:
    pending = [node]
    while pending:
        here = pending.pop()
        if here.type in _ACTS:
            return True
        pending.extend(here.named_children)
    return False


def _without(
    text: Text, arguments: tree_sitter.Node, given: list[tree_sitter.Node], argument: tree_sitter.Node
) -> Replacement | None:
    """The replacement that removes one argument with its comma; ``None`` if a comment would be removed, too."""
    number = next(index for index, one in enumerate(given) if one.id == argument.id)
    if number + 1 < len(given):
        start, end = argument.start_byte, given[number + 1].start_byte
    elif number:
        start, end = given[number - 1].end_byte, argument.end_byte
    else:
        start, end = arguments.start_byte + 1, arguments.end_byte - 1
    if any(one.type == "comment" and start <= one.start_byte < end for one in arguments.named_children):
        return None
    return Replacement(text.point_at_byte(start), text.point_at_byte(end), "")
