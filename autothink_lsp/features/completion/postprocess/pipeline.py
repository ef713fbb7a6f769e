"""The filters in their order, and their application until nothing changes.

The order matters: first additions around the code (markers, chatter), then cut-off parts, then repetitions of the
document, then layout, and last the minimal worth. A new filter is a file here and a line in ``FILTERS``.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from autothink_lsp.features.completion.postprocess.bracket_balance import bracket_balance
from autothink_lsp.features.completion.postprocess.candidate import CompletionCandidate, Filter
from autothink_lsp.features.completion.postprocess.chatter import chatter
from autothink_lsp.features.completion.postprocess.closer_line import closer_line
from autothink_lsp.features.completion.postprocess.comment_run_on import comment_run_on
from autothink_lsp.features.completion.postprocess.dangling_last_line import dangling_last_line
from autothink_lsp.features.completion.postprocess.duplicate_next_lines import duplicate_next_lines
from autothink_lsp.features.completion.postprocess.duplicate_prefix import duplicate_prefix
from autothink_lsp.features.completion.postprocess.duplicate_previous_lines import duplicate_previous_lines
from autothink_lsp.features.completion.postprocess.empty_comments import empty_comments
from autothink_lsp.features.completion.postprocess.indentation import indentation
from autothink_lsp.features.completion.postprocess.invisible import invisible
from autothink_lsp.features.completion.postprocess.minimal_worth import minimal_worth
from autothink_lsp.features.completion.postprocess.path_line import path_line
from autothink_lsp.features.completion.postprocess.repeated_blocks import repeated_blocks
from autothink_lsp.features.completion.postprocess.repetition import repetition
from autothink_lsp.features.completion.postprocess.suffix_overlap import suffix_overlap
from autothink_lsp.features.completion.postprocess.trim_special import trim_special
from autothink_lsp.features.completion.postprocess.white_space import white_space
from autothink_lsp.values import frozen

log = logging.getLogger(__name__)

FILTERS: tuple[Filter, ...] = (
    trim_special,
    invisible,
    chatter,
    path_line,
    duplicate_prefix,
    dangling_last_line,
    repetition,
    repeated_blocks,
    duplicate_next_lines,
    duplicate_previous_lines,
    suffix_overlap,
    comment_run_on,
    empty_comments,
    bracket_balance,
    indentation,
    white_space,
    closer_line,
    minimal_worth,
)
# These look at lines above, at several lines or at what is right of the cursor. They leave one line as it is that
# completes the cursor's line, which has text before the cursor and none behind it: most answers.
OF_OTHER_LINES: frozenset[Filter] = frozenset(
    (
        path_line,
        dangling_last_line,
        repeated_blocks,
        duplicate_previous_lines,
        suffix_overlap,
        comment_run_on,
        empty_comments,
        indentation,
        closer_line,
    )
)
BLANK = "blank"  # the answer is only white space
_MAX_ROUNDS = 8


@frozen
class Filtered:
    """``text`` is ready to be shown, or empty. ``rejected_by``: the filter that left nothing (``blank`` for an answer
    without content). ``changed_by``: every filter that changed something, in order."""

    text: str
    rejected_by: str | None = None
    changed_by: tuple[str, ...] = ()


def apply_filters(candidate: CompletionCandidate, filters: Sequence[Filter] = FILTERS) -> Filtered:
    """Apply all filters until none changes the text, so that filtering a result again never changes it."""
    changed: list[str] = []
    if not candidate.text.strip():
        return Filtered("", BLANK)
    if completes_line(candidate):
        filters = [one for one in filters if one not in OF_OTHER_LINES]
    for _ in range(_MAX_ROUNDS):
        before = candidate.text
        for step in filters:
            text = step(candidate)
            if text == candidate.text:
                continue
            name = step.__name__
            changed.append(name)
            if not text.strip():
                log.debug("rejected by %s (changed by %s)", name, ", ".join(changed[:-1]) or "none")
                return Filtered("", name, tuple(changed))
            candidate = candidate.with_text(text)
        if candidate.text == before:
            break
    return Filtered(candidate.text, None, tuple(changed))


def completes_line(candidate: CompletionCandidate) -> bool:
    """Whether the text is one line at the end of a line with other text."""
    context = candidate.context
    return "\n" not in candidate.text and bool(context.line_prefix.strip()) and not context.line_suffix.strip()
