"""Cuts comments that a model adds after the code: explanations, placeholders, headings of tests."""

from __future__ import annotations

import re

from autothink_lsp.features.completion.postprocess.candidate import CompletionCandidate
from autothink_lsp.stream.lexical import Mode
from autothink_lsp.syntax.language_style import LanguageStyle

_ANNOUNCES = re.compile(
    r"(?:example(?: usage)?s?|usage(?: examples?)?|tests?(?: the .*| cases?| code)?|testing.*|driver (?:code|program)"
    r"|output|expected output|(?:your|the rest of (?:the|your)|rest of (?:the|your)|existing) code.*|\.{2,80}|end of .*"
    r"|\.\.\. ?(?:rest|existing|other).*)\s{0,4}[:.]{0,8}\s{0,4}(?:\*/|-->)?$",
    re.IGNORECASE,
)


def comment_run_on(candidate: CompletionCandidate) -> str:
    """The text without comments after its code. Comments before or between lines of code are kept, and so is everything
    if the cursor is in a comment."""
    style = candidate.around.style
    if candidate.around.scanner.mode is not Mode.CODE or not (style.line_comments or style.block_comments):
        return candidate.text
    lines = candidate.text.split("\n")
    comments_of = [comment_text(line, style) for line in lines]
    if candidate.context.line_prefix.strip():
        comments_of[0] = None  # it goes on behind code
    if comments_of.count(None) == len(lines):
        return candidate.text
    announced = next(
        (index for index, text in enumerate(comments_of) if text is not None and _ANNOUNCES.match(text)), None
    )
    end = len(lines) if announced is None else announced
    code = [index for index in range(end) if comments_of[index] is None and lines[index].strip()]
    after = code[-1] + 1 if code else 0
    if code and any(text is not None for text in comments_of[after:]):
        return candidate.keep_lines(after)
    return candidate.keep_lines(end)


def comment_text(line: str, style: LanguageStyle) -> str | None:
    """The text of a line that is only a comment; ``None`` for every other line."""
    text = line.strip()
    for token in style.line_comments:
        if text.startswith(token):
            return text.lstrip(token + "! ").strip()
    for opener, closer in style.block_comments:
        if text.startswith(opener) and (closer not in text or text.endswith(closer)):
            return text.removeprefix(opener).removesuffix(closer).strip(" *")
    return None
