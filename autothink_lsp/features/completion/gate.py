"""The gate: whether a request may reach a model. Rejects disabled languages and unsuitable cursors.

Pure and cheap: it runs before anything else on every key. Exclusion by path and content, of binary files too, is
``context/privacy.py``'s.
"""

from __future__ import annotations

from autothink_lsp.document.text import is_word
from autothink_lsp.features.completion.model import CompletionRequest

# A line this long is minified or data; a model of this kind writes nothing useful there and the prompt would be cut
# inside it.
LONGEST_LINE_CHARS = 2_000


def refusal(request: CompletionRequest) -> str | None:
    """The reason to send no request, or ``None``."""
    completion = request.settings.completion
    if not completion.enabled:
        return "disabled"
    if not completion.allows_language(request.snapshot.language_id):
        return "language is off"
    line = request.snapshot.text.line(request.point.line)
    if len(line) > LONGEST_LINE_CHARS:
        return "line too long"
    if request.trigger == "automatic" and _inside_word(line, request.point.column):
        return "inside a word"
    return None


def _inside_word(line: str, column: int) -> bool:
    """Text to the right continues the word under the cursor: a suggestion there splits what the user is editing."""
    if column >= len(line):
        return False
    return is_word(line[column])
