"""A model of known speed that knows one text more or less. A pure function of the prompt, as a model at temperature 0
is, but for the time it takes: that follows llama.cpp's prefix cache."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from attrs import define, field, frozen

from autothink_lsp.backends.base import FimRequest
from tests.support.scripted_backend import Pause, Step

_PIECE = re.compile(r"\s*\w{1,6}|\s*[^\w\s]|\s+")
_FOUND_BY = 60  # characters before the cursor that say where it is
WRONG = "quux.setdefault(quux, None)\n        for quux in _kwargs.values():\n            yield quux\n"


@frozen
class Speed:
    """``latency_ms`` is there whatever the prompt."""

    latency_ms: float
    prompt_tokens_per_s: float
    decoded_tokens_per_s: float


BACKEND_95_MS = Speed(60.0, 1e9, 250.0)  # as the side-by-side measurement had it: 60 ms to the first piece, 95 to all
LAPTOP = Speed(0.0, 145.0, 33.0)
WORKSTATION = Speed(0.0, 4_000.0, 100.0)


@define
class SimulatedModel:
    """``known_lines``, ``known_words``: shares that the model knows how to go on with."""

    truth: str
    speed: Speed
    known_lines: float = 0.5
    known_words: float = 0.7
    evaluated_tokens: int = 0
    _cached: str = field(default="", init=False)

    def script(self, request: FimRequest) -> Sequence[Step]:
        """What it says when."""
        prompt = request.prompt
        shared = _shared(prompt, self._cached)
        evaluated = 1 + len(_PIECE.findall(prompt[shared:]))
        self.evaluated_tokens += evaluated
        before, _, begun = prompt.rpartition("<|fim_suffix|><|fim_middle|>")
        pieces = _PIECE.findall(self.answer(before.replace("<|fim_prefix|>", "") + begun))[: request.max_tokens]
        self._cached = prompt + "".join(pieces)
        first_s = self.speed.latency_ms / 1_000 + evaluated / self.speed.prompt_tokens_per_s
        steps: list[Step] = [Pause(first_s)]
        for piece in pieces:
            steps += [piece, Pause(1 / self.speed.decoded_tokens_per_s)]
        return steps

    def answer(self, before: str) -> str:
        """What it says after ``before``."""
        at = self.truth.find(before[-_FOUND_BY:])
        if at < 0:
            return WRONG
        at += len(before[-_FOUND_BY:])
        line_start = self.truth.rfind("\n", 0, at) + 1
        if at - line_start >= self._known_from(line_start):
            return "".join(self.truth[at:].splitlines(keepends=True)[:2])
        word = re.match(r"\s*\w+", self.truth[at:])
        inside = word is not None and self.truth[at - 1 : at].isalnum() and word.group()[0].isalnum()
        if word is None or (inside and not at) or _dice(f"word {at + word.end()}") > self.known_words:
            return WRONG
        return word.group() + "(" + WRONG

    def _known_from(self, line_start: int) -> float:
        if _dice(f"line {line_start}") > self.known_lines:
            return float("inf")
        return 30 * _dice(f"from {line_start}")


def _dice(what: str) -> float:
    return int.from_bytes(hashlib.sha256(what.encode()).digest()[:4], "big") / 2**32


def _shared(one: str, other: str) -> int:
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count
