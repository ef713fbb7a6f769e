"""Cuts at the first special token of a prompt, a chat or thinking. Of a closed block of thinking at the beginning only
the block is removed.
"""

from __future__ import annotations

from autothink_lsp.features.completion.postprocess.candidate import CompletionCandidate
from autothink_lsp.stream.special_tokens import (
    WRAPPERS,
    Document,
    document_of,
    first_leak,
    is_component,
    is_thinking_at_head,
    opens_known_thinking,
    wrappers_in,
)
from autothink_lsp.stream.think_shapes import shaped_opener
from autothink_lsp.stream.think_tags import JUDGE_CLOSE, JUDGE_OPEN, lowered

_WORD_MARK = "▁"  # SentencePiece's blank, which servers leave before a special token (CodeLlama's "▁<EOT>")
_OPENERS_BEGIN = frozenset("<[◁")


def trim_special(candidate: CompletionCandidate) -> str:
    """The text up to its first special token, without a block of thinking before it; nothing if there is only
    thinking."""
    context = candidate.context
    document = document_of(candidate.around.style, context.language_id, context.prefix, context.suffix)
    text = candidate.text
    while (thinking := _closed_block(text, document)) > 0:
        text = text[thinking:]
    text = _without_wrapper(text, document)
    cut = first_leak(text, context.line_prefix, document, candidate.around.scanner)
    text = text if cut is None else text[:cut]
    return text if document.holds(_WORD_MARK) else text.rstrip(_WORD_MARK)


def _without_wrapper(text: str, document: Document) -> str:
    """The text without the opening tag of a wrapper (``<code>``) and the line end behind it; its closing tag is a
    special token."""
    opener = next((one for one in WRAPPERS if text.startswith(one)), None)
    if opener is None or opener not in wrappers_in(document):
        return text
    return text[len(opener) :].removeprefix("\n")


def _closed_block(text: str, document: Document) -> int:
    """The length of a closed block of thinking at the beginning, with one line end after it; 0 if there is none."""
    if text.lstrip()[:1] not in _OPENERS_BEGIN:
        return 0
    if is_component(text.lstrip(), document):
        return 0
    low = lowered(text)
    bare = low.lstrip()
    start = len(low) - len(bare)
    if bare.startswith(JUDGE_OPEN):
        length, closers = len(JUDGE_OPEN), (JUDGE_CLOSE,)
    else:
        opener = shaped_opener(bare[:160])
        if opener is None or not (is_thinking_at_head("", document) or opens_known_thinking(bare)):
            return 0
        length, closers = opener.length, opener.closers
    if document.holds(text[start : start + length]):
        return 0
    ends = [at + len(closer) for closer in closers if (at := low.find(closer, start + length)) >= 0]
    if not ends:
        return 0
    end = min(ends)
    line = len(low) - len(low[end:].lstrip(" \t"))
    return line + 1 if low.startswith("\n", line) else end
