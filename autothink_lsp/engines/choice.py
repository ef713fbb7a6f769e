"""Chooses the model that ``embedded.model = "auto"`` means on this machine. Pure: its inputs are measured elsewhere.

The larger model is right far more often (single-line holes: about 83 % against 44 %), so it is chosen wherever it can
answer in time. An installed model is used at once; a better one that is not installed is only offered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrs import frozen

from autothink_lsp.engines.models.catalogue import CATALOGUE, ModelEntry
from autothink_lsp.engines.speed import MeasuredSpeed

ANSWER_TOKENS = 12
KEYSTROKE_TOKENS = 4
"""The prompt tokens evaluated for one keystroke (measured: 1 to 4, depending on the prompt order)."""
_WORKING_BYTES = 300 << 20
"""The memory of llama.cpp besides weights and context: repacked weights, buffers, Python (measured: 170-200 MiB)."""

PREFILL_OF_LARGER = 0.52
DECODE_OF_LARGER = 0.72
"""Speed of the 1.5B as a share of the 0.5B's on the same machine: 76 of 145 and 24 of 33 tokens a second."""


@frozen
class ModelChoice:
    """The chosen model. If it is not installed it must be downloaded first. ``offer`` is a better one to download.

    ``reason`` is a sentence for ``doctor`` and the log.
    """

    name: str
    installed: bool
    reason: str
    offer: str | None = None


@frozen
class Circumstances:
    """The inputs of the choice. ``speed_of`` returns the measured speed of a model by its name. ``context_tokens`` are
    those of all slots together."""

    installed: frozenset[str]
    available_memory_bytes: int | None
    speed_of: Callable[[str], MeasuredSpeed]
    deadline_ms: int
    context_tokens: int


def choose_model(circumstances: Circumstances, catalogue: Sequence[ModelEntry] = CATALOGUE) -> ModelChoice:
    """Return the choice. ``catalogue`` is ordered from small to large."""
    smallest = catalogue[0]
    for entry in reversed(catalogue[1:]):
        answer_ms = _answer_ms(entry, smallest, circumstances.speed_of)
        fits = _fits_memory(entry, circumstances)
        in_time = answer_ms is not None and answer_ms <= circumstances.deadline_ms
        if not (fits and in_time):
            continue
        measured = f"{ANSWER_TOKENS} tokens take about {answer_ms:.0f} of {circumstances.deadline_ms} ms"
        if entry.name in circumstances.installed:
            return ModelChoice(entry.name, True, f"{entry.name}: {measured}.")
        available = _available_model(circumstances, catalogue)
        reason = f"{available.name} is installed; this machine could run {entry.name} ({measured})."
        return ModelChoice(available.name, available.name in circumstances.installed, reason, offer=entry.name)
    available = _available_model(circumstances, catalogue)
    offer = smallest.name if circumstances.installed and smallest.name not in circumstances.installed else None
    return ModelChoice(
        available.name,
        available.name in circumstances.installed,
        f"{available.name}: {_why_not_larger(circumstances, catalogue)}.",
        offer=offer,
    )


def needed_memory_bytes(model_bytes: int, kv_bytes_per_token: int, context_tokens: int) -> int:
    """Return the memory of an engine: weights, context and llama.cpp itself."""
    return model_bytes + kv_bytes_per_token * context_tokens + _WORKING_BYTES


def _available_model(circumstances: Circumstances, catalogue: Sequence[ModelEntry]) -> ModelEntry:
    """Return the smallest installed model; if none is installed, the smallest one, which is downloaded fastest."""
    return next((entry for entry in catalogue if entry.name in circumstances.installed), catalogue[0])


def _answer_ms(entry: ModelEntry, smallest: ModelEntry, speed_of: Callable[[str], MeasuredSpeed]) -> float | None:
    """Return the time for a typical completion from the model's speed, else estimated from the smallest model's."""
    own, small = speed_of(entry.name), speed_of(smallest.name)
    prefill = own.prefill_tokens_per_s or _share(small.prefill_tokens_per_s, PREFILL_OF_LARGER)
    decode = own.decode_tokens_per_s or _share(small.decode_tokens_per_s, DECODE_OF_LARGER)
    if prefill is None or decode is None:
        return None
    return (KEYSTROKE_TOKENS / prefill + ANSWER_TOKENS / decode) * 1000


def _share(speed: float | None, share: float) -> float | None:
    return None if speed is None else speed * share


def _fits_memory(entry: ModelEntry, circumstances: Circumstances) -> bool:
    """Return whether the model and its contexts fit. False if the available memory is unknown."""
    if circumstances.available_memory_bytes is None:
        return False
    needed_bytes = needed_memory_bytes(entry.size_bytes, entry.kv_bytes_per_token, circumstances.context_tokens)
    return needed_bytes <= circumstances.available_memory_bytes


def _why_not_larger(circumstances: Circumstances, catalogue: Sequence[ModelEntry]) -> str:
    fitting = [entry for entry in catalogue[1:] if _fits_memory(entry, circumstances)]
    if not fitting:
        is_known = circumstances.available_memory_bytes is not None
        return "there is not enough memory for a larger model" if is_known else "the free memory is not known"
    if all(_answer_ms(entry, catalogue[0], circumstances.speed_of) is None for entry in fitting):
        return "the speed of this machine is not measured yet"
    if _available_model(circumstances, catalogue) in fitting:
        return f"it does not answer within {circumstances.deadline_ms} ms on this machine"
    return f"a larger model would not answer within {circumstances.deadline_ms} ms on this machine"
