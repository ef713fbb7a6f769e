"""Takes the code out of an answer that was given as if in a chat: fences, "Here is the completed code:"."""

from __future__ import annotations

import re

from autothink_lsp.features.completion.postprocess.candidate import Candidate
from autothink_lsp.stream.lexical import Mode

_FENCE = re.compile(r"^[ \t]*(?:```|~~~)[^\n`]*$", re.MULTILINE)
_TALK = re.compile(
    r"^[ \t]*(?:here(?:'s| is| are)|sure[,!.]|certainly[,!.]|of course[,!.]|to complete|in this\b|explanation:"
    r"|the (?:completed|missing|following|code)\b|this (?:code|function|will)\b|note that\b"
    r"|(?:i|you) (?:can|will|have|need)\b)[^\n;={}]*[.:!]?[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_PROSE = frozenset({"markdown", "mdx", "quarto", "rmd", "restructuredtext", "plaintext", "text", "latex", "tex", ""})


def chatter(candidate: Candidate) -> str:
    """Code between fences, or up to a fence or a sentence after the code. Documents in prose are left alone."""
    context, text = candidate.context, candidate.text
    if context.language_id in _PROSE or candidate.around.scanner.mode is not Mode.CODE:
        return text
    fences_are_text = "```" in context.prefix or "```" in context.suffix
    fence = None if fences_are_text else _FENCE.search(text)
    if fence:
        before = text[: fence.start()]
        if not before.strip() or _TALK.match(before.lstrip("\n")):
            inside = text[fence.end() :].removeprefix("\n")
            closing = _FENCE.search(inside)
            return inside[: closing.start()].rstrip("\n") if closing else inside
        text = before
    if _TALK.match(text.lstrip()) and not context.line_prefix.strip():
        return ""
    talk = next((m for m in _TALK.finditer(text) if m.start() > 0), None)
    return text[: talk.start()].rstrip("\n") if talk else text
