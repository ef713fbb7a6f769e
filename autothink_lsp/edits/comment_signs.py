"""Divides lines of languages without a grammar into code and comment, by the signs that begin comments.

Of a known language these are the signs of line comments in its ``language.toml``; of an unknown one, and for comments
of several lines, those that many languages have, where they are hardly ever code: a comment behind code then follows a
blank and is followed by one. Signs inside of strings do not count. A line with an open string is code as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from attrs import frozen

from autothink_lsp.syntax.language_style import LanguageStyle

_LONGEST_SCANNED = 1_000  # characters of a line
_STRING = r"\"(?>(?:[^\"\\]|\\.)*)\"|'(?>(?:[^'\\]|\\.)*)'|`[^`]*+`"
_UNKNOWN_BLOCKS = (("/*", "*/"), ("(*", "*)"), ("{-", "-}"), ("<#", "#>"), ("--[[", "]]"), ("#|", "|#"), ("#=", "=#"))
_UNKNOWN_BLOCKS += (("<!--", "-->"), ("%{", "%}"))
_UNKNOWN_WHOLE = re.compile(r"(?:\#|//|;|%|--[ ]|![ ]|rem[ ]).*|'[^']*|\"[ ][^\"]*", re.IGNORECASE | re.VERBOSE)
_BEHIND = r"(?:#|//|;|%%?|--|!)(?=[ \t]\S)"
_QUOTES_BEHIND = r"['\"](?=[ \t]\S)"  # of Basic and Vim, which are unknown; in prose they are quotes


@frozen
class DividedLine:
    """A line as code and comment. ``comment`` is the end of the line from the blanks before the comment on; empty
    without one. ``is_comment``: the line has nothing else."""

    code: str
    comment: str = ""
    is_comment: bool = False


def divided_lines(lines: Sequence[str], style: LanguageStyle | None) -> list[DividedLine]:
    """Divide the lines of a text; ``style`` is ``None`` for an unknown language."""
    signs = _Signs(style)
    found: list[DividedLine] = []
    number = 0
    while number < len(lines):
        stop = signs.block_end(lines, number)
        if stop is not None:
            found += [DividedLine("", line.strip(), is_comment=bool(line.strip())) for line in lines[number:stop]]
            number = stop
        else:
            found.append(signs.divided(lines[number]))
            number += 1
    return found


class _Signs:
    """The signs of one language, for one text."""

    def __init__(self, style: LanguageStyle | None) -> None:
        self._line_comments = style.line_comments if style is not None else ()
        self._is_known = bool(self._line_comments)
        self._read_to: dict[str, int] = {}  # the next line with each end of a block
        self._blocks = tuple(dict.fromkeys((*(style.block_comments if style is not None else ()), *_UNKNOWN_BLOCKS)))
        blocks = [rf"{re.escape(start)}.*?{re.escape(stop)}\s*$" for start, stop in self._blocks]
        behind = [re.escape(sign) for sign in self._line_comments] if self._is_known else [_BEHIND]
        behind += [_QUOTES_BEHIND] if style is None else []
        self._behind = re.compile(rf"{_STRING}|(?P<comment>(?<=[ \t])(?:{'|'.join([*behind, *blocks])}))|[\"'`]")

    def block_end(self, lines: Sequence[str], first: int) -> int | None:
        """The line behind a comment of several lines that begins at ``first`` and has these lines for itself."""
        begin = lines[first].strip()
        for start, stop in self._blocks:
            if not begin.startswith(start) or stop in begin[len(start) :]:
                continue
            number = self._line_with(stop, lines, first + 1)
            if number is not None:
                return number + 1 if lines[number].rstrip().endswith(stop) else None
        return None

    def _line_with(self, stop: str, lines: Sequence[str], first: int) -> int | None:
        """The next line from ``first`` on that contains ``stop``. ``first`` never gets smaller, so each line is read
        once."""
        number = max(first, self._read_to.get(stop, 0))
        while number < len(lines) and stop not in lines[number]:
            number += 1
        self._read_to[stop] = number
        return number if number < len(lines) else None

    def divided(self, line: str) -> DividedLine:
        code = line.strip()
        if len(code) > _LONGEST_SCANNED or not code:
            return DividedLine(code)
        if self._is_whole(code):
            return DividedLine("", code, is_comment=True)
        indent = len(line) - len(line.lstrip())
        for match in self._behind.finditer(line, indent + 1):
            if match.lastgroup == "comment":
                kept = line[: match.start()].rstrip()
                return DividedLine(kept.strip(), line[len(kept) :].rstrip())
            if len(match[0]) == 1:
                break  # a string is open, or it is an apostrophe
        return DividedLine(code)

    def _is_whole(self, code: str) -> bool:
        if any(
            code.startswith(start) and code.endswith(stop) and code.find(stop, len(start)) == len(code) - len(stop)
            for start, stop in self._blocks
        ):
            return True
        return code.startswith(self._line_comments) if self._is_known else _UNKNOWN_WHOLE.fullmatch(code) is not None
