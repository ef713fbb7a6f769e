"""How much of an answer the model is sure of, by the log-probabilities that some servers send with each token.

The measure is the probability of the whole text so far, the product of its tokens': about how often the model would say
exactly this. Where it falls below the least that is wanted the answer ends, before that token. What the user has typed
already is certain: of a token that begins in it only the rest counts, in proportion to its characters (a guess: the
server does not tell how the other tokens that begin so would have done). Without log-probabilities everything is sure.
"""

from __future__ import annotations

from math import inf, log

from attrs import define, field

_OPERATORS = " \t\n=+-*/%<>&|^!,"
_LEAST_CHARS = 4


@define
class Confidence:
    """One answer's. ``least_percent`` 0 asks for nothing."""

    least_percent: int = 0
    _pieces: list[tuple[int, float]] = field(factory=list, init=False)  # where each ends, and its log-probability
    _length: int = field(default=0, init=False)

    @property
    def wanted(self) -> bool:
        """Whether log-probabilities are of any use."""
        return self.least_percent > 0

    def restart(self) -> None:
        """Another answer begins."""
        self._pieces.clear()
        self._length = 0

    def hear(self, text: str, logprobs: tuple[float, ...]) -> None:
        """The next piece of the answer."""
        self._length += len(text)
        if self.wanted:
            self._pieces.append((self._length, sum(logprobs)))

    def sure_of(self, typed: int) -> int | None:
        """How many characters behind the first ``typed`` ones are sure enough; ``None`` for all so far."""
        least = log(self.least_percent / 100) if self.wanted else -inf
        total, start = 0.0, 0
        for end, logprob in self._pieces:
            if end > typed:
                total += logprob * (end - max(start, typed)) / (end - start)
                if total < least:
                    return max(0, start - typed)
            start = end
        return None


def sure_part(text: str, length: int) -> str:
    """The beginning of ``text`` that is sure: no part of a word and no operator at its end, and nothing if it is as
    little as ``if``."""
    part = text[:length]
    if length < len(text) and _is_word(text[length]):
        while part and _is_word(part[-1]):
            part = part[:-1]
    part = part.rstrip(_OPERATORS)
    return part if len(part.strip()) >= _LEAST_CHARS else ""


def _is_word(char: str) -> bool:
    return char.isalnum() or char == "_"
