"""How fast a backend reads prompts and how many tokens they are, as it says itself, and what follows from that: how
much of a file may be shown to it, and how long it may be silent before it says its first word.

A model on a CPU reads some hundred tokens a second. The window of a fast server would have it read for ten seconds
after each jump to other code, and nothing would be shown meanwhile. And a page of Chinese comments is three times as
many tokens as one of code.
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, evolve, field

from autothink_lsp.context.window import GROWN, WindowSize
from autothink_lsp.features.completion.model import CompletionUsage
from autothink_lsp.prompt.budget import TokenRate

CHARS_PER_TOKEN = 3.4  # in code, until the server has counted; sizes of windows are meant so
COLD_PROMPT_S = 3.0  # so long may a place that the model has not read take
MARKER_TOKENS = 64  # of the prompt for what stands around the window
WINDOW_SHARE = 0.7  # of a small context, before code from elsewhere
LEAST_SPARE_TOKENS, SPARE_STEP_TOKENS = 256, 128
LEAST_TOKENS = 24  # a handful is read in a batch of its own, at a speed that says nothing of a whole prompt's

# Without a word for so long a server hangs, and asking anew may help.
STALLED_MS = 4_000.0
UNKNOWN_MS = 15_000.0  # where it may have to read a whole prompt, and nobody knows yet how long that takes


@define
class PromptThroughput:
    """Of one endpoint. ``tokens_per_s`` is ``None`` until something has been seen, ``context_tokens`` where the server
    does not say how long a prompt and its answer may be together."""

    tokens_per_s: float | None = field(default=None, init=False)
    context_tokens: int | None = field(default=None, init=False)
    _rate: TokenRate = field(factory=lambda: TokenRate(CHARS_PER_TOKEN, CHARS_PER_TOKEN), init=False)
    _bounds: list[float] = field(factory=list, init=False)
    _measured: bool = field(default=False, init=False)

    def read(self, spent: CompletionUsage) -> None:
        """What the server says of a request."""
        tokens, took_ms = spent.prompt_evaluated_tokens, spent.prompt_ms
        if tokens is None or took_ms is None or tokens < LEAST_TOKENS or took_ms <= 0:
            return
        now = tokens * 1_000 / took_ms
        before = self.tokens_per_s if self._measured else None
        self.tokens_per_s = now if before is None else (before + now) / 2
        self._measured = True

    def counted(self, chars: int, tokens: int) -> None:
        """A prompt of so many characters was so many tokens."""
        self._rate = self._rate.observe(chars, tokens)

    @property
    def chars_per_token(self) -> float:
        """In what is sent to this server."""
        return self._rate.chars_per_token

    def unread(self, chars: int, after_ms: float) -> None:
        """Nothing was said to a prompt for so long: it is read no faster. Counts until something is measured; what
        short prompts wait for is something else."""
        if not self._measured and after_ms > 0 and chars >= LEAST_TOKENS * self.chars_per_token:
            # The second slowest: one request may have waited for a model to be loaded, or for another's.
            self._bounds = sorted((*self._bounds, chars / self.chars_per_token * 1_000 / after_ms))[:2]
            self.tokens_per_s = self._bounds[1] if len(self._bounds) == 2 else None

    def spare_tokens(self, size: WindowSize) -> int:
        """What it could read beside such a window in ``COLD_PROMPT_S``, in steps; 0 where it is not worth it, and where
        it is only known how fast it does not read."""
        if self.tokens_per_s is None or not self._measured:
            return 0
        spare = self.tokens_per_s * COLD_PROMPT_S - (size.prefix_chars + size.suffix_chars) / self.chars_per_token
        return int(spare // SPARE_STEP_TOKENS) * SPARE_STEP_TOKENS if spare >= LEAST_SPARE_TOKENS else 0

    def window(
        self, least: WindowSize, most: WindowSize, answer_tokens: int, block_tokens: Callable[[int | None], int]
    ) -> WindowSize:
        """As much as it reads in ``COLD_PROMPT_S``, within these bounds (sizes in code), and as fits into its context
        beside an answer and, as far as there is room, code from elsewhere: ``block_tokens`` of it, given a window's."""
        size = _scaled(self._by_speed(least, most), self.chars_per_token / CHARS_PER_TOKEN)
        if self.context_tokens is None:
            return size
        room = max(0, self.context_tokens - answer_tokens - MARKER_TOKENS)
        window = GROWN * (size.prefix_chars + size.suffix_chars) / self.chars_per_token  # as large as it may become
        blocks = block_tokens(size.block_tokens)
        if window + blocks <= room:
            return size
        share = min(1.0, (WINDOW_SHARE if blocks else 1.0) * room / window)
        left = max(0, room - int(window * share))
        return evolve(_scaled(size, share), most_block_tokens=min(blocks, left))

    def _by_speed(self, least: WindowSize, most: WindowSize) -> WindowSize:
        if self.tokens_per_s is None:
            return most
        chars = self.tokens_per_s * COLD_PROMPT_S * CHARS_PER_TOKEN
        whole, smallest = most.prefix_chars + most.suffix_chars, least.prefix_chars + least.suffix_chars
        if chars >= whole:
            return most
        if chars <= smallest:
            return least
        share = chars / whole
        return evolve(_scaled(most, share), block_tokens=least.block_tokens)

    def longest_silence_ms(self, chars: int) -> float:
        """Before the first word to a prompt of so many characters that it may have to read whole."""
        if self.tokens_per_s is None:
            return UNKNOWN_MS
        return STALLED_MS + 2 * chars / self.chars_per_token / self.tokens_per_s * 1_000


def _scaled(size: WindowSize, share: float) -> WindowSize:
    return WindowSize(round(share * size.prefix_chars), round(share * size.suffix_chars), size.block_tokens)
