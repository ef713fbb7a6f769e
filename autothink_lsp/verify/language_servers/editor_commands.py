"""Language servers of the user's editor: programs of its running clients, and folders of its extensions.

Only the program of a command is used; the arguments come from the table. Programs in an open folder are ignored,
because the user did not install them: ``Discovery`` finds servers of a project, in trusted folders.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from autothink_lsp.verify.language_servers.discovery import extension_command, is_new_enough
from autothink_lsp.verify.language_servers.table import SERVERS
from autothink_lsp.verify.language_servers.values import LanguageServerSpec

_MOST = 50


def editor_commands(named: Any, open_folders: Iterable[Path]) -> Mapping[str, tuple[str, ...]]:
    """The command lines of the editor's language servers, by the name of the server.

    ``named`` should be ``{"programs": [path], "extensionFolders": [path]}`` but may have any form: everything that is
    not an absolute path is ignored.
    """
    named = named if isinstance(named, Mapping) else {}
    folders = [folder.absolute() for folder in open_folders]
    programs = [path for path in _paths(named.get("programs"), folders) if path.is_file() and os.access(path, os.X_OK)]
    extensions = list(_paths(named.get("extensionFolders"), folders))
    commands: dict[str, tuple[str, ...]] = {}
    for spec in SERVERS:
        command = _running(spec, programs) or extension_command(spec, extensions)
        if command is not None:
            commands[spec.name] = command
    return commands


def _running(spec: LanguageServerSpec, programs: Sequence[Path]) -> tuple[str, ...] | None:
    for program in programs:
        for name, *arguments in spec.commands:
            if program.stem == name and is_new_enough(spec, name, str(program)):
                return (str(program), *arguments)
    return None


def _paths(value: Any, folders: Sequence[Path]) -> Iterable[Path]:
    texts = [one for one in value if isinstance(one, str) and "\0" not in one] if isinstance(value, list) else []
    for path in map(Path, texts[:_MOST]):
        if path.is_absolute() and not any(path.is_relative_to(folder) for folder in folders):
            yield path
