"""Cuts comments that a model adds when the code is done: explanations, placeholders, headings of tests to come."""

from __future__ import annotations

import re

from autothink_lsp.features.completion.postprocess.candidate import Candidate
from autothink_lsp.stream.lexical import Mode
from autothink_lsp.stream.lexical_style import LexicalStyle

_ANNOUNCES = re.compile(
    r"(?:example(?: usage)?s?|usage(?: examples?)?|tests?(?: the .*| cases?| code)?|testing.*|driver (?:code|program)"
    r"|output|expected output|(?:your|the rest of (?:the|your)|rest of (?:the|your)|existing) code.*|\.{2,80}|end of .*"
    r"|\.\.\. ?(?:rest|existing|other).*)\s{0,4}[:.]{0,8}\s{0,4}(?:\*/|-->)?$",
    re.IGNORECASE,
)


def comment_run_on(candidate: Candidate) -> str:
    """Comments before or between lines of code stay, and so does everything when the cursor is in a comment."""
    style = candidate.around.style
    if candidate.around.scanner.mode is not Mode.CODE or not (style.line_comments or style.block_comments):
        return candidate.text
    lines = candidate.text.split("\n")
    said = [comment_text(line, style) for line in lines]
    if candidate.context.line_prefix.strip():
        said[0] = None  # it goes on behind code
    announced = next((index for index, text in enumerate(said) if text is not None and _ANNOUNCES.match(text)), None)
    end = len(lines) if announced is None else announced
    code = [index for index in range(end) if said[index] is None and lines[index].strip()]
    after = code[-1] + 1 if code else 0
    if code and any(text is not None for text in said[after:]):
        return candidate.keep_lines(after)
    return candidate.keep_lines(end)


def comment_text(line: str, style: LexicalStyle) -> str | None:
    """What a line says that is nothing but a comment; ``None`` for every other line."""
    text = line.strip()
    for token in style.line_comments:
        if text.startswith(token):
            return text.lstrip(token + "! ").strip()
    for opener, closer in style.block_comments:
        if text.startswith(opener) and (closer not in text or text.endswith(closer)):
            return text.removeprefix(opener).removesuffix(closer).strip(" *")
    return None
