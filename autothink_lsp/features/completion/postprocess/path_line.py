"""Removes a leading comment that only names the file: prompts contain such comments, and models repeat them."""

from __future__ import annotations

import re

from autothink_lsp.features.completion.postprocess.candidate import CompletionCandidate
from autothink_lsp.features.completion.postprocess.comment_run_on import comment_text
from autothink_lsp.stream.lexical import Mode

_LABEL = re.compile(r"(?:file\s?name|file|path)\s*[:=]\s*", re.IGNORECASE)


def path_line(candidate: CompletionCandidate) -> str:
    """The text without such a comment, at the beginning of a line, in code. The rest of the answer is kept."""
    text = candidate.text.lstrip("\n")
    first, _, rest = text.partition("\n")
    comment_line = comment_text(first, candidate.around.style)
    if candidate.around.scanner.mode is not Mode.CODE or candidate.context.line_prefix.strip() or not comment_line:
        return candidate.text
    named = _LABEL.sub("", comment_line).strip("`'\" ")
    path = candidate.context.path
    is_this_file = bool(path) and named in {path, path.rpartition("/")[2]}
    return rest if is_this_file else candidate.text
