"""Evaluates ``.gitignore`` and ``.autothinkignore`` as git does: the files of all folders above a path, the nearest one
last.

If an ignore file of ours exists but cannot be read or exceeds the limits, everything below its folder is ignored,
because its patterns are not known. Never raises. What is done with an ignored file is decided by ``privacy.py``.
"""

from __future__ import annotations

import logging
import stat
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path

from attrs import define, field

from autothink_lsp.context.gitignore import Patterns, TooMuchWork, Work, as_bytes
from autothink_lsp.document.uri_identity import case_is_ignored
from autothink_lsp.values import frozen

logger = logging.getLogger(__name__)

NAMES = (".autothinkignore", ".gitignore")
LARGEST_BYTES = 512 * 1024
"""Of one file."""
LARGEST_TOTAL_BYTES = 1024 * 1024
"""Of all files of one name that apply to a path: reading more takes longer than 200 ms."""
MOST_FOLDERS = 64
"""Between the base and a file. A file that lies deeper is ignored: not all that applies to it was read."""
_MOST_KEPT = 512


@frozen
class _Kept:
    signature: tuple[int, int] | None
    patterns: Patterns | None
    unreadable: bool = False

    @property
    def size_bytes(self) -> int:
        return self.signature[1] if self.signature and self.patterns is not None else 0


@define(eq=False)
class IgnoreFiles:
    """Caches parsed ignore files for as long as their modification time and size do not change."""

    _kept: OrderedDict[Path, _Kept] = field(factory=OrderedDict)

    def ignored_by(self, file: Path, base: Path) -> str:
        """The name of the ignore file that ignores ``file``, which must be below ``base``; empty if it is not
        ignored."""
        try:
            parts = file.relative_to(base).parts
        except ValueError:
            return ""
        if len(parts) > MOST_FOLDERS:
            return f"{NAMES[1]} (it lies too deep to be decided)"
        folders = [base, *(base.joinpath(*parts[:count]) for count in range(1, len(parts)))]
        for name in NAMES:
            sources = [(folder, folder / name) for folder in folders]
            if name == ".gitignore":
                sources.insert(0, (base, base / ".git" / "info" / "exclude"))
            source_name = self._ignored(file, sources)
            if source_name:
                return source_name
        return ""

    def _ignored(self, file: Path, sources: list[tuple[Path, Path]]) -> str:
        lists: list[tuple[Path, Path, Patterns]] = []
        size_bytes = 0
        for folder, source in sources:
            kept = self._read(source)
            if kept.unreadable:
                return f"{source.name} (which cannot be read)"
            size_bytes += kept.size_bytes
            if size_bytes > LARGEST_TOTAL_BYTES:
                return f"{source.name} (which is too large)"
            if kept.patterns:
                lists.append((folder, source, kept.patterns))
        if not lists:
            return ""
        try:
            return _first_that_ignores(file, sources[0][0], lists)
        except TooMuchWork:
            logger.warning("the patterns of %s need too long for a path, which is ignored", sources[-1][1].name)
            return f"{sources[-1][1].name} (which takes too long to match)"

    def _read(self, source: Path) -> _Kept:
        try:
            status = source.stat()
        except (FileNotFoundError, NotADirectoryError):
            return _Kept(None, None)
        except (OSError, ValueError):
            return _Kept(None, None, unreadable=source.name in NAMES)
        signature = (status.st_mtime_ns, status.st_size)
        kept = self._kept.get(source)
        if kept is not None and kept.signature == signature:
            return kept
        kept = self._kept[source] = _parse(source, status.st_mode, signature)
        if len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        return kept


def _first_that_ignores(file: Path, base: Path, lists: list[tuple[Path, Path, Patterns]]) -> str:
    """The name of the ignore file that ignores ``file``; empty if none does. Raises ``TooMuchWork``."""
    work = Work()
    for path, is_folder in _from_the_top(file, base):
        for folder, source, patterns in reversed(lists):  # the deepest file with a matching pattern decides
            if path == folder or not path.is_relative_to(folder):
                continue
            relative = _folded(as_bytes(path.relative_to(folder).as_posix()))
            verdict = patterns.match(relative, is_folder=is_folder, work=work)
            if verdict:
                return source.name
            if verdict is False:
                break
    return ""


def _parse(source: Path, mode: int, signature: tuple[int, int]) -> _Kept:
    try:
        if not stat.S_ISREG(mode) or signature[1] > LARGEST_BYTES:
            return _Kept(signature, None, unreadable=True)
        with source.open("rb") as opened:  # the file may have grown since stat()
            content = opened.read(LARGEST_BYTES + 1)
        if len(content) > LARGEST_BYTES:
            return _Kept(signature, None, unreadable=True)
        return _Kept(signature, Patterns.of_file(_folded(content)))
    except OSError as error:
        logger.warning("%s cannot be read, so what lies beside it is kept from models: %s", source.name, error)
    except TooMuchWork:
        logger.warning("%s has too many or too long lines, so what lies beside it is kept from models", source.name)
    return _Kept(signature, None, unreadable=True)


def _folded(text: bytes) -> bytes:
    """Equal for names of one file: git's ``core.ignoreCase`` is set where the file system ignores case, and folds
    ASCII."""
    return text.lower() if case_is_ignored() else text


def _from_the_top(file: Path, base: Path) -> Iterator[tuple[Path, bool]]:
    """Yield each folder between ``base`` and ``file``, then ``file``; the flag is True for folders.

    The order matters: no pattern can include a path below an ignored folder again.
    """
    parts = file.relative_to(base).parts
    for count in range(1, len(parts) + 1):
        yield base.joinpath(*parts[:count]), count < len(parts)
