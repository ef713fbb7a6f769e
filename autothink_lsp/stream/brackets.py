"""Matches the brackets of an answer with those of the document: finds the opener that each closer closes."""

from __future__ import annotations

from bisect import bisect_left
from enum import Enum

from attrs import evolve

from autothink_lsp.stream.cursor import CursorContext, OpenBracket
from autothink_lsp.stream.lexical import CLOSER_OF
from autothink_lsp.values import frozen


class BracketEvent(Enum):
    """The effect of one bracket of the answer."""

    OPENS = "opens"
    CLOSES_OWN = "closes an opener of the answer"
    CLOSES_MISSING = "closes an opener above the cursor that nothing below closes"
    BORROWS = "closes an opener above the cursor that is closed below as well: right only if it is opened again"
    UNKNOWN = "fits no opener that is in sight"


@frozen
class OwnBracket:
    """An opener of the answer, at ``offset`` code points from the cursor."""

    char: str
    offset: int

    @property
    def closer(self) -> str:
        return CLOSER_OF[self.char]


class BracketTracker:
    """``read`` the brackets of an answer in order, as a ``Scanner`` reports them."""

    __slots__ = ("_borrowed", "_floor", "_stack")

    def __init__(self, around: CursorContext, line_prefix: str) -> None:
        self._stack: list[OpenBracket | OwnBracket] = list(around.open_brackets)
        self._borrowed: list[OpenBracket] = []
        self._floor = len(self._stack) - _opened_on_line(around, len(line_prefix))

    def read(self, offset: int, char: str) -> BracketEvent:
        """Process the next bracket."""
        if char in CLOSER_OF:
            again = self._borrowed and self._borrowed[-1].char == char
            self._stack.append(self._borrowed.pop() if again else OwnBracket(char, offset))
            return BracketEvent.OPENS
        top = self._stack[-1] if self._stack else None
        if top is None or top.closer != char:
            return BracketEvent.UNKNOWN
        self._stack.pop()
        if isinstance(top, OwnBracket):
            return BracketEvent.CLOSES_OWN
        if not top.closed_below or (not top.anchored and self._pass_on(char)):
            return BracketEvent.CLOSES_MISSING
        self._borrowed.append(top)
        return BracketEvent.BORROWS

    def _pass_on(self, closer: str) -> bool:
        """``foo(bar(|)``: if the answer closes ``bar(``, the closer below closes ``foo(``, which had none."""
        for index in range(len(self._stack) - 1, -1, -1):
            entry = self._stack[index]
            if isinstance(entry, OpenBracket) and entry.closer == closer and not entry.closed_below:
                self._stack[index] = evolve(entry, closed_below=True)
                return True
        return False

    @property
    def is_open(self) -> bool:
        """Whether any bracket is open, of the answer or above it."""
        return bool(self._stack)

    @property
    def own(self) -> list[OwnBracket]:
        """The open brackets of the answer, outermost first."""
        return [entry for entry in self._stack if isinstance(entry, OwnBracket)]

    @property
    def borrowed(self) -> int:
        """The number of closers of the answer that are doubled by closers below."""
        return len(self._borrowed)

    @property
    def line_lacks(self) -> bool:
        """Whether the cursor's line opened a bracket that has no closer so far, below or in the answer."""
        return any(isinstance(entry, OpenBracket) and not entry.closed_below for entry in self._stack[self._floor :])

    @property
    def line_is_open(self) -> bool:
        """Whether the cursor's line or the answer opened a bracket that only the answer can close."""
        return self.line_lacks or bool(self.own)

    @property
    def left_line(self) -> bool:
        """Whether every bracket that was opened on the cursor's line or in the answer is closed."""
        return len(self._stack) <= self._floor


def _opened_on_line(around: CursorContext, line_length: int) -> int:
    """The number of open brackets that are on the cursor's line."""
    brackets = around.scanner.brackets
    opened = 0
    for _, char in brackets[bisect_left(brackets, (around.scanner.offset - line_length, "")) :]:
        opened = opened + 1 if char in CLOSER_OF else max(0, opened - 1)
    return opened
