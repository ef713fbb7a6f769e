"""Rejects an answer with invisible characters, unless the code around has them."""

from __future__ import annotations

from autothink_lsp.document.invisible import brings_invisible
from autothink_lsp.features.completion.postprocess.candidate import Candidate


def invisible(candidate: Candidate) -> str:
    """Blank if it brings any."""
    context = candidate.context
    return "" if brings_invisible(candidate.text, context.prefix, context.suffix) else candidate.text
