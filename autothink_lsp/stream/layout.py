"""Rules about single lines of text: their indentation, whether they continue, whether they are worth comparing.

Right for well-formed code and harmless for other text. What depends on the language is in its ``LanguageStyle``.
"""

from __future__ import annotations

import re

from autothink_lsp.syntax.language_style import TAB_COLUMNS, indent_columns

_SPACES_PER_TAB = 4
_CONTINUES = re.compile(r"(?:[\\(\[{=*%&|^]|(?<!\.)\.|(?<!\+)\+|(?<!-)-|=>|->|\b(?:and|or|not))\s*$")
_WORD = re.compile(r"\w")


def answer_columns(line: str, document_line: str) -> int:
    """The indentation in columns of ``line``, written by a model, in a document indented like ``document_line``.

    Where the document has tabs and the line has spaces, four spaces count as one tab: models write four to a level.
    """
    columns = indent_columns(line)
    if line[:1] == " " and document_line[:1] == "\t":
        levels, rest = divmod(columns, _SPACES_PER_TAB)
        return levels * TAB_COLUMNS + rest
    return columns


def significant(text: str) -> int:
    """The number of letters, digits and underscores in ``text``."""
    return len(_WORD.findall(text))


def is_telling(line: str) -> bool:
    """Whether ``line`` has enough content that an equal line is no coincidence; brackets or ``0,`` alone are not
    enough."""
    return len(line.strip()) >= 3 and significant(line) >= 1


def goes_on(line: str) -> bool:
    """Whether ``line`` ends inside of an expression."""
    return bool(_CONTINUES.search(line))


def first_filled(lines: list[str]) -> str:
    """The first line that is not blank, or an empty text."""
    return next((line for line in lines if line.strip()), "")


def last_filled(lines: list[str]) -> str:
    """The last line that is not blank, or an empty text."""
    return first_filled(lines[::-1])
