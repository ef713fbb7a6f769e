"""Rule: renames the uses of a name in languages in which a mark shows what a definition is and what a use is: custom
properties of CSS, anchors of YAML, labels of Markdown, macros of C, aliases of SQL, stages of a Dockerfile.

Nothing is proposed while another definition has the old name, or where the new name is in use already.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from attrs import frozen

from autothink_lsp.features.next_edit.proposal import LineEdit, RuleContext
from autothink_lsp.features.next_edit.rules.line_edits import line_edits
from autothink_lsp.features.next_edit.token_change import line_pairs

RULE_ID = "marked-name"
_RECENT_HUNKS = 3
_MOST_USES = 200
_MOST_STATEMENT_LINES = 400
_LONGEST_NAME = 120


@frozen
class _Mark:
    """``defining`` matches a definition in a line, with the name as group ``name``. ``use`` is a pattern of a use, of
    which ``NAME`` is the escaped name, in a group of its own; ``(?m)`` and ``(?i)`` are on. ``in_statement``: the name
    is valid up to the next ``;``. ``in_strings``: uses in strings count. ``any_case``: a name in another
    case is the same one."""

    defining: re.Pattern[str]
    use: str
    in_statement: bool = False
    in_strings: bool = True
    any_case: bool = False


def _mark(
    defining: str, use: str, *, in_statement: bool = False, in_strings: bool = True, any_case: bool = False
) -> _Mark:
    return _Mark(re.compile(defining, re.IGNORECASE), use, in_statement, in_strings, any_case)


_CUSTOM_PROPERTY = _mark(r"(?<![\w-])(?P<name>--[\w-]++)[ \t]*+:", r"\bvar\([ \t]*(?P<name>NAME)(?![\w-])")
_KEYFRAMES = _mark(
    r"@(?:-\w++-)?keyframes[ \t]++(?P<name>[\w-]++)",
    r"^[ \t]*(?:-\w+-)?animation(?:-name)?[ \t]*:[^;{}\n]{0,200}?(?<![\w-])(?P<name>NAME)(?![\w-])",
)
_SQL_NO_ALIAS = (
    "on|using|where|join|inner|left|right|full|cross|natural|group|order|having|limit|union|set|values|select|lateral"
    "|returning|window|offset|fetch|for|except|intersect|as|with"
)
_CTE = _mark(
    r"(?:\bwith(?:[ \t]+recursive)?|^[ \t]*+,|\)[ \t]*,)[ \t]*+(?P<name>\w++)[ \t]++as[ \t]*+(?:materialized[ \t]*)?\(",
    r"(?<![\w.])(?P<name>NAME)(?!\w)",
    in_statement=True,
    in_strings=False,
    any_case=True,
)
_SQL_ALIAS = _mark(
    rf"\b(?:from|join)[ \t]++[\w.\"`]++[ \t]++(?:as[ \t]++)?(?P<name>(?!(?:{_SQL_NO_ALIAS})\b)\w++)",
    r"(?<![\w.])(?P<name>NAME)(?=[.]\w|[.]\*)",
    in_statement=True,
    in_strings=False,
    any_case=True,
)
_SQL_TABLE = _mark(
    r"\bcreate[ \t]+table[ \t]+(?:if[ \t]+not[ \t]+exists[ \t]+)?(?P<name>\w++)(?![.\w])",
    r"\b(?:from|join|into|update|references|table|on|table[ \t]+if[ \t]+exists)[ \t]+(?P<name>NAME)(?![.\w])",
    in_strings=False,
    any_case=True,
)
_MACRO = _mark(
    r"^[ \t]*+#[ \t]*+define[ \t]++(?P<name>[^\W\d]\w++)", r"(?<![\w.$])(?P<name>NAME)(?!\w)", in_strings=False
)
_CSS = (_CUSTOM_PROPERTY, _KEYFRAMES)
_SCSS = (
    *_CSS,
    _mark(r"(?:^|[{;])[ \t]*+\$(?P<name>[\w-]++)[ \t]*+:", r"\$(?P<name>NAME)(?![\w-])"),
    _mark(r"@mixin[ \t]++(?P<name>[\w-]++)", r"@include[ \t]+(?P<name>NAME)(?![\w-])"),
)
_SHELL_VARIABLE = r"\$\{?(?P<name>NAME)(?!\w)"
_MARKS: dict[str, tuple[_Mark, ...]] = {
    "css": _CSS,
    **dict.fromkeys(("scss", "sass"), _SCSS),
    "less": (*_CSS, _mark(r"^[ \t]*+@(?P<name>[\w-]++)[ \t]*+:", r"@\{?(?P<name>NAME)(?![\w-])")),
    **dict.fromkeys(
        ("yaml", "dockercompose", "github-actions-workflow", "home-assistant"),
        (
            _mark(r"(?<!\S)&(?P<name>[\w-]++)", r"(?<!\S)\*(?P<name>NAME)(?![\w-])", in_strings=False),
            _mark(
                r"^(?:  |    )(?P<name>[\w-]++):[ \t]*+\Z",
                r"^[ \t]+(?:needs|depends_on):[ \t]*(?:\[[^\]\n]{0,200}?(?<![\w-]))?(?P<name>NAME)"
                r"(?=[ \t]*(?:$|,|\]|#))"
                r"|^[ \t]+(?:needs|depends_on):[ \t]*\n(?:[ \t]+-[^\n]*\n){0,20}?[ \t]+-[ \t]+(?P<name2>NAME)[ \t]*$",
            ),
        ),
    ),
    **dict.fromkeys(
        ("markdown", "quarto"),
        (
            _mark(r"^ {0,3}\[(?P<name>[^\^\]\[\n][^\]\[\n]*+)\]:", r"\]\[(?P<name>NAME)\]"),
            _mark(r"^ {0,3}\[(?P<name>\^[^\]\[\n]++)\]:", r"\[(?P<name>NAME)\](?!:)"),
        ),
    ),
    **dict.fromkeys(("c", "cpp", "objective-c", "objective-cpp", "cuda-cpp"), (_MACRO,)),
    **dict.fromkeys(("sql", "plsql", "mysql", "postgres"), (_CTE, _SQL_ALIAS, _SQL_TABLE)),
    "dockerfile": (
        _mark(r"^[ \t]*from[ \t][^\n]*?[ \t]as[ \t]++(?P<name>[\w.-]++)", r"--from=(?P<name>NAME)(?![\w.-])"),
        _mark(r"^[ \t]*(?:arg|env)[ \t]++(?P<name>\w++)", _SHELL_VARIABLE),
    ),
    "makefile": (
        _mark(r"^(?:export[ \t]+)?(?P<name>[\w.-]++)[ \t]*+[:?+]?:?=", r"\$[({](?P<name>NAME)(?=[)}:])"),
        _mark(
            r"^(?P<name>[\w-]++)[ \t]*+:(?!=)",
            r"^[^\t\n#:=][^\n:=]{0,200}:(?!=)(?:[^\n=#]{0,400}?[ \t])?(?P<name>NAME)(?![\w./-])",
        ),
    ),
    **dict.fromkeys(
        ("latex", "tex"),
        (
            _mark(r"\\label\{(?P<name>[^{}\n]++)\}", r"\\[a-z]*ref\*?\{(?P<name>NAME)\}"),
            _mark(r"\\(?:re)?newcommand\*?\{?\\(?P<name>[a-z]++)", r"\\(?P<name>NAME)(?![a-z])"),
        ),
    ),
    **dict.fromkeys(
        ("proto", "proto3", "protobuf"),
        (_mark(r"^[ \t]*(?:message|enum)[ \t]++(?P<name>\w++)", r"(?<![\w.])(?P<name>NAME)(?=\s+\w+\s*=|\s*[),>])"),),
    ),
    "graphql": (
        _mark(
            r"^[ \t]*(?:type|interface|enum|input|scalar|union)[ \t]++(?P<name>\w++)",
            r"(?:[:|=&\[][ \t]*|\bimplements[ \t]+|\bon[ \t]+)(?P<name>NAME)(?!\w)",
        ),
    ),
    **dict.fromkeys(
        ("terraform", "terraform-vars", "hcl", "opentofu"),
        (
            _mark(r"^variable[ \t]+\"(?P<name>[\w-]++)\"", r"\bvar\.(?P<name>NAME)(?![\w-])"),
            _mark(r"^module[ \t]+\"(?P<name>[\w-]++)\"", r"\bmodule\.(?P<name>NAME)(?![\w-])"),
        ),
    ),
    **dict.fromkeys(
        ("html", "vue", "svelte"),
        (
            _mark(
                r"(?<![\w:.@-])id=\"(?P<name>[\w-]++)\"",
                r"(?<![\w:.@-])(?:href=\"#|for=\"|aria-(?:labelledby|describedby|controls|owns|details|flowto"
                r"|errormessage|activedescendant)=\")(?P<name>NAME)(?=\")",
            ),
        ),
    ),
}
_HEADING = re.compile(r"^#{1,6}[ \t]++(?P<title>[^\n]++)\Z")


def marked_names(context: RuleContext) -> Iterator[LineEdit]:
    """The edits of the uses of a name whose definition one of the newest hunks has changed."""
    language = context.snapshot.language_id
    marks = _MARKS.get(language, ())
    if not marks:
        return
    for hunk in context.hunks[:_RECENT_HUNKS]:
        for line, before, after in line_pairs(hunk):
            for mark in marks:
                names = _renamed(mark, before, after)
                if names is not None:
                    yield from _edits(context, mark, line, *names)
            if language == "markdown" and (titles := _renamed_heading(before, after)) is not None:
                yield from _heading_edits(context, *titles)


def _renamed(mark: _Mark, before: str, after: str) -> tuple[str, str] | None:
    """The old and the new name of a definition that two versions of a line have at one place."""
    old, new = (list(mark.defining.finditer(line)) for line in (before, after))
    if len(old) != len(new):
        return None
    changed = {(one["name"], two["name"]) for one, two in zip(old, new, strict=True) if one["name"] != two["name"]}
    found = changed.pop() if len(changed) == 1 else ("", "")
    return found if found[0] and max(map(len, found)) <= _LONGEST_NAME else None


def _edits(context: RuleContext, mark: _Mark, line: int, old: str, new: str) -> Iterator[LineEdit]:
    span = _statement(context, line) if mark.in_statement else range(len(context.lines))
    for number in span if old in context.source else ():
        if old in context.lines[number] and any(
            found["name"] == old for found in mark.defining.finditer(context.lines[number])
        ):
            return  # another definition has the name still
    uses = list(_uses(context, mark, old, span))
    if not uses or any(number not in context.changed_lines for number, _ in _uses(context, mark, new, span)):
        return
    new_lines: dict[int, str] = {}
    for number, column in sorted(uses, reverse=True):
        text = new_lines.get(number, context.lines[number])
        new_lines[number] = f"{text[:column]}{new}{text[column + len(old) :]}"
    yield from line_edits(context, RULE_ID, f"{old} → {new}", new_lines)


def _uses(context: RuleContext, mark: _Mark, name: str, span: range) -> Iterator[tuple[int, int]]:
    """The lines and columns of the uses of a name in some lines."""
    if name not in context.source:
        return
    pattern = re.compile(mark.use.replace("NAME", re.escape(name)), re.MULTILINE | re.IGNORECASE)
    start, stop = context.line_starts[span.start], context.line_starts[min(span.stop, len(context.lines))]
    for count, found in enumerate(pattern.finditer(context.source, start, max(start, stop - 1))):
        if count >= _MOST_USES:
            return
        at = found.start(found.lastgroup or "name")
        point = context.point_of(at)
        kind = context.kind_at(point)
        written = context.source[at : at + len(name)]
        if (
            (written == name or (mark.any_case and written.lower() == name.lower()))
            and kind != "comment"
            and (mark.in_strings or kind != "string")
        ):
            yield point.line, point.column


def _statement(context: RuleContext, line: int) -> range:
    """The lines of the statement around a line, which ``;`` ends."""
    first = last = line
    while first > 0 and line - first < _MOST_STATEMENT_LINES and not context.lines[first - 1].rstrip().endswith(";"):
        first -= 1
    most = min(len(context.lines) - 1, line + _MOST_STATEMENT_LINES)
    while last < most and not context.lines[last].rstrip().endswith(";"):
        last += 1
    return range(first, last + 1)


def _renamed_heading(before: str, after: str) -> tuple[str, str] | None:
    old, new = _title(before), _title(after)
    return (old, new) if old and new and old != new else None


def _title(line: str) -> str:
    """The title of a heading of Markdown, without the signs that may end it; empty for other lines."""
    found = _HEADING.match(line)
    return found["title"].rstrip().rstrip("#").rstrip() if found is not None else ""


def _heading_edits(context: RuleContext, old: str, new: str) -> Iterator[LineEdit]:
    """The edits of links to a heading of this file whose title was changed."""
    old_anchor, new_anchor = _anchor(old), _anchor(new)
    if not old_anchor or not new_anchor or old_anchor == new_anchor:
        return
    headings = [title for line in context.lines if (title := _title(line))]
    if old_anchor in map(_anchor, headings) or list(map(_anchor, headings)).count(new_anchor) > 1:
        return
    link = re.compile(rf"(?<=\]\(#){re.escape(old_anchor)}(?=\))")
    titled = f"[{old}](#{old_anchor})"
    new_lines = {
        number: link.sub(new_anchor, line.replace(titled, f"[{new}](#{new_anchor})"))
        for number, line in enumerate(context.lines)
        if f"(#{old_anchor})" in line
    }
    yield from line_edits(context, RULE_ID, f"#{old_anchor} → #{new_anchor}", new_lines)


def _anchor(title: str) -> str:
    """The address of a heading, as GitHub makes it."""
    text = re.sub(r"\[([^\]\[]*)\]\([^()]*\)", r"\1", title)
    return re.sub(r"[^\w\- ]", "", text.lower()).strip().replace(" ", "-")
