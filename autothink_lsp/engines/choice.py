"""Which model ``embedded.model = "auto"`` means on this machine. A pure decision on numbers that others measured.

The larger model is right far more often (single-line holes: about 83 % against 44 %), so it is taken wherever it can
answer in time. It is never the reason for a wait: what is installed is used at once, the rest is an offer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrs import frozen

from autothink_lsp.engines.models.catalogue import CATALOGUE, ModelEntry
from autothink_lsp.engines.speed import MeasuredSpeed

ANSWER_TOKENS = 12
KEYSTROKE_TOKENS = 4
"""Prompt tokens that a keystroke makes the model evaluate (measured: 1 to 4, by the prompt's order)."""
_WORKING_BYTES = 300 << 20
"""What llama.cpp takes besides weights and context: repacked weights, buffers, Python (measured: 170 to 200 MiB)."""

_PREFILL_OF_LARGER = 0.52
_DECODE_OF_LARGER = 0.72
"""Speed of the 1.5B as a share of the 0.5B's on the same machine: 76 of 145 and 24 of 33 tokens a second."""


@frozen
class ModelChoice:
    """``name`` is the model to run; it may have to be fetched first. ``offer`` is one that would be worth fetching.

    ``reason`` is a sentence for ``doctor`` and the log.
    """

    name: str
    installed: bool
    reason: str
    offer: str | None = None


@frozen
class Circumstances:
    """What the decision depends on. ``speed_of`` gives what was measured of a model by its name."""

    installed: frozenset[str]
    available_memory_bytes: int | None
    speed_of: Callable[[str], MeasuredSpeed]
    deadline_ms: int
    context_tokens: int


def choose_model(circumstances: Circumstances, catalogue: Sequence[ModelEntry] = CATALOGUE) -> ModelChoice:
    """See the module's docstring. ``catalogue`` is ordered from small to large."""
    smallest = catalogue[0]
    for entry in reversed(catalogue[1:]):
        answer_ms = _answer_ms(entry, smallest, circumstances.speed_of)
        fits = _fits_memory(entry, circumstances)
        in_time = answer_ms is not None and answer_ms <= circumstances.deadline_ms
        if not (fits and in_time):
            continue
        measured = f"{ANSWER_TOKENS} tokens take it about {answer_ms:.0f} ms of {circumstances.deadline_ms} ms"
        if entry.name in circumstances.installed:
            return ModelChoice(entry.name, True, f"{entry.name}: {measured}.")
        available = _without_fetching(circumstances, catalogue)
        reason = f"{available.name} is there; this machine would run {entry.name} in time ({measured})."
        return ModelChoice(available.name, available.name in circumstances.installed, reason, offer=entry.name)
    available = _without_fetching(circumstances, catalogue)
    offer = smallest.name if circumstances.installed and smallest.name not in circumstances.installed else None
    return ModelChoice(
        available.name,
        available.name in circumstances.installed,
        f"{available.name}: {_why_not_larger(circumstances, catalogue)}.",
        offer=offer,
    )


def _without_fetching(circumstances: Circumstances, catalogue: Sequence[ModelEntry]) -> ModelEntry:
    """The smallest one that is there; where none is, the smallest is also the quickest to fetch."""
    return next((entry for entry in catalogue if entry.name in circumstances.installed), catalogue[0])


def _answer_ms(entry: ModelEntry, smallest: ModelEntry, speed_of: Callable[[str], MeasuredSpeed]) -> float | None:
    """Time for a typical answer to a keystroke: from the model's own speed, else guessed from the smallest one's."""
    own, small = speed_of(entry.name), speed_of(smallest.name)
    prefill = own.prefill_tokens_per_s or _share(small.prefill_tokens_per_s, _PREFILL_OF_LARGER)
    decode = own.decode_tokens_per_s or _share(small.decode_tokens_per_s, _DECODE_OF_LARGER)
    if prefill is None or decode is None:
        return None
    return (KEYSTROKE_TOKENS / prefill + ANSWER_TOKENS / decode) * 1000


def _share(speed: float | None, share: float) -> float | None:
    return None if speed is None else speed * share


def _fits_memory(entry: ModelEntry, circumstances: Circumstances) -> bool:
    """Memory of unknown size is not counted on."""
    if circumstances.available_memory_bytes is None:
        return False
    needed_bytes = entry.size_bytes + 2 * circumstances.context_tokens * entry.kv_bytes_per_token + _WORKING_BYTES
    return needed_bytes <= circumstances.available_memory_bytes


def _why_not_larger(circumstances: Circumstances, catalogue: Sequence[ModelEntry]) -> str:
    if not any(_fits_memory(entry, circumstances) for entry in catalogue[1:]):
        return "there is no memory for a larger one"
    speed = circumstances.speed_of(catalogue[0].name)
    if speed.prefill_tokens_per_s is None or speed.decode_tokens_per_s is None:
        return "this machine's speed is not measured yet"
    return f"a larger one would not answer within {circumstances.deadline_ms} ms here"
