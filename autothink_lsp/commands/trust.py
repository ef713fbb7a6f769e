"""``autothink-lsp trust|untrust [FOLDER]``: let a project's ``autothink.toml`` decide where code goes, and let its
own tools and tests run; or no longer.

Trust is given to the file as it is now, also to there being none; a changed file asks again.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autothink_lsp.settings.trust import TrustStore


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``trust`` and ``untrust``."""
    trust = subparsers.add_parser("trust", help="let a folder's autothink.toml count, and its own tools run")
    trust.add_argument("--list", action="store_true", dest="list_folders", help="list the trusted folders instead")
    trust.set_defaults(trust_action=_trust)
    untrust = subparsers.add_parser("untrust", help="take that trust back")
    untrust.set_defaults(trust_action=_untrust, list_folders=False)
    for parser in (trust, untrust):
        parser.add_argument("folder", type=Path, nargs="?", default=Path(), help="the project (default: .)")


def run(args: argparse.Namespace) -> int:
    """Exit status 1 where there is nothing to trust or to take back, or it cannot be written."""
    from autothink_lsp.errors import SettingsError
    from autothink_lsp.settings.paths import state_dir
    from autothink_lsp.settings.trust import TrustStore

    store = TrustStore(state_dir())
    if args.list_folders:
        return _list(store)
    try:
        return args.trust_action(args.folder.absolute(), store)
    except SettingsError as error:
        return _refuse(error.for_user())


def _trust(folder: Path, store: TrustStore) -> int:
    from autothink_lsp.settings.layers import layer_of_file
    from autothink_lsp.settings.load import load_settings
    from autothink_lsp.settings.paths import PROJECT_FILE
    from autothink_lsp.settings.reports import SettingWarning
    from autothink_lsp.settings.toml_file import read_toml_file

    file = read_toml_file(folder / PROJECT_FILE)
    if not folder.is_dir():
        return _refuse(f"{folder} is not a folder.")
    if file is None:
        store.trust(folder, b"")
        print(f"{folder} is trusted: its own tools and tests may run.")
        print(f"It has no {PROJECT_FILE}; one that comes asks again.")
        return 0
    if isinstance(file, SettingWarning):
        return _refuse(file.message)
    waiting = load_settings(folder=folder, environ=os.environ).untrusted
    store.trust(folder, file.content)
    print(f"{file.path} is trusted as it is now. After a change it asks again. What counts from now on:")
    for entry in layer_of_file("project file", file).entries:
        if entry.key.dotted in waiting:
            print(f"  {entry.key.dotted} = {json.dumps(entry.key.spec.kind.shown(entry.value))}")
    return 0


def _untrust(folder: Path, store: TrustStore) -> int:
    if not store.untrust(folder):
        return _refuse(f"{folder} was not trusted.")
    print(f"{folder} is no longer trusted.")
    return 0


def _list(store: TrustStore) -> int:
    from autothink_lsp.settings.paths import PROJECT_FILE
    from autothink_lsp.settings.toml_file import TomlFile, read_toml_file

    for entry in store.trusted_folders():
        file = read_toml_file(entry.folder / PROJECT_FILE)
        content = file.content if isinstance(file, TomlFile) else b"" if file is None else None
        is_current = content is not None and store.trusts(entry.folder, content)
        print(entry.folder if is_current else f"{entry.folder}  (its {PROJECT_FILE} changed: not trusted)")
    return 0


def _refuse(message: str) -> int:
    print(f"autothink-lsp: {message}", file=sys.stderr)
    return 1
