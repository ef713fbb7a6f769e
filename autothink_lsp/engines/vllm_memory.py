"""Whether a model and its context fit into the GPUs, and what would. Pure: it is given the numbers."""

from __future__ import annotations

from collections.abc import Sequence

from autothink_lsp.engines.gpu import Gpu
from autothink_lsp.engines.model_size import ModelSize
from autothink_lsp.errors import EngineError
from autothink_lsp.settings.engines import VllmSettings

_GIB = 1 << 30
WORKING_BYTES = 3 * _GIB // 2
"""What a GPU needs besides weights and cache: activations, graphs, the driver's context."""
_SMALLEST_CONTEXT_TOKENS = 2048


def check_memory(model: str, size: ModelSize | None, found: Sequence[Gpu], settings: VllmSettings) -> None:
    """Raises ``EngineError`` that says what fits. Where nothing is known, vLLM itself will find out."""
    if size is None or not found:
        return
    if settings.tensor_parallel > len(found):
        raise EngineError(
            f"vllm.tensor_parallel is {settings.tensor_parallel}, but this machine has {len(found)} GPU"
            f"{'s' if len(found) > 1 else ''}.",
            hint="vLLM runs over several machines too: examples/team says how to point editors at such a server.",
        )
    used = sorted(found, key=lambda gpu: -gpu.total_bytes)[: settings.tensor_parallel]
    smallest = min(used, key=lambda gpu: gpu.total_bytes)
    share = smallest.total_bytes * settings.gpu_memory_percent // 100
    budget = (share - WORKING_BYTES) * len(used)
    kv_bytes = size.kv_bytes_per_token or 0
    needed = size.weights_bytes + kv_bytes * settings.context_tokens
    if needed > budget:
        raise EngineError(
            _too_much(model, size, settings, used, budget), hint=_what_fits(size, settings, found, budget)
        )
    least_free = min(gpu.free_bytes for gpu in used)
    if least_free < share:
        raise EngineError(
            f"Only {_gib(least_free)} of the {_gib(smallest.total_bytes)} of {smallest.name} are free, and vLLM wants "
            f"{settings.gpu_memory_percent} % of all.",
            hint=f"End what else uses it, or set vllm.gpu_memory_percent to {_percent_free(least_free, smallest)}.",
        )


def _too_much(model: str, size: ModelSize, settings: VllmSettings, used: Sequence[Gpu], budget: int) -> str:
    kv = size.kv_bytes_per_token
    cache = f" and {_gib(kv * settings.context_tokens)} for {settings.context_tokens:,} tokens of context" if kv else ""
    about = "" if size.measured else "about "
    where = f"{len(used)} × {used[0].name}" if len(used) > 1 else used[0].name
    return (
        f"{model} does not fit: its weights take {about}{_gib(size.weights_bytes)}{cache}; "
        f"{where} leaves {_gib(max(0, budget))} for both."
    )


def _what_fits(size: ModelSize, settings: VllmSettings, found: Sequence[Gpu], budget: int) -> str:
    left = budget - size.weights_bytes
    if size.kv_bytes_per_token and left > 0:
        tokens = left // size.kv_bytes_per_token // 1024 * 1024
        if tokens >= _SMALLEST_CONTEXT_TOKENS:
            return f"A context of {tokens:,} tokens fits: set vllm.context_tokens to {tokens}."
    spread = next((n for n in (2, 4, 8) if settings.tensor_parallel < n <= len(found)), None)
    if spread is not None and size.weights_bytes < budget // settings.tensor_parallel * spread:
        return f"Spread over {spread} GPUs it may fit: set vllm.tensor_parallel to {spread}."
    quarter = int(size.weights_bytes * 4.8 / 16)
    if quarter < budget:
        return f"A 4-bit version (AWQ, GPTQ) would take about {_gib(quarter)} and fits; or take a smaller model."
    return f"Not even a 4-bit version (about {_gib(quarter)}) fits: take a smaller model, or a server elsewhere (url)."


def _percent_free(free: int, gpu: Gpu) -> int:
    return max(5, free * 100 // gpu.total_bytes - 2)


def _gib(count: int) -> str:
    return f"{count / _GIB:.1f} GiB"
