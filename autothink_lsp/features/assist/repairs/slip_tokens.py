"""Tokens of a line that does not parse, and edits of one token as values; ``syntax_slip.py`` tries the edits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import MappingProxyType

from attrs import frozen

from autothink_lsp.values import Point

# A string literal of one line. As text, for patterns that contain it.
STRING = r"\"(?>(?:\\.|[^\"\\]){0,400})\"|'(?>(?:\\.|[^'\\]){0,400})'"
CLOSERS = {"(": ")", "[": "]", "{": "}"}
TOKENS = re.compile(r"\"\"\"|'''|" + STRING + r"|`[^`]{0,400}+`|[\w$]++(?:\.[\w$]++)?|\s++|.")
ATOM_END = re.compile(r"[\w\"'`\])}]")
ATOM_START = re.compile(r"[\w\"'`&*@]")
_COMMENT_MARKS = MappingProxyType({**dict.fromkeys(("python", "ruby", "bash", "yaml", "toml"), "#"), "lua": "--"})


@frozen
class SlipEdit:
    """``new_text`` for the range ``start`` to ``end`` (excluded), and the title that the user reads."""

    start: Point
    end: Point
    new_text: str
    title: str
    is_rival: bool = False  # an alternative reading of the text; it is never applied


def insertion(line: int, column: int, token: str, what: str = "") -> SlipEdit:
    """The insertion of ``token``; ``what`` names it in the title instead of its own text."""
    return SlipEdit(Point(line, column), Point(line, column), token, f"Add the missing {what or f'`{token.strip()}`'}")


def rival(line: int, column: int, token: str) -> SlipEdit:
    """An insertion with which the text may be meant, too: if it parses, no other edit is certain."""
    return SlipEdit(Point(line, column), Point(line, column), token, "", is_rival=True)


def code_length(text: str, language: str) -> int:
    """The length of the line without a trailing comment and blanks."""
    return max((token.end() for token in code_tokens(text, language) if token[0].strip()), default=0)


def code_tokens(text: str, language: str) -> Iterator[re.Match[str]]:
    """The tokens of the line before its trailing comment."""
    marks = _COMMENT_MARKS.get(language, "//")
    for token in TOKENS.finditer(text):
        if text.startswith(marks, token.start()):
            return
        yield token
