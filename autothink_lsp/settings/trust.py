"""Which projects the user trusts: for each folder the digest of the ``autothink.toml`` that was looked at.

A changed file is a new file and is not trusted; a folder inside a trusted one is another folder. Each folder has a
small file of its own in the state directory, so that two programs can write at once and damage reaches one folder only.
Decides nothing about settings.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from attrs import frozen

from autothink_lsp.errors import SettingsError
from autothink_lsp.settings.private_files import make_private_folder


@frozen
class TrustedFolder:
    """A folder and the SHA-256 (hex) of the project file that the user trusts in it."""

    folder: Path
    sha256: str


@frozen
class TrustStore:
    """The trusted folders, kept under ``state_dir`` (see ``paths.state_dir``). ``name`` is another list's: of folders
    that the user never wants to be asked about."""

    state_dir: Path
    name: str = "trusted-folders"

    @property
    def _folder(self) -> Path:
        return self.state_dir / self.name

    def trusts(self, folder: Path, content: bytes) -> bool:
        """Whether the user trusts this very content in this folder. ``False`` where that cannot be found out."""
        real = _real(folder)
        return _read(self._file(real)) == TrustedFolder(Path(real), _sha256(content))

    def trust(self, folder: Path, content: bytes) -> None:
        """Remember. Raises ``SettingsError`` where it cannot be written."""
        import tempfile

        real = _real(folder)
        entry = json.dumps({"folder": real, "sha256": _sha256(content)}, indent=2) + "\n"
        try:
            make_private_folder(self._folder)
            # mkstemp makes the file readable by its owner only; replacing it is atomic.
            handle, temporary = tempfile.mkstemp(dir=self._folder, prefix="new-", suffix=".tmp")
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    file.write(entry)
                Path(temporary).replace(self._file(real))
            except BaseException:
                Path(temporary).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise SettingsError(
                f"The decision to trust {folder} could not be written to {self._folder} ({error.strerror}).",
                hint="Make that folder writable, or set AUTOTHINK_HOME to one that is.",
            ) from error

    def untrust(self, folder: Path) -> bool:
        """Forget. ``False`` where the folder was not trusted. Raises ``SettingsError`` where it cannot be removed."""
        try:
            self._file(_real(folder)).unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise SettingsError(f"The trust in {folder} could not be taken back ({error.strerror}).") from error
        return True

    def trusted_folders(self) -> tuple[TrustedFolder, ...]:
        """All of them by name, folders that are gone included, damaged entries left out."""
        entries = (_read(file) for file in self._folder.glob("*.json"))
        return tuple(sorted((entry for entry in entries if entry), key=lambda entry: entry.folder))

    def _file(self, real: str) -> Path:
        return self._folder / f"{_sha256(os.fsencode(real))}.json"


def _real(folder: Path) -> str:
    """One name for a folder, whichever link leads there and, where the system ignores it, in whatever case."""
    return os.path.normcase(os.path.realpath(folder))


def _read(file: Path) -> TrustedFolder | None:
    try:
        entry = json.loads(file.read_text(encoding="utf-8"))
        return TrustedFolder(Path(entry["folder"]), str(entry["sha256"]))
    except (OSError, ValueError, TypeError, LookupError, RecursionError):
        return None


def _sha256(content: bytes) -> str:
    import hashlib

    return hashlib.sha256(content).hexdigest()
