"""Removes what the model says again of the text left of the cursor: the whole line so far, or the word being typed."""

from __future__ import annotations

import re

from autothink_lsp.features.completion.filters.candidate import Candidate
from autothink_lsp.stream.layout import significant

_WORD_BEFORE = re.compile(r"[^\W\d]\w{2,}\Z")
_WORD = re.compile(r"\w+")


def duplicate_prefix(candidate: Candidate) -> str:
    """``return a| return a + b`` gives `` + b``; ``ret|return x`` gives ``urn x``."""
    context, text = candidate.context, candidate.text
    line = context.line_prefix.strip()
    answer = text.lstrip(" \t")
    if significant(line) >= 3 and not line.isalnum() and answer.startswith(line):
        rest = answer[len(line) :]
        if not (line[-1].isalnum() and rest[:1].isalnum()):
            return rest
    fragment = _WORD_BEFORE.search(context.line_prefix)
    first = _WORD.match(text)
    if not fragment or not first or not first.group().startswith(fragment.group()):
        return text
    joined = fragment.group() + first.group()
    if re.search(
        rf"\b{re.escape(joined)}\b", context.prefix[: fragment.start() - len(context.line_prefix)] + context.suffix
    ):
        return text
    return text[len(fragment.group()) :]
