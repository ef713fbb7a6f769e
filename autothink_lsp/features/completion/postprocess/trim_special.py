"""Cuts at the first mark of a prompt, a chat or of thinking. A closed block of thinking in front goes alone."""

from __future__ import annotations

import re

from autothink_lsp.features.completion.postprocess.candidate import Candidate
from autothink_lsp.stream.markers import markers_for

_THINKING = re.compile(r"\s*<(think|judge)>.*?</\1>\s*?\n?", re.DOTALL)


def trim_special(candidate: Candidate) -> str:
    """Blank if nothing but thinking came."""
    markers = markers_for(candidate.context.prefix, candidate.context.suffix)
    text = candidate.text
    if "<think>" in markers:
        while thinking := _THINKING.match(text):
            text = text[thinking.end() :]
    cut = min((at for marker in markers if (at := text.find(marker)) >= 0), default=len(text))
    return text[:cut]
