"""Marks of several characters that close another mark: ``/>``, ``-->``, ``%}``, ``*/`` and similar ones.

An answer with a mark that already follows the cursor has doubled it, unless the answer opened something itself.
Brackets are handled in ``bracket_balance``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from autothink_lsp.features.completion.postprocess.candidate import CompletionCandidate
from autothink_lsp.stream.lexical import Mode
from autothink_lsp.syntax.language_style import LanguageStyle

# Closer: opener.
_OPENER_OF: dict[str, str] = {
    "]]>": "<![CDATA[",
    "-->": "<!--",
    "--]]": "--[[",
    '"""': '"""',
    "'''": "'''",
    "```": "```",
    "~~~": "~~~",
    "?>": "<?",
    "%>": "<%",
    "#}": "{#",
    "%}": "{%",
    "}}": "{{",
    "*/": "/*",
    "/>": "<",
}
_BRACES = frozenset({"}}", "#}"})
_QUOTES = frozenset({'"""', "'''"})
_OPEN_TAG = re.compile(r"<[A-Za-z][^<>]*\Z")
_TRIMS = "-~="  # template languages put one in front of the closer: "-%}", "=%>"
_BEHIND = re.compile(r"[\s)\]};,]*")


def mark_at(text: str, candidate: CompletionCandidate) -> str:
    """The closing mark at the beginning of ``text``, or an empty text.

    Where braces are brackets, ``}}`` is two of them; ``?>`` closes in PHP and in markup, elsewhere it ends a type;
    quotes close where the cursor is in a string.
    """
    style = candidate.around.style
    bare = text[1:] if text[:1] and text[0] in _TRIMS and text[1:3] in {"%}", "%>", "}}", "#}"} else text
    mark = next((closer for closer in _OPENER_OF if bare.startswith(closer)), "")
    braces = mark in _BRACES and "{" in style.brackets
    type_end = mark == "?>" and "{" in style.brackets and style.closing_tag != mark
    quotes = mark in _QUOTES and candidate.around.scanner.mode is not Mode.STRING
    return "" if braces or type_end or quotes else mark


def mark_alone(line: str, candidate: CompletionCandidate) -> str:
    """The closing mark that a line consists of, not counting closing brackets and separators after it."""
    bare = line.strip()
    mark = mark_at(bare, candidate)
    rest = bare[bare.find(mark) + len(mark) :] if mark else ""
    return mark if mark and _BEHIND.fullmatch(rest) else ""


def closes_own(before: str, mark: str) -> bool:
    """Whether ``mark``, after the text ``before`` of the answer, closes a mark that this text opened."""
    if mark == "/>":
        return _OPEN_TAG.search(before) is not None
    opener = _OPENER_OF[mark]
    if opener == mark:
        return before.count(mark) % 2 == 1
    return before.rfind(opener) > before.rfind(mark)


def ends_own_block(before: Sequence[str], style: LanguageStyle) -> bool:
    """Whether a word that ends a block, after the lines ``before`` of the answer, ends a block that they opened."""
    depth = 0
    for line in before:
        word = line.split()[0] if line.split() else ""
        if word.rstrip("),;") in style.end_words:
            depth = max(0, depth - 1)
        elif style.opens_block(line) and not style.continues(style.line(line)):
            depth += 1
    return depth > 0


def is_block_end(line: str, style: LanguageStyle) -> bool:
    """Whether a line is a word that ends a block, not counting closing brackets and separators after it."""
    return style.blocks == "keyword" and line.strip().rstrip("),;") in style.end_words
