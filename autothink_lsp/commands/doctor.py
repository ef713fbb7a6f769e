"""``autothink-lsp doctor``: is everything there that completion needs, and does it really work?

Looks at effects: every grammar parses, the model file is hashed again, the configured backend completes a real prompt
and is timed. With ``--probe`` it asks an endpoint what it can really do instead.

Exit status 0 when nothing is wrong, 1 otherwise; warnings (something optional is missing) do not count.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import platform
import sys
from collections.abc import Iterator
from importlib import metadata
from typing import TYPE_CHECKING, Literal

from attrs import asdict, frozen

from autothink_lsp import __version__
from autothink_lsp.commands import doctor_probe
from autothink_lsp.errors import AutothinkError

if TYPE_CHECKING:
    from autothink_lsp.settings.load import LoadedSettings

PACKAGES = ("pygls", "lsprotocol", "attrs", "cattrs", "httpx", "tree-sitter", "platformdirs")
EMBEDDED_PACKAGES = ("xllamacpp", "huggingface_hub")
Level = Literal["ok", "warning", "problem"]


@frozen
class Finding:
    """One line of the report; ``remedy`` says what to do about anything that is not ok."""

    level: Level
    subject: str
    text: str
    remedy: str = ""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``doctor``."""
    parser = subparsers.add_parser("doctor", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="the findings for programs")
    doctor_probe.add_arguments(parser)
    parser.add_argument("--offline", action="store_true", help="do not start the engine or ask the server")


def run(args: argparse.Namespace) -> int:
    """Print findings as they are made; the exit status says whether there is a problem."""
    if args.probe is not None:
        return doctor_probe.run_probe(args, _settings()[0].settings)
    findings: list[Finding] = []
    for finding in _all(offline=args.offline):
        findings.append(finding)
        if not args.json:
            _print(finding)
    if args.json:
        print(json.dumps({"version": __version__, "findings": [asdict(each) for each in findings]}, indent=2))
    problems = sum(finding.level == "problem" for finding in findings)
    if not args.json:
        print(f"\n{problems} problem{'s' if problems != 1 else ''} found." if problems else "\nNothing is wrong.")
    return 1 if problems else 0


def _all(*, offline: bool) -> Iterator[Finding]:
    from autothink_lsp.commands.doctor_engines import engine_findings
    from autothink_lsp.commands.doctor_model import backend_findings, model_findings

    yield Finding("ok", "autothink-lsp", f"{__version__} on Python {platform.python_version()}, {platform.platform()}")
    yield from _packages()
    yield from _grammars()
    loaded, findings = _settings()
    yield from findings
    yield from model_findings(loaded.settings)
    yield from asyncio.run(engine_findings(loaded.settings))
    if not offline:
        yield from asyncio.run(backend_findings(loaded.settings))


def _packages() -> Iterator[Finding]:
    for names, level, remedy in (
        (PACKAGES, "problem", "Install autothink-lsp again: pip install --force-reinstall autothink-lsp"),
        (EMBEDDED_PACKAGES, "warning", 'The embedded engine needs them: pip install "autothink-lsp[embedded]"'),
    ):
        found, missing = [], []
        for name in names:
            try:
                found.append(f"{name} {metadata.version(name)}")
            except metadata.PackageNotFoundError:
                missing.append(name)
        if found:
            yield Finding("ok", "packages", ", ".join(found))
        if missing:
            yield Finding(
                "problem" if level == "problem" else "warning", "packages", f"missing: {', '.join(missing)}", remedy
            )


def _grammars() -> Iterator[Finding]:
    from autothink_lsp.syntax.grammar import Grammars
    from autothink_lsp.syntax.health import error_count
    from autothink_lsp.syntax.languages import LanguageRegistry

    grammars = Grammars()
    languages = LanguageRegistry().all()
    broken = [language.name for language in languages if error_count(grammars.load(language), "\n") is None]
    if not languages:
        yield Finding("problem", "grammars", "no language was found", "Install autothink-lsp again.")
    elif broken:
        names = ", ".join(broken)
        yield Finding(
            "warning", "grammars", f"these do not load: {names}", "They complete without syntax. Install again."
        )
    else:
        yield Finding("ok", "grammars", f"{len(languages)} languages parse")


def _settings() -> tuple[LoadedSettings, list[Finding]]:
    import os
    from pathlib import Path

    from autothink_lsp.settings.load import load_settings
    from autothink_lsp.settings.paths import state_dir
    from autothink_lsp.settings.trust import TrustStore

    loaded = load_settings(folder=Path.cwd(), environ=os.environ, trust=TrustStore(state_dir()))
    findings = [
        Finding("warning", "settings", warning.message, "`autothink-lsp config show` lists what applies.")
        for warning in loaded.warnings
    ]
    if not loaded.settings.completion.enabled:
        findings.append(Finding("warning", "settings", "completion.enabled is false", "Nothing will be suggested."))
    return loaded, findings or [Finding("ok", "settings", "nothing to complain about")]


def _print(finding: Finding) -> None:
    mark = {"ok": "ok     ", "warning": "warning", "problem": "PROBLEM"}[finding.level]
    if sys.stdout.isatty():
        colour = {"ok": 32, "warning": 33, "problem": 31}[finding.level]
        mark = f"\x1b[{colour}m{mark}\x1b[0m"
    print(f"{mark}  {finding.subject:13} {finding.text}", flush=True)
    if finding.remedy:
        print(f"         {'':13} → {finding.remedy}", flush=True)


def problem(subject: str, error: AutothinkError) -> Finding:
    """An error of ours as a finding."""
    return Finding("problem", subject, error.message, error.hint)
