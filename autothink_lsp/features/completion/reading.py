"""How fast a backend reads prompts, as measured, and what follows from that: how much of a file may be shown to it, and
how long it may be silent before it says its first word.

A model on a CPU reads some hundred tokens a second. The window of a fast server would have it read for ten seconds
after each jump to other code, and nothing would be shown meanwhile.
"""

from __future__ import annotations

from attrs import define, field

from autothink_lsp.context.window import WindowSize
from autothink_lsp.features.completion.query import Spent

CHARS_PER_TOKEN = 3.4  # in code; the same as ``launch.py`` counts with
COLD_PROMPT_S = 3.0  # so long may a place that the model has not read take
LEAST_TOKENS = 24  # a handful is read in a batch of its own, at a speed that says nothing of a whole prompt's

# Without a word for so long a server hangs, and asking anew may help.
STALLED_MS = 4_000.0
UNKNOWN_MS = 15_000.0  # where it may have to read a whole prompt, and nobody knows yet how long that takes


@define
class ReadingSpeed:
    """Of one endpoint. ``tokens_per_s`` is ``None`` until something has been seen."""

    tokens_per_s: float | None = field(default=None, init=False)
    _measured: bool = field(default=False, init=False)

    def read(self, spent: Spent) -> None:
        """What the server says of a request."""
        tokens, took_ms = spent.prompt_evaluated_tokens, spent.prompt_ms
        if tokens is None or took_ms is None or tokens < LEAST_TOKENS or took_ms <= 0:
            return
        now = tokens * 1_000 / took_ms
        before = self.tokens_per_s if self._measured else None
        self.tokens_per_s = now if before is None else (before + now) / 2
        self._measured = True

    def unread(self, chars: int, after_ms: float) -> None:
        """Nothing was said to a prompt for so long: it is read no faster. Counts until something is measured."""
        if not self._measured and after_ms > 0:
            most = chars / CHARS_PER_TOKEN * 1_000 / after_ms
            self.tokens_per_s = min(most, self.tokens_per_s or most)

    def window(self, least: WindowSize, most: WindowSize) -> WindowSize:
        """As much as it reads in ``COLD_PROMPT_S``, within these bounds."""
        if self.tokens_per_s is None:
            return most
        chars = self.tokens_per_s * COLD_PROMPT_S * CHARS_PER_TOKEN
        whole, smallest = most.prefix_chars + most.suffix_chars, least.prefix_chars + least.suffix_chars
        if chars >= whole:
            return most
        if chars <= smallest:
            return least
        share = chars / whole
        return WindowSize(round(share * most.prefix_chars), round(share * most.suffix_chars), least.block_tokens)

    def longest_silence_ms(self, chars: int) -> float:
        """Before the first word to a prompt of so many characters that it may have to read whole."""
        if self.tokens_per_s is None:
            return UNKNOWN_MS
        return STALLED_MS + 2 * chars / CHARS_PER_TOKEN / self.tokens_per_s * 1_000
