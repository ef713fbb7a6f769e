"""Rule: follows a field that was added to a class or a struct through the same file.

The constructor gets a parameter if it has one for the field next to it; the assignment and the calls follow from that
(``changed_parameter.py``). Where fields are the parameters (Python's dataclasses), the calls get an argument. Literals
(``A{Name: name}``, ``A { name }``, ``const a: A = { name }``) get an item where a variable of this name is defined.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from attrs import frozen

from autothink_lsp.document.lines import indent_length, indent_of
from autothink_lsp.features.next_edit.history import EditHunk
from autothink_lsp.features.next_edit.proposal import LineEdit, RuleContext
from autothink_lsp.features.next_edit.rules.bracket_list import BracketList, bracket_list
from autothink_lsp.features.next_edit.rules.changed_parameter import added_arguments, is_at_hand
from autothink_lsp.features.next_edit.rules.parameter_lists import (
    ChangedHeader,
    Parameter,
    header_at,
    is_constructor,
    parameters,
)
from autothink_lsp.syntax.scopes import Scope, decorated_start, enclosing_scopes
from autothink_lsp.values import Point

RULE_ID = "added-field"
_RECENT_HUNKS = 3
_MOST_CLASS_LINES = 400
_MOST_LITERALS = 40
_MOST_LINE_CHARACTERS = 300
_MOST_STEPS = 3  # from the name of a literal to the pattern that it is
_MODIFIERS = (
    r"(?>(?:(?:public|private|protected|internal|readonly|final|static|let|var|val|const|mut|mutable|override|declare"
    r"|pub(?:\([\w ]+\))?)\s++)*)"
)
_STATIC = re.compile(r"\s*(?:[a-z]+ )*static\b")  # no field of the objects
_NAME_FIRST = re.compile(
    rf"\A\s*+{_MODIFIERS}(?P<mark>#?)(?P<name>[^\W\d]\w*+)(?P<optional>\??)\s*+:\s*+(?P<type>[^=;]*[^=;,\s])\s*+[;,]?\s*+\Z"
)
_TYPE_FIRST = re.compile(
    rf"\A\s*+{_MODIFIERS}(?P<type>[^\W\d][\w:<>\[\]., ?*&]{{0,200}}?)[\s*&]{{1,9}}(?P<mark>\$?)"
    r"(?P<name>[^\W\d]\w*+)\s*+;\s*+\Z"
)
_GO_FIELD = re.compile(r"\A\s++(?P<name>[^\W\d]\w*+)\s++(?P<type>[^\s`](?:[^`]*[^\s`])?)\s*+(?:`[^`]*+`)?\s*+\Z")
_ASSIGNED = re.compile(
    r"\A\s*+(?P<head>self\.|this\.|\$this->|@)(?P<mark>_?)(?P<name>\w++)\s*+=\s*+\$?(?P<value>[^\W\d]\w*+)\s*+;?\s*+\Z"
)
_DATA_CLASS = re.compile(
    r"@(?:[\w.]+\.)?(?:dataclass|define|frozen|mutable|attrs|s)\b|class\s++\w++\(.{0,200}\b(?:NamedTuple|BaseModel)\b"
)
_KEYWORDS_ONLY = re.compile(r"\bkw_only[ \t]*=[ \t]*True\b|class\s++\w++\(.{0,200}\bBaseModel\b")
_WITH_TYPE_FIRST = frozenset(["java", "csharp", "cpp", "dart", "php"])
_WITH_LITERALS = frozenset(["go", "rust", "typescript", "typescriptreact"])


@frozen
class _Field:
    """A field as it is declared: its name as a parameter, and its type."""

    name: str
    type: str
    declared: str  # the name in the class


def added_field(context: RuleContext) -> Iterator[LineEdit | None]:
    """The edits that follow from a field that one of the newest hunks has added."""
    for hunk in context.hunks[:_RECENT_HUNKS]:
        line = _added_line(hunk)
        text = context.lines[line].rstrip() if line is not None else ""
        if len(text) > _MOST_LINE_CHARACTERS:
            continue
        assigned, field = _ASSIGNED.match(text), _field(context, text)
        if line is None or (assigned is None and field is None) or context.tree is None:
            continue
        scopes = enclosing_scopes(context.tree, Point(line, indent_length(text)))
        owner = next((one for one in scopes if one.kind == "class" and one.name), None)
        if owner is None or owner.end.line - owner.start.line > _MOST_CLASS_LINES:
            continue
        yield None
        if assigned is not None:
            yield from _parameter_of_assignment(context, owner, line, assigned)
        elif scopes[0] is owner and field is not None:
            yield from _parameter_of_field(context, owner, line, field)
            yield from _arguments(context, owner, line, field)
            yield from _literals(context, owner, line, field)


def _added_line(hunk: EditHunk) -> int | None:
    """The only line that the hunk has added, where it changed nothing else."""
    if len(hunk.new) != len(hunk.old) + 1:
        return None
    index = next((n for n, line in enumerate(hunk.old) if hunk.new[n] != line), len(hunk.old))
    if hunk.new[:index] + hunk.new[index + 1 :] != hunk.old or not hunk.new[index].strip():
        return None
    return hunk.line + index


def _field(context: RuleContext, text: str) -> _Field | None:
    language, text = context.snapshot.language_id, _blanks_joined(text)
    if len(text) > _MOST_LINE_CHARACTERS or _STATIC.match(text):
        return None
    pattern = _GO_FIELD if language == "go" else _TYPE_FIRST if language in _WITH_TYPE_FIRST else _NAME_FIRST
    found = pattern.match(text)
    if found is None or found["type"].split(" ")[0] in ("return", "using", "import", "package", "func", "case"):
        return None
    if found.groupdict().get("optional"):
        return None
    declared = found["name"]
    name = declared.strip("_").removeprefix("m_")
    return _Field(
        name[:1].lower() + name[1:] if language in ("go", "csharp") else name, found["type"].strip(), declared
    )


def _blanks_joined(text: str) -> str:
    """The line with one blank in place of several: the patterns of fields take long for many."""
    return indent_of(text) + " ".join(text.split())


def _neighbours(context: RuleContext, owner: Scope, line: int) -> Iterator[tuple[_Field, bool]]:
    """The fields next to the line, with whether they are in front of it."""
    for other in (line - 1, line + 1):
        if owner.start.line < other < owner.end.line + 1 and other < len(context.lines):
            field = _field(context, context.lines[other])
            if field is not None:
                yield field, other < line


def _constructors(context: RuleContext, owner: Scope) -> Iterator[tuple[int, BracketList]]:
    for line in range(owner.start.line + 1, min(owner.end.line + 1, len(context.lines))):
        if "(" not in context.lines[line]:
            continue
        found = header_at(context, line)
        if found is not None and found[1] == owner.name and is_constructor(found[0], found[1]):
            yield line, found[2]


def _parameter_of_field(context: RuleContext, owner: Scope, line: int, field: _Field) -> Iterator[LineEdit]:
    """The parameter of a constructor that has one for the field next to the added one."""
    for header, found in _constructors(context, owner):
        names = [one.name for one in parameters(context, found)]
        if field.name in names or len(names) != len(found.items) or _assigns(context, header, field.declared):
            continue
        for other, is_front in _neighbours(context, owner, line):
            if other.name not in names:
                continue
            index = names.index(other.name)
            like = found.item(index)
            if "=" in like or like.count(other.type) != 1:
                continue
            added = like.replace(other.type, field.type)
            added = re.sub(rf"(?<!\w){re.escape(other.name)}(?!\w)", field.name, added)
            if added != like:
                yield found.edit(RULE_ID, f"parameter {field.name}", found.with_item(index + is_front, added))
            break


def _assigns(context: RuleContext, header: int, name: str) -> bool:
    """Whether the constructor at ``header`` assigns something to the field already."""
    at = Point(header, max(indent_length(context.lines[header]), context.lines[header].find("(") - 1))
    scopes = enclosing_scopes(context.tree, at) if context.tree is not None else ()
    own = next((scope for scope in scopes if scope.kind == "function" and scope.start.line <= header), None)
    if own is None:
        return False
    assigned = re.compile(rf"(?<!\w){re.escape(name)}\s*=(?!=)")
    body = context.lines[header : min(own.end.line + 1, header + _MOST_CLASS_LINES)]
    return any(name in line and assigned.search(line) for line in body)


def _parameter_of_assignment(
    context: RuleContext, owner: Scope, line: int, assigned: re.Match[str]
) -> Iterator[LineEdit]:
    """The parameter of the constructor that a field's new assignment reads."""
    name = assigned["value"]
    if name != assigned["name"]:
        return
    for header, found in _constructors(context, owner):
        own = parameters(context, found)
        names = [one.name for one in own]
        if not header < line or line - header > 60 or name in names:
            continue
        if any(
            re.search(rf"(?<![\w.@>]){re.escape(name)}(?!\w)", text) for text in context.lines[found.last + 1 : line]
        ):
            return  # a variable
        for other, is_front in ((line - 1, True), (line + 1, False)):
            near = _ASSIGNED.match(context.lines[other]) if other < len(context.lines) else None
            if near is None or near["value"] not in names or len(found.items) < len(names):
                continue
            index = names.index(near["value"]) + len(found.items) - len(names)
            written = f"${name}" if context.snapshot.language_id == "php" else name
            if own[names.index(near["value"])].is_named:
                written += ":" if context.snapshot.language_id == "ruby" else ""
            yield found.edit(RULE_ID, f"parameter {name}", found.with_item(index + is_front, written))
            return


def _arguments(context: RuleContext, owner: Scope, line: int, field: _Field) -> Iterator[LineEdit]:
    """The arguments of the calls of a class whose fields are its parameters."""
    if context.snapshot.language_id != "python" or context.tree is None:
        return
    first = decorated_start(context.tree, owner).line
    head = context.lines[first : owner.start.line + 1]
    if not any(map(_DATA_CLASS.search, head)):
        return
    is_named = _KEYWORDS_ONLY.search("\n".join(head)) is not None
    if next(_constructors(context, owner), None) is not None:
        return  # the fields are not its parameters
    indent = indent_of(context.lines[line])
    fields: list[Parameter] = []
    index = -1
    for number in range(owner.start.line + 1, owner.end.line + 1):
        text = context.lines[number]
        match = re.match(r"([^\W\d]\w*)\s*:\s*([^=]+)(=)?", text.strip())
        if indent_of(text) != indent or match is None or match[2].startswith(("ClassVar", "typing.ClassVar")):
            continue
        if match[2].rpartition(".")[2].strip() == "KW_ONLY":
            is_named = True
        elif "init=False" not in text:
            index = len(fields) if number == line else index
            named = is_named or "kw_only=True" in text
            fields.append(Parameter(text, match[1], is_named=named, is_optional=match[3] is not None))
    if index >= 0:
        after, name = tuple(fields), owner.name or ""
        before = after[:index] + after[index + 1 :]
        header = ChangedHeader(name, name, owner.start.line, owner.end.line, True, before, after)
        yield from added_arguments(context, header, index, RULE_ID)


def _literals(context: RuleContext, owner: Scope, line: int, field: _Field) -> Iterator[LineEdit]:
    """The items of the literals of the class that have one for the field next to the added one."""
    language, name = context.snapshot.language_id, re.escape(owner.name or "")
    if language not in _WITH_LITERALS:
        return
    opened = rf":\s*{name}\s*=\s*\{{" if language.startswith("typescript") else rf"(?<![\w.]){name}\s*\{{"
    count = 0
    for match in re.finditer(opened, context.source):
        count += 1
        if count > _MOST_LITERALS:
            return
        point = context.point_of(match.end())
        inside = owner.start.line <= point.line <= owner.end.line
        if (
            inside
            or _is_pattern(context, context.point_of(match.end() - 1))
            or context.kind_at(context.point_of(match.start())) != "code"
        ):
            continue
        head = context.lines[point.line][: context.point_of(match.start()).column]
        if re.search(r"\b(?:let|match|struct|impl|for|type|interface|class|->)\s*\Z|->\s*\Z", head):
            continue
        found = bracket_list(context.style, context.lines, point.line, point.column)
        if found is None or not context.changed_lines.isdisjoint(range(found.first, found.last + 1)):
            continue
        edit = _with_item(context, owner, line, field, found)
        if edit is not None:
            yield edit


def _is_pattern(context: RuleContext, point: Point) -> bool:
    """Whether the bracket at ``point`` is one of a pattern, which takes an object apart (Rust)."""
    node = context.tree.node_at(point) if context.tree is not None else None
    for _ in range(_MOST_STEPS):
        if node is None or "pattern" in node.type:
            return node is not None
        node = node.parent
    return False


def _with_item(context: RuleContext, owner: Scope, line: int, field: _Field, found: BracketList) -> LineEdit | None:
    keys = [re.match(r"\w*", text)[0] for text in found.texts]  # type: ignore[index]
    if field.declared in keys or any(text.startswith("..") for text in found.texts):
        return None
    if not is_at_hand(context, found.first, field.name, range(line, line + 1)):
        return None
    for other, is_front in _neighbours(context, owner, line):
        if other.declared in keys:
            index = keys.index(other.declared)
            item = f"{field.declared}: {field.name}" if context.snapshot.language_id == "go" else field.name
            return found.edit(RULE_ID, f"{owner.name}: {field.declared}", found.with_item(index + is_front, item))
    return None
