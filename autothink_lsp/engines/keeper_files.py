"""The files by which language servers find a keeper, and by which there is never more than one of a kind."""

from __future__ import annotations

import json
import os
from pathlib import Path

from attrs import define, field, frozen

from autothink_lsp.settings.private_files import make_private_folder

BUSY = 75  # os.EX_TEMPFAIL, which Windows lacks
_LOG_BYTES = 4 << 20


@frozen
class KeeperAddress:
    """Where a keeper listens on 127.0.0.1, and the word that it wants to hear."""

    port: int
    token: str = field(repr=False)
    pid: int


@define
class KeeperFiles:
    """The files of one key in ``folder``, which is made when it is needed."""

    folder: Path
    key: str
    _lock_handle: int | None = field(default=None, init=False)

    @property
    def log(self) -> Path:
        """What the model server wrote."""
        return self.folder / f"{self.key}.log"

    def make_folder(self) -> None:
        """Raises ``OSError``."""
        make_private_folder(self.folder)

    def lock(self) -> bool:
        """Hold the lock until this process ends. False where another process holds it."""
        self.make_folder()
        handle = os.open(self.folder / f"{self.key}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(handle)
        except OSError:
            os.close(handle)
            return False
        self._lock_handle = handle
        return True

    def announce(self, port: int, token: str) -> None:
        """Let others find this keeper. The file is complete or absent, and only its owner can read it."""
        draft = self.folder / f"{self.key}.{os.getpid()}.draft"
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump({"port": port, "token": token, "pid": os.getpid()}, file)
        draft.replace(self._announcement)

    def withdraw(self) -> None:
        """Stop new clients from finding this keeper."""
        self._announcement.unlink(missing_ok=True)

    def read(self) -> KeeperAddress | None:
        """The keeper that announced itself; it may be gone by now."""
        try:
            value = json.loads(self._announcement.read_text(encoding="utf-8"))
            return KeeperAddress(int(value["port"]), str(value["token"]), int(value["pid"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def start_log(self) -> None:
        """Replace the last log. Only its owner can read it: a server's log may quote its requests."""
        self.log.unlink(missing_ok=True)
        os.close(os.open(self.log, os.O_WRONLY | os.O_CREAT, 0o600))

    def write_log(self, line: str) -> None:
        """Add a line; a log that grew too long starts anew. A full disk costs the log, not the server."""
        try:
            with self.log.open("a", encoding="utf-8") as file:
                if file.tell() > _LOG_BYTES:
                    file.truncate(0)
                file.write(f"{line}\n")
        except OSError:
            pass

    def log_tail(self, lines: int) -> list[str]:
        """The last lines of the log."""
        try:
            with self.log.open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - 400 * lines))
                return file.read().decode("utf-8", "replace").splitlines()[-lines:]
        except OSError:
            return []

    @property
    def _announcement(self) -> Path:
        return self.folder / f"{self.key}.json"


def _lock(handle: int) -> None:
    """Without waiting. Raises ``OSError`` where another process has it."""
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
