"""Rejects an answer with invisible characters or with blanks that are none in code, unless the code around the cursor
has them."""

from __future__ import annotations

import re

from autothink_lsp.document.invisible import brings_invisible
from autothink_lsp.features.completion.postprocess.candidate import CompletionCandidate
from autothink_lsp.stream.lexical import Mode

_ODD_BLANK = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")  # Zs but for the space


def invisible(candidate: CompletionCandidate) -> str:
    """Blank if the answer adds an invisible character."""
    context = candidate.context
    if candidate.text.isascii() and candidate.text.isprintable():  # nearly always
        return candidate.text
    is_bad = brings_invisible(candidate.text, context.prefix, context.suffix) or _has_odd_blank_in_code(candidate)
    return "" if is_bad else candidate.text


def _has_odd_blank_in_code(candidate: CompletionCandidate) -> bool:
    """Whether code has a blank that looks like a space and is an error in most languages, such as U+00A0. The text of
    elements and of prose may have one."""
    scanner, position = candidate.around.scanner.fork(), 0
    style, language_id = candidate.around.style, candidate.context.language_id
    if style.is_prose(language_id) or style.has_elements(language_id):
        return False
    for found in _ODD_BLANK.finditer(candidate.text):
        scanner.feed(candidate.text[position : found.start()])
        position = found.start()
        if scanner.mode is Mode.CODE and found.group() not in candidate.context.prefix + candidate.context.suffix:
            return True
    return False
