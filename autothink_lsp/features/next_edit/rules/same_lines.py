"""Rule: repeats the replacement of lines where exactly the same lines occur, after two similar edits.

Two edits with many changed tokens in common show that the user makes one change throughout the file. Then one example
suffices for lines that are equal to its old lines, even if the two edits have no form in common.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from autothink_lsp.document.lines import indent_of
from autothink_lsp.features.next_edit.history import EditHunk
from autothink_lsp.features.next_edit.proposal import LineEdit, RuleContext
from autothink_lsp.features.next_edit.rules.identifier_role import IdentifierRoles
from autothink_lsp.features.next_edit.rules.repeated_change import has_word
from autothink_lsp.features.next_edit.token_change import MOST_LINE_CHARACTERS, tokens

RULE_ID = "same-lines"
_RECENT_HUNKS = 2
_MOST_EARLIER = 6
_MOST_LINES = 8
_MOST_NEW_LINES = 12
_MOST_PLACES = 12  # lines with more occurrences are too common
_LEAST_TOKENS = 4
_LEAST_SIMILAR = 0.4  # share of the changed tokens that two similar edits have in common; chosen


def same_lines(context: RuleContext) -> Iterator[LineEdit]:
    """The edits at other places of the lines that one of the newest hunks has replaced, the nearest first."""
    changed = [_changed_tokens(hunk) for hunk in context.hunks[:_MOST_EARLIER]]
    for number, hunk in enumerate(context.hunks[:_RECENT_HUNKS]):
        others = [one for n, one in enumerate(changed) if n != number]
        if _is_telling(hunk) and any(_similarity(changed[number], other) >= _LEAST_SIMILAR for other in others):
            yield from _replacements(context, hunk)


def _is_telling(hunk: EditHunk) -> bool:
    if not hunk.old or not hunk.new or len(hunk.old) > _MOST_LINES or len(hunk.new) > _MOST_NEW_LINES:
        return False
    if max(map(len, (*hunk.old, *hunk.new))) > MOST_LINE_CHARACTERS:
        return False
    words = [token for line in hunk.old for token in tokens(line) if token.strip()]
    return len(words) >= _LEAST_TOKENS and has_word(words)


def _changed_tokens(hunk: EditHunk) -> Counter[str]:
    old, new = (Counter(t for line in side for t in tokens(line) if t.strip()) for side in (hunk.old, hunk.new))
    found: Counter[str] = Counter()
    found.update({f"-{token}": count for token, count in (old - new).items()})
    found.update({f"+{token}": count for token, count in (new - old).items()})
    return found


def _similarity(one: Counter[str], two: Counter[str]) -> float:
    union = (one | two).total()
    return (one & two).total() / union if union else 0.0


def _replacements(context: RuleContext, hunk: EditHunk) -> Iterator[LineEdit]:
    """The edits that replace the hunk's old lines by its new ones at other places, with the indentation there."""
    old, size = _dedented(hunk.old, hunk.old[0]), len(hunk.old)
    first_line = hunk.old[0].strip()
    places = [
        number
        for number in _lines_with(context, first_line)
        if _dedented(context.lines[number : number + size], context.lines[number]) == old
        and context.changed_lines.isdisjoint(range(number, number + size))
    ]
    if len(places) > _MOST_PLACES:
        return
    kind, roles = context.kind_at(context.first_character(hunk.line)), IdentifierRoles.of(context)
    for first in context.by_distance(places):
        indent = indent_of(context.lines[first])
        former = indent_of(hunk.old[0])
        new = tuple(
            f"{indent}{line.removeprefix(former)}" if line.startswith(former) and line else line for line in hunk.new
        )
        same = context.lines[first : first + size]
        if context.kind_at(context.first_character(first)) == kind and roles.fits_lines(same, new, first):
            yield LineEdit(RULE_ID, f"{first_line} → {hunk.new[0].strip()}", first, first + size, new)


def _lines_with(context: RuleContext, stripped: str) -> Iterator[int]:
    """The lines that are this text, whatever their indentation."""
    at = context.source.find(stripped)
    while at >= 0:
        line = context.point_of(at).line
        if context.lines[line].strip() == stripped:
            yield line
        at = context.source.find(stripped, context.line_starts[line + 1])


def _dedented(lines: Sequence[str], like: str) -> tuple[str, ...]:
    indent = indent_of(like)
    return tuple(line.removeprefix(indent).rstrip() for line in lines)
