"""How code is laid out in lines: indentation widths, lines that open a block, lines that go on.

Pure text rules, right for well-formed code and harmless for the rest. Widths count columns with a tab as
``TAB_COLUMNS``; they are compared with each other only, never turned into text.
"""

from __future__ import annotations

import re

from autothink_lsp.stream.lexical_style import LexicalStyle

TAB_COLUMNS = 4
BLOCK_END_WORDS = frozenset({"end", "fi", "done", "esac", "endif", "endfor", "endwhile"})
_KEYWORD_BLOCK = re.compile(
    r"(?:\b(?:do|then|else|begin|ensure|rescue|repeat|in)(?:\s*\|[^|]*\|)?"
    r"|^\s*(?:local\s+)?(?:def|class|module|function|macro|if|unless|elsif|while|until|case|for|begin|struct)\b.*)$"
)
_CONTINUES = re.compile(r"(?:[\\(\[{=*%&|^]|(?<!\.)\.|(?<!\+)\+|(?<!-)-|=>|->|\b(?:and|or|not))\s*$")
_WORD = re.compile(r"\w")


def indent_columns(line: str) -> int:
    """Columns of white space that ``line`` begins with."""
    columns = 0
    for char in line:
        if char == "\t":
            columns += TAB_COLUMNS - columns % TAB_COLUMNS
        elif char == " ":
            columns += 1
        else:
            break
    return columns


def significant(text: str) -> int:
    """How many letters, digits and underscores ``text`` has."""
    return len(_WORD.findall(text))


def is_telling(line: str) -> bool:
    """Whether ``line`` says enough that the same line again is no accident: brackets alone do not, nor does ``0,``."""
    return len(line.strip()) >= 3 and significant(line) >= 1


def opens_block(line: str, style: LexicalStyle) -> bool:
    """Whether the lines that belong to ``line`` are expected below it. ``line`` has no comment at its end."""
    text = line.rstrip()
    if not text or style.blocks == "none":
        return bool(text) and text[-1] in "{["
    if style.blocks == "indent":
        return text[-1] in ":([{" or text.endswith(("->", "=>"))
    if style.blocks == "keywords" and _KEYWORD_BLOCK.search(text):
        return not re.search(r"\bend\s*$", text)
    return text[-1] in "([{" or text.endswith(("=>", "->"))


def goes_on(line: str) -> bool:
    """Whether ``line`` ends in the middle of an expression."""
    return bool(_CONTINUES.search(line))


def first_filled(lines: list[str]) -> str:
    """The first line that is not blank, or nothing."""
    return next((line for line in lines if line.strip()), "")


def last_filled(lines: list[str]) -> str:
    """The last line that is not blank, or nothing."""
    return first_filled(lines[::-1])
