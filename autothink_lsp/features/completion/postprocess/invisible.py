"""Rejects an answer with invisible characters, unless the code around the cursor has them."""

from __future__ import annotations

from autothink_lsp.document.invisible import brings_invisible
from autothink_lsp.features.completion.postprocess.candidate import CompletionCandidate


def invisible(candidate: CompletionCandidate) -> str:
    """Blank if the answer adds an invisible character."""
    context = candidate.context
    return "" if brings_invisible(candidate.text, context.prefix, context.suffix) else candidate.text
