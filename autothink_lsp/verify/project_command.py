"""The command of a checker that runs in a trusted project, on a text that takes the place of one of its files.

Only for trusted folders: configurations and plugins of the project are code. Placeholders of ``project_args``:

- ``{real}`` the document's own path, for checkers that read the text from standard input or replace a file themselves;
- ``{file}`` a copy of the text in the temporary folder ``{folder}``;
- ``{root}`` the project's folder, ``{package}`` the document's folder relative to the working folder;
- ``{config}`` the nearest of the checker's ``project_files`` above the document;
- ``{overlay}``, ``{overlay_file}``, ``{overlay_config}`` the same in the overlay of a checker with ``in_overlay``: a
  copy of the project that holds the text. Folders beside the path to the document are links, files along it are copies:
  nothing is written to the project;
- ``{overlay_tsconfig}`` beside ``{overlay_config}``, a configuration that extends it and names only the document.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from attrs import field, frozen

from autothink_lsp.processes import environment
from autothink_lsp.syntax.checker_spec import CheckerSpec

_MOST_ENTRIES = 4_000
_MOST_COPIED_BYTES = 20 << 20
_LARGEST_COPY_BYTES = 1 << 20
_LEFT_OUT = frozenset({".git", ".hg", ".svn"})
_ENVIRONMENTS = (".venv", "venv")
_STDIN_NAMES = frozenset({"", "-", "<stdin>", "stdin"})
# Caches and settings of tools in the user's home folder; without them a checker would have to rebuild its caches.
_HOME_VARIABLES = ("HOME", "USERPROFILE", "GOPATH", "GOMODCACHE", "GOFLAGS", "CARGO_HOME", "XDG_CACHE_HOME")


@frozen
class CheckedFile:
    """A document's ``file`` in the trusted project ``folder``."""

    folder: Path
    file: Path

    @property
    def relative(self) -> Path | None:
        """The file's path relative to the folder; ``None`` if it is outside the folder."""
        for folder, file in ((self.folder.absolute(), self.file.absolute()), (self.folder, self.file)):
            if ".." not in file.parts and file.is_relative_to(folder):
                return file.relative_to(folder)
        return None


@frozen
class CheckerCommand:
    """A command to run and its folder.

    ``files`` are the paths that stand for the checked text in the checker's output. ``own_paths`` has, in a project,
    all spellings of these paths: every other path is another file.
    """

    args: tuple[str, ...]
    cwd: Path
    files: tuple[Path, ...]
    stdin: bytes | None = field(default=None, repr=False)
    environ: Mapping[str, str] | None = field(default=None, repr=False)
    own_paths: frozenset[str] | None = None


def project_command(spec: CheckerSpec, project: CheckedFile, text: str, temporary: Path) -> CheckerCommand | None:
    """The command that checks ``text`` in place of ``project.file``; ``None`` if the project lacks the checker's
    configuration, or the file is not in the project. Raises ``OSError``, and ``ValueError`` for a project with too many
    files."""
    relative = project.relative
    if relative is None:
        return None
    root = project.folder.absolute()
    config = nearest_configuration(spec.project_files, root, relative)
    if spec.project_files and config is None and not spec.only_own:
        return None
    wanted = " ".join(spec.project_args)
    copy = temporary / "copy" / relative.name
    overlay = temporary / "overlay" / (root.name or "project")
    if spec.in_overlay:
        _make_overlay(root, relative, overlay)
        _write(overlay / relative, text)
    if "{file}" in wanted:
        _write(copy, text)
    tsconfig = overlay / (config or relative).parent / "tsconfig.autothink.json"
    if "{overlay_tsconfig}" in wanted and config is not None:
        document = os.path.relpath(overlay / relative, tsconfig.parent).replace(os.sep, "/")
        extended = {"extends": f"./{config.name}", "files": [document], "references": []}
        _write(tsconfig, json.dumps(extended))
    base = overlay if spec.in_overlay else root
    cwd = base if config is None else base / config.parent
    package = os.path.relpath(base / relative.parent, cwd).replace(os.sep, "/")
    values = {
        "{real}": str(root / relative),
        "{file}": str(copy),
        "{folder}": str(temporary),
        "{root}": str(root),
        "{package}": "." if package == "." else f"./{package}",
        "{config}": str(root / config) if config is not None else "",
        "{overlay}": str(overlay),
        "{overlay_file}": str(overlay / relative),
        "{overlay_config}": str(overlay / config) if config is not None else "",
        "{overlay_tsconfig}": str(tsconfig),
    }
    files = (root / relative, overlay / relative, copy)
    return CheckerCommand(
        tuple(_filled(arg, values) for arg in spec.project_args),
        cwd,
        files,
        stdin=text.encode("utf-8", "surrogatepass") if spec.stdin else None,
        environ=_environment(root, temporary),
        own_paths=_spellings(files, cwd, base),
    )


def nearest_configuration(names: tuple[str, ...], root: Path, relative: Path) -> Path | None:
    """The nearest file with one of ``names`` in the document's folder or above it, relative to ``root``; ``None`` if
    there is none."""
    for folder in relative.parents:
        for name in names:
            if (root / folder / name).is_file():
                return folder / name
    return None


def is_own_path(reported_path: str, own_paths: frozenset[str]) -> bool:
    """Whether the beginning of an output line, up to the line number, names the checked text."""
    path = reported_path.strip().rstrip("(:").strip().removeprefix("vet: ").replace("\\", "/").removeprefix("./")
    return path in _STDIN_NAMES or path in own_paths


def _spellings(files: tuple[Path, ...], cwd: Path, base: Path) -> frozenset[str]:
    found = {str(file) for file in files} | {str(file.resolve()) for file in files}
    for file in files:
        for folder in (cwd, base):
            found.add(os.path.relpath(file, folder))
    return frozenset(path.replace("\\", "/") for path in found)


def _filled(arg: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        arg = arg.replace(name, value)
    return arg


def _environment(root: Path, temporary: Path) -> dict[str, str]:
    environ = {name: os.environ[name] for name in _HOME_VARIABLES if name in os.environ}
    environ |= {name: str(temporary) for name in ("TMPDIR", "TEMP", "TMP")}
    if "HOME" in environ:
        environ["GOCACHE"] = os.environ.get("GOCACHE") or str(Path(environ["HOME"]) / ".cache" / "go-build")
    search_path = environment.clean_environment().get("PATH", "")
    for name in _ENVIRONMENTS:
        folder = root / name
        if (folder / "pyvenv.cfg").is_file():
            programs = folder / ("Scripts" if os.name == "nt" else "bin")
            environ |= {"VIRTUAL_ENV": str(folder), "PATH": f"{programs}{os.pathsep}{search_path}"}
            break
    return environ


def _make_overlay(root: Path, relative: Path, overlay: Path) -> None:
    """Make the overlay of the project, without the file itself."""
    entries, copied_bytes = 0, 0
    for depth in range(len(relative.parts)):
        inside = Path(*relative.parts[:depth])
        (overlay / inside).mkdir(parents=True, exist_ok=True)
        for entry in os.scandir(root / inside):
            entries += 1
            if entries > _MOST_ENTRIES:
                raise ValueError("the project has too many files")
            if entry.name == relative.parts[depth] or entry.name in _LEFT_OUT:
                continue
            place = overlay / inside / entry.name
            size = entry.stat().st_size if entry.is_file() else _LARGEST_COPY_BYTES + 1
            if size <= _LARGEST_COPY_BYTES and copied_bytes + size <= _MOST_COPIED_BYTES:
                copied_bytes += size
                shutil.copyfile(entry.path, place)
            elif entry.is_file() or entry.is_dir():
                place.symlink_to(entry.path, target_is_directory=entry.is_dir())


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8", errors="surrogatepass", newline="")
