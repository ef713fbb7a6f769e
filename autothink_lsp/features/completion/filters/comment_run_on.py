"""Cuts comments that a model adds when the code is done: explanations, placeholders, headings of tests to come."""

from __future__ import annotations

import re

from autothink_lsp.features.completion.filters.candidate import Candidate
from autothink_lsp.stream.lexical import LexicalStyle, Mode

_ANNOUNCES = re.compile(
    r"(?:example(?: usage)?s?|usage(?: examples?)?|tests?(?: the .*| cases?| code)?|testing.*|driver (?:code|program)"
    r"|output|expected output|(?:your|the rest of (?:the|your)|rest of (?:the|your)|existing) code.*|\.\.\.*|end of .*"
    r"|\.\.\. ?(?:rest|existing|other).*)\s*[:.]*\s*(?:\*/|-->)?$",
    re.IGNORECASE,
)


def comment_run_on(candidate: Candidate) -> str:
    """Comments before or between lines of code stay, and so does everything when the cursor is in a comment."""
    style = candidate.around.style
    if candidate.around.scanner.mode is not Mode.CODE or not (style.line_comments or style.block_comments):
        return candidate.text
    lines = candidate.text.split("\n")
    end = len(lines)
    code_seen = bool(lines[0].strip()) and _comment_text(lines[0], style) is None
    for index, line in enumerate(lines):
        said = _comment_text(line, style) if index or not candidate.context.line_prefix.strip() else None
        if said is not None and _ANNOUNCES.match(said):
            end = index
            break
        code_seen = code_seen or bool(line.strip() and said is None)
    while code_seen and end > 1 and _drops(lines[end - 1], style):
        end -= 1
    return candidate.keep_lines(end)


def _drops(line: str, style: LexicalStyle) -> bool:
    """Whether a line at the end can go: it is blank or only a comment."""
    return not line.strip() or _comment_text(line, style) is not None


def _comment_text(line: str, style: LexicalStyle) -> str | None:
    """What a line says that is nothing but a comment; ``None`` for every other line."""
    text = line.strip()
    for token in style.line_comments:
        if text.startswith(token):
            return text.lstrip(token + "! ").strip()
    for opener, closer in style.block_comments:
        if text.startswith(opener) and (closer not in text or text.endswith(closer)):
            return text.removeprefix(opener).removesuffix(closer).strip(" *")
    return None
