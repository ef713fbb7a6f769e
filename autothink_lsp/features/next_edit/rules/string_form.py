"""Rule: what was done to the quotes of three strings (``'a'`` to ``"a"``), or to their prefix (``u'a'``), is done to
the other strings of this form. A string that would then mean something else stays as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator

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
        sites = dict(_sites(context, old_form, new_form))
        if is_selective(lines, sites):
            continue
        nearest = context.by_distance([line for line in sites if not is_passed(lines, line)])[:_MOST_SITES]
        pattern = f"{''.join(old_form)} → {''.join(new_form)}"
        yield from line_edits(context, RULE_ID, pattern, {line: sites[line] for line in nearest})


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


def _sites(context: RuleContext, old_form: Form, new_form: Form) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(context.lines):
        if number in context.changed_lines or old_form[1] not in line or len(line) > MOST_LINE_CHARACTERS:
            continue
        new = line
        for match in reversed(list(_STRING.finditer(line))):
            is_form = (match["prefix"], match["quote"]) == old_form
            if is_form and context.kind_before(Point(number, match.start())) == "code":
                written = f"{new_form[0]}{new_form[1]}{match['inside']}{new_form[1]}"
                new = new[: match.start()] + written + new[match.end() :]
        if new != line:
            yield number, new
