"""Rule: rewrites a part of a line that was rewritten in the same way at two places at other places of its form.

The part extends from the first to the last changed token of a line, including unchanged tokens between them. Two parts
are compared token by token; a difference is a hole, as in ``line_pattern.py``. The rest of the line does not matter:
``host.split(",")[0]`` to ``parts(host)[0]`` applies to ``x = f(proto.split(","))``, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from attrs import evolve, field, frozen

from autothink_lsp.document.lines import equal_ends
from autothink_lsp.features.next_edit.history import EditHunk
from autothink_lsp.features.next_edit.proposal import LineEdit, RuleContext
from autothink_lsp.features.next_edit.rules.identifier_role import IdentifierRoles
from autothink_lsp.features.next_edit.rules.line_edits import line_edits
from autothink_lsp.features.next_edit.rules.passed_places import is_passed
from autothink_lsp.features.next_edit.rules.repeated_change import (
    common_end,
    common_start,
    has_word,
    is_telling,
    kind_of,
)
from autothink_lsp.features.next_edit.rules.template import Hole, NewSide, is_balanced, new_side, rewritten
from autothink_lsp.features.next_edit.token_change import line_pairs, rewrapped_pair, tokens
from autothink_lsp.values import Point

RULE_ID = "span-pattern"
_MOST_EXAMPLES = 8
_MOST_SITES = 60
_MOST_HOLES = 3
_LONGEST_HOLE = 120
_LEAST_LITERAL_TOKENS = 3
_MOST_CONTEXT_TOKENS = 8
_NAME = re.compile(r"[\w$]+")
_PATH = re.compile(r"[\w$]+(?:\.[\w$]+)*")


@frozen
class _Span:
    """The rewritten part of a line. ``left`` and ``right`` are the tokens before and after it, ``start`` is its
    position in the newest text."""

    start: Point
    order: int
    is_here: bool
    left: tuple[str, ...] = field(repr=False)
    old: tuple[str, ...]
    new: tuple[str, ...]
    right: tuple[str, ...] = field(repr=False)


@frozen
class _Pattern:
    old: re.Pattern[str]
    new: NewSide = field(repr=False)
    name: str


def span_pattern(context: RuleContext) -> Iterator[LineEdit | None]:
    """The edits at other places of the form that a rewritten part of the newest hunk shares with an earlier one."""
    spans = [one for hunk in context.hunks[:_MOST_EXAMPLES] for one in _spans(hunk, is_here=True)]
    spans += [one for hunk in context.other_hunks[:_MOST_EXAMPLES] for one in _spans(hunk, is_here=False)]
    marks = context.style.line_comments  # whether a comment goes is decided line by line
    spans = [one for one in spans if not (marks and "".join(one.old).lstrip().startswith(tuple(marks)))]
    newest_order = context.hunks[0].order if context.hunks else -1
    roles = IdentifierRoles.of(context)
    seen: set[str] = set()
    for newest in (one for one in spans if one.order == newest_order and one.is_here):
        for other in spans:
            if other is newest or (other.is_here and other.start.line == newest.start.line):
                continue
            pattern = _pattern(other, newest)
            if pattern is None or pattern.old.pattern in seen:
                continue
            seen.add(pattern.old.pattern)
            yield None
            new_lines = _new_lines(context, roles, pattern, newest, other)
            if new_lines:
                yield from line_edits(context, RULE_ID, pattern.name, new_lines)
                return


def _spans(hunk: EditHunk, *, is_here: bool) -> Iterator[_Span]:
    for line, before, after in line_pairs(hunk):
        if (span := _span(before, after, hunk.order, is_here=is_here)) is not None:
            yield evolve(span, start=Point(line, span.start.column))
    pair = rewrapped_pair(hunk)
    span = _span(pair[0].text, pair[1].text, hunk.order, is_here=is_here) if pair is not None else None
    if pair is not None and span is not None:
        line, column = pair[1].place(span.start.column)
        yield evolve(span, start=Point(hunk.line + line, column))


def _span(before: str, after: str, order: int, *, is_here: bool) -> _Span | None:
    """What was rewritten in one line, which is line 0."""
    old, new = tokens(before), tokens(after)
    first, last = equal_ends(old, new)
    stop, new_stop = len(old) - last, len(new) - last
    while first < min(stop, new_stop) and not (old[first] + new[first]).strip():
        first += 1
    if not "".join(old[first:stop]).strip():
        return None
    start = Point(0, sum(map(len, old[:first])))
    return _Span(start, order, is_here, old[:first], old[first:stop], new[first:new_stop], old[stop:])


def _pattern(one: _Span, two: _Span) -> _Pattern | None:
    """The pattern that two rewritten parts have in common; ``None`` if it has too few tokens."""
    literal: list[str] = []
    parts: list[str] = []
    holes: list[Hole] = []
    opcodes = SequenceMatcher(None, one.old, two.old, autojunk=False).get_opcodes()
    for number, (tag, first, stop, first_two, stop_two) in enumerate(opcodes):
        if tag == "equal":
            literal += one.old[first:stop]
            parts.append(re.escape("".join(one.old[first:stop])))
            continue
        hole = one.old[first:stop], two.old[first_two:stop_two]
        is_edge = number in (0, len(opcodes) - 1)
        form = _form_of_hole(hole, is_edge=is_edge)
        if form is None:
            return None
        holes.append(hole)
        parts.append(form)
    if len(holes) > _MOST_HOLES or not literal or (not holes and len(_changed_pieces(two)) < 2):
        return None
    new = new_side(one.new, two.new, holes)
    if new is None:
        return None
    left = common_end([one.left, two.left], _MOST_CONTEXT_TOKENS)
    right = common_start([one.right, two.right], _MOST_CONTEXT_TOKENS)
    words = [token for token in literal if token.strip()]
    is_strong = has_word(literal) and len(words) >= _LEAST_LITERAL_TOKENS
    if not is_strong:
        if any(not isinstance(part, str) and part[1] is not str for part in new):
            return None  # a name in another case: too little else is the same
        if not is_telling((*left, *literal, *right)) or len(words) + len(left) + len(right) < 2 * _LEAST_LITERAL_TOKENS:
            return None
        left, right = _least_telling(left, literal, right)
        before, behind = re.escape("".join(left)), re.escape("".join(right))
    else:
        before, behind = "", ""
    body = "".join(parts)
    edge_left = r"(?<![\w$])" if _NAME.match(one.old[0]) else ""
    edge_right = r"(?![\w$])" if _NAME.match(one.old[-1]) else ""
    if before and re.match(r"\w", left[0]):
        before = r"(?<!\w)" + before
    if behind and re.search(r"\w\Z", right[-1]):
        behind += r"(?!\w)"
    pattern = re.compile(f"{before}(?P<span>{edge_left}{body}{edge_right})(?={behind})")
    return _Pattern(pattern, new, f"{''.join(two.old)} → {''.join(two.new)}")


def _least_telling(
    left: tuple[str, ...], literal: Sequence[str], right: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The tokens next to the part that are needed to identify it; tokens further away may differ at other places."""
    if is_telling((*left, *literal, *right[:1])):
        right = right[:1]
    while left and is_telling((*left[1:], *literal, *right)):
        left = left[1:]
    return left, right


def _changed_pieces(span: _Span) -> list[tuple[str, int, int, int, int]]:
    matcher = SequenceMatcher(None, span.old, span.new, autojunk=False)
    return [one for one in matcher.get_opcodes() if one[0] != "equal"]


def _form_of_hole(hole: Hole, *, is_edge: bool) -> str | None:
    """A pattern of the contents of the hole; ``None`` if its two known contents have no form in common."""
    texts = ["".join(side) for side in hole]
    if all(_NAME.fullmatch(text) for text in texts):
        return r"([\w$]+)"
    if all(_PATH.fullmatch(text) for text in texts):
        return r"([\w$]+(?:\.[\w$]+)*)"
    if is_edge or not all(text.strip() and is_balanced(text) for text in texts):
        return None
    return rf"([^\n]{{1,{_LONGEST_HOLE}}}?)"


def _new_lines(
    context: RuleContext, roles: IdentifierRoles, pattern: _Pattern, newest: _Span, other: _Span
) -> dict[int, str]:
    kind = kind_of(context, newest.start, newest.old[0])
    found: dict[int, list[tuple[int, int, str]]] = {}
    sites = 0
    for match in context.matches(pattern.old):
        start = context.point_of(match.start("span"))
        if start.line in context.changed_lines:
            continue
        contents = match.groups()[1:]
        if not all(is_balanced(content) for content in contents):
            continue
        sites += 1
        if sites > _MOST_SITES:
            break
        if other.is_here and is_passed((newest.start.line, other.start.line), start.line):
            continue
        if kind_of(context, start, match["span"]) == kind:
            end = start.column + len(match["span"])
            text = rewritten(pattern.new, contents)
            if not _is_written(context.lines[start.line], start.column, match["span"], text):
                found.setdefault(start.line, []).append((start.column, end, text))
    lines: dict[int, str] = {}
    for number, places in found.items():
        line = context.lines[number]
        for start_column, end, text in reversed(places):
            line = line[:start_column] + text + line[end:]
        if roles.fits_lines([context.lines[number]], [line], number):
            lines[number] = line
    return lines


def _is_written(line: str, column: int, old: str, new: str) -> bool:
    """Whether the new text stands there already, around the old one that it contains."""
    at = new.find(old)
    return at > 0 and line.startswith(new, max(0, column - at))
