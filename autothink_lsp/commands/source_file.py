"""A source file that a command reads and, with ``--apply``, writes. The only module of the commands that writes one.

A write replaces the file atomically (``rename``), so that a reader or a power failure sees the old text or the new one.
A rename makes a new inode. If that would lose hard links, the owner, access control lists or extended attributes, the
file is written in place, with a backup beside it until the new text is on the disk.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import signal
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from attrs import field, frozen

from autothink_lsp.errors import AutothinkError

MAX_FILE_BYTES = 2_000_000
_TEMPORARY_PREFIX = ".autothink-"
_TEMPORARY_SUFFIX = ".tmp"
# A temporary file has a name for less than a millisecond. An older one belongs to a killed process.
_ABANDONED_AFTER_S = 60.0

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


@frozen
class SourceFile:
    """A text file when it was read. ``path`` is the name that the user gave, ``real_path`` is without links; ``device``
    and ``inode`` identify the file."""

    path: Path
    real_path: Path
    content: bytes = field(repr=False)
    device: int
    inode: int

    @property
    def text(self) -> str:
        """The content, including its line ends and byte order mark."""
        return self.content.decode("utf-8")


def read_source_file(path: Path) -> SourceFile:
    """Read a UTF-8 text file of at most ``MAX_FILE_BYTES``. Raises ``AutothinkError`` for any other file."""
    content, status = read_regular_file(path, MAX_FILE_BYTES)
    _require_text(path, content)
    return SourceFile(path, Path(os.path.realpath(path)), content, status.st_dev, status.st_ino)


def read_regular_file(path: Path, max_bytes: int) -> tuple[bytes, os.stat_result]:
    """The content and the status of a file. Raises ``AutothinkError``.

    Pipes and devices are refused before they are opened, because opening one may block or have an effect.
    """
    try:
        _require_regular_file(path, path.stat())
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0))
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(file.fileno())
            _require_regular_file(path, status)
            _require_size(path, status.st_size, max_bytes)
            content = file.read(max_bytes + 1)
    except OSError as error:
        raise AutothinkError(f"{path} cannot be read: {_reason(error)}.", hint=_hint(path, error)) from error
    _require_size(path, len(content), max_bytes)
    return content, status


def _hint(path: Path, error: OSError) -> str:
    """What to do about a file that cannot be read."""
    if isinstance(error, PermissionError):
        return "Check its permissions."
    if not isinstance(error, FileNotFoundError):
        return ""
    name, colon, _ = str(path).partition(":")
    if colon and Path(name).is_file():
        return f"Lines and columns are numbers, counted from 1, for example {name}:12."
    return "Check the name; it is relative to the current folder."


def require_writable(source: SourceFile) -> None:
    """Raise ``AutothinkError`` if the file is read-only. A read-only file is refused for root, too."""
    try:
        mode = source.real_path.stat().st_mode
    except OSError as error:
        raise AutothinkError(f"{source.path} cannot be written: {_reason(error)}.") from error
    if not mode & stat.S_IWUSR or not os.access(source.real_path, os.W_OK):
        raise AutothinkError(
            f"{source.path} is read-only, so it was not changed.",
            hint="Make it writable, or use the diff: run without --apply.",
        )


def write_source_file(source: SourceFile, text: str) -> None:
    """Replace the content by ``text``. Raises ``AutothinkError``; the file then has its old content.

    Raises if the file is read-only, has changed since it was read, or cannot be written.
    """
    try:
        content = text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise AutothinkError(
            f"The edit has a character that UTF-8 cannot hold (U+{ord(text[error.start]):04X}), so it was not written."
        ) from error
    require_writable(source)
    _require_no_backup(source)
    _require_unchanged(source)
    try:
        with _signals_deferred():
            if not _replace(source, content):
                _write_in_place(source, content)
    except OSError as error:
        raise AutothinkError(f"{source.path} could not be written: {_reason(error)}.") from error


def backup_path(real_path: Path) -> Path:
    """The path of the backup while a file is written in place. The name is short for any file name."""
    digest = hashlib.sha256(os.fsencode(real_path.name)).hexdigest()[:12]
    return real_path.parent / f"{_TEMPORARY_PREFIX}{digest}.backup"


def _replace(source: SourceFile, content: bytes) -> bool:
    """Replace the old file by a new one. Returns ``False``, with nothing changed, if that would lose something or the
    folder is not writable."""
    status = source.real_path.stat()
    if status.st_nlink > 1:
        return False
    folder = source.real_path.parent
    name = folder / f"{_TEMPORARY_PREFIX}{secrets.token_hex(8)}{_TEMPORARY_SUFFIX}"
    _remove_abandoned_files(folder)
    try:
        descriptor, is_named = _create_temporary(folder, name)
    except OSError:
        return False
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            if not _copy_attributes(source.real_path, status, descriptor):
                return False
            os.fsync(descriptor)
            if not is_named:
                _link(descriptor, folder, name)
                is_named = True
        _require_unchanged(source)
        name.replace(source.real_path)
        is_named = False
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}:
            raise
        return False
    finally:
        if is_named:
            with contextlib.suppress(OSError):
                name.unlink()
    _sync_folder(folder)
    return True


def _create_temporary(folder: Path, name: Path) -> tuple[int, bool]:
    """A descriptor for writing, and whether the file has a name. A file without a name vanishes with its process."""
    if hasattr(os, "O_TMPFILE") and Path("/proc/self/fd").is_dir():
        with contextlib.suppress(OSError):  # not all file systems support it
            return os.open(folder, os.O_TMPFILE | os.O_RDWR, 0o600), False
    return os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600), True


def _link(descriptor: int, folder: Path, name: Path) -> None:
    """Give a file without a name its name (see O_TMPFILE in open(2))."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.link(f"/proc/self/fd/{descriptor}", name.name, dst_dir_fd=handle, follow_symlinks=True)
    finally:
        os.close(handle)


def _copy_attributes(original: Path, status: os.stat_result, descriptor: int) -> bool:
    """Copy owner, mode and extended attributes (including access control lists). Returns whether all could be
    copied."""
    try:
        if hasattr(os, "fchown") and os.fstat(descriptor)[4:6] != (status.st_uid, status.st_gid):
            os.fchown(descriptor, status.st_uid, status.st_gid)
        if hasattr(os, "listxattr"):
            for name in os.listxattr(original):
                os.setxattr(descriptor, name, os.getxattr(original, name))
        if hasattr(os, "fchmod"):
            os.fchmod(descriptor, stat.S_IMODE(status.st_mode))
    except OSError as error:
        return error.errno == errno.ENOTSUP
    return True


def _write_in_place(source: SourceFile, content: bytes) -> None:
    """Write into the file itself. A backup exists from before the first change until the last byte is on the disk."""
    backup = _write_backup(source)
    descriptor = -1
    try:
        descriptor = os.open(source.real_path, os.O_RDWR | getattr(os, "O_BINARY", 0))
        status = os.fstat(descriptor)
        _require_same_file(source, status)
        if len(content) > status.st_size and hasattr(os, "posix_fallocate"):
            _reserve(descriptor, status.st_size, len(content))
        try:
            _overwrite(descriptor, content)
        except OSError as error:
            _restore(source, descriptor, backup, error)
            raise
        if hasattr(os, "fchmod"):
            os.fchmod(descriptor, stat.S_IMODE(status.st_mode))  # a write clears set-user-ID bits
    finally:
        if descriptor >= 0:
            os.close(descriptor)
        if _content(source.real_path) in {content, source.content}:
            with contextlib.suppress(OSError):
                backup.unlink()


def _write_backup(source: SourceFile) -> Path:
    """Write the old content beside the file; into the state folder if the file's folder is not writable."""
    try:
        return _create_backup(backup_path(source.real_path), source.content)
    except OSError:
        from autothink_lsp.settings.paths import state_dir

        folder = state_dir() / "backups"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = f"{source.real_path.name[:100]}-{secrets.token_hex(4)}"
        return _create_backup(folder / name, source.content)


def _create_backup(path: Path, content: bytes) -> Path:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        with contextlib.suppress(OSError):
            path.unlink()
        raise
    _sync_folder(path.parent)
    return path


def _reserve(descriptor: int, old_bytes: int, new_bytes: int) -> None:
    """Allocate the space before the first change, so that a full disk changes nothing."""
    try:
        os.posix_fallocate(descriptor, old_bytes, new_bytes - old_bytes)
    except OSError as error:
        os.ftruncate(descriptor, old_bytes)
        if error.errno not in {errno.EINVAL, errno.ENOTSUP, errno.ENOSYS}:
            raise


def _overwrite(descriptor: int, content: bytes) -> None:
    os.lseek(descriptor, 0, os.SEEK_SET)
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]
    os.ftruncate(descriptor, len(content))
    os.fsync(descriptor)


def _restore(source: SourceFile, descriptor: int, backup: Path, cause: OSError) -> None:
    try:
        _overwrite(descriptor, source.content)
    except OSError as error:
        raise AutothinkError(
            f"{source.path} was written only in part: {_reason(cause)}.", hint=f"The previous text is in {backup}."
        ) from error


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _sync_folder(folder: Path) -> None:
    """Make a new name durable. Some systems cannot open or synchronise a folder."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _remove_abandoned_files(folder: Path) -> None:
    """Remove temporary files of processes that were killed between naming a file and renaming it."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(_TEMPORARY_PREFIX) and entry.name.endswith(_TEMPORARY_SUFFIX):
                age_s = time.time() - entry.stat(follow_symlinks=False).st_mtime
                if age_s > _ABANDONED_AFTER_S and entry.is_file(follow_symlinks=False):
                    Path(entry.path).unlink()


@contextlib.contextmanager
def _signals_deferred() -> Iterator[None]:
    """Defer Ctrl-C, a closed terminal and SIGTERM until the file is written."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _require_regular_file(path: Path, status: os.stat_result) -> None:
    for is_kind, words in _KINDS:
        if is_kind(status.st_mode):
            raise AutothinkError(f"{path} is {words}.", hint="Choose a text file.")
    if not stat.S_ISREG(status.st_mode):
        raise AutothinkError(f"{path} is not a regular file.", hint="Choose a text file.")


def _require_size(path: Path, size_bytes: int, max_bytes: int) -> None:
    if size_bytes > max_bytes:
        raise AutothinkError(f"{path} is larger than {max_bytes // 1_000_000} MB.", hint="Choose a smaller file.")


def _require_text(path: Path, content: bytes) -> None:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise AutothinkError(f"{path} is UTF-16, not UTF-8.", hint="Convert it to UTF-8 first.")
    if b"\0" in content[:8_000]:
        raise AutothinkError(f"{path} is a binary file.", hint="Choose a text file.")
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise AutothinkError(f"{path} is not UTF-8 (byte {error.start}).", hint="Convert it to UTF-8 first.") from error


def _require_unchanged(source: SourceFile) -> None:
    _require_same_file(source, source.real_path.stat())
    if Path(os.path.realpath(source.path)) != source.real_path or _content(source.real_path) != source.content:
        raise _changed(source)


def _require_same_file(source: SourceFile, status: os.stat_result) -> None:
    if (status.st_dev, status.st_ino) != (source.device, source.inode) or not stat.S_ISREG(status.st_mode):
        raise _changed(source)


def _require_no_backup(source: SourceFile) -> None:
    """Raise ``AutothinkError`` if there is a backup: it belongs to a process that was killed while writing, and its
    content may be needed."""
    backup = backup_path(source.real_path)
    saved = _content(backup)
    if saved is None:
        return
    if saved == source.content:
        with contextlib.suppress(OSError):
            backup.unlink()
        return
    raise AutothinkError(
        f"An earlier run was interrupted while it wrote {source.path}, so nothing was written.",
        hint=f"The previous text is in {backup}. Compare the two files, then delete it.",
    )


def _changed(source: SourceFile) -> AutothinkError:
    return AutothinkError(
        f"{source.path} has changed in the meantime; nothing was written.", hint="Run the command again."
    )


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
