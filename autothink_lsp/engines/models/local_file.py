"""A model's file that the user has already, for machines without any network: ``model pull NAME --from FILE``."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from attrs import frozen

from autothink_lsp.engines.models.catalogue import ModelEntry
from autothink_lsp.engines.models.sources import FetchedFile
from autothink_lsp.engines.models.store import file_digest
from autothink_lsp.engines.models.watch import Watch
from autothink_lsp.errors import ModelError

_CHUNK_BYTES = 4 << 20


@frozen
class LocalFileSource:
    """See ``sources.Source``. The user's file stays: it gets a second name where the file system can, else a copy."""

    file: Path

    @property
    def name(self) -> str:
        """For messages."""
        return "file"

    def needed_bytes(self, entry: ModelEntry, folder: Path) -> int:
        """Nothing for a second name on the same file system."""
        try:
            same = self.file.stat().st_dev == folder.stat().st_dev
        except OSError:
            same = False
        return 0 if same else entry.size_bytes

    def fetch(self, entry: ModelEntry, folder: Path, watch: Watch) -> FetchedFile:
        """See ``sources.Source``."""
        try:
            size_bytes = self.file.stat().st_size
        except OSError as error:
            raise ModelError(f"{self.file} cannot be read: {error.strerror}.") from error
        if size_bytes != entry.size_bytes:
            raise ModelError(
                f"{self.file} has {size_bytes:,} bytes, but {entry.name} has {entry.size_bytes:,}.",
                hint="To use another GGUF file, set `embedded.model_path` to it.",
            )
        target = folder / entry.file_name
        target.unlink(missing_ok=True)
        try:
            os.link(self.file.resolve(), target)
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise
            self._copy(target, entry, watch)
        return FetchedFile(target, file_digest(target, lambda count: watch.tell(count, entry.size_bytes, "checking")))

    def _copy(self, target: Path, entry: ModelEntry, watch: Watch) -> None:
        with self.file.open("rb") as original, target.open("wb") as copy:
            while chunk := original.read(_CHUNK_BYTES):
                copy.write(chunk)
                watch.tell(copy.tell(), entry.size_bytes, "copying")
