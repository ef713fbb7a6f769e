"""A first look at a model's file, before a process is started for it: is it there, readable, and GGUF at all."""

from __future__ import annotations

import struct
from pathlib import Path

from autothink_lsp.errors import ModelError

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
"""Versions that llama.cpp reads (``ggml:docs/gguf.md``: the magic, then the version as a little-endian uint32)."""

_HINT = "Set `embedded.model_path` to a GGUF file, or empty it and use `embedded.model`."


def check_gguf(path: Path) -> None:
    """Raise ``ModelError`` unless ``path`` is a readable file with the head of a GGUF model."""
    try:
        with path.open("rb") as file:
            head = file.read(8)
    except FileNotFoundError:
        raise ModelError(f"There is no model file at {path}.", hint=_HINT) from None
    except IsADirectoryError:
        raise ModelError(f"{path} is a folder, not a model file.", hint=_HINT) from None
    except OSError as error:
        raise ModelError(f"The model file {path} cannot be read: {error.strerror}.", hint=_HINT) from error
    if not head:
        raise ModelError(f"The model file {path} is empty.", hint=_HINT)
    if not head.startswith(_MAGIC):
        raise ModelError(f"{path} is not a GGUF model: it begins with {head[:4]!r}.", hint=_HINT)
    if len(head) < 8:
        raise ModelError(f"The model file {path} ends within its head.", hint=_HINT)
    (version,) = struct.unpack("<I", head[4:])
    if version not in _VERSIONS:
        raise ModelError(
            f"{path} is GGUF of version {version}, which llama.cpp does not read.",
            hint="Convert the model again with a current llama.cpp; big-endian files do not work here.",
        )
