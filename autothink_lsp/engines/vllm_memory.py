"""How much memory a model needs, and whether vLLM's GPUs have it.

Reads the model's files on this machine. The check itself is pure: it is given the sizes and the GPUs.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from autothink_lsp.engines.machine import Gpu
from autothink_lsp.errors import EngineError
from autothink_lsp.settings.engines import VllmSettings

_GIB = 1 << 30
WORKING_BYTES = 3 * _GIB // 2
"""The memory of a GPU for what is neither weights nor cache: activations, graphs, the driver's context."""
_SMALLEST_CONTEXT_TOKENS = 2048
_PARAMETERS = re.compile(r"(?<![\d.])(\d+(?:\.\d+)?)\s*([bm])(?![a-z])", re.IGNORECASE)
# Bits of one weight by the name of the quantization method, with scales and unquantized layers included.
_BITS = ((r"awq|gptq|int4|4bit|w4a16|nvfp4|mxfp4", 4.8), (r"fp8|int8|8bit|w8a8", 8.3))
_WEIGHT_FILES = ("*.safetensors", "*.bin", "*.gguf")


@frozen
class ModelSize:
    """The memory that a model needs. ``kv_bytes_per_token`` is ``None`` without a config file.

    ``measured`` is true if the sizes are from the model's files, false if they are an estimate from its name.
    """

    weights_bytes: int
    kv_bytes_per_token: int | None
    context_tokens: int | None = None
    measured: bool = False


def estimate_model_size(model: str, environ: Mapping[str, str] | None = None) -> ModelSize | None:
    """Return the size of ``model`` (a folder, or a name on the Hub), ``None`` if it cannot be determined.

    From ``config.json`` and the weight files if the model is on this machine (in the folder, or in Hugging Face's
    cache), else from the number of parameters in its name ("KAT-V1-40B").
    """
    folder = local_folder(model, environ)
    config = _config(folder)
    bits = _bits(model, config)
    weights = _weights_on_disk(folder) or _weights_from_config(config, bits) or _weights_from_name(model, bits)
    if weights is None:
        return None
    return ModelSize(weights, _kv_bytes(config), _int(config, "max_position_embeddings"), measured=bool(config))


def local_folder(model: str, environ: Mapping[str, str] | None = None) -> Path | None:
    """Return the folder of the model on this machine, ``None`` if it has to be downloaded."""
    environ = os.environ if environ is None else environ
    path = Path(model).expanduser()
    if path.is_dir():
        return path
    home = Path(environ.get("HF_HOME") or Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "huggingface")
    cache = Path(environ.get("HF_HUB_CACHE") or home / "hub")
    snapshots = cache / f"models--{model.replace('/', '--')}" / "snapshots"
    try:
        return max((each for each in snapshots.iterdir() if each.is_dir()), key=lambda each: each.stat().st_mtime)
    except (OSError, ValueError):
        return None


def check_memory(model: str, size: ModelSize | None, found: Sequence[Gpu], settings: VllmSettings) -> None:
    """Raise ``EngineError`` with a hint if the model and its context do not fit into the GPUs.

    Does nothing if the model's size or the GPUs are not known: then vLLM reports it.
    """
    if size is None or not found:
        return
    if settings.tensor_parallel > len(found):
        raise EngineError(
            f"vllm.tensor_parallel is {settings.tensor_parallel}, but this machine has {len(found)} GPU"
            f"{'s' if len(found) > 1 else ''}.",
            hint="For a server on several machines, see examples/team.",
        )
    used = sorted(found, key=lambda gpu: -gpu.total_bytes)[: settings.tensor_parallel]
    smallest = min(used, key=lambda gpu: gpu.total_bytes)
    share = smallest.total_bytes * settings.gpu_memory_percent // 100
    budget = (share - WORKING_BYTES) * len(used)
    kv_bytes = size.kv_bytes_per_token or 0
    needed = size.weights_bytes + kv_bytes * settings.context_tokens
    if needed > budget:
        raise EngineError(
            _describe_need(model, size, settings, used, budget), hint=_suggest(size, settings, found, budget)
        )
    least_free = min(gpu.free_bytes for gpu in used)
    if least_free < share:
        raise EngineError(
            f"Only {_gib(least_free)} of the {_gib(smallest.total_bytes)} of {smallest.name} are free, but vLLM needs "
            f"{settings.gpu_memory_percent} % of all.",
            hint="End other programs that use the GPU, or set vllm.gpu_memory_percent to "
            f"{_percent_free(least_free, smallest)}.",
        )


def _describe_need(model: str, size: ModelSize, settings: VllmSettings, used: Sequence[Gpu], budget: int) -> str:
    kv = size.kv_bytes_per_token
    cache = f" and {_gib(kv * settings.context_tokens)} for {settings.context_tokens:,} tokens of context" if kv else ""
    about = "" if size.measured else "about "
    where = f"{len(used)} × {used[0].name}" if len(used) > 1 else used[0].name
    return (
        f"{model} does not fit: its weights take {about}{_gib(size.weights_bytes)}{cache}; "
        f"{where} has {_gib(max(0, budget))} for both."
    )


def _suggest(size: ModelSize, settings: VllmSettings, found: Sequence[Gpu], budget: int) -> str:
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
        return f"A 4-bit version (AWQ, GPTQ) would take about {_gib(quarter)} and fits; or use a smaller model."
    return (
        f"Not even a 4-bit version (about {_gib(quarter)}) fits: "
        "use a smaller model, or a server on another machine (url)."
    )


def _percent_free(free: int, gpu: Gpu) -> int:
    return max(5, free * 100 // gpu.total_bytes - 2)


def _gib(count: int) -> str:
    return f"{count / _GIB:.1f} GiB"


def _config(folder: Path | None) -> dict[str, Any]:
    if folder is None:
        return {}
    try:
        value = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    value = value if isinstance(value, dict) else {}
    inner = value.get("text_config")
    return {**value, **inner} if isinstance(inner, dict) else value


def _weights_on_disk(folder: Path | None) -> int | None:
    if folder is None:
        return None
    for pattern in _WEIGHT_FILES:
        try:
            if total := sum(file.stat().st_size for file in folder.glob(pattern)):
                return total
        except OSError:
            return None
    return None


def _weights_from_config(config: Mapping[str, Any], bits: float) -> int | None:
    """Return the bytes of a dense decoder's weights from its shape, ``None`` for a mixture of experts."""
    hidden, layers, inner = (_int(config, name) for name in ("hidden_size", "num_hidden_layers", "intermediate_size"))
    vocabulary = _int(config, "vocab_size")
    if not (hidden and layers and inner and vocabulary) or any("expert" in name for name in config):
        return None
    heads = _int(config, "num_attention_heads") or 1
    kv = (_int(config, "num_key_value_heads") or heads) * (_int(config, "head_dim") or hidden // heads)
    layer = 2 * hidden * hidden + 2 * hidden * kv + 3 * hidden * inner
    embeddings = vocabulary * hidden * (1 if config.get("tie_word_embeddings") else 2)
    return int(layers * layer * bits / 8 + embeddings * 2)


def _weights_from_name(model: str, bits: float) -> int | None:
    sizes = [float(number) * (1e9 if unit in "bB" else 1e6) for number, unit in _PARAMETERS.findall(model)]
    return int(max(sizes) * bits / 8) if sizes else None


def _bits(model: str, config: Mapping[str, Any]) -> float:
    method = config.get("quantization_config")
    text = f"{model} {method.get('quant_method', '') if isinstance(method, dict) else ''}".lower()
    return next((bits for pattern, bits in _BITS if re.search(pattern, text)), 16.0)


def _kv_bytes(config: Mapping[str, Any]) -> int | None:
    """Return the bytes of one token's keys and values in all layers, at 16 bits."""
    layers, hidden = _int(config, "num_hidden_layers"), _int(config, "hidden_size")
    heads = _int(config, "num_attention_heads")
    if not (layers and hidden and heads):
        return None
    kv_heads = _int(config, "num_key_value_heads") or heads
    return 2 * layers * kv_heads * (_int(config, "head_dim") or hidden // heads) * 2


def _int(config: Mapping[str, Any], name: str) -> int | None:
    value = config.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
