"""How much memory a model on disk or on the hub will take: its weights, and a token of its KV cache.

From ``config.json`` and the weight files where the model is on this machine (a folder, or Hugging Face's cache); else
from the number of parameters in its name, which is how models are named ("KAT-V1-40B").
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

_PARAMETERS = re.compile(r"(?<![\d.])(\d+(?:\.\d+)?)\s*([bm])(?![a-z])", re.IGNORECASE)
# Bits of a weight by what quantised models call themselves; scales and unquantised layers are in these.
_BITS = ((r"awq|gptq|int4|4bit|w4a16|nvfp4|mxfp4", 4.8), (r"fp8|int8|8bit|w8a8", 8.3))
_WEIGHT_FILES = ("*.safetensors", "*.bin", "*.gguf")


@frozen
class ModelSize:
    """``kv_bytes_per_token`` is ``None`` where no config tells it; ``measured`` says that files were looked at."""

    weights_bytes: int
    kv_bytes_per_token: int | None
    context_tokens: int | None = None
    measured: bool = False


def model_size(model: str, environ: Mapping[str, str] | None = None) -> ModelSize | None:
    """``None`` where nothing tells it."""
    folder = local_folder(model, environ)
    config = _config(folder)
    bits = _bits(model, config)
    weights = _weights_on_disk(folder) or _weights_of(config, bits) or _weights_by_name(model, bits)
    if weights is None:
        return None
    return ModelSize(weights, _kv_bytes(config), _int(config, "max_position_embeddings"), measured=bool(config))


def local_folder(model: str, environ: Mapping[str, str] | None = None) -> Path | None:
    """Where the model is on this machine; ``None`` where it would have to be downloaded."""
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


def _weights_of(config: Mapping[str, Any], bits: float) -> int | None:
    """A decoder's parameters from its shape; mixtures of experts are counted by their files only."""
    hidden, layers, inner = (_int(config, name) for name in ("hidden_size", "num_hidden_layers", "intermediate_size"))
    vocabulary = _int(config, "vocab_size")
    if not (hidden and layers and inner and vocabulary) or any("expert" in name for name in config):
        return None
    heads = _int(config, "num_attention_heads") or 1
    kv = (_int(config, "num_key_value_heads") or heads) * (_int(config, "head_dim") or hidden // heads)
    layer = 2 * hidden * hidden + 2 * hidden * kv + 3 * hidden * inner
    embeddings = vocabulary * hidden * (1 if config.get("tie_word_embeddings") else 2)
    return int(layers * layer * bits / 8 + embeddings * 2)


def _weights_by_name(model: str, bits: float) -> int | None:
    sizes = [float(number) * (1e9 if unit in "bB" else 1e6) for number, unit in _PARAMETERS.findall(model)]
    return int(max(sizes) * bits / 8) if sizes else None


def _bits(model: str, config: Mapping[str, Any]) -> float:
    method = config.get("quantization_config")
    says = f"{model} {method.get('quant_method', '') if isinstance(method, dict) else ''}".lower()
    return next((bits for pattern, bits in _BITS if re.search(pattern, says)), 16.0)


def _kv_bytes(config: Mapping[str, Any]) -> int | None:
    """Keys and values of all layers at 16 bits."""
    layers, hidden = _int(config, "num_hidden_layers"), _int(config, "hidden_size")
    heads = _int(config, "num_attention_heads")
    if not (layers and hidden and heads):
        return None
    kv_heads = _int(config, "num_key_value_heads") or heads
    return 2 * layers * kv_heads * (_int(config, "head_dim") or hidden // heads) * 2


def _int(config: Mapping[str, Any], name: str) -> int | None:
    value = config.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
