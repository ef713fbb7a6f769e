"""Concerns about an edit of prose, which may contain anything that a model writes around code: marks, remarks, fences.

In code such signs are undone (`transcription.py`); in prose they may be meant, so the user is asked. Not about what a
message or the user asked for, at the place where it was asked for. Changes nothing. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from autothink_lsp.edits.alignment import changed_stretches
from autothink_lsp.edits.code_similarity import is_prose
from autothink_lsp.edits.fences import fence_count
from autothink_lsp.edits.transcription import has_marks

_OTHER_PROSE = frozenset({"latex", "tex", "bibtex", "typst", "git-commit", "scminput", "diff"})
_MANY_LINES = 3  # chosen
_FENCE = re.compile(r"[ \t>]*+(?:`{3}|~{3})")


def is_any_prose(language_id: str) -> bool:
    """Whether text of this language is read as it is written, with or without fences of its own."""
    return is_prose(language_id) or language_id in _OTHER_PROSE


def prose_concerns(
    old: Sequence[str], new: Sequence[str], asked: frozenset[int] | None, *, is_markup_asked: bool = False
) -> tuple[str, ...]:
    """Sentences about ``new`` in place of ``old``.

    ``asked`` are the indices of ``old`` with a message, ``None`` if all lines may change. ``is_markup_asked``: the
    message or the user speaks of headings, fences, emphasis and the like.
    """
    concerns: list[str] = []
    is_markup_meant = is_markup_asked and (asked is None or _is_at(asked, old, new))
    before, after = "\n".join(old), "\n".join(new)
    more_fences = fence_count(after) - fence_count(before) if before.strip() and not is_markup_meant else 0
    if has_marks(after, before, is_markup_meant=is_markup_meant) or more_fences > 0:
        concerns.append("It may contain marks or remarks of the model that do not belong to the text.")
    if more_fences < 0:
        concerns.append("It removes a code block.")
    was, now = (sum(1 for line in lines if line.strip()) for lines in (old, new))
    if was and now - was >= _MANY_LINES and before.split() != after.split():  # else it wraps lines
        concerns.append(f"It adds {now - was} lines.")
    return tuple(concerns)


def _is_at(asked: frozenset[int], old: Sequence[str], new: Sequence[str]) -> bool:
    """Whether each change touches a line of ``asked``, or is directly beside one or beside the fenced block that begins
    there."""
    places = set(asked)
    for line in asked:
        if line < len(old) and _FENCE.match(old[line]):
            end = next((n for n in range(line + 1, len(old)) if _FENCE.match(old[n])), len(old))
            places.update(range(line, end + 1))
    return all(
        any(line in places for line in range(first - 1, stop + 1))
        for first, stop, _, _ in changed_stretches([*old], [*new])
    )
