"""Measures how much of an answer the model is sure of, by the log-probabilities that some servers send.

The measure is the probability of the whole text so far, the product of its tokens' probabilities: about how often the
model would generate exactly this. Where it falls below the wanted minimum the answer ends, before that token. Text that
the user has typed already is certain: of a token that begins in it only the rest counts, in proportion to its
characters (an approximation, since the server does not report the other tokens with that beginning). Without
log-probabilities everything counts as sure.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from math import log
from operator import itemgetter

from attrs import define, field

from autothink_lsp.document.text import is_word

_OPERATORS = " \t\n=+-*/%<>&|^!,"
_SIGILS = "$@#"  # before a name
_LEAST_CHARS = 4
_logprob_of = itemgetter(1)


@define
class Confidence:
    """The confidence of one answer. With ``least_percent`` 0 all text is confident."""

    least_percent: int = 0
    _heard: list[tuple[int, float]] = field(factory=list, init=False)  # the length and the log-probability of each
    _pieces: list[tuple[int, float]] = field(factory=list, init=False)  # the end and the log-probability of each
    _length: int = field(default=0, init=False)
    _doubts: bool = field(default=False, init=False)  # whether any piece is not certain, as far as the server says
    _summed: int = field(default=0, init=False)  # pieces that are sure enough, behind ``_typed`` characters
    _total: float = field(default=0.0, init=False)  # their log-probability
    _typed: int = field(default=-1, init=False)

    @property
    def wanted(self) -> bool:
        """Whether log-probabilities are needed."""
        return self.least_percent > 0

    def restart(self) -> None:
        """Start another answer."""
        self._heard.clear()
        self._pieces.clear()
        self._length = 0
        self._doubts = False
        self._typed = -1

    def hear(self, pieces: Sequence[tuple[int, float]]) -> None:
        """Process the next pieces of the answer: the length in characters and the log-probability of each."""
        if self.wanted:
            self._heard += pieces
            self._doubts = self._doubts or any(map(_logprob_of, pieces))

    def sure_of(self, typed: int) -> int | None:
        """The number of characters after the first ``typed`` ones that are sure enough; ``None`` if all so far are."""
        if not self._doubts:
            return None
        for length, logprob in islice(self._heard, len(self._pieces), None):
            self._length += length
            self._pieces.append((self._length, logprob))
        if typed != self._typed:
            self._typed, self._summed, self._total = typed, 0, 0.0
        least = log(self.least_percent / 100)
        start = self._pieces[self._summed - 1][0] if self._summed else 0
        for end, logprob in islice(self._pieces, self._summed, None):
            added = logprob * (end - max(start, typed)) / (end - start) if end > max(start, typed) else 0.0
            if self._total + added < least:
                return max(0, start - typed)
            self._total += added
            self._summed += 1
            start = end
        return None


def sure_part(text: str, length: int) -> str:
    """The beginning of ``text`` that is sure, without a partial word or an operator at its end; empty if it is as short
    as ``if``."""
    part = text[:length]
    if length < len(text) and is_word(text[length]):
        while part and is_word(part[-1]):
            part = part[:-1]
        part = part.rstrip(_SIGILS)
    part = part.rstrip(_OPERATORS)
    return part if len(part.strip()) >= _LEAST_CHARS else ""
