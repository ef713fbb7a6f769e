"""How many characters of prefix and suffix fit into a number of tokens, without a tokenizer. Pure.

Characters per token differ by language and model (code about 3, Chinese comments about 1), so the rate is estimated
from the counts in servers' responses. The rate in use changes in steps: each change moves the window, and a moved
window costs a complete prefill.
"""

from __future__ import annotations

from autothink_lsp.prompt.fim.family import Order
from autothink_lsp.values import frozen

_SUFFIX_SHARE: dict[Order, float] = {
    "psm": 0.15,  # evaluated again at every keystroke
    "spm": 0.25,
    "joined": 0.25,
    "ctx": 0.25,
    "plain": 0.0,
}
_COMMENT_COST = 1.25  # two more tokens for each line of about eight
_LEARN = 0.2
_STEP = 0.15


@frozen
class TokenRate:
    """Characters per token. Callers use ``chars_per_token``; the other fields are the running estimate."""

    chars_per_token: float = 2.8
    measured: float = 2.8
    seen: int = 0

    def observe(self, prompt_chars: int, prompt_tokens: int | None) -> TokenRate:
        """The rate after one more response. Prompts of fewer than 64 tokens are ignored as too small a sample."""
        if not prompt_tokens or prompt_tokens < 64:
            return self
        now = min(8.0, max(0.5, prompt_chars / prompt_tokens))
        measured = now if not self.seen else self.measured + _LEARN * (now - self.measured)
        moved = abs(measured - self.chars_per_token) > _STEP * self.chars_per_token
        return TokenRate(measured if moved else self.chars_per_token, measured, self.seen + 1)


@frozen
class CharBudget:
    """The maximum number of characters before and after the cursor."""

    prefix: int
    suffix: int


def fit(
    prompt_tokens: int,
    rate: TokenRate,
    order: Order,
    *,
    prefix_chars: int,
    suffix_chars: int,
    reserved_tokens: int = 16,
) -> CharBudget:
    """Share ``prompt_tokens`` between both sides of the cursor; what one side does not need goes to the other.

    ``reserved_tokens`` are for the FIM markers. With psm the suffix never gets more than its share.
    """
    chars = max(0, int((prompt_tokens - reserved_tokens) * rate.chars_per_token))
    cost = _COMMENT_COST if order == "ctx" else 1.0
    share = int(chars * _SUFFIX_SHARE[order] / cost)
    suffix = min(suffix_chars, share)
    prefix = min(prefix_chars, chars - int(suffix * cost))
    if order not in {"psm", "plain"}:
        suffix = min(suffix_chars, int((chars - prefix) / cost))
    return CharBudget(prefix, suffix)
