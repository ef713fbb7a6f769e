"""``autothink-lsp config show|schema|path``: the settings that apply with their origins, the schema, and the file's
path."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autothink_lsp.settings.load import LoadedSettings


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``config`` and its subcommands."""
    parser = subparsers.add_parser("config", help="show the settings, their schema or the path of the settings file")
    actions = parser.add_subparsers(dest="config_action", required=True, metavar="ACTION")
    show = actions.add_parser("show", help="show each setting with its value and source, then ignored settings")
    show.add_argument("--json", action="store_true", help="print JSON")
    show.add_argument("--folder", type=Path, default=Path(), help="project folder with an autothink.toml (default: .)")
    actions.add_parser("schema", help="print the JSON schema of the settings files")
    actions.add_parser("path", help="print the path of the user's settings file")


def run(args: argparse.Namespace) -> int:
    """Run the subcommand. Exit status 2 if the folder does not exist, else 0: settings with warnings still apply."""
    if args.config_action == "schema":
        from autothink_lsp.settings.schema import json_schema

        print(json.dumps(json_schema(), indent=2))
        return 0
    if args.config_action == "path":
        from autothink_lsp.settings.paths import user_file

        print(user_file())
        return 0
    return _show(args.folder, as_json=args.json)


def _show(folder: Path, *, as_json: bool) -> int:
    from autothink_lsp.settings.load import load_settings
    from autothink_lsp.settings.paths import state_dir
    from autothink_lsp.settings.trust import TrustStore

    if not folder.is_dir():
        print(f"autothink-lsp: {folder} is not a folder.", file=sys.stderr)
        return 2
    loaded = load_settings(folder=folder.absolute(), environ=os.environ, trust=TrustStore(state_dir()))
    print(json.dumps(_report(loaded), indent=2) if as_json else _listing(loaded))
    return 0


def _report(loaded: LoadedSettings) -> dict[str, Any]:
    from attrs import asdict

    return {
        "settings": {
            dotted: {"value": value, "origin": asdict(loaded.origins[dotted])}
            for dotted, value in _shown_values(loaded).items()
        },
        "untrusted": list(loaded.untrusted),
        "warnings": [asdict(warning) for warning in loaded.warnings],
    }


def _listing(loaded: LoadedSettings) -> str:
    lines = [f"{dotted} = {json.dumps(value)}" for dotted, value in _shown_values(loaded).items()]
    width = max(len(line) for line in lines if len(line) <= 60)
    rows = [
        f"{line.ljust(width)}  # {origin}" if len(line) <= width else f"# {origin}\n{line}"
        for line, origin in zip(lines, loaded.origins.values(), strict=True)
    ]
    return "\n".join([*rows, *(f"warning: {warning.message}" for warning in loaded.warnings)])


def _shown_values(loaded: LoadedSettings) -> dict[str, Any]:
    """All settings by dotted key, as JSON, with secrets masked."""
    from autothink_lsp.settings.tree import all_keys

    return {
        dotted: key.spec.type.masked(getattr(getattr(loaded.settings, key.section), key.name))
        for dotted, key in all_keys().items()
    }
