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

from autothink_lsp.commands.terminal import printable

if TYPE_CHECKING:
    from autothink_lsp.settings.trust import TrustStore


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``trust`` and ``untrust``."""
    trust = subparsers.add_parser("trust", help="trust a folder: use all settings of its autothink.toml, run its tools")
    trust.add_argument("--list", action="store_true", dest="list_folders", help="list the trusted folders")
    trust.set_defaults(trust_action=_trust)
    help_tests = "use or ignore the test command found in the folder"
    trust.add_argument("--tests", choices=("use", "ignore"), help=help_tests)
    untrust = subparsers.add_parser("untrust", help="stop trusting a folder")
    untrust.set_defaults(trust_action=_untrust, list_folders=False, tests=None)
    for parser in (trust, untrust):
        parser.add_argument("folder", type=Path, nargs="?", default=Path(), help="project folder (default: .)")


def run(args: argparse.Namespace) -> int:
    """Trust or untrust the folder. Exit status 1 if there is nothing to do, or the trust cannot be written."""
    from autothink_lsp.errors import SettingsError
    from autothink_lsp.settings.paths import state_dir
    from autothink_lsp.settings.trust import TrustStore

    store = TrustStore(state_dir())
    if args.list_folders:
        return _list(store)
    try:
        folder = args.folder.absolute()
        status = args.trust_action(folder, store)
        if status == 0 and args.trust_action is _trust:
            _tests(folder, store, args.tests)
    except SettingsError as error:
        return _refuse(error.for_user())
    return status


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
        print(f"{folder} is trusted: its tools and tests may run.")
        print(f"It has no {PROJECT_FILE}. If one is added, you are asked again.")
        return 0
    if isinstance(file, SettingWarning):
        return _refuse(file.message)
    waiting = load_settings(folder=folder, environ=os.environ).untrusted
    store.trust(folder, file.content)
    print(
        f"{file.path} is trusted with its current content. If it changes, you are asked again. Settings that now apply:"
    )
    for entry in layer_of_file("project file", file).entries:
        if entry.key.dotted in waiting:
            print(f"  {entry.key.dotted} = {json.dumps(entry.key.spec.type.masked(entry.value))}")
    return 0


def _untrust(folder: Path, store: TrustStore) -> int:
    if not store.untrust(folder):
        return _refuse(f"{folder} was not trusted.")
    print(f"{folder} is no longer trusted.")
    return 0


def _tests(folder: Path, store: TrustStore, answer: str | None) -> None:
    """Print which tests check fixes in a folder that is trusted now; with an ``answer``, store it."""
    from autothink_lsp.settings.load import load_settings
    from autothink_lsp.verify.project_tests.agreed_command import AgreedCommands, shown_command

    commands = AgreedCommands(store.state_dir)
    configured = load_settings(folder=folder, environ=os.environ, trust=store).settings.assist.test_command
    if configured:
        print(f"Tests: fixes are checked with `{printable(shown_command(configured))}` (assist.test_command).")
        return
    if answer is not None and (found := commands.found(folder)):
        commands.answer(folder, found, agreed=answer == "use")
    if command := commands.command_for(folder, (), trusted=True):
        print(f"Tests: fixes are checked with `{printable(shown_command(command))}`.")
    elif command := commands.to_ask_about(folder, (), trusted=True):
        print(f"Tests: `{printable(shown_command(command))}` was found. --tests use checks fixes with it.")
    elif command := commands.found(folder):
        print(f"Tests: `{printable(shown_command(command))}` was found and is not used.")


def _list(store: TrustStore) -> int:
    from autothink_lsp.settings.paths import PROJECT_FILE
    from autothink_lsp.settings.toml_file import TomlFile, read_toml_file

    for entry in store.trusted_folders():
        file = read_toml_file(entry.folder / PROJECT_FILE)
        content = file.content if isinstance(file, TomlFile) else b"" if file is None else None
        is_current = content is not None and store.trusts(entry.folder, content)
        folder = printable(str(entry.folder))
        print(folder if is_current else f"{folder}  (its {PROJECT_FILE} changed: not trusted)")
    return 0


def _refuse(message: str) -> int:
    print(f"autothink-lsp: {printable(message)}", file=sys.stderr)
    return 1
