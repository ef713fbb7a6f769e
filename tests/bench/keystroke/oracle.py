"""What the made-up model says to a prompt: it finds the prompt's end in the code that is typed, and goes on there.

For half of the lines it knows from some column on how they go on, for most other words only the word, as a small model
does; the rest is plausible and wrong. What it knows depends on the place alone, not on when, how or by whom it is
asked. Pure.
"""

from __future__ import annotations

import random
import re

from attrs import define, frozen

from tests.bench.typist import WRONG_ANSWER

_TAILS = (240, 120, 60, 30, 12)  # characters of the prompt's end that are looked for, the longest first
_LINES = 2  # of an answer
_KNOWN_FROM = 20  # at the latest so many characters into a line it is known, if it is
_BLANKS = re.compile(r" *")
_WORD_LEFT = re.compile(r"\w*")
_WORD_RIGHT = re.compile(r"\w*\Z")


@frozen
class Knowledge:
    """Shares of the lines and of the words that the model knows how to go on with."""

    lines: float = 0.5
    words: float = 0.7
    echoes: bool = False  # says what of the typed text was kept from it, whatever it knows


NOTHING = Knowledge(0.0, 0.0, echoes=True)


@define
class Oracle:
    """``truth`` is the whole file as it will be. ``here`` is where the person types now. ``asked`` counts the prompts,
    ``found`` those whose end stands in the file."""

    truth: str
    seed: int
    knowledge: Knowledge = Knowledge()
    here: int = 0
    asked: int = 0
    found: int = 0

    def answer(self, prompt_end: str) -> str:
        """What is said to a prompt that ends so."""
        at = self._find(prompt_end)
        self.asked += 1
        self.found += at is not None
        return _begun_wrongly(prompt_end) if at is None else self._from(at)

    def _find(self, prompt_end: str) -> int | None:
        """Where the truth goes on after it: of several places the one nearest to the person."""
        for length in _TAILS:
            tail = prompt_end[-length:]
            near = self._nearest(tail)
            if near is not None:
                return near + len(tail)
        return None

    def _nearest(self, tail: str) -> int | None:
        if not tail.strip():
            return None
        before = self.truth.rfind(tail, 0, self.here + 1)
        after = self.truth.find(tail, max(0, self.here - len(tail)))
        found = [at for at in (before, after) if at >= 0]
        return min(found, key=lambda at: abs(at + len(tail) - self.here)) if found else None

    def _from(self, at: int) -> str:
        line_start = self.truth.rfind("\n", 0, at) + 1
        dice = self._dice("line", line_start)
        indent = len(_BLANKS.match(self.truth, line_start)[0])  # pyright: ignore[reportOptionalSubscript]
        knows_line = dice.random() < self.knowledge.lines
        if knows_line and at - line_start - indent >= dice.uniform(0, _KNOWN_FROM):
            return "".join(self.truth[at:].splitlines(keepends=True)[:_LINES]) or "\n"
        word = _WORD_LEFT.match(self.truth, at)
        rest = word.group() if word else ""
        begun = _WORD_RIGHT.search(self.truth[max(0, at - 40) : at])
        word_start = at - len(begun.group() if begun else "")
        if rest and self._dice("word", word_start).random() < self.knowledge.words:
            return rest + WRONG_ANSWER
        return (self.truth[at : self.here] if self.knowledge.echoes else "") + WRONG_ANSWER

    def _dice(self, what: str, at: int) -> random.Random:
        return random.Random(f"{self.seed} {what} {at}")


def _begun_wrongly(prompt_end: str) -> str:
    """The wrong answer; the rest of it where the prompt ends with its beginning."""
    begun = (n for n in range(len(WRONG_ANSWER), 0, -1) if prompt_end.endswith(WRONG_ANSWER[:n]))
    return WRONG_ANSWER[next(begun, 0) :] or "\n"
