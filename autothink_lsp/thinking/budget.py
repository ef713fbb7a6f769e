"""The thinking budget of a request: the share of the deadline, converted to tokens by the measured decode speed."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from autothink_lsp.thinking.mode import Effort
from autothink_lsp.thinking.signals import Capability, RequestKind, Signals

# First budgets in tokens (``docs/reference/autothink-format.md``, section 8).
LOW_TOKENS: Mapping[RequestKind, int] = MappingProxyType(
    {RequestKind.EXPLAIN: 512, RequestKind.FIX: 1024, RequestKind.DOCSTRING: 256, RequestKind.TYPES: 512}
)
DEFAULT_LOW_TOKENS = 1024
MEDIUM_FACTOR = 2
DEEP_TOKENS = 4096
# The largest share of the deadline that thinking may take.
THINKING_SHARE = 0.5
LEAST_TOKENS = 128


def low_budget(signals: Signals, capability: Capability) -> int:
    """The budget in tokens for the rung "think-low"; 0 if the deadline allows too few to be useful."""
    return _affordable(LOW_TOKENS.get(signals.kind, DEFAULT_LOW_TOKENS), signals, capability)


def medium_budget(signals: Signals, capability: Capability) -> int:
    """The budget in tokens for the rung "think-medium"; 0 if the deadline allows too few to be useful."""
    return _affordable(MEDIUM_FACTOR * LOW_TOKENS.get(signals.kind, DEFAULT_LOW_TOKENS), signals, capability)


def deep_budget(signals: Signals, capability: Capability) -> int:
    """The budget in tokens for a request for which the user chose thinking, at least ``LEAST_TOKENS``."""
    return max(LEAST_TOKENS, _affordable(DEEP_TOKENS, signals, capability))


def tokens_for(seconds: float, decode_tokens_per_s: float | None) -> int | None:
    """The number of tokens that can be generated in ``seconds``; ``None`` if the speed is unknown."""
    return None if decode_tokens_per_s is None else max(0, int(seconds * decode_tokens_per_s))


def effort_of(budget_tokens: int) -> Effort:
    """The effort level for a backend that takes a word instead of a number of tokens. The limits are litellm 1.109's
    (``docs/reference/autothink-format.md``, section 8)."""
    for limit, effort in ((128, Effort.MINIMAL), (1024, Effort.LOW), (2048, Effort.MEDIUM)):
        if budget_tokens <= limit:
            return effort
    return Effort.HIGH


def _affordable(wanted: int, signals: Signals, capability: Capability) -> int:
    allowed = tokens_for(THINKING_SHARE * signals.cost.deadline_ms / 1_000, signals.cost.decode_tokens_per_s)
    tokens = min(wanted, capability.max_thinking_tokens, wanted if allowed is None else allowed)
    return tokens if tokens >= LEAST_TOKENS else 0
