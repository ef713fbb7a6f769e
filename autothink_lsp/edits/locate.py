"""Finds the lines that a model wants to replace: exactly, then ignoring white space, then by similarity.

A match counts only if it is unique. A match by similarity must reach a minimum and be clearly better than all others:
models often copy with small mistakes, but an invented search text must match nothing.
"""

from __future__ import annotations

from attrs import frozen

from autothink_lsp.document.lines import trimmed
from autothink_lsp.edits.replacement import EditRefused, Refusal

FLOOR = 0.82
MARGIN = 0.08
_MOST_LINES = 3_000
MOST_CHARACTER_PAIRS = 12_000_000
"""Of all comparisons of one search: with more the place counts as not found. About 200 ms."""
_MOST_CHARACTERS_LOOKED_AT = 2_000_000


@frozen
class LineRange:
    """The lines ``first`` to ``stop`` (excluded) of the searched lines."""

    first: int
    stop: int


def locate(lines: list[str], search: str) -> LineRange:
    """The lines that match ``search``. Raises ``EditRefused``: NOT_FOUND, AMBIGUOUS."""
    wanted = trimmed(search.split("\n"))
    if not wanted:
        raise _refused(Refusal.NOT_FOUND, "an empty place")
    for same in (_exactly, _but_for_line_ends, _but_for_blanks):
        # Texts are searched in linear time; searching lists would take the product of both lengths for equal lines.
        text = "\n".join(("", *map(same, lines), ""))
        searched = "\n".join(("", *map(same, wanted), ""))
        found = text.find(searched)
        if found >= 0 and text.find(searched, found + 1) < 0:
            first = text.count("\n", 0, found)
            return LineRange(first, first + len(wanted))
        if found >= 0:
            raise _refused(Refusal.AMBIGUOUS, wanted[0].strip())
    return _nearly(lines, wanted)


def _exactly(line: str) -> str:
    return line


def _but_for_line_ends(line: str) -> str:
    return line.rstrip()


def _but_for_blanks(line: str) -> str:
    return "".join(line.split())


def _nearly(lines: list[str], wanted: list[str]) -> LineRange:
    from difflib import SequenceMatcher

    text = "\n".join(line.strip() for line in wanted)
    if len(lines) > _MOST_LINES or len(lines) * len(text) > _MOST_CHARACTERS_LOOKED_AT:
        raise _refused(Refusal.NOT_FOUND, wanted[0].strip())
    stripped = [line.strip() for line in lines]
    matcher = SequenceMatcher(None, "", text, autojunk=False)
    possible: list[tuple[float, int, str]] = []
    for at in range(max(0, len(lines) - len(wanted)) + 1):
        piece = "\n".join(stripped[at : at + len(wanted)])
        matcher.set_seq1(piece)
        if matcher.real_quick_ratio() >= FLOOR - MARGIN and (most := matcher.quick_ratio()) >= FLOOR - MARGIN:
            possible.append((most, at, piece))
    scored: list[tuple[float, int]] = []
    best, pairs_left = FLOOR, MOST_CHARACTER_PAIRS
    for most, at, piece in sorted(possible, reverse=True):
        if most <= best - MARGIN:
            break  # neither the best match nor close enough to make it ambiguous; nor are the following ones
        pairs_left -= len(piece) * len(text)
        if pairs_left < 0:
            raise _refused(Refusal.NOT_FOUND, wanted[0].strip())
        matcher.set_seq1(piece)
        scored.append((matcher.ratio(), at))
        best = max(best, scored[-1][0])
    scored.sort(reverse=True)
    if not scored or scored[0][0] < FLOOR:
        raise _refused(Refusal.NOT_FOUND, wanted[0].strip())
    if len(scored) > 1 and scored[0][0] - scored[1][0] < MARGIN:
        raise _refused(Refusal.AMBIGUOUS, wanted[0].strip())
    return LineRange(scored[0][1], min(len(lines), scored[0][1] + len(wanted)))


def _refused(reason: Refusal, line: str) -> EditRefused:
    sentence = {
        Refusal.NOT_FOUND: f"The model wants to replace lines that are not there (`{line[:80]}`).",
        Refusal.AMBIGUOUS: f"The model wants to replace lines that stand in several places (`{line[:80]}`).",
    }[reason]
    return EditRefused(
        reason,
        sentence,
        hint="Ask again, or select the lines that are meant.",
        for_model=f"{sentence} SEARCH must repeat the present lines exactly, enough of them to be the only such place.",
    )
