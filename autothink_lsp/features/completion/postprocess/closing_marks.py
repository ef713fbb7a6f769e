"""Marks of several characters that close what another mark opened: ``/>``, ``-->``, ``%}``, ``*/`` and their kin.

An answer that says one which stands behind the cursor already has doubled it, unless it opened something itself.
Brackets are not here: ``bracket_balance`` counts them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from autothink_lsp.features.completion.postprocess.candidate import Candidate
from autothink_lsp.stream.layout import BLOCK_END_WORDS, opens_block
from autothink_lsp.stream.lexical import Mode
from autothink_lsp.stream.lexical_style import LexicalStyle

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
_PHP = frozenset({"php", "blade", "hack"})
_BRACES = frozenset({"}}", "#}"})
_QUOTES = frozenset({'"""', "'''"})
_OPEN_TAG = re.compile(r"<[A-Za-z][^<>]*\Z")
_TRIMS = "-~="  # template languages put one in front of the closer: "-%}", "=%>"
_BEHIND = re.compile(r"[\s)\]};,]*")
_GOES_ON = re.compile(r"\s*(?:else|elif|elsif|elseif|rescue|ensure|when|then|do|in)\b")
_FUNCTION = re.compile(r"\bfunction\b[^()]*\([^()]*\)\s*\Z")


def mark_at(text: str, candidate: Candidate) -> str:
    """The closing mark that ``text`` begins with, or nothing.

    Where braces are brackets, ``}}`` is two of them; ``?>`` closes in PHP and in markup, elsewhere it ends a type;
    quotes close where the cursor is in a string.
    """
    style = candidate.around.style
    bare = text[1:] if text[:1] and text[0] in _TRIMS and text[1:3] in {"%}", "%>", "}}", "#}"} else text
    mark = next((closer for closer in _OPENER_OF if bare.startswith(closer)), "")
    braces = mark in _BRACES and "{" in style.brackets
    type_end = mark == "?>" and "{" in style.brackets and candidate.context.language_id.lower() not in _PHP
    quotes = mark in _QUOTES and candidate.around.scanner.mode is not Mode.STRING
    return "" if braces or type_end or quotes else mark


def mark_alone(line: str, candidate: Candidate) -> str:
    """The closing mark that a line consists of, closing brackets and separators behind it aside."""
    bare = line.strip()
    mark = mark_at(bare, candidate)
    rest = bare[bare.find(mark) + len(mark) :] if mark else ""
    return mark if mark and _BEHIND.fullmatch(rest) else ""


def closes_own(before: str, mark: str) -> bool:
    """Whether ``mark`` behind the answer's text ``before`` closes what that text opened."""
    if mark == "/>":
        return _OPEN_TAG.search(before) is not None
    opener = _OPENER_OF[mark]
    if opener == mark:
        return before.count(mark) % 2 == 1
    return before.rfind(opener) > before.rfind(mark)


def ends_own_block(before: Sequence[str], style: LexicalStyle) -> bool:
    """Whether a word that ends a block, behind the answer's lines ``before``, ends one that they opened."""
    depth = 0
    for line in before:
        word = line.split()[0] if line.split() else ""
        if word.rstrip("),;") in BLOCK_END_WORDS:
            depth = max(0, depth - 1)
        elif _FUNCTION.search(line) or (opens_block(line, style) and not _GOES_ON.match(line)):
            depth += 1
    return depth > 0


def is_block_end(line: str, style: LexicalStyle) -> bool:
    """Whether a line is a word that ends a block, closing brackets and separators behind it aside."""
    return style.blocks == "keywords" and line.strip().rstrip("),;") in BLOCK_END_WORDS
