"""Removes repeated text from before the cursor: the whole line so far, or the word being typed."""

from __future__ import annotations

import re

from autothink_lsp.document.text import is_word
from autothink_lsp.features.completion.postprocess.candidate import CompletionCandidate
from autothink_lsp.stream.brackets import BracketTracker
from autothink_lsp.stream.layout import significant

_WORD_BEFORE = re.compile(r"(?<!\w)\d*+(?P<word>[^\W\d]\w{2,}+)\Z")
_WORD = re.compile(r"\w+")


def duplicate_prefix(candidate: CompletionCandidate) -> str:
    """``return a| return a + b`` gives `` + b``; ``ret|return x`` gives ``urn x``; ``return a|return a`` nothing."""
    for rest in (_without_line(candidate), _without_word(candidate)):
        if rest is not None:
            return rest
    return candidate.text


def _without_line(candidate: CompletionCandidate) -> str | None:
    before = candidate.context.line_prefix
    line = before.strip()
    answer = candidate.text.lstrip(" \t")
    if line and before[0].isspace() and candidate.text.startswith(before):
        return candidate.text[len(before) :]  # with its indentation, so it is the whole line
    if significant(line) < 3 or line.isalnum() or not answer.startswith(line) or _nests(candidate):
        return None
    rest = answer[len(line) :]
    if is_word(line[-1]) and is_word(rest[:1]):
        return None
    return rest.lstrip(" \t") if before[-1].isspace() else rest


def _nests(candidate: CompletionCandidate) -> bool:
    """``foo(|foo(1))``: the answer closes the bracket that the line opened, so it is a nested call."""
    tracker = BracketTracker(candidate.around, candidate.context.line_prefix)
    was_open = tracker.line_is_open
    for offset, char in candidate.around.scanner.fork().feed(candidate.text).brackets:
        tracker.read(offset, char)
    return was_open and not tracker.line_is_open


def _without_word(candidate: CompletionCandidate) -> str | None:
    context, text = candidate.context, candidate.text
    typed = _WORD_BEFORE.search(context.line_prefix)
    first = _WORD.match(text)
    if not typed or not first or not first.group().startswith(typed["word"]):
        return None
    joined = re.compile(rf"\b{re.escape(typed['word'] + first.group())}\b")
    if any(joined.search(part) for part in (context.prefix, context.suffix)):
        return None
    return text[len(typed["word"]) :]
