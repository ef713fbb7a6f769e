"""Limits the length of an answer: the maximum number of tokens, and the detection of endless repetition.

The limit depends on the code that the model rewrites, so that a model that does not stop cannot use up the time of the
next attempt. Knows neither servers nor prompts.
"""

from __future__ import annotations

from collections.abc import Sequence

from autothink_lsp.features.assist.actions import ActionKind
from autothink_lsp.features.assist.target import AnswerForm
from autothink_lsp.stream.layout import is_telling
from autothink_lsp.stream.repetition import character_loop

CHARS_PER_TOKEN = 3.2  # of source code in the vocabularies of current models; a low estimate
LEAST_TOKENS = 96
# Factor of the code's tokens, and tokens for explanation and fences (chosen). A fix repeats the code with small
# changes; the other actions add to it. Actions that are not listed have the limit of the settings, because their
# answer's length does not depend on the code.
_FIX = (1.3, 120)
_ADDS = (1.5, 280)
_COMMENT = (0.3, 280)  # the comment alone; code that a model repeats before it is not used
_LIMITS = {
    ActionKind.FIX: _FIX,
    ActionKind.SIMPLIFY: _ADDS,
    ActionKind.EXTRACT: _ADDS,
    ActionKind.TYPES: _ADDS,
    ActionKind.ERRORS: _ADDS,
    ActionKind.CASES: _ADDS,
    ActionKind.DOCSTRING: _ADDS,
    ActionKind.CONVERT: _ADDS,
}
_MOST_BLOCK_LINES = 8
_LONG_LINE_CHARS = 200  # repeated characters are searched only in longer lines


def answer_limit_tokens(action: ActionKind, code: str, *, most_tokens: int, form: AnswerForm = "whole") -> int:
    """The limit for an answer about ``code`` in ``form``, at most ``most_tokens``."""
    if action not in _LIMITS:
        return most_tokens
    factor, allowance_tokens = _COMMENT if form == "comment" else _LIMITS[action]
    return min(most_tokens, max(LEAST_TOKENS, round(len(code) / CHARS_PER_TOKEN * factor) + allowance_tokens))


def is_going_round(answer: str, prompts: Sequence[str]) -> bool:
    """Whether ``answer`` ends with a repetition that is in none of the ``prompts``: one or two lines six times, three
    to eight lines four times, or a repeated part of a long line.

    The limits are higher than for a completion, because rewritten code may contain tables with equal lines.
    """
    *lines, last = answer.split("\n")
    if len(last) >= _LONG_LINE_CHARS:
        at = character_loop(last)
        return at is not None and not any(last[at:] in prompt for prompt in prompts)
    for size in range(1, _MOST_BLOCK_LINES + 1):
        times = 6 if size < 3 else 4
        run = lines[-size * times :]
        if len(run) < size * times:
            return False
        block = run[:size]
        if any(is_telling(line) for line in block) and run == block * times:
            return not any("\n".join(run) in prompt for prompt in prompts)
    return False
