"""Rule: the entries of a function's documentation follow its parameters: that of a renamed parameter gets the new name,
that of a deleted one goes, and an added one gets an entry if all others have one.

Entries are recognized by the parameters' names: ``:param a:``, ``@param a``, ``<param name="a">``, ``- Parameter a:``,
``- a:``, ``a: ...`` and ``a : int``. The documentation is the comment above the function or the docstring below its
header. What an added parameter means is left to the user: its entry has no text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from attrs import frozen

from autothink_lsp.features.next_edit.proposal import LineEdit, RuleContext
from autothink_lsp.features.next_edit.rules.parameter_lists import ChangedHeader, changed_headers

RULE_ID = "parameter-docs"
_RECENT_HUNKS = 24  # an entry of a name that is no parameter any more is wrong, however long ago that was changed
_MOST_LINES = 80
_LEAD = r"(?P<lead>[ \t]*+(?:\*(?!/)|///?|--+|\#+'?)?[ \t]*+)"
# ``{name}`` is the parameter's; what stands between the tag and the name are types.
_ENTRIES = (
    (
        rf"{_LEAD}(?P<tag>[@\\]param(?:\[\w+\])?[ \t]+)"
        r"(?P<type>\{[^}]*\}[ \t]+|\[[^\]]*\][ \t]+|[^\s$]+[ \t]+(?=\$))?"
        r"(?P<mark>\$?\[?)(?P<name>{name})(?![\w.])"
    ),
    rf"{_LEAD}(?P<tag>:(?:param|type)[ \t]+)(?P<type>[^:\s]+[ \t]+)?(?P<mark>\*{{0,2}})(?P<name>{{name}})(?P<end>:)",
    rf"{_LEAD}(?P<tag><param name=\")(?P<name>{{name}})(?P<end>\">.*</param>)",
    rf"{_LEAD}(?P<tag>-[ \t]+[Pp]arameter[ \t]+|[-*][ \t]+`?)(?P<name>{{name}})(?P<end>`?:|`[ \t]+-|[ \t]+-)",
    rf"{_LEAD}(?P<mark>\*{{0,2}})(?P<name>{{name}})(?P<type>[ \t]*\([^)]*\))?(?P<end>:)(?=[ \t]|$)",
    rf"{_LEAD}(?P<mark>\*{{0,2}})(?P<name>{{name}})(?P<end>[ \t]:[ \t])(?P<type>\S.*)",
)
_COMMENT = re.compile(r"[ \t]*(?:\*|/\*|//|--|#(?!\[))")
_BETWEEN = re.compile(r"[ \t]*(?:@\w|#\[|\[\w)")  # annotations and attributes between the comment and the function
_DOCSTRING = re.compile(r"[ \t]*[rRuU]?(\"\"\"|''')")
_TAG = re.compile(r"(?:[@\\]\w|:\w+|<|-[ \t]|\"\"\"|'''|\*/)")


@frozen
class _Entry:
    """An entry of a parameter: its lines [first, stop) and the match of the first one."""

    first: int
    stop: int
    match: re.Match[str]


def parameter_docs(context: RuleContext) -> Iterator[LineEdit]:
    """The edits of the documentation that follow from changes of parameter lists, the newest first."""
    for change in changed_headers(context, _RECENT_HUNKS):
        lines = _documentation(context, change)
        if not lines:
            continue
        before, after = ([one.name for one in side] for side in (change.before, change.after))
        gone = [name for name in before if name and name not in after]
        new = [name for name in after if name and name not in before]
        if len(before) == len(after) and len(gone) == len(new) == 1:
            yield from _renamed(context, lines, gone[0], new[0])
        elif len(gone) == 1 and not new:
            yield from _deleted(context, lines, gone[0])
        elif len(new) == 1 and not gone:
            yield from _added(context, lines, change, after, new[0])


def _documentation(context: RuleContext, header: ChangedHeader) -> range:
    """The lines of the documentation of the function: its docstring, or the comment above it."""
    lines = context.lines
    below = header.last + 1
    if below < len(lines) and (opening := _DOCSTRING.match(lines[below])) is not None:
        rest = lines[below][opening.end() :]
        stop = below
        while opening[1] not in rest and stop - below < _MOST_LINES and stop + 1 < len(lines):
            stop += 1
            rest = lines[stop]
        return range(below, stop + 1)
    stop = header.line
    while stop > 0 and _BETWEEN.match(lines[stop - 1]):
        stop -= 1
    first = stop
    while first > 0 and stop - first < _MOST_LINES and _COMMENT.match(lines[first - 1]):
        first -= 1
    return range(first, stop)


def entry_patterns(name: str) -> list[re.Pattern[str]]:
    """What the first line of an entry of this parameter matches, in each form of documentation."""
    return [re.compile(form.replace("{name}", re.escape(name))) for form in _ENTRIES]


def _entries(context: RuleContext, lines: range, name: str) -> list[_Entry]:
    for pattern in entry_patterns(name):
        found = [(line, match) for line in lines if (match := pattern.match(context.lines[line])) is not None]
        if found:
            return [_Entry(line, _stop(context, lines, line, match), match) for line, match in found]
    return []


def _stop(context: RuleContext, lines: range, line: int, match: re.Match[str]) -> int:
    """The line behind an entry: behind the lines that are deeper, or that follow a tag without one of their own."""
    has_tag = bool(match.groupdict().get("tag", "").strip("-* `"))
    stop = line + 1
    while stop < lines.stop:
        lead = re.match(_LEAD, context.lines[stop])
        rest = context.lines[stop][lead.end() if lead else 0 :]
        if not rest.strip() or _TAG.match(rest) or (not has_tag and lead and lead.end() <= match.end("lead")):
            break
        stop += 1
    return stop


def _renamed(context: RuleContext, lines: range, old: str, new: str) -> Iterator[LineEdit]:
    if _entries(context, lines, new):
        return
    for entry in _entries(context, lines, old):
        line = context.lines[entry.first]
        changed = line[: entry.match.start("name")] + new + line[entry.match.end("name") :]
        yield LineEdit(RULE_ID, f"documentation of {old} → {new}", entry.first, entry.first + 1, (changed,))


def _deleted(context: RuleContext, lines: range, name: str) -> Iterator[LineEdit]:
    first = stop = -1
    for entry in _entries(context, lines, name):  # that of its text, and perhaps one of its type
        if entry.first == stop:
            stop = entry.stop
        elif first < 0:
            first, stop = entry.first, entry.stop
    if lines.start < first and stop < lines.stop:  # not at a line that opens or closes the comment
        yield LineEdit(RULE_ID, f"documentation without {name}", first, stop, ())


def _added(
    context: RuleContext, lines: range, change: ChangedHeader, after: Sequence[str], name: str
) -> Iterator[LineEdit]:
    index = after.index(name)
    entries = {other: found for other in after if (found := _entries(context, lines, other))}
    if name in entries or len(entries) != len(after) - 1 or not entries:
        return
    neighbour = entries[after[index - 1] if index else after[1]][-1 if index else 0]
    if neighbour.match.groupdict().get("tag", "").startswith(":type"):
        neighbour = entries[after[index - 1] if index else after[1]][0]
    line = _entry_text(neighbour.match, name, _type_of(change.after[index].text))
    place = entries[after[index - 1]][-1].stop if index else neighbour.first
    if line is None or not lines.start < place < lines.stop:
        return
    yield LineEdit(RULE_ID, f"documentation of {name}", place, place, (line,))


def _entry_text(like: re.Match[str], name: str, type_name: str) -> str | None:
    """An entry without text in the form of another one; ``None`` if it needs a type that is unknown."""
    parts = {"tag": "", "type": "", "mark": "", "end": "", **{k: v or "" for k, v in like.groupdict().items()}}
    old_type = parts["type"]
    if not old_type:
        wanted = ""
    elif not type_name:
        return None if parts["tag"] else f"{parts['lead']}{name}{parts['end'].rstrip() if parts['end'] == ':' else ''}"
    else:
        wanted = re.sub(r"[^\s{}\[\]()].*(?<![\s{}\[\]()])", lambda _match: type_name, old_type, count=1)
    mark = "$" if parts["mark"].startswith("$") else ""
    if parts["end"].strip() == ":" and parts["end"] != ":" and old_type:  # numpydoc: the type is behind
        return f"{parts['lead']}{name}{parts['end']}{wanted}".rstrip()
    if parts["end"].startswith('">'):
        return f'{parts["lead"]}{parts["tag"]}{name}"></param>'
    before, behind = (wanted, "") if parts["tag"] else ("", wanted)
    return f"{parts['lead']}{parts['tag']}{before}{mark}{name}{behind}{parts['end']}".rstrip()


def _type_of(parameter: str) -> str:
    """The type that a parameter's declaration has: ``a: int = 1``, ``int $a``, ``int a``; else empty."""
    head = parameter.partition("=")[0].strip()
    name, colon, behind = head.partition(":")
    if colon:
        return behind.strip()
    words = name.split()
    return " ".join(words[:-1]) if len(words) > 1 else ""
