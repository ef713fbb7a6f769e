"""Small GGUF files: a header with the given values and vocabulary, and tensors of zeros."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

QWEN2 = {
    "general.architecture": "qwen2",
    "general.name": "Tiny",
    "general.license": "apache-2.0",
    "qwen2.block_count": 24,
    "qwen2.context_length": 4096,
    "qwen2.embedding_length": 896,
    "qwen2.attention.head_count": 14,
    "qwen2.attention.head_count_kv": 2,
}


def gguf_bytes(
    values: Mapping[str, object] = QWEN2, *, vocabulary: Sequence[str] = ("a", "<|fim_prefix|>"), tensor_bytes: int = 64
) -> bytes:
    """A file of version 3 with two tensors of ``tensor_bytes`` each. Ints become uint32, floats float32."""
    pairs = [_text(key) + _value(value) for key, value in values.items()]
    tokens = b"".join(map(_text, vocabulary))
    pairs.append(_text("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, len(vocabulary)) + tokens)
    tensors = b"".join(
        _text(name) + struct.pack("<IQIQ", 1, tensor_bytes // 4, 0, offset)
        for name, offset in (("one", 0), ("two", tensor_bytes))
    )
    header = b"GGUF" + struct.pack("<IQQ", 3, 2, len(pairs)) + b"".join(pairs) + tensors
    return header + bytes(-len(header) % 32) + bytes(2 * tensor_bytes)


def write_gguf(path: Path, values: Mapping[str, object] = QWEN2, **more: object) -> Path:
    """``path``, with such a file."""
    path.write_bytes(gguf_bytes(values, **more))  # pyright: ignore[reportArgumentType]
    return path


def _text(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def _value(value: object) -> bytes:
    match value:
        case bool():
            return struct.pack("<I?", 7, value)
        case int():
            return struct.pack("<II", 4, value)
        case float():
            return struct.pack("<If", 6, value)
        case list():
            return struct.pack("<IIQ", 9, 5, len(value)) + struct.pack(f"<{len(value)}i", *value)
        case _:
            return struct.pack("<I", 8) + _text(str(value))


def with_chat_template(source: Path, target: Path, template: str) -> Path:
    """A copy of a real model whose chat template is ``template``, filled up with a comment to the old one's length.

    Nothing moves in the file that way. Raises ``ValueError`` for a template that is longer than the old one.
    """
    key = _text("tokenizer.chat_template") + struct.pack("<I", 8)
    shutil.copyfile(source, target)
    with target.open("r+b") as file:
        header = file.read(16 << 20)
        start = header.index(key) + len(key)
        (length,) = struct.unpack_from("<Q", header, start)
        data = template.encode()
        padding = length - len(data) - len("{##}")
        if padding < 0:
            raise ValueError(f"the template has {len(data)} bytes, the old one has {length}")
        file.seek(start + 8)
        file.write(b"{#" + b" " * padding + b"#}" + data)
    return target
