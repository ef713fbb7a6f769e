"""A person at the keyboard and the model that answers, as data: each key, how long before it, what the model says then.

Seeded, so that every run types the same. Gaps between keys are log-normal (median 140 ms, some 70 words a minute); now
and then the person thinks, or errs and takes it back. For half of the lines the model knows from some point
on how they go on, as a small one does. Pure.
"""

from __future__ import annotations

import random
import re
from typing import Any

from attrs import define, frozen

MEDIAN_GAP_MS = 140.0
GAP_SIGMA = 0.4
THINKING = 0.04  # so many of the keys come after a pause
THINKING_AT_LINE_START = 0.33
PAUSE_MS = (500.0, 3_000.0)
SHORTEST_GAP_MS = 40.0
# From here on the server has nothing more to do and does nothing: the answer came after some 100 ms, the longest delay
# is 120 ms, and anything over 300 ms is a pause to it. So cutting longer pauses to this changes no count and no CPU
# time.
CUT_PAUSE_MS = 450.0

# Control tokens of the made-up model (Qwen's).
_PREFIX, _SUFFIX, _MIDDLE = "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"
# What the model says where it does not know: plausible, several lines, and never what is typed (no q in it).
WRONG_ANSWER = "quux.setdefault(quux, None)\n        for quux in _kwargs.values():\n            yield quux\n"

# What is typed: nothing that exists, nothing that is hard.
FUNCTIONS = '''\
def merge_intervals(intervals, *, gap=0):
    """Join intervals that overlap or lie no more than gap apart."""
    merged = []
    for start, end in sorted(intervals):
        if merged and start - merged[-1][1] <= gap:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def read_table(path, delimiter=","):
    """Rows of a delimited text file as dictionaries keyed by its first row."""
    with open(path, encoding="utf-8") as stream:
        header = stream.readline().rstrip().split(delimiter)
        rows = []
        for line in stream:
            values = line.rstrip().split(delimiter)
            if len(values) != len(header):
                raise ValueError(f"expected {len(header)} values: {line!r}")
            rows.append(dict(zip(header, values)))
    return rows


class RunningMean:
    """The mean of the newest values."""

    def __init__(self, size):
        self.size = size
        self.values = []

    def add(self, value):
        self.values.append(value)
        if len(self.values) > self.size:
            self.values.pop(0)
        return sum(self.values) / len(self.values)


'''


# An editor puts the next line's indentation there itself, with the key that ends the line.
_STROKE = re.compile(r"\n(?: +(?=\S))?|.")


@frozen
class Habits:
    """Shares: of letters that are first mistyped, of lines and of words that the model knows how to go on with."""

    typos: float = 0.02
    known_lines: float = 0.5
    known_words: float = 0.7


NO_SURPRISES = Habits(typos=0.0, known_lines=0.0, known_words=1.0)


@frozen
class Key:
    """``gap_ms`` after the key before, ``removes`` code points left of the cursor go and ``text`` comes.

    ``line`` is the cursor's line up to the cursor, then. If the model is asked then, it goes on with ``answer``;
    ``knows_word``: where the word at the cursor is kept from it, it says that word first.
    """

    gap_ms: float
    text: str
    removes: int
    line: str
    answer: str
    knows_word: bool

    @property
    def after_pause(self) -> bool:
        """Whether the person rested before this key."""
        return self.gap_ms >= CUT_PAUSE_MS


@define
class Model:
    """Answers prompts after ``key``, which may end before the cursor's word and may hold the beginning of the
    answer. ``asked`` counts the prompts, ``lost`` those in which it did not find the key's line."""

    key: Key
    asked: int = 0
    lost: int = 0

    def answer(self, prompt: str) -> str:
        """What it says."""
        self.asked += 1
        line, before = self.key.line, "\n" + prompt_end({"prompt": prompt})
        last = before.rpartition("\n")[2]
        if line.startswith(last):  # blanks and the word at the cursor may be kept back
            return (line[len(last) :] if self.key.knows_word else "") + self.key.answer
        at = before.rfind("\n" + line)
        begun = before[at + 1 + len(line) :]
        if at >= 0 and self.key.answer.startswith(begun):
            return self.key.answer[len(begun) :]
        self.lost += 1
        return WRONG_ANSWER


def prompt_end(body: dict[str, Any]) -> str:
    """The text that a completion request wants to be continued, in the words of several servers.

    FIM tokens are Qwen's: the model's name says so and so does its vocabulary.
    """
    segments = body.get("segments")
    if isinstance(segments, dict):  # Tabby
        return str(segments.get("prefix", ""))
    prompt = str(body.get("prompt", ""))
    if "input_prefix" in body:  # llama.cpp's /infill
        return str(body["input_prefix"]) + prompt
    if _MIDDLE not in prompt:
        return prompt
    head, _, begun = prompt.rpartition(_MIDDLE)
    return head.rpartition(_PREFIX)[2].partition(_SUFFIX)[0] + begun


def keys(count: int, seed: int, habits: Habits = Habits()) -> list[Key]:
    """The first ``count`` keys of a user who types ``FUNCTIONS`` again and again."""
    dice = random.Random(seed)
    typed: list[Key] = []
    while len(typed) < count:
        line, known_from, knows_word = "", _known_from(dice, habits), True
        for found in _STROKE.finditer(FUNCTIONS):
            stroke = found.group()
            gap_ms = _gap_ms(dice, pause=dice.random() < (THINKING if line.strip() else THINKING_AT_LINE_START))
            if stroke.isalpha() and dice.random() < habits.typos:
                wrong = dice.choice("aeiorstn")
                typed.append(Key(gap_ms, wrong, 0, line + wrong, WRONG_ANSWER, knows_word=False))
                typed.append(Key(_gap_ms(dice), "", 1, line, WRONG_ANSWER, knows_word))
                gap_ms = _gap_ms(dice)
            if not stroke.isalnum():
                knows_word = dice.random() < habits.known_words
            if stroke.startswith("\n"):
                line, known_from = "", _known_from(dice, habits)
            line += stroke.removeprefix("\n")
            known = len(line) >= known_from
            answer = _two_lines(FUNCTIONS[found.end() :]) if known else WRONG_ANSWER
            typed.append(Key(gap_ms, stroke, 0, line, answer, knows_word or known))
    return typed[:count]


def _known_from(dice: random.Random, habits: Habits) -> float:
    """The column from which on the model knows the line."""
    return dice.uniform(0, 30) if dice.random() < habits.known_lines else float("inf")


def _two_lines(text: str) -> str:
    return "".join(text.splitlines(keepends=True)[:2]) or "\n"


def _gap_ms(dice: random.Random, *, pause: bool = False) -> float:
    if pause:
        return min(CUT_PAUSE_MS, dice.uniform(*PAUSE_MS))
    return min(CUT_PAUSE_MS - 1, max(SHORTEST_GAP_MS, dice.lognormvariate(0.0, GAP_SIGMA) * MEDIAN_GAP_MS))
