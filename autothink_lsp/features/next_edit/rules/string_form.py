"""Rule: what was done to the quotes of three strings (``'a'`` to ``"a"``), or to their prefix (``u'a'``), is done to
the other strings of this form. A string that would then mean something else stays as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from autothink_lsp.features.next_edit.proposal import LineEdit, RuleContext
from autothink_lsp.features.next_edit.rules.line_edits import line_edits
from autothink_lsp.features.next_edit.rules.passed_places import is_passed, is_selective
from autothink_lsp.features.next_edit.token_change import MOST_LINE_CHARACTERS, line_pairs
from autothink_lsp.values import Point

RULE_ID = "string-form"
_LANGUAGES = frozenset(["python", "javascript", "javascriptreact", "typescript", "typescriptreact", "tsx", "lua"])
_MOST_HUNKS = 8
_LEAST_HUNKS = 2
_LEAST_STRINGS = 3
_MOST_SITES = 60
_STRING = re.compile(
    r"""(?<![\w'"`\\])(?P<prefix>[A-Za-z]{0,2})(?P<quote>['"])(?P<inside>(?:(?!(?P=quote))[^\\\n'"`])*)(?P=quote)(?!['"])"""
)

Form = tuple[str, str]  # prefix and quote


def string_form(context: RuleContext) -> Iterator[LineEdit | None]:
    """The nearest lines with strings of the form that the newest hunk and an earlier one have changed."""
    if context.snapshot.language_id not in _LANGUAGES:
        return
    count: dict[tuple[Form, Form], int] = {}
    places: dict[tuple[Form, Form], list[tuple[int, int]]] = {}
    for hunk in context.hunks[:_MOST_HUNKS]:
        for line, old, new in line_pairs(hunk):
            for change, number in _changed_forms(old, new).items():
                count[change] = count.get(change, 0) + number
                places.setdefault(change, []).append((hunk.order, line))
    for (old_form, new_form), changed in places.items():
        orders, lines = {order for order, _ in changed}, {line for _, line in changed}
        if len(orders) < _LEAST_HUNKS or count[old_form, new_form] < _LEAST_STRINGS:
            continue
        if context.hunks[0].order not in orders:
            continue
        yield None
        found = [number for number, line in enumerate(context.lines) if _has_form(context, number, line, old_form)]
        passed = [line for line in found if is_passed(lines, line)][:_MOST_SITES]
        if is_selective(lines, dict(_sites(context, passed, old_form, new_form))):
            continue
        yield None
        nearest = context.by_distance([line for line in found if not is_passed(lines, line)])[:_MOST_SITES]
        pattern = f"{''.join(old_form)} → {''.join(new_form)}"
        yield from line_edits(context, RULE_ID, pattern, dict(_sites(context, nearest, old_form, new_form)))


def _changed_forms(old: str, new: str) -> dict[tuple[Form, Form], int]:
    """How many strings of a line were changed from one form to another; none where anything else was changed."""
    before, after = list(_STRING.finditer(old)), list(_STRING.finditer(new))
    if not before or len(before) != len(after) or _STRING.sub("''", old) != _STRING.sub("''", new):
        return {}
    found: dict[tuple[Form, Form], int] = {}
    for one, two in zip(before, after, strict=True):
        if one["inside"] != two["inside"]:
            return {}
        change = (one["prefix"], one["quote"]), (two["prefix"], two["quote"])
        if change[0] != change[1] and _is_style(*change):
            found[change] = found.get(change, 0) + 1
    return found


def _is_style(old: Form, new: Form) -> bool:
    """Whether the forms mean the same string."""
    return old[0] == new[0] or (old[0].lower() == "u" and not new[0])


def _has_form(context: RuleContext, number: int, line: str, form: Form) -> bool:
    """Whether an unchanged line may have a string of the form."""
    if number in context.changed_lines or form[1] not in line or len(line) > MOST_LINE_CHARACTERS:
        return False
    return any((match["prefix"], match["quote"]) == form for match in _STRING.finditer(line))


def _sites(context: RuleContext, lines: Iterable[int], old_form: Form, new_form: Form) -> Iterator[tuple[int, str]]:
    """Each of the lines with the new form of its strings, if it has any: each answer of the tree takes 0.1 ms."""
    for number in lines:
        line = new = context.lines[number]
        for match in reversed(list(_STRING.finditer(line))):
            is_form = (match["prefix"], match["quote"]) == old_form
            if is_form and _is_string(context, Point(number, match.start())):
                written = f"{new_form[0]}{new_form[1]}{match['inside']}{new_form[1]}"
                new = new[: match.start()] + written + new[match.end() :]
        if new != line:
            yield number, new


def _is_string(context: RuleContext, point: Point) -> bool:
    """Whether a string of its own begins at ``point``: not a part of a text, an expression, a comment, or an f-string,
    in which Python before 3.12 allows no other quotes."""
    if context.kind_before(point) != "code":
        return False
    if context.tree is None:
        return True
    byte = context.text.byte_offset(point)
    node = context.tree.root.descendant_for_byte_range(byte, byte + 1)
    is_string = False
    while node is not None:
        if node.type == "interpolation":
            return False
        is_string = is_string or (node.start_byte == byte and "string" in node.type)
        node = node.parent if not is_string or context.snapshot.language_id == "python" else None
    return is_string
