"""The base path of an OpenAI-compatible API, and its list of models: which of them generate text. Pure.

Servers list what they serve in any order, among it embedding, reranking and speech models: LM Studio, Ollama, LocalAI,
LiteLLM, xinference, Together and the vendors' own APIs. A model's type in the list overrides its name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from autothink_lsp.backends.endpoint import Endpoint, host_of
from autothink_lsp.backends.http import without_suffix
from autothink_lsp.backends.response_fields import count_of


def api_base(endpoint: Endpoint) -> str:
    """The URL that the API's paths are appended to: the user's URL, with ``/v1`` if it has no path, or with the path
    that the host is known to have."""
    base = without_suffix(endpoint.base_url, "/chat/completions", "/completions", "/models")
    base = _OTHER_ROUTE.sub(r"\1", base)
    base = _NATIVE_ROUTE.sub("", base)
    parts = urlsplit(base)
    path = re.sub(r"/{2,}", "/", parts.path)
    whole = next(
        (whole for host, whole in _PATHS if host.search(host_of(endpoint.url)) and _is_part(path, whole)), path
    )
    return urlunsplit((parts.scheme, parts.netloc, whole or "/v1", "", ""))


def _is_part(path: str, whole: str) -> bool:
    """Whether the user wrote no path, ``/v1``, or the beginning of the API's path."""
    return path in {"", "/v1"} or whole.startswith(f"{path}/")


# Routes of the same servers that are copied from their documentation.
_OTHER_ROUTE = re.compile(r"(/v1)(?:/v1|/chat|/responses|/embeddings|/messages|/fim|/engines){1,4}\Z")
# Of Ollama, TGI and llama-server; none of them has its OpenAI API below these.
_NATIVE_ROUTE = re.compile(
    r"(?:/api/(?:generate|chat|tags|show|version|ps)|(?<!/v1)/(?:generate(?:_stream)?|completion|infill|docs|props|health))\Z"
)
# Services whose API is not below /v1, by their documentation.
_PATHS = (
    (re.compile(r"\Aopenrouter\.ai\Z"), "/api/v1"),
    (re.compile(r"\Aapi\.groq\.com\Z"), "/openai/v1"),
    (re.compile(r"\Aapi\.fireworks\.ai\Z"), "/inference/v1"),
    (re.compile(r"\Agenerativelanguage\.googleapis\.com\Z"), "/v1beta/openai"),
    (re.compile(r"\Aapi\.deepinfra\.com\Z"), "/v1/openai"),
    (re.compile(r"\Aapi\.cohere\.(?:com|ai)\Z"), "/compatibility/v1"),
    (re.compile(r"\Adashscope(?:-intl)?\.aliyuncs\.com\Z"), "/compatible-mode/v1"),
    (re.compile(r"\Aopen\.bigmodel\.cn\Z"), "/api/paas/v4"),
    (re.compile(r"\Aark\.[a-z0-9-]+\.volces\.com\Z"), "/api/v3"),
    (re.compile(r"\Amodels\.github\.ai\Z"), "/inference"),
    (re.compile(r"\Abedrock-runtime\.[a-z0-9-]+\.amazonaws\.com\Z"), "/openai/v1"),
    (re.compile(r"\.openai\.azure\.(?:com|us|cn)\Z"), "/openai/v1"),
)


# Fields with a model's type: LM Studio and Together ``type``, xinference ``model_type``, Cloudflare and GitHub
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
    r"embed(?!ded)|rerank|whisper|minilm|moderation|dall-?e|stable-?diffusion|diffusion|riffusion|transcri"
    r"|text-similarity|text-search|text2vec|paraphrase-|sentence-transformer|distiluse|contriever|mpnet|colbert|splade"
    r"|(?:ro|de)berta|shieldgemma|guardian|musicgen|controlnet|wav2vec|segment-anything|depth-anything|diarization"
    r"|pyannote|paraformer|esrgan|(?:cosy|sense)voice|seed(?:ream|ance|edit)|recraft|ideogram|cog(?:view|video)|hidream"
    r"|hunyuan-?(?:video|image)|instructor-(?:base|large|xl)|orpheus-(?:\d|tts)|nova-(?:canvas|reel|sonic)|opus-mt"
    rf"|{_WORD}(?:[a-z0-9]{{0,24}}tts\d*|stt|asr|clip|siglip\d*|bge|gte|gtr|e5|m3e|labse|bert|jina-(?:clip|colbert|reranker)"
    r"|[a-z0-9]{0,24}ranker"
    r"|zerank|cross-encoder|sdxl|sd3|flux\d*|wan\d+|kolors|(?:safe|wild|llama|prompt|qwen\d*)?guard\d*|vae|audio|speech"
    r"|voice|ocr\d*|image|imagen|video|sora|veo|voyage|stella|uae|kokoro|piper|bark|csm|parakeet|moonshine|kontext|yolo\w*|trocr"
    r"|donut|docling|layoutlm\w*|florence|dinov\d+|sam\d+|nllb|ace-step|pairrm|rmbg|rm|prm|reward|classifier|realtime"
    rf"|vad){_END}"
)


def default_model(entries: Sequence[Mapping[str, Any]]) -> str | None:
    """The first listed model that generates text; ``None`` if there is none."""
    usable = [entry for entry in entries if _may_write_text(entry)]
    named = next((entry for entry in usable if not _OTHER_NAME.search(_bare_name(entry))), None)
    typed = next(
        (entry for entry in usable if any(_LANGUAGE_TYPE.match(type_name) for type_name in _types(entry))), None
    )
    found = named or typed
    return None if found is None else _name(found)


def text_models(entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """The names of the listed models that generate text, by their fields and names."""
    usable = (entry for entry in entries if _may_write_text(entry) and not _OTHER_NAME.search(_bare_name(entry)))
    return list(dict.fromkeys(_name(entry) for entry in usable))


def _name(entry: Mapping[str, Any]) -> str:
    return str(entry["id"])


def _bare_name(entry: Mapping[str, Any]) -> str:
    """The name without a leading folder or organization, which may contain any word."""
    return re.split(r"[/\\]", _name(entry).rstrip("/\\"))[-1].lower()


def _may_write_text(entry: Mapping[str, Any]) -> bool:
    """Whether no field of the entry except its name indicates that the model does not generate text."""
    if entry.get("active") is False:
        return False
    types = list(_types(entry))
    if any(_OTHER_TYPE.search(type_name) for type_name in types) and not any(
        _LANGUAGE_TYPE.match(type_name) for type_name in types
    ):
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
    """Whether ``capabilities`` include text. Mistral lists flags, Ollama and llama.cpp words."""
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
            type_name = each.get("name") or each.get("id") if isinstance(each, dict) else each
            if isinstance(type_name, str) and type_name:
                yield type_name.strip().lower()


def entries_of(value: object) -> list[dict[str, Any]] | None:
    """The models in a response of ``/v1/models``, each with its ``id``; ``None`` if the response has another form.

    Together sends the list alone; some gateways send names alone, or name the fields as Ollama does.
    """
    if isinstance(value, dict):
        value = next((value[name] for name in ("data", "models") if isinstance(value.get(name), list)), None)
    return [entry for entry in map(_entry, value) if entry is not None] if isinstance(value, list) else None


def _entry(value: object) -> dict[str, Any] | None:
    if isinstance(value, str):
        value = {"id": value}
    if not isinstance(value, dict):
        return None
    names = [value.get(name) for name in ("id", "name", "model")]
    found = next((name for name in names if isinstance(name, str | int) and str(name).strip()), None)
    return None if found is None else {**value, "id": found}


def context_tokens_of(entry: dict[str, Any]) -> int | None:
    """The context length of a model: vLLM's ``max_model_len``, llama.cpp's ``meta.n_ctx``."""
    meta = entry.get("meta")
    return count_of(entry.get("max_model_len")) or (count_of(meta.get("n_ctx")) if isinstance(meta, dict) else None)
