"""Where fetched models lie, and which of them are known to be whole. It fetches nothing.

A model's file has its final name only after its digest was checked. Beside it stands ``<file>.verified.json`` with the
digest, size and time of the file that was checked, so that 500 MB are not hashed again at each start; a file that was
touched since is not trusted until ``verify`` has hashed it.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from autothink_lsp.engines.models.catalogue import CATALOGUE, ModelEntry, find_model
from autothink_lsp.errors import ModelError
from autothink_lsp.settings.paths import data_dir

logger = logging.getLogger(__name__)

_HASH_BYTES = 4 << 20


@frozen
class StoredModel:
    """A model of the catalogue and where its file is, if it is installed. ``source`` is what it came from."""

    entry: ModelEntry
    path: Path | None
    source: str | None


@frozen
class ModelStore:
    """The models in one folder. Any number of processes may use the same folder."""

    directory: Path
    catalogue: Sequence[ModelEntry] = CATALOGUE

    @classmethod
    def default(cls) -> ModelStore:
        """The user's own: ``models`` in the data folder (``AUTOTHINK_HOME`` moves it)."""
        return cls(data_dir() / "models")

    def find(self, name: str) -> ModelEntry:
        """The catalogue's entry. Raises ``ModelError``."""
        return find_model(name, self.catalogue)

    def path(self, name: str) -> Path | None:
        """Where the model's file is, or ``None`` unless it is there and was found whole. Reads no more than its record.

        Raises ``ModelError`` for a name that the catalogue does not have.
        """
        return self._stored(self.find(name)).path

    def models(self) -> list[StoredModel]:
        """Every model of the catalogue, in its order."""
        return [self._stored(entry) for entry in self.catalogue]

    def installed(self) -> frozenset[str]:
        """Names of the models that are there."""
        return frozenset(model.entry.name for model in self.models() if model.path)

    def final_path(self, entry: ModelEntry) -> Path:
        """Where the file is or will be."""
        return self.directory / entry.file_name

    def verify(self, name: str, on_bytes: Callable[[int], None] | None = None) -> Path:
        """Hash the file again and record the result. Raises ``ModelError`` when it is absent or damaged."""
        entry = self.find(name)
        path = self.final_path(entry)
        try:
            digest = file_digest(path, on_bytes)
        except FileNotFoundError:
            raise ModelError(
                f"The model {entry.name} is not installed.", hint=f"`autothink-lsp model pull {entry.name}` fetches it."
            ) from None
        except OSError as error:
            raise ModelError(f"The model file {path} cannot be read: {error.strerror}.") from error
        if digest != entry.sha256:
            self._record_path(path).unlink(missing_ok=True)
            raise ModelError(
                f"The model file {path} is damaged: its SHA-256 is {digest}, not {entry.sha256}.",
                hint=f"`autothink-lsp model pull {entry.name}` fetches it again.",
            )
        source = str(_read_record(self._record_path(path)).get("source") or "found in place")
        try:
            self._write_record(entry, source)
        except OSError as error:  # a folder that an administrator filled: whole, but hashed again each time
            logger.warning("cannot record that %s is whole: %s", path, error)
        return path

    def commit(self, entry: ModelEntry, file: Path, source: str) -> Path:
        """Give a file whose digest was checked its final name. ``file`` is on the same file system; it is moved."""
        path = self.final_path(entry)
        with file.open("rb") as written:
            os.fsync(written.fileno())
        file.replace(path)
        self._write_record(entry, source)
        return path

    def remove(self, name: str) -> int:
        """Delete the model and everything that was begun for it. Returns the bytes that this gave back.

        The caller holds the model's lock (``pull.model_lock``). Raises ``ModelError`` where the system forbids it.
        """
        entry = self.find(name)
        path = self.final_path(entry)
        freed_bytes = 0
        try:
            for leftover in (path, *self._begun_files(entry)):
                if leftover.is_file() or leftover.is_symlink():
                    freed_bytes += leftover.lstat().st_size
                    leftover.unlink()
            shutil.rmtree(self.partial_dir(entry), ignore_errors=True)
            self._record_path(path).unlink(missing_ok=True)
        except OSError as error:
            raise ModelError(
                f"{error.filename} cannot be deleted: {error.strerror}.", hint="Is an engine still running with it?"
            ) from error
        return freed_bytes

    def partial_dir(self, entry: ModelEntry) -> Path:
        """Folder for a fetch under way."""
        return self.directory / f"{entry.file_name}.partial"

    def _begun_files(self, entry: ModelEntry) -> list[Path]:
        folder = self.partial_dir(entry)
        return [path for path in folder.rglob("*") if path.is_file()] if folder.is_dir() else []

    def _stored(self, entry: ModelEntry) -> StoredModel:
        path = self.final_path(entry)
        record = _read_record(self._record_path(path))
        try:
            stat = path.stat()
        except OSError:
            return StoredModel(entry, None, None)
        known = (record.get("sha256"), record.get("size_bytes"), record.get("mtime_ns"))
        if known != (entry.sha256, stat.st_size, stat.st_mtime_ns):
            return StoredModel(entry, None, None)
        return StoredModel(entry, path, str(record.get("source", "")))

    def _record_path(self, path: Path) -> Path:
        return path.with_name(f"{path.name}.verified.json")

    def _write_record(self, entry: ModelEntry, source: str) -> None:
        path = self.final_path(entry)
        stat = path.stat()
        record = {"sha256": entry.sha256, "size_bytes": stat.st_size, "mtime_ns": stat.st_mtime_ns, "source": source}
        write_atomically(self._record_path(path), json.dumps(record))


def file_digest(path: Path, on_bytes: Callable[[int], None] | None = None) -> str:
    """SHA-256 in hex; ``on_bytes`` hears how many bytes are done. Raises ``OSError``."""
    digest = hashlib.sha256()
    buffer = memoryview(bytearray(_HASH_BYTES))
    done_bytes = 0
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(buffer):
            digest.update(buffer[:count])
            done_bytes += count
            if on_bytes:
                on_bytes(done_bytes)
    return digest.hexdigest()


def write_atomically(path: Path, text: str) -> None:
    """Replace ``path`` as a whole: another process sees the old text or the new one. Raises ``OSError``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).chmod(0o644)  # mkstemp's 0600 would hide the record of a model that several users share
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _read_record(path: Path) -> dict[str, Any]:
    try:
        record = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}
