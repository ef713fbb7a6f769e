"""Whether a position is code, comment or string, for documents without a syntax tree. Lexes the text once, from its
beginning, as far as the positions need."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate

from attrs import define, field

from autothink_lsp.stream.lexical import Mode, Scanner
from autothink_lsp.syntax.language_style import LanguageStyle
from autothink_lsp.syntax.scopes import ScopeKind
from autothink_lsp.values import Point

_MOST_CHARACTERS = 200_000


@define(eq=False)
class LexicalPlaces:
    """The lexical kinds of the positions of one text, given as its lines."""

    _style: LanguageStyle
    _lines: list[str]
    _scanners: list[Scanner] = field(factory=list, init=False)  # before each line that was read

    @cached_property
    def _stop(self) -> int:
        """The first line that is too far from the beginning."""
        return bisect_right(list(accumulate(map(len, self._lines))), _MOST_CHARACTERS)

    def kind_at(self, point: Point) -> ScopeKind:
        """The kind of the text before ``point``; "string" if the text is too long to be lexed."""
        if len(self._scanners) <= point.line and not self._read_to(point.line):
            return "string"
        scanner = self._scanners[point.line].fork().feed(self._lines[point.line][: point.column])
        if scanner.mode is Mode.CODE:
            return "code"
        return "string" if scanner.mode is Mode.STRING else "comment"

    def _read_to(self, line: int) -> bool:
        if line >= self._stop:
            return False
        scanner = self._scanners[-1].fork() if self._scanners else Scanner(self._style)
        if self._scanners:
            scanner.feed(self._lines[len(self._scanners) - 1] + "\n")
        for number in range(len(self._scanners), line + 1):
            self._scanners.append(scanner.fork())
            scanner.feed(self._lines[number] + "\n")
        return True


def code_only(style: LanguageStyle, lines: Sequence[str]) -> list[str]:
    """The lines with spaces instead of strings and comments. The first line begins in code."""
    scanner = Scanner(style)
    found: list[str] = []
    for line in lines:
        kept = ""
        for character in line:
            scanner.feed(character)
            kept += character if scanner.mode is Mode.CODE else " "
        scanner.feed("\n")
        found.append(kept)
    return found
