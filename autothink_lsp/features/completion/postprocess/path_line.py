"""Removes a comment in front that only names the file: prompts name it so, and models say it again."""

from __future__ import annotations

import re

from autothink_lsp.features.completion.postprocess.candidate import Candidate
from autothink_lsp.features.completion.postprocess.comment_run_on import comment_text
from autothink_lsp.stream.lexical import Mode

_LABEL = re.compile(r"(?:file\s?name|file|path)\s*[:=]\s*", re.IGNORECASE)


def path_line(candidate: Candidate) -> str:
    """Where a line begins, in code. The rest of the answer stays."""
    text = candidate.text.lstrip("\n")
    first, _, rest = text.partition("\n")
    said = comment_text(first, candidate.around.style)
    if candidate.around.scanner.mode is not Mode.CODE or candidate.context.line_prefix.strip() or not said:
        return candidate.text
    named = _LABEL.sub("", said).strip("`'\" ")
    path = candidate.context.path
    is_this_file = bool(path) and named in {path, path.rpartition("/")[2]}
    return rest if is_this_file else candidate.text
