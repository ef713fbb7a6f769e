"""A person's strokes at one place, as data: how long after the one before, what it does, how far the text is then.

Seeded, so that every server is typed at alike. Gaps between keys are log-normal (median 140 ms, some 70 words a
minute, unless another ``Rhythm`` is wanted); the person rests at the start of lines and now and then within, errs and
takes it back, pastes a line, deletes a word and undoes that, and would take a suggestion that says what is to be typed.
Pure.
"""

from __future__ import annotations

import random
import re
from typing import Literal

from attrs import frozen

from tests.bench.typist import GAP_SIGMA, MEDIAN_GAP_MS, SHORTEST_GAP_MS

Kind = Literal["key", "newline", "paste", "typo", "backspace", "delete word", "undo"]

PAUSE_MS = (600.0, 1_800.0)
LONGEST_BURST_GAP_MS = 450.0
_THINKING = 0.03  # so many of the keys come after a pause
_THINKING_AT_LINE_START = 0.33
_TYPOS = 0.02
_PASTES = 0.05  # of lines
_DELETED_WORDS = 0.015  # of ends of words
_ACCEPTS = 0.6  # of rests with a suggestion that is right

# An editor puts the next line's indentation there itself, with the key that ends the line.
_STROKE = re.compile(r"\n(?: +(?=\S))?|.")
_LINE_LEFT = re.compile(r"[^\n]*")


@frozen
class Stroke:
    """``offset``: so many characters of the place's text stand there afterwards. ``text`` comes and ``removes`` go."""

    gap_ms: float
    kind: Kind
    text: str
    removes: int
    offset: int
    accepts: bool = False  # the person would take a right suggestion instead

    @property
    def after_pause(self) -> bool:
        """Whether the person rested before this stroke."""
        return self.gap_ms >= PAUSE_MS[0]

    @property
    def asks(self) -> bool:
        """Editors ask at every stroke but an undo."""
        return self.kind != "undo"

    @property
    def is_right(self) -> bool:
        """Whether the text is as it is to be, as far as it goes."""
        return self.kind != "typo"


@frozen
class Rhythm:
    """``median_gap_ms`` between two keys, times ``at_word_start`` where the second begins a word. A share ``thinking``
    of the keys within a line comes after a pause, and ``thinking_at_word_start`` of those that begin a word."""

    median_gap_ms: float = MEDIAN_GAP_MS
    at_word_start: float = 1.0
    thinking: float = _THINKING
    thinking_at_word_start: float = _THINKING

    def gap_ms(self, dice: random.Random, *, begins_word: bool) -> float:
        """Milliseconds before a key that comes after no pause."""
        usual_ms = self.median_gap_ms * (self.at_word_start if begins_word else 1.0)
        gap_ms = dice.lognormvariate(0.0, GAP_SIGMA) * usual_ms
        return min(max(LONGEST_BURST_GAP_MS, 1.5 * usual_ms), max(SHORTEST_GAP_MS, gap_ms))


USUAL = Rhythm()
SLOW = Rhythm(median_gap_ms=300.0)
FAST = Rhythm(median_gap_ms=90.0)
# Words come as one movement of the hands; what comes next is thought of between them.
BURSTY = Rhythm(median_gap_ms=80.0, at_word_start=2.5, thinking=0.01, thinking_at_word_start=0.08)


def strokes(text: str, seed: int, rhythm: Rhythm = USUAL) -> list[Stroke]:
    """All of them, until ``text`` stands there."""
    dice = random.Random(seed)
    typed: list[Stroke] = []
    at, line_start = 0, True
    while at < len(text):
        whole = _LINE_LEFT.match(text, at)
        if line_start and whole and len(whole.group()) > 1 and dice.random() < _PASTES:
            typed.append(_stroke(dice, rhythm, "paste", whole.group(), 0, whole.end(), pause=True))
            at, line_start = whole.end(), False
            continue
        found = _STROKE.match(text, at)
        if found is None:  # cannot be: the pattern takes anything
            break
        key = found.group()
        begins_word = key.isalnum() and not text[at - 1 : at].isalnum()
        within_line = rhythm.thinking_at_word_start if begins_word else rhythm.thinking
        pause = dice.random() < (_THINKING_AT_LINE_START if line_start else within_line)
        if key.isalpha() and dice.random() < _TYPOS:
            typed.append(_stroke(dice, rhythm, "typo", _wrong(dice, key), 0, at, pause=pause))
            typed.append(_stroke(dice, rhythm, "backspace", "", 1, at))
            pause = False
        at, line_start = found.end(), key.startswith("\n")
        typed.append(
            _stroke(dice, rhythm, "newline" if line_start else "key", key, 0, at, pause=pause, begins_word=begins_word)
        )
        word = re.search(r"[A-Za-z]{3,}\Z", text[max(0, at - 24) : at])
        if word and text[at : at + 1] == " " and dice.random() < _DELETED_WORDS:
            typed.append(
                _stroke(dice, rhythm, "delete word", "", len(word.group()), at - len(word.group()), pause=True)
            )
            typed.append(_stroke(dice, rhythm, "undo", word.group(), 0, at))
    return typed


def _wrong(dice: random.Random, key: str) -> str:
    return dice.choice([letter for letter in "aeiorstn" if letter != key])


def _stroke(
    dice: random.Random,
    rhythm: Rhythm,
    kind: Kind,
    text: str,
    removes: int,
    offset: int,
    *,
    pause: bool = False,
    begins_word: bool = False,
) -> Stroke:
    if pause:
        return Stroke(dice.uniform(*PAUSE_MS), kind, text, removes, offset, dice.random() < _ACCEPTS)
    return Stroke(rhythm.gap_ms(dice, begins_word=begins_word), kind, text, removes, offset)
