"""``autothink-lsp doctor``: check the installation, the settings and the model, and say what to do about problems.

Checks what really happens: every grammar parses, the model file is hashed again, the configured backend completes a
prompt and is timed. With ``--probe`` it asks an endpoint what it can really do instead.

Exit status 0 when nothing is wrong, 1 otherwise; warnings (something optional is missing) do not count.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import platform
from collections.abc import Iterator
from pathlib import Path

from attrs import asdict

from autothink_lsp import __version__
from autothink_lsp.commands.doctor import probe
from autothink_lsp.commands.doctor.environment import (
    checker_findings,
    grammar_findings,
    is_folder_trusted,
    package_findings,
    settings_findings,
)
from autothink_lsp.commands.doctor.finding import DoctorFinding, print_finding
from autothink_lsp.quantities import counted


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``doctor``."""
    parser = subparsers.add_parser("doctor", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    probe.add_arguments(parser)
    parser.add_argument("--offline", action="store_true", help="do not start the engine or ask the server")


def run(args: argparse.Namespace) -> int:
    """Print each finding immediately. Exit status 1 if one of them is a problem, else 0."""
    if args.probe is not None:
        return probe.run_probe(args, settings_findings()[0].settings)
    findings: list[DoctorFinding] = []
    for finding in _all(offline=args.offline):
        findings.append(finding)
        if not args.json:
            print_finding(finding)
    if args.json:
        print(json.dumps({"version": __version__, "findings": [asdict(each) for each in findings]}, indent=2))
    problems = sum(finding.level == "problem" for finding in findings)
    if not args.json:
        warnings = sum(finding.level == "warning" for finding in findings)
        problem_text = f"{counted(problems, 'problem')} found" if problems else "No problems found"
        warning_text = f", {counted(warnings, 'warning')}" if warnings else ""
        print(f"\n{problem_text}{warning_text}.")
    return 1 if problems else 0


def _all(*, offline: bool) -> Iterator[DoctorFinding]:
    from autothink_lsp.commands.doctor.engines import engine_findings, recommendation_findings
    from autothink_lsp.commands.doctor.model import backend_findings, model_findings

    system = f"{__version__} on Python {platform.python_version()}, {platform.platform()}"
    yield DoctorFinding("ok", "autothink-lsp", system)
    yield from package_findings()
    yield from grammar_findings()
    loaded, findings = settings_findings()
    yield from findings
    yield from checker_findings(Path.cwd(), trusted=is_folder_trusted())
    yield from model_findings(loaded.settings)
    yield from asyncio.run(engine_findings(loaded.settings))
    if not offline:
        yield from asyncio.run(backend_findings(loaded.settings))
    yield from recommendation_findings(loaded.settings)
