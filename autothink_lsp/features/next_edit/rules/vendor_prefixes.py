"""Rule: a value of CSS that was changed is changed in the same declarations with another vendor prefix, too."""

from __future__ import annotations

import re
from collections.abc import Iterator

from autothink_lsp.features.next_edit.proposal import LineEdit, RuleContext
from autothink_lsp.features.next_edit.rules.line_edits import line_edits
from autothink_lsp.features.next_edit.token_change import line_pairs

RULE_ID = "vendor-prefix"
_LANGUAGES = frozenset(["css", "scss", "less", "sass"])
_DECLARATION = re.compile(r"^(?P<head>[ \t]*+(?:-[a-z]++-)?(?P<name>[a-z][a-z-]*+)[ \t]*+:[ \t]*+)(?P<value>[^{}]*+)\Z")
_PREFIX = re.compile(r"(?<![\w-])-(?:webkit|moz|ms|o)-")
_MOST_LINES = 12  # of a rule set, above and below


def vendor_prefixes(context: RuleContext) -> Iterator[LineEdit]:
    """The edits of the twins of the declaration that the newest hunk has changed."""
    if context.snapshot.language_id not in _LANGUAGES:
        return
    for hunk in context.hunks[:1]:
        for line, before, after in line_pairs(hunk):
            old, new = _DECLARATION.match(before), _DECLARATION.match(after)
            if old is None or new is None or old["head"] != new["head"]:
                continue
            new_lines: dict[int, str] = {}
            for number in _lines_of_rule_set(context, line):
                twin = _DECLARATION.match(context.lines[number])
                if twin is None or twin["name"] != old["name"] or number in context.changed_lines:
                    continue
                if _PREFIX.sub("", twin["value"]).strip() == _PREFIX.sub("", old["value"]).strip():
                    value = new["value"]
                    if (marks := set(_PREFIX.findall(twin["value"]))) and len(marks) == 1:
                        value = _with_prefix(value, twin["value"])
                    elif _PREFIX.search(value):
                        value = _PREFIX.sub("", value)
                    new_lines[number] = twin["head"] + value
            yield from line_edits(context, RULE_ID, f"{old['name']}: {new['value']}", new_lines)


def _lines_of_rule_set(context: RuleContext, line: int) -> Iterator[int]:
    """The lines of the declarations around a line, without it."""
    for step in (-1, 1):
        number = line + step
        while 0 <= number < len(context.lines) and abs(number - line) <= _MOST_LINES:
            if re.search(r"[{}]", context.lines[number]):
                break
            yield number
            number += step


def _with_prefix(new: str, twin: str) -> str:
    """The new value with the prefixes that the twin has: before the same words."""
    for prefix, word in re.findall(r"(-(?:webkit|moz|ms|o)-)([a-z][a-z-]*)", twin):
        new = re.sub(rf"(?<![\w-])(?:-(?:webkit|moz|ms|o)-)?{re.escape(word)}(?![\w-])", prefix + word, new)
    return new
