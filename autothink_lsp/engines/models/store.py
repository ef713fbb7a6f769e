"""The installed model files, and which of them are verified. Downloads nothing.

A model file gets its final name only after its digest was checked. ``<file>.verified.json`` beside it records the
digest, size and time of the checked file, so that 500 MB are not hashed at each start. A file that was modified since
is not trusted until ``verify`` has hashed it.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from autothink_lsp.engines.models.catalogue import CATALOGUE, ModelEntry, find_model
from autothink_lsp.engines.models.lock_file import read_lock, remove_from_lock
from autothink_lsp.engines.models.model_cards import known_entries
from autothink_lsp.errors import ModelError
from autothink_lsp.settings.own_files import write_atomically
from autothink_lsp.settings.paths import data_dir

logger = logging.getLogger(__name__)

_HASH_BYTES = 4 << 20


@frozen
class StoredModel:
    """A model of the catalogue, with the path of its file and the name of its source if it is installed."""

    entry: ModelEntry
    path: Path | None
    source: str | None


@frozen
class ModelStore:
    """The models in one folder: those of the catalogue, and those that the user added (``lock_file.py``).

    Any number of processes may use the same folder.
    """

    directory: Path
    catalogue: Sequence[ModelEntry] = CATALOGUE

    @classmethod
    def default(cls) -> ModelStore:
        """Return the user's store: ``models`` in the data folder (``AUTOTHINK_HOME`` moves it)."""
        return cls(data_dir() / "models", known_entries())

    @property
    def entries(self) -> tuple[ModelEntry, ...]:
        """The models of the catalogue in its order, then those that were added. A name that an added model has belongs
        to that one: a catalogue that grows with a version must not hide it."""
        added = read_lock(self.directory)
        taken = {one.name for one in added}
        return (*(one for one in self.catalogue if one.name not in taken), *added)

    def find(self, name: str) -> ModelEntry:
        """Return the entry of that name. Raises ``ModelError`` for an unknown name."""
        return find_model(name, self.entries)

    def path(self, name: str) -> Path | None:
        """Return the path of the model's file, ``None`` if it is not installed and verified. Reads only its record.

        Raises ``ModelError`` for an unknown name.
        """
        return self._stored(self.find(name)).path

    def stored_path(self, entry: ModelEntry) -> Path | None:
        """Return the path of an entry's own file, without its other parts, ``None`` if it is not verified."""
        return self._stored_file(entry).path

    def models(self) -> list[StoredModel]:
        """Return every model, in the order of ``entries``."""
        return [self._stored(entry) for entry in self.entries]

    def installed(self) -> frozenset[str]:
        """Return the names of the installed models."""
        return frozenset(model.entry.name for model in self.models() if model.path)

    def final_path(self, entry: ModelEntry) -> Path:
        """Return the path of the model's file, installed or not."""
        return self.directory / entry.file_name

    def verify(self, name: str, on_bytes: Callable[[int], None] | None = None) -> Path:
        """Hash the file and record the result. Raises ``ModelError`` if it is missing or damaged.

        ``on_bytes`` gets the number of hashed bytes from time to time.
        """
        entry = self.find(name)
        for part in entry.shards:
            self.verify_file(part)
        return self.verify_file(entry, on_bytes)

    def verify_file(self, entry: ModelEntry, on_bytes: Callable[[int], None] | None = None) -> Path:
        """Like ``verify``, for the entry's own file."""
        path = self.final_path(entry)
        try:
            digest = file_digest(path, on_bytes)
        except FileNotFoundError:
            raise ModelError(
                f"The model {entry.name} is not installed.",
                hint=f"`autothink-lsp model pull {entry.name}` downloads it.",
            ) from None
        except OSError as error:
            raise ModelError(f"The model file {path} cannot be read: {error.strerror}.") from error
        if digest != entry.sha256:
            self._record_path(path).unlink(missing_ok=True)
            raise ModelError(
                f"The model file {path} is damaged: its SHA-256 is {digest}, not {entry.sha256}.",
                hint=f"`autothink-lsp model pull {entry.name}` downloads it again.",
            )
        source = str(_read_record(self._record_path(path)).get("source") or "found in place")
        try:
            self._write_record(entry, source)
        except OSError as error:  # a read-only folder of an administrator: the file is hashed again each time
            logger.warning("cannot record that %s is verified: %s", path, error)
        return path

    def commit(self, entry: ModelEntry, file: Path, source: str) -> Path:
        """Move a file whose digest was checked to its final name. ``file`` must be on the same file system."""
        path = self.final_path(entry)
        with file.open("rb") as written:
            os.fsync(written.fileno())
        file.replace(path)
        self._write_record(entry, source)
        return path

    def remove(self, name: str) -> int:
        """Delete the model and its partial downloads, and forget it if the user added it. Returns the freed bytes.

        The caller holds the model's lock (``pull.model_lock``). Raises ``ModelError`` if a file cannot be deleted.
        """
        entry = self.find(name)
        freed_bytes = sum(self._remove_file(part) for part in (entry, *entry.shards))
        try:
            remove_from_lock(self.directory, entry.name)
        except OSError as error:
            raise ModelError(f"{error.filename} cannot be written: {error.strerror}.") from error
        return freed_bytes

    def _remove_file(self, entry: ModelEntry) -> int:
        path = self.final_path(entry)
        freed_bytes = 0
        try:
            for leftover in (path, *self._partial_files(entry)):
                if leftover.is_file() or leftover.is_symlink():
                    freed_bytes += leftover.lstat().st_size
                    leftover.unlink()
            shutil.rmtree(self.partial_dir(entry), ignore_errors=True)
            self._record_path(path).unlink(missing_ok=True)
        except OSError as error:
            raise ModelError(
                f"{error.filename} cannot be deleted: {error.strerror}.",
                hint="Check whether an engine is still using it.",
            ) from error
        return freed_bytes

    def partial_dir(self, entry: ModelEntry) -> Path:
        """Return the folder for partial downloads of the model."""
        return self.directory / f"{entry.file_name}.partial"

    def _partial_files(self, entry: ModelEntry) -> list[Path]:
        folder = self.partial_dir(entry)
        return [path for path in folder.rglob("*") if path.is_file()] if folder.is_dir() else []

    def _stored(self, entry: ModelEntry) -> StoredModel:
        """A split model is installed if all of its parts are."""
        parts = [self._stored_file(part) for part in entry.shards]
        return self._stored_file(entry) if all(part.path for part in parts) else StoredModel(entry, None, None)

    def _stored_file(self, entry: ModelEntry) -> StoredModel:
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
    """Return the SHA-256 in hex; ``on_bytes`` gets the number of hashed bytes. Raises ``OSError``."""
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


def _read_record(path: Path) -> dict[str, Any]:
    try:
        record = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}
