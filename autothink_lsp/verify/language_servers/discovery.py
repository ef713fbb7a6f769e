"""Finds a server's program and its root folder. Starts nothing.

Search order: the command in the user's settings or editor, the project's environment, the PATH, mason's folder
(Neovim), the extensions of VS Code. Only for trusted folders; the caller must check that.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from attrs import define, field

from autothink_lsp.processes.environment import PROJECT_TOOL_FOLDERS, find_program
from autothink_lsp.verify.language_servers.values import FoundServer, LanguageServerSpec, Origin

_EXTENSION_FOLDERS = (
    *(".vscode/extensions", ".vscode-insiders/extensions", ".vscode-oss/extensions", ".cursor/extensions"),
    *(".vscode-server/extensions", ".vscode-server-insiders/extensions", ".windsurf/extensions"),
    ".local/share/code-server/extensions",
)
_MOST_VERSIONS = 50


@define
class Discovery:
    """Finds servers. ``home`` is the user's home folder; ``named`` has the command lines of the settings by server
    name."""

    home: Path = field(factory=Path.home)
    named: Mapping[str, Sequence[str]] = field(factory=dict)

    def find(self, spec: LanguageServerSpec, folder: Path) -> FoundServer | None:
        """The server for files of ``folder``, which must be trusted; ``None`` if it is not installed."""
        if (command := self.named.get(spec.name)) is not None:
            program = find_program(command[0]) if command else None  # an empty command switches the server off
            return FoundServer(spec=spec, command=(program, *command[1:]), origin="setting") if program else None
        places: tuple[tuple[Origin, Sequence[str] | None], ...] = (
            ("project", [str(folder.absolute() / place) for place in PROJECT_TOOL_FOLDERS]),
            ("PATH", None),
            ("mason", [str(place) for place in self._mason()]),
        )
        for origin, where in places:
            for name, *arguments in spec.commands:
                program = find_program(name, where)
                if program is not None and is_new_enough(spec, name, program):
                    return FoundServer(spec=spec, command=(program, *arguments), origin=origin)
        return self._in_extensions(spec)

    def _mason(self) -> Iterable[Path]:
        """mason.nvim's ``bin`` below Neovim's data folder (``stdpath("data")``)."""
        data = Path(os.environ.get("XDG_DATA_HOME") or self.home / ".local/share")
        for name in dict.fromkeys((os.environ.get("NVIM_APPNAME") or "nvim", "nvim")):
            yield data / name / "mason/bin"
        if local := os.environ.get("LOCALAPPDATA"):
            yield Path(local) / "nvim-data/mason/bin"

    def _in_extensions(self, spec: LanguageServerSpec) -> FoundServer | None:
        command = extension_command(spec, [self.home / place for place in _EXTENSION_FOLDERS])
        return FoundServer(spec=spec, command=command, origin="extension") if command is not None else None


def extension_command(spec: LanguageServerSpec, places: Iterable[Path]) -> tuple[str, ...] | None:
    """The newest program of the server among the VS Code extensions in these folders; ``None`` if there is none."""
    places = list(places)
    found: list[tuple[tuple[int, ...], Path, Sequence[str]]] = []
    for pattern, *arguments in spec.bundled:
        for place in places:
            with contextlib.suppress(OSError):
                files = [file for file in place.glob(pattern) if file.is_file()][:_MOST_VERSIONS]
                found += [(_version(file, pattern), file, arguments) for file in files]
    for _, file, arguments in sorted(found, key=lambda row: row[0], reverse=True):
        if file.suffix != ".js":
            if os.access(file, os.X_OK):
                return (str(file), *arguments)
        elif (node := find_program("node")) is not None:
            return (node, str(file), *arguments)
    return None


def root_of(spec: LanguageServerSpec, file: Path, folder: Path) -> Path:
    """The root folder of the server for ``file``: the workspace ``folder`` if it has one of the server's root markers,
    else the nearest folder above the file that has one, else the workspace folder."""
    folder = folder.absolute()
    if _has_marker(spec, folder):
        return folder
    for parent in file.absolute().parents:
        if parent == folder or folder not in parent.parents:
            break
        if _has_marker(spec, parent):
            return parent
    return folder


def _has_marker(spec: LanguageServerSpec, folder: Path) -> bool:
    return any((folder / marker).exists() for marker in spec.root_markers)


def _version(file: Path, pattern: str) -> tuple[int, ...]:
    """The version numbers in the name of the extension's folder, such as ``ms-pyright.pyright-1.1.414``."""
    name = file.parts[-1 - pattern.count("/")]
    return tuple(int(number) for number in re.findall(r"\d{1,9}", name.rpartition("-")[2] or name))


def is_new_enough(spec: LanguageServerSpec, name: str, program: str) -> bool:
    """Whether an npm package's program has the major version that the server needs."""
    least = spec.least_package_major.get(name)
    if least is None:
        return True
    for parent in Path(program).resolve().parents:
        with contextlib.suppress(OSError, ValueError, AttributeError):
            package = json.loads((parent / "package.json").read_text(encoding="utf-8"))
            return int(str(package.get("version", "0")).partition(".")[0]) >= least
    return False
