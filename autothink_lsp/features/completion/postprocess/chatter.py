"""Extracts the code from an answer in the form of a chat: fences, "Here is the completed code:"."""

from __future__ import annotations

import re

from autothink_lsp.features.completion.postprocess.candidate import CompletionCandidate
from autothink_lsp.stream.lexical import Mode
from autothink_lsp.stream.unwrapping import Unwrapper, begins_starred_line, fences_are_text, is_sentence

_TALK = re.compile(
    r"^[ \t]*(?:here(?:'s| is| are)|sure[,!.]|certainly[,!.]|of course[,!.]|to complete|in this\b|explanation:"
    r"|the (?:completed|missing|following|code)\b|this (?:code|function|will)\b|note that\b"
    r"|(?:i|you) (?:can|will|have|need)\b)[^\n;={}]*[.:!]?[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_FENCE_WITH_TAG = re.compile(r"(?:```|~~~)[\w+#-]{1,30}")  # the first line of an answer in the form of a chat
_HAS_FENCES = frozenset({"markdown", "mdx", "quarto", "rmd"})


def chatter(candidate: CompletionCandidate) -> str:
    """The code between fences, or the code before a fence or a sentence. In prose, comments and strings only an answer
    that is nothing but an opening fence is dropped, and not in Markdown."""
    context = candidate.context
    if fences_are_text(context, candidate.around):
        is_fence = _FENCE_WITH_TAG.fullmatch(candidate.text.strip()) is not None
        return "" if is_fence and context.language_id not in _HAS_FENCES else candidate.text
    text = _unwrapped(candidate)
    if begins_starred_line(context, candidate.around):
        return text
    first = text.lstrip("\n").partition("\n")[0]
    talks = _TALK.match(text.lstrip()) is not None
    talks = talks or (is_sentence(first) and not candidate.around.style.has_sentences(context.language_id))
    if talks and not context.line_prefix.strip():
        return ""
    talk = next((m for m in _TALK.finditer(text) if m.start() > 0), None)
    return text[: talk.start()].rstrip("\n") if talk else text


def _unwrapped(candidate: CompletionCandidate) -> str:
    if "```" not in candidate.text and "~~~" not in candidate.text:
        return candidate.text
    unwrapper = Unwrapper(candidate.context.line_prefix)
    scanner = candidate.around.scanner.fork()
    is_starred = begins_starred_line(candidate.context, candidate.around)
    code: list[str] = []
    for char in candidate.text:
        free, ended = unwrapper.step(char, in_text=scanner.mode is not Mode.CODE and not is_starred)
        scanner.feed(free)
        code.append(free)
        if ended:
            break
    code.append(unwrapper.release())
    text = "".join(code)
    return text.rstrip("\n") if unwrapper.took_from_fence else text
