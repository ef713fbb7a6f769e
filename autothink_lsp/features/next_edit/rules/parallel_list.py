"""Rule: an item that was added to a list of names is added to the other lists of the same names.

The lists are an enumeration and its ``switch``, the members of a union and a table of their labels, imported and
exported names. The items of the other list must be equal but for the names, which may have another case (``RED``,
``"red"``), and the list must have all names of the first one: a part of the names is a choice of the user. Nothing is
read but lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice, takewhile

from attrs import frozen

from autothink_lsp.document.lines import indent_length
from autothink_lsp.features.next_edit.history import EditHunk
from autothink_lsp.features.next_edit.proposal import LineEdit, RuleContext
from autothink_lsp.features.next_edit.rules.identifier_role import IdentifierRoles
from autothink_lsp.features.next_edit.rules.repeated_change import QUOTES
from autothink_lsp.features.next_edit.rules.template import NewSide, new_side, rewritten
from autothink_lsp.features.next_edit.token_change import MOST_LINE_CHARACTERS, tokens

RULE_ID = "parallel-list"
_RECENT_HUNKS = 2
_MOST_ITEM_LINES = 6
_MOST_SIBLINGS = 30  # in each direction
_LEAST_SIBLINGS = 2
_LEAST_IN_LINE = 3  # two names on one line are rather two arguments
_MOST_PLACES = 40  # of one name
_NAME = re.compile(r"[^\W\d]\w+")
# A call or an assignment to a member: the same ones elsewhere are other code, no list of the same names.
_STATEMENT = re.compile(
    r"\s*+(?:(?:await|return|yield|throw|raise|if|for|while|assert|del)\b|self\.|this\.|\$this->|@"
    r"|[\w.$>:!?-]++\((?:[^\n]*[^\n,])?\Z)"
)
_WORDS = re.compile(r"\w+")
_SEPARATOR = re.compile(r"""["'`]?\s*[,|]\s*(?:[\w.]*[.:])?["'`:]?""")
_KEYWORDS = frozenset(
    [
        "return",
        "if",
        "else",
        "for",
        "while",
        "break",
        "continue",
        "pass",
        "import",
        "from",
        "use",
        "using",
        "def",
        "end",
    ]
)


@frozen
class _Added:
    """``name`` was added to a list. ``above`` and ``below`` are the other names, the nearest first. ``lines`` are those
    of the whole list."""

    name: str
    above: tuple[str, ...]
    below: tuple[str, ...]
    lines: range

    @property
    def others(self) -> tuple[str, ...]:
        return (*self.above, *self.below)

    @property
    def prefix(self) -> str:
        """The words with which all names begin (``COLOR_``)."""
        first, last = min(self.name, *self.others), max(self.name, *self.others)
        same = takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
        common = "".join(one for one, _ in same)
        return common[: common.rfind("_") + 1]


@frozen
class _Item:
    """The lines of one item in another list."""

    first: int
    stop: int
    name: str


def parallel_list(context: RuleContext) -> Iterator[LineEdit | None]:
    """The edits that add the newest item of a list to the other lists of the file."""
    for hunk in context.hunks[:_RECENT_HUNKS]:
        added = _added_lines(context, hunk) or _added_in_line(context, hunk)
        if added is None or len(added.others) < _LEAST_SIBLINGS:
            continue
        yield None
        roles = IdentifierRoles.of(context)
        edits: dict[int, LineEdit] = {}
        for edit in (*_in_lines(context, added), *_within_lines(context, added)):
            old = context.lines[edit.first : edit.stop]
            is_new = edit.first not in edits and _is_code(context, max(edit.stop - 1, 0))
            if is_new and roles.fits_lines(old, edit.new, edit.first):
                edits[edit.first] = edit
        yield from (edits[first] for first in context.by_distance(list(edits)))


def _is_code(context: RuleContext, line: int) -> bool:
    """Whether a line begins with code: it is not inside a comment or a string of several lines."""
    at = context.first_character(line)
    kind = context.kind_at(at)
    return kind == "code" or (kind == "string" and context.lines[line][at.column : at.column + 1] in QUOTES)


# --- the list that the user has changed -------------------------------------------------------------------------------


def _added_lines(context: RuleContext, hunk: EditHunk) -> _Added | None:
    """The name of an item that was inserted as whole lines."""
    count = len(hunk.new)
    if hunk.old or not 0 < count <= _MOST_ITEM_LINES or not all(map(str.strip, hunk.new)):
        return None
    if max(map(len, hunk.new)) > MOST_LINE_CHARACTERS or _STATEMENT.match(hunk.new[0]):
        return None
    above = list(_siblings(context, hunk, -count))
    below = list(_siblings(context, hunk, count))
    names = {name for name, _ in (*above, *below)}
    if len(names) != 1 or not (above or below):
        return None  # the item's name is not the word in which it differs from each of the others
    before, behind = (tuple(other for _, other in side) for side in (above, below))
    lines = range(hunk.line - count * len(above), hunk.stop + count * len(below))
    return _Added(names.pop(), before, behind, lines)


def _siblings(context: RuleContext, hunk: EditHunk, step: int) -> Iterator[tuple[str, str]]:
    """The new name and the name of each item in one direction, the nearest first."""
    count, at = len(hunk.new), hunk.line
    seen = set[str]()
    for _ in range(_MOST_SIBLINGS):
        at += step
        other = context.lines[at : at + count] if at >= 0 else []
        if len(other) < count or not all(map(str.strip, other)):
            return
        if [indent_length(line) for line in other] != [indent_length(line) for line in hunk.new]:
            return
        pair = _different_names(hunk.new[0], other[0])
        if pair is None or pair[1] in seen:
            return
        seen.add(pair[1])
        yield pair


def _different_names(one: str, other: str) -> tuple[str, str] | None:
    """The first words in which two lines differ, if these are names."""
    for left, right in zip(tokens(one), tokens(other), strict=False):
        if left != right:
            are_names = _NAME.fullmatch(left) and _NAME.fullmatch(right) and not _KEYWORDS & {left, right}
            return (left, right) if are_names else None
    return None


def _added_in_line(context: RuleContext, hunk: EditHunk) -> _Added | None:
    """The name of an item that was inserted between others on one line (``'a' | 'b'``)."""
    changes = context.changes((hunk,)) if len(hunk.old) == len(hunk.new) == 1 else ()
    if len(changes) != 1 or changes[0].old_text.strip():
        return None
    names = [token for token in changes[0].new if _NAME.fullmatch(token)]
    if len(names) != 1:
        return None
    name, line = names[0], hunk.new[0]
    column = changes[0].at[1] + changes[0].new_text.index(name)
    above = _names_beside(line[:column], is_before=True)
    below = _names_beside(line[column + len(name) :], is_before=False)
    return _Added(name, above, below, range(hunk.line, hunk.stop))


def _names_beside(text: str, *, is_before: bool) -> tuple[str, ...]:
    """The names of a list on one line that stand next to a place, the nearest first."""
    found = list(_NAME.finditer(text))
    found = found[::-1] if is_before else found
    names: list[str] = []
    at = len(text) if is_before else 0
    for match in found[:_MOST_SIBLINGS]:
        between = text[match.end() : at] if is_before else text[at : match.start()]
        if not _SEPARATOR.fullmatch(between):
            break
        names.append(match[0])
        at = match.start() if is_before else match.end()
    return tuple(names)


# --- the other lists --------------------------------------------------------------------------------------------------


def _in_lines(context: RuleContext, added: _Added) -> Iterator[LineEdit]:
    """The edits of lists whose items are whole lines."""
    for side, step in ((added.above, 1), (added.below, -1)):
        if not side:
            continue
        anchor = side[0]
        for other in (*side[1:2], *(added.below if step > 0 else added.above)[:1]):
            for line in _lines_with(context, anchor, added.lines):
                edit = _beside(context, added, line, anchor, other, step)
                if edit is not None:
                    yield edit


def _beside(context: RuleContext, added: _Added, line: int, anchor: str, other: str, step: int) -> LineEdit | None:
    """The edit that adds an item next to that of ``anchor``, which begins in ``line``: behind it, or before it where
    ``step`` is negative."""
    for count in range(1, _MOST_ITEM_LINES + 1):
        for first in (line - count, line + count):
            if not _has(context, first, other) or first in added.lines:
                continue
            item, sibling = _Item(line, line + count, anchor), _Item(first, first + count, other)
            form = _form(context, item, sibling, added.prefix)
            if form is None or not _ends(context, item, sibling) or not _is_whole(context, added, item):
                continue
            return _edit(context, added, item, form, step)
    return None


def _form(context: RuleContext, item: _Item, sibling: _Item, prefix: str) -> NewSide | None:
    """What two items have in common, as the template of ``item``, whose hole is the name without ``prefix``; ``None``
    if they differ in more than their names."""
    one, two = (_text(context, each) for each in (item, sibling))
    if one is None or two is None:
        return None
    hole = (item.name.removeprefix(prefix),), (sibling.name.removeprefix(prefix),)
    found = new_side(_split(tokens(one), item.name, prefix), _split(tokens(two), sibling.name, prefix), [hole])
    return found if found is not None and any(not isinstance(part, str) for part in found) else None


def _split(some: Sequence[str], name: str, prefix: str) -> list[str]:
    """The tokens, of which the name is two: its prefix and what stands behind it."""
    parts = (prefix, name.removeprefix(prefix)) if prefix else (name,)
    return [part for token in some for part in (parts if token == name else (token,))]


def _text(context: RuleContext, item: _Item) -> str | None:
    """The lines of an item without the comma behind it; ``None`` if one is blank, too long or outside of the text."""
    lines = context.lines[item.first : item.stop] if item.first >= 0 else []
    if len(lines) < item.stop - item.first or not all(map(str.strip, lines)):
        return None
    if max(map(len, lines)) > MOST_LINE_CHARACTERS or not context.changed_lines.isdisjoint(
        range(item.first, item.stop)
    ):
        return None
    return "\n".join(lines).rstrip().removesuffix(",")


def _ends(context: RuleContext, item: _Item, sibling: _Item) -> bool:
    """Whether the lines are whole items: no line has less indentation than the first, and the next has no more."""
    least = indent_length(context.lines[item.first])
    inner = context.lines[item.first : item.stop]
    behind = max(item.stop, sibling.stop)
    rest = next((line for line in context.lines[behind : behind + 2] if line.strip()), "")
    return all(indent_length(line) >= least for line in inner) and indent_length(rest) <= least


def _is_whole(context: RuleContext, added: _Added, item: _Item) -> bool:
    """Whether the list around ``item`` has all names of the changed list, and not the new one."""
    reach = (item.stop - item.first) * (len(added.others) + 2)
    first, stop = max(0, item.first - reach), item.stop + reach
    lines = [line for number, line in enumerate(context.lines[first:stop], first) if number not in added.lines]
    words = set(_WORDS.findall("\n".join(lines)))
    return words.issuperset(added.others) and added.name not in words


def _edit(context: RuleContext, added: _Added, item: _Item, form: NewSide, step: int) -> LineEdit:
    text = rewritten(form, (added.name.removeprefix(added.prefix),))
    old = context.lines[item.first : item.stop]
    has_comma = old[-1].rstrip().endswith(",")
    pattern = f"{item.name} → {added.name}"
    is_last = not has_comma and _has_comma_above(context, item)
    if step < 0 or not is_last:
        at = item.first if step < 0 else item.stop
        new = tuple(f"{text}{',' if has_comma or is_last else ''}".split("\n"))
        return LineEdit(RULE_ID, pattern, at, at, new)
    new = (f"{old[-1].rstrip()},", *text.split("\n"))  # the last item has no comma
    return LineEdit(RULE_ID, pattern, item.stop - 1, item.stop, new)


def _has_comma_above(context: RuleContext, item: _Item) -> bool:
    return item.first > 0 and context.lines[item.first - 1].rstrip().endswith(",")


def _within_lines(context: RuleContext, added: _Added) -> Iterator[LineEdit]:
    """The edits of lists on one line."""
    if len(added.others) < _LEAST_IN_LINE:
        return
    side, is_behind = (added.above, True) if added.above else (added.below, False)
    if len(side) < _LEAST_SIBLINGS:
        return
    nearest, next_one = side[0], side[1]
    for line in _lines_with(context, nearest, added.lines):
        text = context.lines[line]
        if len(text) > MOST_LINE_CHARACTERS or line in context.changed_lines:
            continue
        words = set(_WORDS.findall(text))
        if not words.issuperset(added.others) or added.name in words:
            continue
        one, two = (next_one, nearest) if is_behind else (nearest, next_one)
        word_one, word_two = rf"(?<!\w){re.escape(one)}(?!\w)", rf"(?<!\w){re.escape(two)}(?!\w)"
        found = list(re.finditer(rf"{word_one}(?P<between>\W{{1,12}}){word_two}", text))
        if len(found) != 1 or not _SEPARATOR.fullmatch(found[0]["between"]):
            continue
        between = found[0]["between"]
        at = found[0].end() if is_behind else found[0].start()
        written = f"{between}{added.name}" if is_behind else f"{added.name}{between}"
        new = f"{text[:at]}{written}{text[at:]}"
        yield LineEdit(RULE_ID, f"{nearest} → {added.name}", line, line + 1, (new,))


def _lines_with(context: RuleContext, name: str, without: range) -> list[int]:
    """The lines that have the name, but for those of the changed list."""
    found = re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", context.source)
    lines = (context.point_of(match.start()).line for match in islice(found, _MOST_PLACES))
    return [line for line in dict.fromkeys(lines) if line not in without]


def _has(context: RuleContext, line: int, name: str) -> bool:
    if not 0 <= line < len(context.lines) or name not in context.lines[line]:
        return False
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", context.lines[line]) is not None
