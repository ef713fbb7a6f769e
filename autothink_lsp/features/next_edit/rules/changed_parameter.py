"""Rule: follows a parameter that was added to or deleted from a definition through the same file.

Of a deleted parameter the arguments of the calls are deleted, and what only passes it on in the function itself
(``constructor_fields.py``). An added one is assigned to a field in a constructor, and passed at calls in whose function
a variable of this name is defined. Calls may be on several lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from attrs import field, frozen

from autothink_lsp.document.lines import indent_length
from autothink_lsp.features.next_edit.proposal import LineEdit, RuleContext
from autothink_lsp.features.next_edit.rules.bracket_list import BracketList, bracket_list
from autothink_lsp.features.next_edit.rules.class_objects import ClassObjects
from autothink_lsp.features.next_edit.rules.constructor_fields import added_to_fields, deleted_uses
from autothink_lsp.features.next_edit.rules.identifier_role import SELVES, IdentifierRoles, receiver_of
from autothink_lsp.features.next_edit.rules.parameter_lists import (
    ChangedHeader,
    Parameter,
    changed_headers,
    header_at,
    names_parameters,
    parameters,
)
from autothink_lsp.syntax.scopes import enclosing_scopes
from autothink_lsp.values import Point

RULE_ID = "changed-parameter"
_RECENT_HUNKS = 3
_MOST_CALLS = 60
_MOST_CLASS_LINES = 1_000
_MOST_BODY_LINES = 60  # of a function in a document without a tree
_NAMED = re.compile(r"(?<!\w)([^\W\d]\w*+)[ \t]*(?:=(?![=>~])|:(?!:))")
_SPREAD = re.compile(r"\*|\.\.\.|&(?!\w)|.*\.\.\.\Z")
_ACCESS = re.compile(r"(?:\?\.|\.|->|::|(?<=\w):)\Z")
_DEFINING = re.compile(r"\b(?:def|fn|func|function|fun|sub|proc|class|record|struct)[ \t]+(?:\([^()]*\)[ \t]*)?\Z")
_PASSED_FUNCTION = re.compile(r"=>|\blambda\b|\bfunc(?:tion)?\b|(?<!-)->|\A\s*+(?:move[ \t]+)?\||\bfn\b")
_WITH_BLOCKS = frozenset({"kotlin", "swift", "groovy", "ruby"})  # ``{ … }`` is a function there
# A call of a name that begins with a small letter, but for those that only convert; ``<-`` receives.
_EFFECT = re.compile(
    r"(?<![\w$])(?!(?:str|int|float|bool|len|list|dict|tuple|set|sorted|range|repr|abs|min|max|sum|round|bytes|type|len|cap"
    r"|make|append|string|vec|format|sizeof|typeof|nameof|String|Number|Boolean)\b)[a-z_$][\w$]*+(?:::<[^()\n]{0,80}>)?[!?]?\("
    r"|\+\+|--|(?<![=!<>:+*/%&|^-])=(?![=>])|[-+*/%&|^]=(?!=)|:=|<-|\b(?:await|yield|throw|try)\b"
)
# A name or a value.
_PLAIN = re.compile(r"\s*+(?:[&$]?+[^\W\d]\w*+|[-+]?+\d[\w.]*+|[bfru]?['\"]++)\s*+")
# How an argument is written that names its parameter: {0} is the parameter's name, {1} the value.
_NAMED_FORMS = {
    **dict.fromkeys(("python",), "{0}={1}"),
    **dict.fromkeys(("kotlin", "scala"), "{0} = {1}"),
    **dict.fromkeys(("csharp", "swift", "ruby", "dart", "php"), "{0}: {1}"),
}


@frozen
class _Call:
    """A call. ``names`` are those that its arguments give to the parameters; empty for an argument that gives none.
    ``is_header``: it is another header of the function, such as a prototype."""

    line: int
    arguments: BracketList = field(repr=False)
    names: tuple[str, ...]
    is_header: bool = False


def changed_parameter(context: RuleContext) -> Iterator[LineEdit | None]:
    """The edits that follow from the newest changes of parameter lists."""
    for header in changed_headers(context, _RECENT_HUNKS):
        if context.tree is None and not context.style.names:
            return
        yield None
        if (index := header.deleted) is not None:
            yield from _deleted(context, header, index)
        elif (index := header.added) is not None:
            yield from _added(context, header, index)
        elif (index := header.renamed) is not None:
            yield from _renamed(context, header, index)
        elif (order := header.order) is not None:
            yield from _reordered(context, header, order)


def _deleted(context: RuleContext, header: ChangedHeader, index: int) -> Iterator[LineEdit]:
    parameter = header.before[index]
    edits: list[LineEdit] = []
    for call in _certain_calls(context, header):
        number = index if call.is_header else _argument_of(header.before, index, call)
        if call.is_header and not _has_parameters(context, call, header.before):
            continue
        if (
            number is not None
            and not call.is_header
            and _has_effect(call.arguments.code_of(number), context.snapshot.language_id)
        ):
            continue
        text = call.arguments.without(number) if number is not None else None
        if text is not None:
            edits.append(call.arguments.edit(RULE_ID, f"{header.called}(…): without {parameter.key}", text))
    yield from _by_distance(edits, header.line)
    if parameter.name:
        yield from deleted_uses(context, header, parameter, RULE_ID)


def _renamed(context: RuleContext, header: ChangedHeader, index: int) -> Iterator[LineEdit]:
    """The edits of the calls that name a parameter which has another name now."""
    old, new = header.before[index], header.after[index]
    old_name, new_name = (one.label or one.name for one in (old, new))
    if not (old_name and new_name) or old_name == new_name:
        return
    edits: list[LineEdit] = []
    for call in _certain_calls(context, header):
        if call.is_header or old_name not in call.names or new_name in call.names:
            continue
        number = call.names.index(old_name)
        item = f"{new_name}{call.arguments.item(number)[len(old_name) :]}"
        text = call.arguments.with_text(number, item)
        edits.append(call.arguments.edit(RULE_ID, f"{header.called}(…): {old_name} → {new_name}", text))
    yield from _by_distance(edits, header.line)


def _reordered(context: RuleContext, header: ChangedHeader, order: tuple[int, ...]) -> Iterator[LineEdit]:
    """The edits of the calls whose arguments stand in the order that the parameters had."""
    if any(one.is_rest or one.is_named for one in (*header.before, *header.after)):
        return
    labels = [one.label for one in header.before]
    edits: list[LineEdit] = []
    for call in _certain_calls(context, header):
        if call.is_header or len(call.names) != len(order) or list(call.names) != labels:
            continue
        if any(_SPREAD.match(call.arguments.code_of(number).lstrip()) for number in range(len(order))):
            continue
        if _changes_evaluation(call, order, context.snapshot.language_id):
            continue
        text = call.arguments.in_order(order)
        if text != call.arguments.text:
            edits.append(call.arguments.edit(RULE_ID, f"{header.called}(…): another order", text))
    yield from _by_distance(edits, header.line)


def _changes_evaluation(call: _Call, order: tuple[int, ...], language: str) -> bool:
    """Whether arguments in another order may be evaluated to other values: one with an effect comes before another one
    that it followed, or the other way round, and that is not a plain name or value."""
    codes = [_value_of(call.arguments.code_of(number), language) for number in range(len(order))]
    acting = {number for number, code in enumerate(codes) if _has_effect(code, language)}
    used = {word for number in acting for word in re.findall(r"\w+", codes[number])}
    settled = {number for number, code in enumerate(codes) if _PLAIN.fullmatch(code) and code.strip("&$ ") not in used}
    return any(
        later < earlier and {earlier, later} & acting and not {earlier, later} & settled
        for place, earlier in enumerate(order)
        for later in order[place + 1 :]
    )


def _value_of(argument: str, language: str) -> str:
    """An argument without the name of its parameter, if it has one."""
    named = _NAMED.match(argument) if language in _NAMED_FORMS else None
    return argument[named.end() :] if named is not None else argument


def _has_effect(argument: str, language: str) -> bool:
    """Whether evaluating an argument may do more than give a value: it calls a function that is no constructor, assigns
    or awaits. What stands in the body of a function that is passed is not evaluated."""
    is_block = language in _WITH_BLOCKS and argument.lstrip().startswith("{")
    code = "" if is_block else _PASSED_FUNCTION.split(argument, maxsplit=1)[0]
    return _EFFECT.search(_value_of(code, language)) is not None


def _argument_of(parameters: tuple[Parameter, ...], index: int, call: _Call) -> int | None:
    """The number of the argument that a call passes to a parameter; ``None`` if it passes none, or if that is not
    certain."""
    parameter, count = parameters[index], len(call.names)
    if parameter.name and parameter.name in call.names:
        return call.names.index(parameter.name)
    if parameter.label:
        if count != len(parameters) or call.names[index] != parameter.label:
            return None
        return index
    if parameter.is_named or parameter.is_rest or any(one.is_rest for one in parameters[:index]):
        return None
    least = sum(not (one.is_optional or one.is_rest) for one in parameters)
    has_rest = any(one.is_rest for one in parameters)
    if not (index < count and least <= count and (has_rest or count <= len(parameters))):
        return None
    labels = [one.label for one in parameters]
    is_positional = not any(
        (name and name != labels[n]) or _SPREAD.match(call.arguments.code_of(n).lstrip())
        for n, name in enumerate(call.names[: index + 1])
    )
    return index if is_positional else None


def _added(context: RuleContext, header: ChangedHeader, index: int) -> Iterator[LineEdit]:
    parameter = header.after[index]
    if not parameter.name:
        return
    if header.is_constructor:
        yield from added_to_fields(context, header, index, RULE_ID)
    yield from added_arguments(context, header, index, RULE_ID)


def added_arguments(context: RuleContext, header: ChangedHeader, index: int, rule: str) -> Iterator[LineEdit]:
    """The edits of the calls that need an argument for an added parameter, where a variable of its name is at hand."""
    parameter = header.after[index]
    if parameter.is_optional or parameter.is_rest:
        return
    edits: list[LineEdit] = []
    for call in _certain_calls(context, header):
        written = (index, parameter.text) if call.is_header else _new_argument(context, header, index, call)
        if call.is_header and not _has_parameters(context, call, header.before):
            continue
        if written is not None:
            text = call.arguments.with_item(*written)
            edits.append(call.arguments.edit(rule, f"{header.called}(…): with {parameter.name}", text))
    yield from _by_distance(edits, header.line)


def _new_argument(context: RuleContext, header: ChangedHeader, index: int, call: _Call) -> tuple[int, str] | None:
    """The number and the text of the argument that a call needs; ``None`` if it has one, or if that is not certain."""
    parameter, names, count = header.after[index], call.names, len(call.names)
    if (
        count != len(header.before)
        or parameter.name in names
        or not is_at_hand(context, call.line, parameter.name, range(header.line, header.last + 1))
    ):
        return None
    if any(_SPREAD.match(call.arguments.code_of(number).lstrip()) for number in range(count)):
        return None
    value = f"${parameter.name}" if context.snapshot.language_id == "php" else parameter.name
    form = _NAMED_FORMS.get(context.snapshot.language_id)
    if context.snapshot.language_id == "swift":
        return index, f"{parameter.label}: {value}" if parameter.label else value
    is_named = parameter.is_named or any(names[:index]) or (count > 0 and all(names))
    if is_named and form is None:
        return None
    if parameter.is_named:
        index = max(index, next((number for number, name in enumerate(names) if name), count))
    return index, form.format(parameter.name, value) if is_named and form is not None else value


def _has_parameters(context: RuleContext, call: _Call, wanted: tuple[Parameter, ...]) -> bool:
    """Whether a prototype has these parameters, by their texts."""
    found = parameters(context, call.arguments)
    return [one.text for one in found] == [one.text for one in wanted] and len(found) == len(call.arguments.items)


def _by_distance(edits: list[LineEdit], header: int) -> list[LineEdit]:
    return sorted(edits, key=lambda edit: (edit.first < header, abs(edit.first - header)))


def _certain_calls(context: RuleContext, header: ChangedHeader) -> list[_Call]:
    """The calls of the changed function, without those that may be of another function of its name (overloads)."""
    calls = list(_calls(context, header))
    own = [[one.text for one in side] for side in (header.before, header.after)]
    others = [parameters(context, call.arguments) for call in calls if call.is_header]
    others += _overloads(context, header)
    others = [found for found in others if [one.text for one in found] not in own]
    return [call for call in calls if call.is_header or not any(_may_take(found, len(call.names)) for found in others)]


def _overloads(context: RuleContext, header: ChangedHeader) -> list[tuple[Parameter, ...]]:
    """The parameters of the other definitions of the function's name, in languages whose definitions begin with a
    keyword and may have the name of another one."""
    if context.snapshot.language_id not in _WITH_OVERLOADS:
        return []
    found: list[tuple[Parameter, ...]] = []
    defined = re.compile(rf"\b(?:fun|func|function|def)[ \t]+{re.escape(header.name)}[ \t]*(?:<[^()\n]{{0,80}}>)?\(")
    for match in islice(defined.finditer(context.source), _MOST_CALLS):
        point = context.point_of(match.end())
        listed = bracket_list(context.style, context.lines, point.line, point.column, has_types=True)
        if listed is not None and not header.line <= point.line <= header.last:
            found.append(parameters(context, listed))
    return found


def _may_take(parameters: tuple[Parameter, ...], count: int) -> bool:
    """Whether a call with this number of arguments fits the parameters."""
    least = sum(not (one.is_optional or one.is_rest) for one in parameters)
    return least <= count and (count <= len(parameters) or any(one.is_rest for one in parameters))


def _calls(context: RuleContext, header: ChangedHeader) -> Iterator[_Call]:
    """Yield the calls of the changed function in code, without those on changed lines. At most ``_MOST_CALLS``
    occurrences are read."""
    name = header.called
    if not name:
        return
    by_new = header.is_constructor and context.snapshot.language_id == "ruby"
    word = re.compile(rf"(?<![\w$]){re.escape(name)}{r'[.]new' if by_new else ''}[!?]?(?:(?:::)?<[^()\n]{{0,80}}>)?\(")
    objects = ClassObjects(context, IdentifierRoles.of(context), header.owner) if header.owner else None
    count = 0
    for match in word.finditer(context.source):
        point = context.point_of(match.start())
        count += 1
        if count > _MOST_CALLS:
            return
        if header.line <= point.line <= header.last or context.kind_at(point) != "code":
            continue
        line = context.lines[point.line]
        head = line[: point.column]
        if _DEFINING.search(head) or not _is_callee(context, header, objects, point):
            continue
        found = bracket_list(context.style, context.lines, point.line, context.point_of(match.end()).column)
        if found is None or not context.changed_lines.isdisjoint(range(found.first, found.last + 1)):
            continue
        if _is_definition(context, point, found):
            if context.tree is not None and _DEFINING.search(head) is None:
                yield _Call(point.line, found, (), is_header=True)
            continue
        codes = [found.code_of(number) for number in range(len(found.items))]
        names = tuple(m[1] if (m := _NAMED.match(code)) is not None else "" for code in codes)
        if context.snapshot.language_id not in _NAMED_FORMS:
            names = ("",) * len(codes)
        yield _Call(point.line, found, names)


def _is_callee(context: RuleContext, header: ChangedHeader, objects: ClassObjects | None, point: Point) -> bool:
    """Whether the name at ``point`` is the changed function: a plain one without an object in front of it, a method
    behind an object of its class."""
    head = context.lines[point.line][: point.column]
    receiver = receiver_of(head) if _ACCESS.search(head) else ""
    if context.snapshot.language_id == "lua" and (found := re.search(r"(?<![\w.])([\w.]++):\Z", head)) is not None:
        receiver = found[1]
    if header.is_constructor and header.name != "new":
        return receiver in ("", "super") or receiver[:1].isupper() or "::" in head
    if objects is None:
        return not receiver and not _is_shadowed(context, header, point)
    if not receiver:
        is_implicit = context.snapshot.language_id not in _EXPLICIT_SELF
        return is_implicit and objects.is_inside(point)
    if receiver in _BASES:
        return _innermost(context, point, "class") != header.owner and objects.is_inside(point)
    if receiver == header.owner or receiver in ("Self", "static"):
        return not _passes_self(context, header)
    if receiver in SELVES:
        return objects.is_inside(point) and not _is_overridden(context, header, point)
    is_own_body = objects.is_inside(point) and header.name == _innermost(context, point, "function")
    return not is_own_body and objects.has(point.line, point.column, header.name)


def _is_overridden(context: RuleContext, header: ChangedHeader, point: Point) -> bool:
    """Whether the class around ``point`` is a subclass with a method of this name, or inherits from one."""
    if context.tree is None:
        return False
    roles, name, seen = IdentifierRoles.of(context), _innermost(context, point, "class"), set[str]()
    while name and name != header.owner and name not in seen:
        seen.add(name)
        if header.name in _methods_of(context, name):
            return True
        name = roles.base_of(name)
    return False


def _methods_of(context: RuleContext, owner: str) -> frozenset[str]:
    """The names of the functions that a class of this file defines."""
    key = f"methods of {owner}"
    if key not in context.shared:
        begins = re.compile(rf"\bclass[ \t]+{re.escape(owner)}\b")
        found = next((n for n, line in enumerate(context.lines) if owner in line and begins.search(line)), None)
        names = set[str]()
        if found is not None and context.tree is not None:
            inner = Point(min(found + 1, len(context.lines) - 1), 0)
            inner = Point(inner.line, indent_length(context.lines[inner.line]))
            scopes = enclosing_scopes(context.tree, inner)
            scope = next((one for one in scopes if one.kind == "class" and one.name == owner), None)
            last = min(scope.end.line, found + _MOST_CLASS_LINES) if scope is not None else found
            for line in range(found, last + 1):
                header = header_at(context, line) if "(" in context.lines[line] else None
                if header is not None and header[1] == owner:
                    names.add(header[0])
        context.shared[key] = frozenset(names)
    return context.shared[key]


_BASES = frozenset(["super()", "super", "parent", "base"])
_WITH_OVERLOADS = frozenset(["kotlin", "swift", "scala", "typescript", "typescriptreact"])
_EXPLICIT_SELF = frozenset(
    ["python", "javascript", "typescript", "javascriptreact", "typescriptreact", "rust", "go", "php", "lua", "zig"]
)


def _is_shadowed(context: RuleContext, header: ChangedHeader, point: Point) -> bool:
    """Whether the name at ``point`` is a variable or another function of a function around it."""
    scope = IdentifierRoles.of(context).scope_of(point, (header.name, ""))
    return scope is not None and not scope[0] < header.line <= scope[1]


def _passes_self(context: RuleContext, header: ChangedHeader) -> bool:
    """Whether a call of the method by its class has an argument for the object (``A.f(a, 1)``)."""
    found = header_at(context, header.line)
    if found is None or not found[2].items:
        return False
    return re.match(r"(?:&?(?:'\w+\s+)?(?:mut\s+)?self)\b", found[2].code_of(0)) is not None


def _innermost(context: RuleContext, point: Point, kind: str) -> str:
    """The name of the innermost scope of this kind around ``point``; empty if there is none."""
    scopes = enclosing_scopes(context.tree, point) if context.tree is not None else ()
    return next((scope.name or "" for scope in scopes if scope.kind == kind), "")


def _is_definition(context: RuleContext, point: Point, found: BracketList) -> bool:
    """Whether what looks like a call at ``point`` is another header: a function begins there, or a prototype."""
    head, behind = context.lines[point.line][: point.column], found.text[found.closing + 1 :].strip()
    if context.tree is None:
        return behind.startswith(("{", "=>", "async")) and bool(
            re.match(r"[ \t]*+(?:[\w<>?,.][\w<>?,. \t]*+)?(?<=[ \t])\Z", head)
        )
    return names_parameters(context.tree, point)


def is_at_hand(context: RuleContext, line: int, name: str, header: range) -> bool:
    """Whether a variable of this name stands before the line, in a function around it, not only in ``header``."""
    at = Point(line, indent_length(context.lines[line]))
    first = line
    if context.tree is None:
        while first > max(0, line - _MOST_BODY_LINES) and (first == line or _is_inner(context.lines[first])):
            first -= 1
    else:
        functions = [scope for scope in enclosing_scopes(context.tree, at) if scope.kind == "function"]
        if not functions:
            return False
        first = functions[-1].start.line
    word = re.compile(rf"(?<![\w.:@])\$?{re.escape(name)}(?!\w|[ \t]*+=(?!=)[^,()]{{0,200}}[,)][^(]{{0,400}}\Z)")
    for number in range(first, line):
        text = context.lines[number]
        if name not in text or number in header:
            continue
        for match in word.finditer(text):
            is_key = re.search(r"[(,][ \t]*\Z", text[: match.start()]) and re.match(
                r"[ \t]*[:=](?![=:])", text[match.end() :]
            )
            if is_key and not _is_header(context, number):
                continue
            if context.kind_at(Point(number, match.start())) == "code":
                return True
    return False


def _is_inner(text: str) -> bool:
    return not text.strip() or text[0].isspace()


def _is_header(context: RuleContext, line: int) -> bool:
    if context.tree is None:
        return True
    at = Point(line, indent_length(context.lines[line]))
    return any(
        scope.kind == "function" and scope.start.line == line for scope in enclosing_scopes(context.tree, at)
    ) or (context.lines[line].rstrip().endswith(("{", "=>", ":")))
