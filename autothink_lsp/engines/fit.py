"""Whether a model fits into this machine's memory, and how fast it will be. Pure: its inputs are measured elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from attrs import frozen

from autothink_lsp.engines.choice import needed_memory_bytes
from autothink_lsp.engines.models.catalogue import ModelEntry
from autothink_lsp.engines.speed import MeasuredSpeed


@frozen
class ModelFit:
    """``fits`` is ``None`` if the free memory is unknown, ``tokens_per_s`` if no speed was measured on this machine.

    ``is_measured`` tells a measured speed from one that is estimated from another model's.
    """

    memory_bytes: int
    fits: bool | None
    tokens_per_s: float | None
    is_measured: bool


def model_fit(
    entry: ModelEntry,
    *,
    context_tokens: int,
    free_bytes: int | None,
    speed_of: Callable[[str], MeasuredSpeed],
    measured: Iterable[ModelEntry],
) -> ModelFit:
    """Return the fit of a model with ``context_tokens`` of context in all. ``measured`` are models whose speed may be
    known.

    Decoding reads all weights for each token, so its speed is taken to be inversely proportional to the file's size
    (measured for the 0.5B and the 1.5B of Qwen2.5-Coder: 33 and 24 tokens a second at 491 and 1,117 MB, so a larger
    model is faster than estimated).
    """
    memory_bytes = needed_memory_bytes(entry.total_bytes, entry.kv_bytes_per_token, context_tokens)
    fits = None if free_bytes is None else memory_bytes <= free_bytes
    own = speed_of(entry.name).decode_tokens_per_s
    if own is not None:
        return ModelFit(memory_bytes, fits, own, is_measured=True)
    known = [(one, speed) for one in measured if (speed := speed_of(one.name).decode_tokens_per_s) is not None]
    if not known:
        return ModelFit(memory_bytes, fits, None, is_measured=False)
    nearest, speed = min(known, key=lambda pair: abs(pair[0].total_bytes - entry.total_bytes))
    return ModelFit(memory_bytes, fits, speed * nearest.total_bytes / entry.total_bytes, is_measured=False)
