"""Which of the listed models is asked where the settings name none: the first that writes text."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from autothink_lsp.backends.base import FimRequest, TextDelta
from autothink_lsp.backends.endpoint import Endpoint
from autothink_lsp.backends.openai import OpenAIBackend
from autothink_lsp.backends.openai_models import api_base, default_model, entries_of
from autothink_lsp.errors import BadResponse
from tests.support.fault_server import FaultServer

OTHERS = [
    *("text-embedding-nomic-embed-text-v1.5", "nomic-embed-text:latest", "bge-m3", "BAAI/bge-reranker-v2-m3"),
    *("whisper-large-v3", "whisper-1", "tts-1-hd", "gpt-4o-mini-tts", "kokoro-82m", "openai/clip-vit-large-patch14"),
    *("intfloat/multilingual-e5-large", "e5-base-v2", "thenlper/gte-large", "jina-embeddings-v3", "jina-clip-v2"),
    *("jina-reranker-v2-base-multilingual", "sentence-transformers/all-MiniLM-L6-v2", "all-mpnet-base-v2"),
    *("omni-moderation-latest", "dall-e-3", "stable-diffusion-3.5-large", "black-forest-labs/FLUX.1-dev", "sdxl-turbo"),
    *("meta-llama/Llama-Guard-3-8B", "llama-guard3:1b", "ibm/granite-guardian-3.1", "google/shieldgemma-2b"),
    *("gpt-oss-safeguard-20b", "sd-vae-ft-mse", "gpt-4o-audio-preview", "gpt-4o-transcribe", "playai-speech"),
    *("mistral-ocr-latest", "deepseek-ocr", "gpt-image-1", "qwen-image", "voyage-code-3", "codestral-embed"),
    *(
        "Qwen3-Embedding-0.6B",
        "Qwen3-Reranker-4B",
        "embeddinggemma-300m",
        "snowflake-arctic-embed2",
    ),
    *(
        "mxbai-embed-large",
        "imagen-4.0-generate",
        "sora-2",
        "parakeet-tdt-0.6b",
        "moonshine-base",
        "siglip2-base",
        "colbertv2.0",
        "cross-encoder-ms-marco",
        "paraphrase-multilingual-MiniLM-L12-v2",
        "paraphrase-multilingual",
    ),
    *(
        "text2vec-large-chinese",
        "moka-ai/m3e-base",
        "bce-embedding-base_v1",
        "maidalun/bce-reranker-base_v1",
    ),
    *(
        "hkunlp/instructor-xl",
        "sentence-transformers/LaBSE",
        "distiluse-base-multilingual-cased",
    ),
    *(
        "gtr-t5-large",
        "facebook/contriever",
        "google-bert/bert-base-uncased",
        "FacebookAI/roberta-large",
    ),
    *(
        "microsoft/deberta-v3-base",
        "zerank-1",
        "F5-TTS",
        "fishaudio/fish-speech-1.5",
        "2Noise/ChatTTS",
    ),
    *(
        "FunAudioLLM/CosyVoice2-0.5B",
        "FunAudioLLM/SenseVoiceSmall",
        "IndexTTS-2",
        "OuteTTS-0.2-500M",
    ),
    *(
        "orpheus-3b-0.1-ft",
        "sesame/csm-1b",
        "amazon.titan-embed-text-v2:0",
        "amazon.nova-canvas-v1:0",
    ),
    *(
        "amazon.nova-reel-v1:0",
        "Kwai-Kolors/Kolors",
        "Wan-AI/Wan2.1-T2V-14B",
        "tencent/HunyuanVideo",
    ),
    *(
        "cogvideox-5b",
        "LTX-Video",
        "cogview-4",
        "HiDream-I1",
        "z-image-turbo",
        "microsoft/Florence-2-large",
    ),
    *(
        "facebook/sam2-hiera-large",
        "depth-anything-v2",
        "dinov2-base",
        "facebook/mms-tts-eng",
        "silero-vad",
    ),
    *(
        "pyannote/speaker-diarization-3.1",
        "facebook/nllb-200-3.3B",
        "Helsinki-NLP/opus-mt-en-de",
    ),
    *(
        "meta-llama/Prompt-Guard-86M",
        "allenai/wildguard",
        "Qwen/Qwen3Guard-Gen-8B",
        "qwen3-asr-flash",
    ),
    *(
        "paraformer-v2",
        "seedream-4",
        "recraftv3",
        "gpt-4o-realtime-preview",
        "gpt-realtime",
    ),
    *(
        "openai/gpt-audio-mini",
        "ACE-Step",
        "facebook/musicgen-large",
        "stable-audio-open",
        "riffusion",
    ),
    *(
        "all-distilroberta-v1",
        "llm-blender-pairrm",
        "Skywork-Reward-V2",
    ),
    *(
        "nvidia/llama-3.1-nemotron-safety-guard-8b",
        "nvidia/nv-rerankqa-mistral-4b-v3",
        "gte-modernbert",
    ),
    *(
        "lightblue-lb-reranker",
        "mediapipe-yolov8",
        "nanonets-ocr-s",
        "got-ocr2",
        "docling-layout",
    ),
    *(
        "real-esrgan-x4",
        "bria-rmbg",
    ),
]
WRITERS = [
    *("qwen2.5-coder-7b-instruct", "gpt-oss:20b", "deepseek-r1-distill-qwen-7b", "codestral-latest", "starcoder2:3b"),
    *("gemma-3-27b-it", "llama3.2-vision", "granite-3.3-8b-instruct", "GLM-4.5-Air", "kimi-k2", "o3-mini", "gpt-5"),
    *("magistral-small", "devstral", "eclipse-coder-7b", "audiobook-writer", "phi-4", "mercury-coder", "seed-oss-36b"),
    *("embedded-c-coder-7b", "Hermes-4-70B", "yi-coder-9b", "smollm3", "exaone-deep-2.4b"),
    *("/models/speech/qwen.gguf", "C:\\\\embed\\\\qwen.gguf", "qwen3-canary"),
    *(
        "gpt-4o-search-preview",
        "command-r-plus",
        "codegemma",
        "granite-code:8b",
        "qwen-turbo",
    ),
    *(
        "qwen3-coder-plus",
        "moonshot-v1-8k",
        "stable-code-3b",
        "stablelm-2",
        "nova-pro",
    ),
    *(
        "amazon.nova-lite-v1:0",
        "titan-text-express",
        "jamba-1.5",
        "reka-flash",
        "solar-pro",
        "aya-expanse",
    ),
    *(
        "internlm3",
        "minicpm4",
        "hunyuan-a13b",
        "ernie-4.5",
        "kolibri-1",
        "instruct-coder",
    ),
    *(
        "deepseek-coder-v2-lite-instruct",
        "instructor-llm",
        "mistral-nemo",
        "pixtral-12b",
        "orpheus-writer",
    ),
    *(
        "seed-coder-8b",
        "bertie-7b",
        "phi-3.5-vision-instruct",
        "codebert-writer",
        "claude-sonnet-4-5",
    ),
    *(
        "llava-1.6",
        "ministral-8b",
        "dolphin-2.9",
        "wizardcoder",
        "santacoder",
        "replit-code-v1_5-3b",
    ),
    *(
        "refact-1_6b-fim",
        "mellum-4b-base",
        "sweep-next-edit-0.5b",
        "zeta",
        "instinct",
    ),
]


@pytest.mark.parametrize("name", OTHERS)
def test_a_name_that_says_that_it_writes_no_text(name: str) -> None:
    assert default_model([{"id": name}, {"id": "m"}]) == "m"
    assert default_model([{"id": name}]) is None


@pytest.mark.parametrize("name", WRITERS)
def test_a_name_that_does_not(name: str) -> None:
    assert default_model([{"id": "bge-m3"}, {"id": name}, {"id": "other"}]) == name


@pytest.mark.parametrize(
    "entry",
    [
        {"type": "embeddings"},  # LM Studio
        {"type": "embedding"},
        {"type": "rerank"},  # Together
        {"type": "image"},
        {"type": "moderation"},
        {"model_type": "embedding"},  # xinference
        {"model_type": "audio"},
        {"mode": "embedding"},  # LiteLLM
        {"mode": "image_generation"},
        {"mode": "audio_transcription"},
        {"task": "feature-extraction"},
        {"task": {"name": "Text Embeddings"}},  # Cloudflare
        {"pipeline_tag": "sentence-similarity"},
        {"architecture": {"modality": "text->image"}},  # OpenRouter
        {"architecture": {"modality": "text->image", "output_modalities": ["image"]}},
        {"output_modalities": ["embeddings"]},
        {"capabilities": {"completion_chat": False, "completion_fim": False}},  # Mistral
        {"capabilities": ["embedding"]},  # Ollama
        {"active": False},  # Groq
    ],
    ids=str,
)
def test_what_the_list_tells_goes_before_the_name(entry: dict[str, Any]) -> None:
    assert default_model([{"id": "acme-1", **entry}, {"id": "m"}]) == "m"


@pytest.mark.parametrize(
    "entry",
    [
        {"type": "llm"},
        {"type": "vlm"},
        {"type": "model"},  # Anthropic
        {"object": "model", "owned_by": "vllm"},
        {"type": "chat"},
        {"mode": "chat"},
        {"task": {"name": "Text Generation"}},
        {"tasks": ["text-generation", "embedding"]},
        {"architecture": {"modality": "text+image->text"}},
        {"architecture": "qwen2"},
        {"capabilities": {"completion_chat": True, "vision": False}},
        {"capabilities": ["completion", "vision", "tools"]},
        {"capabilities": ["vision"]},
        {"type": None, "capabilities": None, "active": None},
    ],
    ids=str,
)
def test_what_says_nothing_against_it(entry: dict[str, Any]) -> None:
    assert default_model([{"id": "bge-m3", "type": "embeddings"}, {"id": "acme-1", **entry}, {"id": "m"}]) == "acme-1"


def test_a_type_saves_a_name_where_there_is_nothing_else() -> None:
    entries = [{"id": "bge-m3", "type": "embeddings"}, {"id": "flux-coder", "type": "llm"}]
    assert default_model(entries) == "flux-coder"


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with FaultServer() as running:
        yield running


@pytest.mark.process
async def test_both_roles_ask_the_same(server: FaultServer) -> None:
    server.models = ["bge-m3", "qwen"]
    backend = OpenAIBackend(Endpoint(server.url))
    assert (await backend.describe()).model == "qwen"
    events = [event async for event in backend.stream(FimRequest("P", 8))]
    assert any(isinstance(event, TextDelta) for event in events)
    assert server.bodies[0]["model"] == "qwen"
    await backend.aclose()


@pytest.mark.process
async def test_a_model_that_the_settings_name_is_asked_whatever_its_name(server: FaultServer) -> None:
    server.models = ["qwen", "bge-m3"]
    backend = OpenAIBackend(Endpoint(server.url, model="bge-m3"))
    assert (await backend.describe()).model == "bge-m3"
    _ = [event async for event in backend.stream(FimRequest("P", 8))]
    assert server.bodies[0]["model"] == "bge-m3"
    await backend.aclose()


@pytest.mark.process
async def test_where_nothing_writes_text_it_is_said(server: FaultServer) -> None:
    server.models = ["bge-m3", "whisper-1"]
    backend = OpenAIBackend(Endpoint(server.url))
    for ask in (backend.describe, lambda: anext(backend.stream(FimRequest("P", 8)))):
        with pytest.raises(BadResponse, match="lists no model that writes text, only bge-m3, whisper-1") as caught:
            await ask()
        assert "set model" in caught.value.hint
    assert not server.bodies
    await backend.aclose()


@pytest.mark.parametrize(
    "value",
    [
        {"object": "list", "data": [{"id": "a"}]},
        [{"id": "a"}],  # Together
        {"models": [{"name": "a"}]},  # Ollama's own route
        {"models": [{"model": "a", "name": ""}]},
        {"data": [{"name": "a"}]},
        {"data": ["a"]},
        {"models": ["a"]},
        {"data": [{"id": ""}, {"id": " "}, {"id": None}, None, 5, {"id": "a"}]},
        {"data": None, "models": [{"id": "a"}]},
    ],
    ids=str,
)
def test_the_forms_of_a_list(value: Any) -> None:
    entries = entries_of(value)
    assert entries is not None
    assert [entry["id"] for entry in entries] == ["a"]
    assert default_model(entries) == "a"


@pytest.mark.parametrize("value", [None, "a", 5, {}, {"data": None}, {"data": {"a": 1}}, {"error": "x"}, {"id": "a"}])
def test_what_is_no_list(value: Any) -> None:
    assert entries_of(value) is None


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("http://h", "http://h/v1"),
        ("http://h/v1/", "http://h/v1"),
        ("http://h/v1/chat/completions", "http://h/v1"),
        ("http://h/v1/completions/", "http://h/v1"),
        ("http://h/v1/models?x=1", "http://h/v1"),
        ("http://h/v1/v1", "http://h/v1"),
        ("http://h/v1/chat", "http://h/v1"),
        ("http://h/v1/responses", "http://h/v1"),
        ("http://h/openai/v1/embeddings", "http://h/openai/v1"),
        ("http://h:11434/api/generate", "http://h:11434/v1"),
        ("http://h:11434/api/chat/", "http://h:11434/v1"),
        ("http://h:11434/ollama/api/tags", "http://h:11434/ollama"),
        ("http://h/api", "http://h/api"),  # Open WebUI
        ("http://h/chat", "http://h/chat"),
        ("https://h/openai/deployments/d?api-version=1", "https://h/openai/deployments/d"),
        ("http://[::1]:8080", "http://[::1]:8080/v1"),
    ],
)
def test_the_base_of_an_address(url: str, base: str) -> None:
    assert api_base(Endpoint(url)) == base
