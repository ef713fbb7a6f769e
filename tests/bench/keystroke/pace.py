"""How long the made-up model takes, and what it computes: a set latency, or the speed of a real one.

With a speed there is one lane and one cache, as in llama.cpp with one slot: the prompt's tokens that the cache does not
begin with are computed one after the other, and a request that is given up leaves behind what was computed of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Protocol

from attrs import define, field

from autothink_lsp.document.lines import equal_beginning
from tests.bench.keystroke.jobs import Job

# About what a code model's vocabulary does: words with their blank, digits and signs alone, a line's end with what
# indents the next, and an indentation alone as one token (Qwen2.5's: 15 blanks, then " name"). Typing on changes at
# most the last token.
_TOKEN = re.compile(r"<\|[a-z_]+\|>| +(?= [^ \n])| ?[A-Za-z_]{1,6}|\n *|[^\n]")
SPECIAL = frozenset(
    f"<|{name}|>"
    for name in (
        "fim_prefix fim_suffix fim_middle fim_pad repo_name file_sep endoftext im_start im_end".split()  # noqa: SIM905
    )
)


def tokens(text: str) -> list[str]:
    """The made-up vocabulary's tokens of ``text``."""
    found: list[str] = []
    for token in _TOKEN.findall(text):
        if token.startswith("<|") and token.endswith("|>") and token not in SPECIAL:
            found += token
        else:
            found.append(token)
    return found


class Pace(Protocol):
    """How an answer comes."""

    def answering(self, job: Job, prompt: str, answer: str) -> AsyncIterator[str]:
        """The pieces of ``answer`` at their times; what it computes is noted in ``job``."""
        ...


@define
class Latency:
    """Milliseconds from a request's arrival to the first piece and to the last. Any number at once."""

    first_ms: float = 60.0
    last_ms: float = 95.0
    clock: Callable[[], float] = time.perf_counter

    async def answering(self, job: Job, prompt: str, answer: str) -> AsyncIterator[str]:
        """Evenly."""
        pieces = list(_pieces(answer))
        step_ms = (self.last_ms - self.first_ms) / max(1, len(pieces) - 1)
        for number, piece in enumerate(pieces):
            due_s = job.arrived_s + (self.first_ms + number * step_ms) / 1_000
            await asyncio.sleep(max(0.0, due_s - self.clock()))
            yield piece


@define
class Speed:
    """Tokens a second, of prompts and of answers."""

    prefill: float
    decode: float
    clock: Callable[[], float] = time.perf_counter
    _cache: list[str] = field(factory=list)
    _lane: asyncio.Lock = field(factory=asyncio.Lock)

    @property
    def is_busy(self) -> bool:
        """Whether it computes."""
        return self._lane.locked()

    async def answering(self, job: Job, prompt: str, answer: str) -> AsyncIterator[str]:
        """When it is this one's turn: the prompt, then token by token."""
        async with self._lane:
            asked = tokens(prompt)
            cached = min(equal_beginning(self._cache, asked), len(asked) - 1)  # the last one is always computed anew
            with self._computing(job, asked, cached):
                await asyncio.sleep((len(asked) - cached) / self.prefill)
            for piece in tokens(answer):
                await asyncio.sleep(1 / self.decode)
                self._cache.append(piece)
                yield piece

    @contextlib.contextmanager
    def _computing(self, job: Job, asked: list[str], cached: int) -> Iterator[None]:
        began_s = self.clock()
        computed = 0
        try:
            yield
            computed = len(asked) - cached
        finally:
            spent_s = self.clock() - began_s
            if not computed:  # given up
                computed = min(len(asked) - cached, int(spent_s * self.prefill))
            job.computed_tokens, job.computed_ms = computed, spent_s * 1_000
            self._cache = asked[: cached + computed]


def _pieces(text: str, characters: int = 4) -> Iterator[str]:
    """About a token each; one empty piece of an empty answer."""
    yield from (text[at : at + characters] for at in range(0, max(1, len(text)), characters))
