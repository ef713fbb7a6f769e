"""Drops what is quicker typed than read: a single character, or a bracket that the editor closes by itself."""

from __future__ import annotations

import re

from autothink_lsp.features.completion.postprocess.candidate import Candidate

_HEADER = re.compile(
    r"^\s*(?:(?:async\s+)?(?:def|class|for|while|with|if|elif|except|match|case)\b|else$|try$|finally$)"
)


def minimal_worth(candidate: Candidate) -> str:
    """Two characters besides white space are enough; one is if it completes the header of a block (``def f()|:``)."""
    said = "".join(candidate.text.split())
    if len(said) >= 2:
        return candidate.text
    completes = said == ":" and _HEADER.match(candidate.context.line_prefix)
    return candidate.text if completes else ""
