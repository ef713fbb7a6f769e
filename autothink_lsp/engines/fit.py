"""Whether a model fits into this machine's memory, and how fast it will be. Pure: its inputs are measured elsewhere."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from attrs import frozen

from autothink_lsp.engines.choice import DECODE_OF_LARGER, PREFILL_OF_LARGER, needed_memory_bytes
from autothink_lsp.engines.models.catalogue import QWEN_CODER_05B, QWEN_CODER_15B, ModelEntry
from autothink_lsp.engines.speed import MeasuredSpeed

_SMALL_BYTES, _LARGE_BYTES = QWEN_CODER_05B.size_bytes, QWEN_CODER_15B.size_bytes


@frozen
class ModelFit:
    """``fits`` is ``None`` if the free memory is unknown, ``tokens_per_s`` if no speed was measured on this machine.

    ``is_measured`` tells a measured speed from one that is estimated from another model's.
    """

    memory_bytes: int
    fits: bool | None
    tokens_per_s: float | None
    is_measured: bool


@frozen
class EstimatedSpeed:
    """Tokens per second of a model on this machine; ``is_measured`` tells a measured speed from an estimated one."""

    prefill_tokens_per_s: float
    decode_tokens_per_s: float
    is_measured: bool


@frozen
class KnownSpeed:
    """A speed that was measured here, and the bytes of weights that its model reads for a token."""

    name: str
    active_bytes: int
    speed: MeasuredSpeed


def estimate_speed(name: str, active_bytes: int, known: Iterable[KnownSpeed]) -> EstimatedSpeed | None:
    """Return the speed of a model that reads ``active_bytes`` for a token; ``None`` if no model was measured here.

    Between the 0.5B and the 1.5B of Qwen2.5-Coder the estimate follows their measured ratio (choice.py). A larger model
    is taken to be slower in proportion to what it reads: decoding is limited by the memory's bandwidth there.
    """
    usable = [one for one in known if one.speed.prefill_tokens_per_s and one.speed.decode_tokens_per_s]
    if not usable or active_bytes <= 0:
        return None
    nearest = min(usable, key=lambda one: (one.name != name, abs(one.active_bytes - active_bytes)))
    prefill, decode = nearest.speed.prefill_tokens_per_s or 0.0, nearest.speed.decode_tokens_per_s or 0.0
    if nearest.name == name:
        return EstimatedSpeed(prefill, decode, is_measured=True)
    return EstimatedSpeed(
        prefill * _share(active_bytes, PREFILL_OF_LARGER) / _share(nearest.active_bytes, PREFILL_OF_LARGER),
        decode * _share(active_bytes, DECODE_OF_LARGER) / _share(nearest.active_bytes, DECODE_OF_LARGER),
        is_measured=False,
    )


def model_fit(
    entry: ModelEntry,
    *,
    context_tokens: int,
    free_bytes: int | None,
    speed_of: Callable[[str], MeasuredSpeed],
    measured: Iterable[ModelEntry],
) -> ModelFit:
    """Return the fit of a model with ``context_tokens`` of context in all. ``measured`` are models whose speed may be
    known."""
    memory_bytes = needed_memory_bytes(entry.total_bytes, entry.kv_bytes_per_token, context_tokens)
    fits = None if free_bytes is None else memory_bytes <= free_bytes
    own = speed_of(entry.name).decode_tokens_per_s
    if own is not None:
        return ModelFit(memory_bytes, fits, own, is_measured=True)
    known = [KnownSpeed(one.name, one.active_bytes, speed_of(one.name)) for one in measured]
    speed = estimate_speed(entry.name, entry.active_bytes, known)
    return ModelFit(memory_bytes, fits, speed.decode_tokens_per_s if speed else None, is_measured=False)


def _share(active_bytes: int, of_larger: float) -> float:
    """The speed of a model as a share of the 0.5B's. ``of_larger`` is the measured share of the 1.5B."""
    if active_bytes >= _LARGE_BYTES:
        return of_larger * _LARGE_BYTES / active_bytes
    # A power of the size that is 1 for the 0.5B and ``of_larger`` for the 1.5B.
    exponent = math.log(of_larger) / math.log(_LARGE_BYTES / _SMALL_BYTES)
    return (active_bytes / _SMALL_BYTES) ** exponent
