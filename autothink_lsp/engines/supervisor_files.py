"""The files by which language servers find a supervisor, and the lock that allows one supervisor for each key.

Names and contents are those of all earlier versions, so that a window of another version finds the same supervisor:

``KEY.lock``  held by the supervisor as long as it lives (``filelock``)
``KEY.json``  ``{"port", "token", "pid", "proof"}``, written when the supervisor listens, removed when it ends; files of
              version 0.2.0 and earlier have no ``proof``
``KEY.log``   the output of the model server

``folder.lock`` is held while a supervisor takes its lock. Under it the files of keys that were not used for
``MAX_AGE_S`` are removed; a key contains the version and the settings, so each update leaves some behind. Without
``folder.lock`` two supervisors could hold locks of one name: one on the removed file, one on a new file.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import define, field, frozen

from autothink_lsp.settings.own_files import make_private_folder
from autothink_lsp.settings.paths import state_dir

if TYPE_CHECKING:
    from filelock import BaseFileLock

_LOG_LIMIT_BYTES = 4 << 20
MAX_AGE_S = 7 * 24 * 3600.0
"""Chosen: a log stays readable for some days after its server has ended."""
_FOLDER_LOCK = "folder.lock"
_SUFFIXES = (".json", ".log", ".lock")
_FOLDER_LOCK_TIMEOUT_S = 5.0


@frozen
class SupervisorAddress:
    """The port of a supervisor on 127.0.0.1, the token that a client must send, its process id, and the proof that the
    supervisor sends."""

    port: int
    token: str = field(repr=False)
    pid: int
    proof: str = field(default="", repr=False)


@define
class SupervisorFiles:
    """The files of one key in ``folder``. The folder is made when it is needed."""

    folder: Path
    key: str
    _lock: BaseFileLock | None = field(default=None, init=False)

    @property
    def log(self) -> Path:
        """The log of the model server."""
        return self.folder / f"{self.key}.log"

    @property
    def _address_file(self) -> Path:
        return self.folder / f"{self.key}.json"

    def make_folder(self) -> None:
        """Make the folder, readable for its owner only. Raises ``OSError``."""
        make_private_folder(self.folder)

    def lock(self) -> bool:
        """Take the lock until this process ends. Returns ``False`` if another process holds it. Raises ``OSError``.

        Before, the files of other keys that no supervisor has used for ``MAX_AGE_S`` are removed.
        """
        import filelock

        self.make_folder()
        lock = filelock.FileLock(self.folder / f"{self.key}.lock", mode=0o600)
        with _locked_folder(self.folder) as is_alone:
            if is_alone:
                _remove_old_files(self.folder, self.key)
            try:
                lock.acquire(blocking=False)
            except filelock.Timeout:
                return False
            with contextlib.suppress(OSError):
                os.utime(lock.lock_file)  # filelock 4 leaves the time of a file that is there as it is
        self._lock = lock
        return True

    def publish(self, port: int, token: str, proof: str = "") -> None:
        """Write the supervisor's address. The file is complete or absent, and only its owner can read it."""
        draft = self.folder / f"{self.key}.{os.getpid()}.draft"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump({"port": port, "token": token, "pid": os.getpid(), "proof": proof}, file)
        draft.replace(self._address_file)

    def unpublish(self) -> None:
        """Remove the supervisor's address, so that new clients do not find it."""
        self._address_file.unlink(missing_ok=True)

    def read_address(self) -> SupervisorAddress | None:
        """Return the published address, ``None`` if there is none. The supervisor may have ended since."""
        try:
            value = json.loads(self._address_file.read_text(encoding="utf-8"))
            proof = str(value.get("proof", ""))
            return SupervisorAddress(int(value["port"]), str(value["token"]), int(value["pid"]), proof)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def start_log(self) -> None:
        """Replace the last log by an empty one for its owner only: a server's log may quote its requests."""
        self.log.unlink(missing_ok=True)
        os.close(os.open(self.log, os.O_WRONLY | os.O_CREAT, 0o600))

    def append_log(self, line: str) -> None:
        """Append a line. A log over 4 MiB is emptied first; errors are ignored, so that a full disk stops no server."""
        try:
            with self.log.open("a", encoding="utf-8") as file:
                if file.tell() > _LOG_LIMIT_BYTES:
                    file.truncate(0)
                file.write(f"{line}\n")
        except OSError:
            pass

    def log_tail(self, lines: int) -> list[str]:
        """Return the last lines of the log."""
        try:
            with self.log.open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - 400 * lines))
                return file.read().decode("utf-8", "replace").splitlines()[-lines:]
        except OSError:
            return []


@contextlib.contextmanager
def _locked_folder(folder: Path) -> Iterator[bool]:
    """Hold the lock of the folder. Yields ``False`` if another process has kept it for too long: then nothing may be
    removed. Raises ``OSError``."""
    import filelock

    lock = filelock.FileLock(folder / _FOLDER_LOCK, mode=0o600)
    try:
        lock.acquire(timeout=_FOLDER_LOCK_TIMEOUT_S)
    except filelock.Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


def _remove_old_files(folder: Path, own_key: str) -> None:
    """Remove the files of keys whose lock is old and free. A file that cannot be removed stays."""
    import filelock

    for lock_file in folder.glob("*.lock"):
        with contextlib.suppress(OSError):
            if lock_file.name in {_FOLDER_LOCK, f"{own_key}.lock"} or _age_s(lock_file) < MAX_AGE_S:
                continue
            lock = filelock.FileLock(lock_file, mode=0o600)
            try:
                lock.acquire(blocking=False)
            except filelock.Timeout:
                continue  # its supervisor has been running for longer than that
            try:
                for suffix in _SUFFIXES:
                    lock_file.with_suffix(suffix).unlink(missing_ok=True)
            finally:
                lock.release()


def _age_s(lock_file: Path) -> float:
    """The time since the key was used: a supervisor sets the time of its lock when it starts, and its server's output
    that of the log."""
    now_s = time.time()
    files = (lock_file.with_suffix(suffix) for suffix in _SUFFIXES)
    return now_s - max((file.stat().st_mtime for file in files if file.exists()), default=now_s)


def supervisor_folder() -> Path:
    """Return the user's folder for the files of all supervisors."""
    return state_dir() / "engines"
