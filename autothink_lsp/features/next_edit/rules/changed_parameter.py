"""Rule: follows a parameter that was added to or deleted from a definition through the same file.

Of a deleted parameter the arguments of the calls are deleted. An added one is assigned to a field in a constructor, and
passed at calls in whose function a variable of this name is defined."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from attrs import frozen

from autothink_lsp.document.lines import indent_length
from autothink_lsp.features.next_edit.proposal import LineEdit, RuleContext
from autothink_lsp.features.next_edit.token_change import line_pairs
from autothink_lsp.syntax.scopes import enclosing_scopes
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.values import Point

if TYPE_CHECKING:
    import tree_sitter

RULE_ID = "changed-parameter"
_RECENT_HUNKS = 3
_MOST_CALLS = 60
_RECEIVERS = frozenset({"self", "cls", "&self", "&mut self", "mut self", "this"})
_CONSTRUCTORS = frozenset({"__init__", "constructor"})


@frozen
class _Call:
    """A call on one line. ``arguments`` are the column ranges (start, end excluded) of its arguments."""

    line: int
    arguments: tuple[tuple[int, int], ...]
    opening: int


def changed_parameter(context: RuleContext) -> Iterator[LineEdit]:
    """The edits that follow from the newest change of a parameter list."""
    for hunk in context.hunks[:_RECENT_HUNKS]:
        for line, old, new in line_pairs(hunk):
            if not ("(" in old and "(" in new):
                continue
            if context.tree is None:
                return
            function = _function_at(context.tree, line, new)
            name = _function_name(context.tree, function)
            before, after = parameters_of(old, name), parameters_of(new, name)
            if function is None or not name or before is None or after is None:
                continue
            if len(after) == len(before) - 1:
                yield from _deleted(context, name, line, before, after)
            elif len(after) == len(before) + 1:
                yield from _added(context, function, name, line, before, after)


def _function_at(tree: SyntaxTree, line: int, text: str) -> tree_sitter.Node | None:
    column = indent_length(text)
    node = tree.root.descendant_for_byte_range(*[tree.text.byte_offset(Point(line, column + n)) for n in (0, 1)])
    while node is not None and node.child_by_field_name("parameters") is None:
        if node.start_point[0] < line:
            return None
        node = node.parent
    return node if node is not None and node.start_point[0] == line else None


def _function_name(tree: SyntaxTree, function: tree_sitter.Node | None) -> str:
    node = function.child_by_field_name("name") if function is not None else None
    return "" if node is None else tree.text.bytes_between(node.start_byte, node.end_byte).decode("utf-8", "replace")


def parameters_of(line: str, name: str) -> tuple[str, ...] | None:
    """The parameters of a function header on one line, without receivers; ``None`` if the line is not one."""
    found = re.search(rf"(?<!\w){re.escape(name)}\s*(?:<[^<>]*>)?\(", line) if name else None
    spans = _arguments(line, found.end()) if found is not None else None
    if spans is None:
        return None
    return tuple(text for first, stop in spans if (text := line[first:stop].strip()) not in _RECEIVERS)


def _arguments(line: str, start: int) -> tuple[tuple[int, int], ...] | None:
    """The column ranges between the parenthesis before ``start`` and the closing one, split at commas."""
    depth, first, quote = 0, start, ""
    spans: list[tuple[int, int]] = []
    for column in range(start, len(line)):
        character = line[column]
        if quote:
            quote = "" if character == quote and line[column - 1] != "\\" else quote
        elif character in "\"'`":
            quote = character
        elif character in "([{":
            depth += 1
        elif character in ")]}" and depth:
            depth -= 1
        elif character in "),":
            if depth:
                continue
            if line[first:column].strip():
                spans.append((first, column))
            first = column + 1
            if character == ")":
                return tuple(spans)
    return None


def _calls(context: RuleContext, name: str, header: int) -> Iterator[_Call]:
    """Yield the calls of ``name`` in code that stand on one line, without those on changed lines. A definition is no
    call. At most ``_MOST_CALLS`` occurrences are read."""
    word = re.compile(rf"(?<!\w){re.escape(name)}\(")
    count = 0
    for match in word.finditer(context.source):
        point = context.point_of(match.start())
        count += 1
        if count > _MOST_CALLS:
            return
        if point.line == header or point.line in context.changed_lines or context.kind_at(point) != "code":
            continue
        line = context.lines[point.line]
        spans = _arguments(line, point.column + len(name) + 1)
        if spans is not None and not re.search(r"\b(?:def|function|func|fn|fun|sub)\s+$", line[: point.column]):
            yield _Call(point.line, spans, point.column + len(name) + 1)


def _deleted(
    context: RuleContext, name: str, header: int, before: tuple[str, ...], after: tuple[str, ...]
) -> Iterator[LineEdit]:
    index = next((n for n, one in enumerate(before) if n >= len(after) or after[n] != one), None)
    if index is None or before[:index] + before[index + 1 :] != after:
        return
    called = _owner(context, header) if name in _CONSTRUCTORS else name
    parameter = parameter_name(before[index])
    edits: list[LineEdit] = []
    for call in _calls(context, called, header) if called else ():
        line = context.lines[call.line]
        texts = [line[first:stop].strip() for first, stop in call.arguments]
        named = next((n for n, text in enumerate(texts) if re.match(rf"{re.escape(parameter)}\s*=[^=]", text)), None)
        is_positional = len(texts) > index and not any(
            re.match(r"\w+\s*=[^=]|\*|\.\.\.", t) for t in texts[: index + 1]
        )
        number = named if named is not None else (index if is_positional and len(texts) == len(before) else None)
        if number is None:
            continue
        kept = [text for n, text in enumerate(texts) if n != number]
        end = call.arguments[-1][1]
        new = line[: call.opening] + ", ".join(kept) + line[end:]
        edits.append(LineEdit(RULE_ID, f"{called}(…): without {parameter}", call.line, call.line + 1, (new,)))
    yield from sorted(edits, key=lambda edit: (edit.first < header, abs(edit.first - header)))


def _added(
    context: RuleContext,
    function: tree_sitter.Node,
    name: str,
    header: int,
    before: tuple[str, ...],
    after: tuple[str, ...],
) -> Iterator[LineEdit]:
    index = next((n for n, one in enumerate(after) if n >= len(before) or before[n] != one), None)
    if index is None or after[:index] + after[index + 1 :] != before:
        return
    parameter = parameter_name(after[index])
    if name in _CONSTRUCTORS:
        yield from _field(context, function, parameter, [parameter_name(one) for one in after], index)
    if "=" in after[index] or after[index].startswith(("*", "...")):
        return
    called = _owner(context, header) if name in _CONSTRUCTORS else name
    edits: list[LineEdit] = []
    for call in _calls(context, called, header) if called else ():
        line = context.lines[call.line]
        texts = [line[first:stop].strip() for first, stop in call.arguments]
        if len(texts) != len(before) or not _is_at_hand(context, call.line, parameter):
            continue
        named = [re.match(r"(\w+)\s*=[^=]", text) for text in texts]
        argument = f"{parameter}={parameter}" if any(named[:index]) or (texts and all(named)) else parameter
        texts.insert(index, argument)
        end = call.arguments[-1][1] if call.arguments else call.opening
        new = line[: call.opening] + ", ".join(texts) + line[end:]
        edits.append(LineEdit(RULE_ID, f"{called}(…): with {parameter}", call.line, call.line + 1, (new,)))
    yield from sorted(edits, key=lambda edit: (edit.first < header, abs(edit.first - header)))


def parameter_name(parameter: str) -> str:
    """The name of a parameter, without its type, default and stars."""
    head = re.split(r"[:=]", parameter, maxsplit=1)[0].strip()
    words = re.findall(r"[^\W\d]\w*", head)
    return words[-1] if words else ""


def _owner(context: RuleContext, header: int) -> str:
    """The name of the class around the function at ``header``."""
    if context.tree is None:
        return ""
    column = indent_length(context.lines[header])
    scopes = enclosing_scopes(context.tree, Point(header, column))
    return next((scope.name for scope in scopes if scope.kind == "class" and scope.name), "")


def _is_at_hand(context: RuleContext, line: int, name: str) -> bool:
    """Whether the function around ``line`` has a variable of this name before the line."""
    if context.tree is None or not name:
        return False
    at = Point(line, indent_length(context.lines[line]))
    function = next((one for one in enclosing_scopes(context.tree, at) if one.kind == "function"), None)
    if function is None:
        return False
    word = re.compile(rf"(?<![\w.]){re.escape(name)}(?!\w)")
    return any(word.search(text) for text in context.lines[function.start.line : line])


def _field(
    context: RuleContext, function: tree_sitter.Node, parameter: str, names: list[str], index: int
) -> Iterator[LineEdit]:
    """Insert ``self.parameter = parameter`` after the assignment of the parameter before it."""
    first, last = function.start_point[0] + 1, function.end_point[0]
    pattern = re.compile(r"^(?P<head>\s*(?:self|this)\.(?P<mark>_?))(?P<name>\w+)\s*=\s*(?P=name)\s*(?P<end>;?)\s*$")
    fields = {
        found["name"]: (line, found) for line in range(first, last + 1) if (found := pattern.match(_at(context, line)))
    }
    if parameter in fields or not fields:
        return
    earlier = [fields[name] for name in names[:index] if name in fields]
    line, found = earlier[-1] if earlier else min(fields.values(), key=lambda item: item[0])
    added = f"{found['head']}{parameter} = {parameter}{found['end']}"
    both = (context.lines[line], added) if earlier else (added, context.lines[line])
    yield LineEdit(RULE_ID, f"field {parameter}", line, line + 1, both)


def _at(context: RuleContext, line: int) -> str:
    return context.lines[line] if line < len(context.lines) else ""
