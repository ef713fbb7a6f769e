"""A person's strokes at one place, as data: how long after the one before, what it does, how far the text is then.

Seeded, so that every server is typed at alike. Gaps between keys are log-normal (median 140 ms, some 70 words a
minute); the person rests at the start of lines and now and then within, errs and takes it back, pastes a line, deletes
a word and undoes that, and would take a suggestion that says what is to be typed. Pure.
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


def strokes(text: str, seed: int) -> list[Stroke]:
    """All of them, until ``text`` stands there."""
    dice = random.Random(seed)
    typed: list[Stroke] = []
    at, line_start = 0, True
    while at < len(text):
        whole = _LINE_LEFT.match(text, at)
        if line_start and whole and len(whole.group()) > 1 and dice.random() < _PASTES:
            typed.append(_stroke(dice, "paste", whole.group(), 0, whole.end(), pause=True))
            at, line_start = whole.end(), False
            continue
        found = _STROKE.match(text, at)
        if found is None:  # cannot be: the pattern takes anything
            break
        key = found.group()
        pause = dice.random() < (_THINKING_AT_LINE_START if line_start else _THINKING)
        if key.isalpha() and dice.random() < _TYPOS:
            typed.append(_stroke(dice, "typo", _wrong(dice, key), 0, at, pause=pause))
            typed.append(_stroke(dice, "backspace", "", 1, at))
            pause = False
        at, line_start = found.end(), key.startswith("\n")
        typed.append(_stroke(dice, "newline" if line_start else "key", key, 0, at, pause=pause))
        word = re.search(r"[A-Za-z]{3,}\Z", text[max(0, at - 24) : at])
        if word and text[at : at + 1] == " " and dice.random() < _DELETED_WORDS:
            typed.append(_stroke(dice, "delete word", "", len(word.group()), at - len(word.group()), pause=True))
            typed.append(_stroke(dice, "undo", word.group(), 0, at))
    return typed


def _wrong(dice: random.Random, key: str) -> str:
    return dice.choice([letter for letter in "aeiorstn" if letter != key])


def _stroke(dice: random.Random, kind: Kind, text: str, removes: int, offset: int, *, pause: bool = False) -> Stroke:
    if pause:
        return Stroke(dice.uniform(*PAUSE_MS), kind, text, removes, offset, dice.random() < _ACCEPTS)
    gap_ms = dice.lognormvariate(0.0, GAP_SIGMA) * MEDIAN_GAP_MS
    return Stroke(min(LONGEST_BURST_GAP_MS, max(SHORTEST_GAP_MS, gap_ms)), kind, text, removes, offset)
