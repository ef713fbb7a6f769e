"""Where an OpenAI-compatible API begins, and what its list of models says. Pure."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from autothink_lsp.backends.answers import count_of
from autothink_lsp.backends.endpoint import Endpoint
from autothink_lsp.backends.http import without_suffix


def api_base(endpoint: Endpoint) -> str:
    """The URL that the API's paths follow: the user's own, or ``/v1`` where it names no path."""
    base = without_suffix(endpoint.base_url, "/chat/completions", "/completions", "/models")
    return base if urlsplit(base).path else f"{base}/v1"


def entries_of(value: object) -> list[dict[str, Any]] | None:
    """The models in an answer of ``/v1/models``; ``None`` where it is none."""
    entries = value.get("data") if isinstance(value, dict) else None
    if not isinstance(entries, list):
        return None
    return [entry for entry in entries if isinstance(entry, dict) and "id" in entry]


def context_tokens_of(entry: dict[str, Any]) -> int | None:
    """vLLM says ``max_model_len``, llama.cpp ``meta.n_ctx``."""
    meta = entry.get("meta")
    return count_of(entry.get("max_model_len")) or (count_of(meta.get("n_ctx")) if isinstance(meta, dict) else None)
