"""Answers ``workspace/configuration`` from the project's ``.vscode/settings.json``, else from the table's defaults.

Servers read their own files (pyproject.toml, tsconfig.json, .clangd) themselves. Python servers get the interpreter of
the project's environment, as they do from editors. Reads files of a trusted folder only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen

from autothink_lsp.verify.language_servers.values import WORKSPACE_FOLDER, LanguageServerSpec

_LARGEST_BYTES = 1 << 20
_INTERPRETERS = (".venv/bin/python", "venv/bin/python", ".venv/Scripts/python.exe", "venv/Scripts/python.exe")
# JSON with comments: a string (perhaps without its end), a comment, or a comma before a closing bracket.
_COMMENT = r"//[^\n]*+|/\*(?>(?:[^*]++|\*(?!/))*)(?:\*/|\Z)"
_TOKEN = re.compile(rf'"(?>(?:\\.|[^"\\\n])*)"?|{_COMMENT}|,(?=(?>(?:\s|{_COMMENT})*)[}}\]])', re.DOTALL)


def editor_settings(folder: Path) -> dict[str, Any]:
    """The content of a folder's ``.vscode/settings.json`` with dotted names unchanged; empty if it cannot be read."""
    file = folder / ".vscode" / "settings.json"
    try:
        if file.stat().st_size > _LARGEST_BYTES:
            return {}
        text = file.read_text(encoding="utf-8-sig")
        settings = json.loads(_TOKEN.sub(lambda match: match[0] if match[0][0] == '"' else "", text))
    except (OSError, ValueError, RecursionError):
        return {}
    return settings if isinstance(settings, dict) else {}


def interpreter(*folders: Path) -> str | None:
    """The Python interpreter of the first project environment found in ``folders``; ``None`` if there is none."""
    places = (folder.absolute() / name for folder in folders for name in _INTERPRETERS)
    return next((str(place) for place in places if place.exists()), None)


@frozen
class ProjectSettings:
    """The settings for one server. ``configured`` are those of the project, with dotted names; ``python`` is the
    project's interpreter."""

    spec: LanguageServerSpec
    folder: Path
    configured: Mapping[str, Any] = field(factory=dict, repr=False)
    python: str | None = None

    @classmethod
    def of_folder(cls, spec: LanguageServerSpec, root: Path, folder: Path) -> ProjectSettings:
        """Read the settings of ``root``, the server's root, and of the workspace's ``folder``; those of the root take
        precedence."""
        configured = _merged(editor_settings(folder), editor_settings(root) if root != folder else {})
        return cls(spec, root, configured, interpreter(root, folder))

    def section(self, section: str | None) -> Any:
        """The value of one section; ``None`` if it has none."""
        if not section:
            return self._filled(self.spec.settings.get("", self.spec.settings))
        own = self.spec.settings.get(section)
        value = _merged(own if isinstance(own, Mapping) else {}, _section(self.configured, section))
        if section == "python" and self.python is not None:
            value.setdefault("pythonPath", self.python)
        if section == "ty" and self.python is not None:
            value.setdefault("interpreter", [self.python])
        return value or own

    def _filled(self, value: Any) -> Any:
        if value == WORKSPACE_FOLDER:
            return {"uri": self.folder.as_uri(), "name": self.folder.name}
        return {name: self._filled(inner) for name, inner in value.items()} if isinstance(value, Mapping) else value


def _section(configured: Mapping[str, Any], section: str) -> dict[str, Any]:
    """The nested form of a section's dotted names: ``python.analysis.extraPaths`` in ``python`` is {"analysis":
    {…}}."""
    found: dict[str, Any] = {}
    for name, value in configured.items():
        if name == section and isinstance(value, dict):
            found = _merged(found, value)
        elif name.startswith(f"{section}."):
            *folders, last = name.removeprefix(f"{section}.").split(".")
            inner: dict[str, Any] = {last: value}
            for folder in reversed(folders):
                inner = {folder: inner}
            found = _merged(found, inner)
    return found


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for name, value in above.items():
        old = merged.get(name)
        merged[name] = _merged(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return merged
