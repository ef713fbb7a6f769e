"""Takes the code out of an answer that was given as if in a chat: fences, "Here is the completed code:"."""

from __future__ import annotations

import re

from autothink_lsp.features.completion.postprocess.candidate import Candidate
from autothink_lsp.stream.lexical import Mode
from autothink_lsp.stream.unwrapping import Unwrapper, fences_are_text, is_sentence, sentences_are_content

_TALK = re.compile(
    r"^[ \t]*(?:here(?:'s| is| are)|sure[,!.]|certainly[,!.]|of course[,!.]|to complete|in this\b|explanation:"
    r"|the (?:completed|missing|following|code)\b|this (?:code|function|will)\b|note that\b"
    r"|(?:i|you) (?:can|will|have|need)\b)[^\n;={}]*[.:!]?[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)


def chatter(candidate: Candidate) -> str:
    """Code between fences, or up to a fence or a sentence after the code. Documents in prose are left alone."""
    context = candidate.context
    if fences_are_text(context, candidate.around):
        return candidate.text
    text = _unwrapped(candidate)
    first = text.lstrip("\n").partition("\n")[0]
    talks = _TALK.match(text.lstrip()) is not None
    talks = talks or (is_sentence(first) and not sentences_are_content(context.language_id))
    if talks and not context.line_prefix.strip():
        return ""
    talk = next((m for m in _TALK.finditer(text) if m.start() > 0), None)
    return text[: talk.start()].rstrip("\n") if talk else text


def _unwrapped(candidate: Candidate) -> str:
    if "```" not in candidate.text and "~~~" not in candidate.text:
        return candidate.text
    unwrapper = Unwrapper(candidate.context.line_prefix)
    scanner = candidate.around.scanner.fork()
    code: list[str] = []
    for char in candidate.text:
        free, ended = unwrapper.step(char, in_text=scanner.mode is not Mode.CODE)
        scanner.feed(free)
        code.append(free)
        if ended:
            break
    code.append(unwrapper.release())
    text = "".join(code)
    return text.rstrip("\n") if unwrapper.took_from_fence else text
