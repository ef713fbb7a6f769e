"""Keeps the document's brackets balanced: cuts a surplus closer, and trailing lines with an opener that is never
closed.
"""

from __future__ import annotations

import re

from autothink_lsp.features.completion.postprocess.candidate import CompletionCandidate
from autothink_lsp.stream.brackets import BracketEvent, BracketTracker
from autothink_lsp.stream.lexical import Mode

_BRACKET = re.compile(r"[()\[\]{}]")


def bracket_balance(candidate: CompletionCandidate) -> str:
    """The text without a surplus closer and lines with an unclosed opener. Brackets in strings and comments do not
    count; an answer that opens one block and ends there is kept."""
    if candidate.around.scanner.mode is not Mode.CODE or _BRACKET.search(candidate.text) is None:
        return candidate.text
    brackets = candidate.around.scanner.fork().feed(candidate.text).brackets
    text = candidate.text[: _too_many(candidate, brackets)]
    if not text.strip() or candidate.context.line_suffix.strip():
        return text
    unclosed = _unclosed_line(candidate, text, brackets)
    above = "\n".join(text.split("\n")[:unclosed])
    return above if above.strip() else text


def _too_many(candidate: CompletionCandidate, brackets: list[tuple[int, str]]) -> int:
    """The offset of the first closer that closes nothing, or an opener that is closed below; the text's length if there
    is none."""
    tracker = BracketTracker(candidate.around, candidate.context.line_prefix)
    borrowed: list[int] = []
    for offset, char in brackets:
        event = tracker.read(offset, char)
        if event is BracketEvent.BORROWS:
            borrowed.append(offset)
        elif event is BracketEvent.UNKNOWN:
            return borrowed[0] if borrowed else offset
        del borrowed[tracker.borrowed :]  # opened again: as it was
    return borrowed[0] if borrowed else len(candidate.text)


def _unclosed_line(candidate: CompletionCandidate, text: str, brackets: list[tuple[int, str]]) -> int:
    """The index of the line with the first opener that is never closed; the number of lines if there is none.
    ``brackets`` are those of ``text``, and others behind it."""
    tracker = BracketTracker(candidate.around, candidate.context.line_prefix)
    for offset, char in brackets:
        if offset < len(text):
            tracker.read(offset, char)
    own = tracker.own
    for closer in candidate.around.spare_closers:
        if own and own[-1].closer == closer.char:
            own.pop()
    return text.count("\n", 0, own[0].offset) if own else text.count("\n") + 1
