"""What a changed parameter means inside its own function: an added one of a constructor is assigned to a field as the
parameter before it is, and of a deleted one the lines and items go that only pass it on.

Fields are assigned by lines (``self.a = a``, ``this.a = a;``, ``$this->a = $a;``, ``@a = a``), by initializers
(``a_(a)``) and by literals (``Self { a }``, ``&A{Name: name}``)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from autothink_lsp.document.lines import indent_length
from autothink_lsp.features.next_edit.proposal import LineEdit, RuleContext
from autothink_lsp.features.next_edit.rules.bracket_list import bracket_list
from autothink_lsp.features.next_edit.rules.definition_site import definition_site, identifier_at
from autothink_lsp.features.next_edit.rules.identifier_role import opening_bracket
from autothink_lsp.features.next_edit.rules.parameter_lists import ChangedHeader, Parameter
from autothink_lsp.syntax.scopes import enclosing_scopes
from autothink_lsp.values import Point

_MOST_LINES = 120
_MOST_NAMES = 120
_FIELD = r"(?:(?:self|this|\$this)(?:\.|->)[_#]?|@|_|m_)"
_OPENINGS = re.compile(r"[({]")


def added_to_fields(context: RuleContext, header: ChangedHeader, index: int, rule: str) -> Iterator[LineEdit]:
    """The edits that give an added parameter of a constructor its field, if its neighbours have one."""
    name = header.after[index].name
    body = _body(context, header)
    names = [one.name for one in header.after]
    fields = {one: line for line in body for one in names if one and _assignment(one).match(context.lines[line])}
    fields = {one: line for one, line in fields.items() if context.kind_at(context.first_character(line)) == "code"}
    if name in fields:
        return
    if fields:
        earlier = [one for one in names[:index] if one in fields]
        like = earlier[-1] if earlier else min(fields, key=fields.__getitem__)
        line = fields[like]
        text = context.lines[line]
        added = re.sub(rf"(?<![^\W_]){re.escape(like)}(?![^\W_])", name, text)
        both = (text, added) if earlier else (added, text)
        yield LineEdit(rule, f"field {name}", line, line + 1, both)
        return
    others = [one for one in (*reversed(names[:index]), *names[index + 1 :]) if one]
    for other in others[:1]:
        yield from _into_literal(context, header, body, other, name, is_behind=other in names[:index], rule=rule)


def _into_literal(
    context: RuleContext, header: ChangedHeader, body: range, other: str, name: str, *, is_behind: bool, rule: str
) -> Iterator[LineEdit]:
    """The edit that adds an item to the literal or the initializers that have one of the parameter ``other``."""
    for line in range(header.last, body.stop):
        text = context.lines[line]
        for match in _OPENINGS.finditer(text):
            if not re.search(rf"(?:\bSelf|\b{re.escape(header.owner)}|[&\w])[ \t]*\Z", text[: match.start()]):
                continue
            found = bracket_list(context.style, context.lines, line, match.end())
            if found is None or match[0] == "(" or context.kind_at(Point(line, match.start())) != "code":
                continue
            number = next((n for n, item in enumerate(found.texts) if _passes(item, other)), None)
            if number is None or any(_passes(item, name) for item in found.texts):
                continue
            item = found.texts[number]
            added = re.sub(
                rf"(?i)(?<![^\W_]){re.escape(other)}(?![^\W_])",
                lambda m: name[:1].upper() + name[1:] if m[0][:1].isupper() else name,
                item,
            )
            if added != item:
                changed = found.with_item(number + is_behind, added)
                yield found.edit(rule, f"field {name}", changed)
                return
    for line in range(header.line, min(header.last + 3, body.stop)):  # C++: ``: a_(a)``
        found_item = re.search(
            rf"([:,][ \t]*)((?:m_)?{re.escape(other)}_?[({{]{re.escape(other)}[)}}])", context.lines[line]
        )
        if found_item is not None and is_behind:
            text, at = context.lines[line], found_item.end()
            added = re.sub(rf"(?<![^\W_]){re.escape(other)}(?![^\W_])", name, found_item[2])
            yield LineEdit(rule, f"field {name}", line, line + 1, (f"{text[:at]}, {added}{text[at:]}",))
            return


def deleted_uses(context: RuleContext, header: ChangedHeader, parameter: Parameter, rule: str) -> Iterator[LineEdit]:
    """The edits that delete what only passes a deleted parameter on: a field's assignment, an item of a literal, an
    argument that names it."""
    name = parameter.name
    if _is_defined(context, header, name):
        return
    for line in _body(context, header):
        text = context.lines[line]
        if name not in text or line in context.changed_lines:
            continue
        pattern = f"{header.called}: without {name}"
        if _assignment(name).match(text) or re.fullmatch(rf"\s*+_\s*+=\s*+\$?{re.escape(name)}\s*+;?\s*+", text):
            if context.kind_at(Point(line, indent_length(text))) == "code":
                yield LineEdit(rule, pattern, line, line + 1, ())
            continue
        for match in re.finditer(rf"(?<![\w.$]){re.escape(name)}(?!\w)", text):
            if context.kind_at(Point(line, match.start())) != "code":
                continue
            opening = opening_bracket(text[: match.start()])
            if opening < 0:
                continue
            found = bracket_list(context.style, context.lines, line, opening + 1)
            number = next((n for n, item in enumerate(found.texts) if _passes(item, name)), None) if found else None
            is_literal = text[opening] == "{" and re.search(r"[\w\])]\s*\Z|[=(,:]\s*\Z|return\s*\Z", text[:opening])
            if found is None or number is None or not (is_literal or found.texts[number] != name):
                continue
            if is_literal and len(found.items) == 1:
                continue
            changed = found.without(number)
            if changed is not None:
                yield found.edit(rule, pattern, changed)
            break


def _is_defined(context: RuleContext, header: ChangedHeader, name: str) -> bool:
    """Whether a variable of this name is still valid in the function. Also if the file has the name too often to
    know."""
    word = re.compile(rf"(?<![\w.]){re.escape(name)}(?!\w)")
    for count, match in enumerate(word.finditer(context.source)):
        if count >= _MOST_NAMES or context.tree is None:
            return True
        point = context.point_of(match.start())
        node = identifier_at(context.tree, point, len(name))
        site = definition_site(context.tree, node) if node is not None else None
        if site is not None and site.kind != "member" and site.first <= header.line <= site.last:
            return True
    return False


def _assignment(name: str) -> re.Pattern[str]:
    """A line that assigns a parameter to its field."""
    word = re.escape(name)
    return re.compile(rf"\A\s*+(?:{_FIELD}{word}|{word}_)(?:\s*+:[^=]{{1,80}})?\s*+=\s*+\$?{word}\s*+;?\s*+\Z")


def _passes(item: str, name: str) -> bool:
    """Whether an item of a list only passes a variable on: ``a``, ``a: a``, ``A: a``, ``a=a``."""
    word = re.escape(name)
    return re.fullmatch(rf"(?:(?i:{word})\s*[:=]\s*)?\$?{word}", item) is not None


def _body(context: RuleContext, header: ChangedHeader) -> range:
    """The lines of the function behind its header."""
    first = header.last + 1
    if context.tree is None:
        return range(first, first)
    at = Point(header.line, indent_length(context.lines[header.line]))
    probe = Point(header.line, max(at.column, context.lines[header.line].find(header.name)))
    scopes = [scope for scope in enclosing_scopes(context.tree, probe) if scope.kind == "function"]
    own = next((scope for scope in scopes if scope.start.line >= header.line - 24), None)
    last = own.end.line if own is not None else header.last
    return range(first, min(last + 1, first + _MOST_LINES, len(context.lines)))
