"""The projects that the user trusts: for each folder the digest of the ``autothink.toml`` that the user has seen.

A changed file is not trusted, nor is a folder inside a trusted one. Each folder has its own small file in the state
directory, so that two programs can write at the same time and damage is limited to one folder. Decides nothing about
settings.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from attrs import frozen

from autothink_lsp.errors import SettingsError
from autothink_lsp.settings.own_files import replace_private_file


@frozen
class TrustedFolder:
    """A folder and the SHA-256 (hex) of the project file that the user trusts in it."""

    folder: Path
    sha256: str


@frozen
class TrustStore:
    """The trusted folders, stored under ``state_dir`` (see ``paths.state_dir``). ``name`` selects another list: the
    folders for which the user does not want to be asked."""

    state_dir: Path
    name: str = "trusted-folders"

    @property
    def _folder(self) -> Path:
        return self.state_dir / self.name

    def trusts(self, folder: Path, content: bytes) -> bool:
        """Whether the user trusts exactly this content in this folder. ``False`` if that cannot be determined."""
        real = _real(folder)
        return _read(self._file(real)) == TrustedFolder(Path(real), _sha256(content))

    def trust(self, folder: Path, content: bytes) -> None:
        """Store the trust. Raises ``SettingsError`` if it cannot be written."""
        real = _real(folder)
        entry = json.dumps({"folder": real, "sha256": _sha256(content)}, indent=2) + "\n"
        try:
            replace_private_file(self._file(real), entry)
        except OSError as error:
            raise SettingsError(
                f"The decision to trust {folder} could not be written to {self._folder} ({error.strerror}).",
                hint="Make that folder writable, or set AUTOTHINK_HOME to one that is.",
            ) from error

    def untrust(self, folder: Path) -> bool:
        """Remove the trust. ``False`` if the folder was not trusted. Raises ``SettingsError`` if that fails."""
        try:
            self._file(_real(folder)).unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise SettingsError(f"The trust in {folder} could not be revoked ({error.strerror}).") from error
        return True

    def trusted_folders(self) -> tuple[TrustedFolder, ...]:
        """All trusted folders, sorted by name, including deleted folders; damaged entries are left out."""
        entries = (_read(file) for file in self._folder.glob("*.json"))
        return tuple(sorted((entry for entry in entries if entry), key=lambda entry: entry.folder))

    def _file(self, real: str) -> Path:
        return self._folder / f"{_sha256(os.fsencode(real))}.json"


def _real(folder: Path) -> str:
    """The canonical name of a folder: links resolved, case normalized on systems that ignore it."""
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
