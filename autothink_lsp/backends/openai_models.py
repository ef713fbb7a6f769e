"""Where an OpenAI-compatible API begins, and what its list of models says: which of them write text. Pure.

Servers list what they serve in any order, and embedding, reranking or speech models among it: LM Studio, Ollama,
LocalAI, LiteLLM, xinference, Together and the vendors' own APIs. What the list tells of a model's type goes before its
name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from autothink_lsp.backends.answers import count_of
from autothink_lsp.backends.endpoint import Endpoint
from autothink_lsp.backends.http import without_suffix


def api_base(endpoint: Endpoint) -> str:
    """The URL that the API's paths follow: the user's own, or ``/v1`` where it names no path."""
    base = without_suffix(endpoint.base_url, "/chat/completions", "/completions", "/models")
    return base if urlsplit(base).path else f"{base}/v1"


# Where lists say what a model is for: LM Studio and Together ``type``, xinference ``model_type``, Cloudflare and GitHub
# ``task``, LiteLLM ``mode``, Hugging Face ``pipeline_tag``.
_TYPE_FIELDS = ("type", "model_type", "task", "tasks", "mode", "kind", "pipeline_tag", "category")
_LANGUAGE_TYPE = re.compile(
    r"\A(?:llm|vlm|chat|chat[-_ ]?completions?|completions?|language|code|text[-_ ]?generation|generation|responses"
    r"|image[-_ ]?text[-_ ]?to[-_ ]?text|conversational|text2text[-_ ]?generation)\Z"
)
_OTHER_TYPE = re.compile(
    r"embed|rerank|image|video|audio|speech|voice|tts|stt|asr|transcri|translat|moderation|classif|similarity|vision\Z"
    r"|diffusion|feature[-_ ]extraction|detection|segmentation|reward|score\Z|ocr\Z"
)
_WORD = r"(?:\A|[^a-z0-9])"
_END = r"(?:\Z|[^a-z0-9])"
_OTHER_NAME = re.compile(
    r"embed(?!ded)|rerank|whisper|minilm|moderation|dall-?e|stable-?diffusion|diffusion|transcri|text-similarity"
    r"|text-search|paraphrase-|sentence-transformer|mpnet|colbert|splade|shieldgemma|guardian|musicgen|controlnet|wav2vec"
    rf"|{_WORD}(?:tts|stt|asr|xtts|clip|siglip\d*|bge|gte|e5|jina-(?:clip|colbert|reranker)|ranker|cross-encoder|sdxl|sd3"
    r"|flux\d*|(?:safe)?guard\d*|vae|audio|speech|voice|ocr|image|imagen|video|sora|veo|voyage|stella|uae|kokoro|piper|bark"
    rf"|parakeet|kontext|yolo\w*|trocr|donut|layoutlm\w*|reward|classifier|realtime|vad){_END}"
)


def default_model(entries: Sequence[Mapping[str, Any]]) -> str | None:
    """The first listed model that writes text; ``None`` where the list holds none."""
    usable = [entry for entry in entries if _may_write_text(entry)]
    named = next((entry for entry in usable if not _OTHER_NAME.search(_bare_name(entry))), None)
    typed = next((entry for entry in usable if any(_LANGUAGE_TYPE.match(told) for told in _types(entry))), None)
    found = named or typed
    return None if found is None else _name(found)


def _name(entry: Mapping[str, Any]) -> str:
    return str(entry["id"])


def _bare_name(entry: Mapping[str, Any]) -> str:
    """Without the folder or the organization in front: a path may hold any word."""
    return re.split(r"[/\\]", _name(entry).rstrip("/\\"))[-1].lower()


def _may_write_text(entry: Mapping[str, Any]) -> bool:
    """Whether nothing in the entry besides its name says that it writes no text."""
    if entry.get("active") is False:
        return False
    types = list(_types(entry))
    if any(_OTHER_TYPE.search(told) for told in types) and not any(_LANGUAGE_TYPE.match(told) for told in types):
        return False
    architecture = entry.get("architecture")
    for holder in (entry, architecture if isinstance(architecture, dict) else {}):
        modality, outputs = holder.get("modality"), holder.get("output_modalities")
        if isinstance(modality, str) and "->" in modality and "text" not in modality.rpartition("->")[2].lower():
            return False
        if isinstance(outputs, list) and outputs and "text" not in [str(each).lower() for each in outputs]:
            return False
    return _has_text_capability(entry.get("capabilities"))


def _has_text_capability(capabilities: object) -> bool:
    """Mistral lists flags, Ollama and llama.cpp words."""
    if isinstance(capabilities, dict):
        flags = [capabilities[name] for name in ("completion_chat", "completion_fim", "chat") if name in capabilities]
        return not flags or any(flag is not False for flag in flags)
    if isinstance(capabilities, list):
        words = [str(each).lower() for each in capabilities]
        others = any(_OTHER_TYPE.search(word) and word not in {"vision", "image", "audio"} for word in words)
        return not others or any(_LANGUAGE_TYPE.match(word) for word in words)
    return True


def _types(entry: Mapping[str, Any]) -> Iterator[str]:
    for name in _TYPE_FIELDS:
        value = entry.get(name)
        for each in value if isinstance(value, list) else (value,):
            told = each.get("name") or each.get("id") if isinstance(each, dict) else each
            if isinstance(told, str) and told:
                yield told.strip().lower()


def entries_of(value: object) -> list[dict[str, Any]] | None:
    """The models in an answer of ``/v1/models``; ``None`` where it is none."""
    entries = value.get("data") if isinstance(value, dict) else None
    if not isinstance(entries, list):
        return None
    return [entry for entry in entries if isinstance(entry, dict) and isinstance(entry.get("id"), str | int)]


def context_tokens_of(entry: dict[str, Any]) -> int | None:
    """vLLM says ``max_model_len``, llama.cpp ``meta.n_ctx``."""
    meta = entry.get("meta")
    return count_of(entry.get("max_model_len")) or (count_of(meta.get("n_ctx")) if isinstance(meta, dict) else None)
