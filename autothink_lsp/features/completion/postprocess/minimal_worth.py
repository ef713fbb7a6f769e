"""Drops suggestions that are typed faster than read: a single character, or a bracket that the editor closes itself."""

from __future__ import annotations

from autothink_lsp.features.completion.postprocess.candidate import CompletionCandidate


def minimal_worth(candidate: CompletionCandidate) -> str:
    """The text, if it has at least two characters besides white space, or one that completes the header of a block
    (``def f()|:``); else nothing."""
    compact = "".join(candidate.text.split())
    if len(compact) >= 2:
        return candidate.text
    completes = compact == ":" and candidate.around.style.begins_header(candidate.context.line_prefix)
    return candidate.text if completes else ""
