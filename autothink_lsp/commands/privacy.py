"""``autothink-lsp privacy FILE``: show what of a file may be sent to which model.

For completion, actions and a next-edit model: where the model is, whether and why the file is excluded, and which
secrets are replaced (lines and kinds, never their text). ``--text`` prints the file as a model may see it. Sends
nothing. Exit status: 0 if some model may see the file, 1 if none may.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autothink_lsp.commands.source_file import read_regular_file
from autothink_lsp.commands.terminal import printable
from autothink_lsp.quantities import counted

if TYPE_CHECKING:
    from autothink_lsp.document.text import Text
    from autothink_lsp.settings.load import LoadedSettings
    from autothink_lsp.settings.model import EndpointSettings

MAX_FILE_BYTES = 64_000_000


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``privacy``."""
    parser = subparsers.add_parser("privacy", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, metavar="FILE", help="the file to report on")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--json", action="store_true", help="print JSON")
    what.add_argument("--text", action="store_true", help="print the file with its secrets replaced")


def run(args: argparse.Namespace) -> int:
    """Print the report. The module's docstring defines the exit status."""
    from autothink_lsp.context.redaction import without_secrets
    from autothink_lsp.document.text import Text
    from autothink_lsp.settings.load import load_settings
    from autothink_lsp.settings.paths import state_dir
    from autothink_lsp.settings.trust import TrustStore

    file = args.file.absolute()
    content, _ = read_regular_file(file, MAX_FILE_BYTES)
    text = content.decode("utf-8", "replace")
    folder = Path.cwd()
    loaded = load_settings(folder=folder, environ=os.environ, trust=TrustStore(state_dir()))
    for warning in loaded.warnings:
        print(f"autothink-lsp: {printable(warning.message)}", file=sys.stderr)
    report = report_of(file, folder, Text.from_str(text), loaded)
    if args.json:
        print(json.dumps(report, indent=2))
    elif args.text:
        print(printable(without_secrets(text)), end="")
    else:
        _print(report)
    return 0 if any(role["sent"] for role in report["roles"]) else 1


def report_of(file: Path, folder: Path, text: Text, loaded: LoadedSettings) -> dict[str, Any]:
    """The report as plain values."""
    from autothink_lsp.context.privacy import PrivacyGate, model_location, redacts
    from autothink_lsp.features.endpoints import has_next_edit_model, next_edit_role

    settings = loaded.settings
    known: list[tuple[str, EndpointSettings, bool]] = [
        ("completion", settings.completion, settings.completion.enabled),
        ("actions", settings.assist, settings.assist.enabled),
    ]
    if has_next_edit_model(settings):
        known.append(("next edits", next_edit_role(settings), settings.next_edit.enabled))
    gate = PrivacyGate()
    inside = folder.as_uri() if file.is_relative_to(folder) else None
    roles = []
    for name, role, is_on in known:
        refusal = gate.refusal(file.as_uri(), inside, text, settings, role)
        if not refusal and not is_on:
            refusal = "it is switched off"
        roles.append(
            {
                "role": name,
                "place": model_location(role).value,
                "url": _shown(role.url) if role.backend != "embedded" else "",
                "sent": not refusal,
                "reason": refusal,
                "secrets_replaced": redacts(settings, role),
            }
        )
    return {"file": str(file), "roles": roles, "secrets": _secrets(str(text))}


def _secrets(text: str) -> list[dict[str, Any]]:
    from autothink_lsp.context.secrets import find_secrets

    return [{"line": text.count("\n", 0, span.start) + 1, "kind": span.kind} for span in find_secrets(text)]


def _shown(url: str) -> str:
    from autothink_lsp.settings.types.address import UrlType

    return UrlType().masked(url)


_WHAT = {
    "completion": "up to 6,000 characters before and 2,000 after the cursor, and the file name",
    "actions": "the current function, as much of its file as fits, the file name and the editor's diagnostics",
    "next edits": "up to 300 lines around the cursor, the latest edits of this file and of others, and the file names",
}


def _print(report: dict[str, Any]) -> None:
    for role in report["roles"]:
        where = role["place"] + (f" ({role['url']})" if role["url"] else "")
        if not role["sent"]:
            print(f"{role['role']}: not sent to {where}: {role['reason']}.")
            continue
        secrets = (
            "secrets are replaced" if role["secrets_replaced"] else "secrets are NOT replaced (privacy.redact_for)"
        )
        print(f"{role['role']}: sent to {where}: {_WHAT[role['role']]}; {secrets}.")
    found = report["secrets"]
    print(f"{counted(len(found), 'secret')} found in the file{':' if found else '.'}")
    for one in found:
        print(f"  line {one['line']}: {one['kind']}")
