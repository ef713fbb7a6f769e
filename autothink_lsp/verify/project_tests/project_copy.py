"""A copy of a project that its tests may change, with links to the installed packages.

Files are cloned if the file system supports it (``FICLONE``), else copied: a hard link would let a test write to the
user's file. ``.venv`` and the packages in ``node_modules`` are large and therefore linked; while tests run, the user's
folder is read-only for them if the system supports that (`autothink_lsp/processes/limited_main.py`).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sys
from pathlib import Path

from attrs import define, field

from autothink_lsp.processes.environment import PROJECT_TOOL_FOLDERS

MOST_FILES = 20_000
MOST_BYTES = 500 << 20
_LINKED = frozenset({".venv", "venv"})
_LEFT_OUT = frozenset({".git", ".hg", ".svn", "__pycache__", "dist", ".tox", ".nox", ".mypy_cache", ".pytest_cache"})
# Build outputs that later builds use: not copied, and kept when the copy is updated.
_BUILD_FOLDERS = frozenset({"target", "obj", ".gradle", ".build", "node_modules"})
_FICLONE = 0x40049409  # linux/fs.h


@define(eq=False)
class ProjectCopy:
    """The copy of ``folder`` at ``path``.

    ``texts`` are texts of files, by relative path, that replace the saved ones. ``signature`` changes when a file of
    the project changes, except those in ``texts``.
    """

    folder: Path
    path: Path
    texts: dict[Path, str] = field(factory=dict, repr=False)
    signature: str = ""

    def update(self) -> None:
        """Make the copy equal to the project and ``texts``, also after tests that wrote or deleted files.

        Raises ``ValueError`` for a project that is too large, and ``OSError`` if the copy cannot be written.
        """
        digest = hashlib.sha256()
        count, size = 0, 0
        for root, folders, names in os.walk(self.folder):
            place = Path(root)
            relative = place.relative_to(self.folder)
            target = self.path / relative
            present = {*folders, *names}
            self._link_packages(place, target, folders)
            folders[:] = [
                name
                for name in sorted(folders)
                if name not in _LEFT_OUT | _LINKED | _BUILD_FOLDERS
                and not (place / name).is_symlink()
                and not (place / name / "pyvenv.cfg").is_file()
            ]
            if not target.is_dir():
                _remove(target)
                target.mkdir(parents=True)
            self._remove_extra(target, present)
            for name in sorted(names):
                source = place / name
                status = source.lstat()
                if relative / name not in self.texts:
                    digest.update(
                        f"{relative / name}\0{status.st_size}\0{status.st_mtime_ns}\0".encode("utf-8", "replace")
                    )
                count, size = count + 1, size + status.st_size
                if count > MOST_FILES or size > MOST_BYTES:
                    raise ValueError(f"it has more than {MOST_FILES:,} files or {MOST_BYTES >> 20} MiB")
                _copy_changed(source, target / name, status, self.folder)
        for relative, text in self.texts.items():
            file = self.path / relative
            file.parent.mkdir(parents=True, exist_ok=True)  # it may be in a folder that is not copied
            _remove(file)
            file.write_text(text, encoding="utf-8", errors="surrogatepass", newline="")
        self.signature = digest.hexdigest()

    def _remove_extra(self, target: Path, wanted: set[str]) -> None:
        """Remove files that tests have created."""
        for entry in os.scandir(target):
            if entry.name not in wanted and entry.name not in _LINKED | _BUILD_FOLDERS:
                _remove(Path(entry.path))

    def _link_packages(self, place: Path, target: Path, folders: list[str]) -> None:
        for name in folders:
            if name in _LINKED or (place / name / "pyvenv.cfg").is_file():
                _link(target / name, place / name)
            elif name == "node_modules":
                self._link_node_modules(place / name, target / name)

    def _link_node_modules(self, source: Path, target: Path) -> None:
        """Link each package. A link into the project, as in npm workspaces, is redirected to the copy."""
        target.mkdir(parents=True, exist_ok=True)
        for entry in os.scandir(source):
            one = Path(entry.path)
            if entry.name.startswith("@") and not entry.is_symlink():
                self._link_node_modules(one, target / entry.name)
            elif entry.name not in {".cache", ".vite", ".vitest"}:
                real = one.resolve()
                inside = real.is_relative_to(self.folder) and "node_modules" not in real.relative_to(self.folder).parts
                _link(target / entry.name, self.path / real.relative_to(self.folder) if inside else one)

    def environment(self) -> dict[str, str]:
        """Environment variables that put the copy's tools and sources before installed ones: an editable installation
        would import the sources of the original folder."""
        tools = [str(self.path / name) for name in PROJECT_TOOL_FOLDERS if (self.path / name).is_dir()]
        sources = [str(place) for place in (self.path / "src", self.path) if place.is_dir()]
        search = os.environ.get("PATH", os.defpath).split(os.pathsep)
        absolute = [entry for entry in search if Path(entry).is_absolute()]
        return {"PATH": os.pathsep.join((*tools, *absolute)), "PYTHONPATH": os.pathsep.join(sources)}


def _copy_changed(source: Path, target: Path, status: os.stat_result, folder: Path) -> None:
    """Copy a file whose size or time differs. A link is copied if its target is in the project and its path relative;
    other links, sockets and pipes are left out."""
    if source.is_symlink():
        _remove(target)
        written = str(source.readlink())
        if not Path(written).is_absolute() and source.resolve().is_relative_to(folder):
            target.symlink_to(written)
        return
    if not source.is_file():
        return
    with contextlib.suppress(OSError):
        there = target.lstat()
        if (there.st_size, there.st_mtime_ns, there.st_mode) == (status.st_size, status.st_mtime_ns, status.st_mode):
            return
    _remove(target)
    if not _clone(source, target):
        shutil.copyfile(source, target)
    shutil.copystat(source, target)


def _clone(source: Path, target: Path) -> bool:
    """Clone ``source`` with shared blocks (copy-on-write); ``False`` if the file system does not support it."""
    if sys.platform != "linux":
        return False
    import fcntl

    with source.open("rb") as read, target.open("wb") as written:
        try:
            fcntl.ioctl(written.fileno(), _FICLONE, read.fileno())
        except OSError:
            return False
    return True


def _link(at: Path, to: Path) -> None:
    if at.is_symlink() and at.readlink() == to:
        return
    _remove(at)
    at.parent.mkdir(parents=True, exist_ok=True)
    at.symlink_to(to, target_is_directory=to.is_dir())


def _remove(path: Path) -> None:
    """Remove a file, a link or a folder, if it exists."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
