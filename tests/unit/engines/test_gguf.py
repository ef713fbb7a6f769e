"""What the header of a model file says, and what is refused."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from autothink_lsp.engines.models.gguf import read_gguf
from autothink_lsp.errors import ModelError
from tests.support.gguf_file import QWEN2, gguf_bytes, write_gguf


def test_the_header_names_architecture_licence_context_and_vocabulary(tmp_path: Path) -> None:
    found = read_gguf(write_gguf(tmp_path / "m.gguf", {**QWEN2, "tokenizer.chat_template": "{{ x }}"}))
    assert (found.architecture, found.name, found.licence) == ("qwen2", "Tiny", "apache-2.0")
    assert (found.context_tokens, found.layers, found.chat_template) == (4096, 24, "{{ x }}")
    assert "<|fim_prefix|>" in found.vocabulary
    assert found.size_bytes == (tmp_path / "m.gguf").stat().st_size


@pytest.mark.parametrize(
    ("changes", "kv_bytes"),
    [
        ({}, 2 * 24 * 2 * 64 * 2),  # Qwen2.5-Coder 0.5B: the size of a head is embedding / heads
        ({"qwen2.attention.key_length": 128, "qwen2.attention.value_length": 128}, 2 * 24 * 2 * 128 * 2),
        ({"qwen2.attention.head_count_kv": [2, 0, 2, 0]}, 2 * 4 * 64 * 2),  # a number for each layer
        ({"qwen2.block_count": 0}, 0),
    ],
)
def test_kv_cache_bytes_per_token(tmp_path: Path, changes: dict[str, object], kv_bytes: int) -> None:
    assert read_gguf(write_gguf(tmp_path / "m.gguf", {**QWEN2, **changes})).kv_bytes_per_token == kv_bytes


WHOLE = gguf_bytes()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"<html>404</html>", "is not a GGUF model"),
        (WHOLE[:6], "truncated"),
        (WHOLE[:20], "truncated: its header"),
        (WHOLE[: len(WHOLE) // 2], "truncated: its header"),
        (WHOLE[:-65], "truncated: it has"),  # the last tensor is missing
        (b"GGUF" + struct.pack("<IQQ", 3, 1, 1 << 60), "damaged"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 1 << 62) + b"x", "truncated"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q1sI", 1, b"x", 99) + bytes(8), "damaged"),
        (b"GGUF" + struct.pack("<IQQ", 1, 0, 0), "version 1"),
    ],
)
def test_incomplete_file_is_refused_with_the_reason(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=says):
        read_gguf(path)
