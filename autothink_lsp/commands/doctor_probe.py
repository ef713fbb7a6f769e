"""``autothink-lsp doctor --probe [URL]``: what an endpoint really does, as a table that says what each "no" costs."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import textwrap
from collections.abc import Callable

from attrs import evolve

from autothink_lsp.backends.credentials import Credentials
from autothink_lsp.backends.endpoint import Endpoint, Timeouts
from autothink_lsp.backends.http import HttpClient
from autothink_lsp.errors import AutothinkError
from autothink_lsp.features.probing.service import inspect_endpoint
from autothink_lsp.features.probing.store import FILE_NAME, ProbeStore
from autothink_lsp.features.probing.values import ProbeFinding, ProbeReport
from autothink_lsp.features.role_endpoint import endpoint_of
from autothink_lsp.settings.model import Settings
from autothink_lsp.settings.paths import state_dir

_KEY_NAME = "PROBED_ENGINE_KEY"
_PATIENCE_S = 120.0
_WIDTH = 110
_MARKS = {"yes": "yes    ", "no": "NO     ", "unknown": "unknown"}
_COLOURS = {"yes": 32, "no": 31, "unknown": 33}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Those of the probe alone."""
    parser.add_argument(
        "--probe",
        nargs="?",
        const="",
        metavar="URL",
        help="ask an endpoint what it can really do (without URL: the assistant's)",
    )
    parser.add_argument("--model", default="", help="with --probe: the model to ask, if the server has several")
    parser.add_argument("--api-key-env", default="", help="with --probe URL: the variable that holds its API key")
    parser.add_argument("--think-profile", default="", help="with --probe: how the model is told to think")


def run_probe(args: argparse.Namespace, settings: Settings) -> int:
    """0 where nothing is a no; 1 otherwise."""
    report = asyncio.run(_probe(args, settings))
    ProbeStore(state_dir() / FILE_NAME).put(report)
    if args.json:
        print(json.dumps(report.to_json(), indent=2))
    else:
        _print(report)
    return 1 if any(finding.verdict == "no" for finding in report.findings) else 0


async def _probe(args: argparse.Namespace, settings: Settings) -> ProbeReport:
    profile = args.think_profile or settings.assist.think_profile
    deadline_s = float(settings.assist.deadline_s)
    timeouts = Timeouts(read_s=_PATIENCE_S)

    def told(subject: str) -> None:
        if not args.json and sys.stderr.isatty():
            print(f"\r\x1b[Kasking about: {subject}", end="", file=sys.stderr, flush=True)

    if args.probe:
        endpoint = Endpoint(args.probe, args.model, args.api_key_env, timeouts=timeouts)
        return await inspect_endpoint(endpoint, think_profile=profile, deadline_s=deadline_s, told=told)
    role = settings.assist
    if role.url:
        endpoint = endpoint_of(role, timeouts, model=args.model or role.model)
        return await inspect_endpoint(endpoint, think_profile=profile, deadline_s=deadline_s, told=told)
    return await _of_engine(settings, timeouts, profile, told)


async def _of_engine(settings: Settings, timeouts: Timeouts, profile: str, told: Callable[[str], None]) -> ProbeReport:
    """An engine of ours is started for this, and let go."""
    from autothink_lsp.app import build_house

    house = build_house(
        listener=_Nobody(), consent=_refuse, working=lambda text, _: print(text, file=sys.stderr, flush=True)
    )
    role = settings.assist
    try:
        if role.backend == "embedded":
            address = await house.embedded.address(settings)
        else:
            address = await house.servers.address(settings, role, "assist")
        endpoint = Endpoint(
            address.url, role.model, _KEY_NAME if address.api_key else "", timeouts=timeouts, label="the engine"
        )
        client = HttpClient(endpoint, Credentials(endpoint, environ={_KEY_NAME: address.api_key}))
        try:
            report = await inspect_endpoint(
                endpoint, think_profile=profile, deadline_s=float(settings.assist.deadline_s), client=client, told=told
            )  # fmt: skip
        finally:
            await client.aclose()
    finally:
        await house.aclose()
    return evolve(report, url=f"engine:{role.backend}")


def _print(report: ProbeReport) -> None:
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr)
    for finding in report.findings:
        _print_finding(finding)
    noes = sum(finding.verdict == "no" for finding in report.findings)
    print(f"\n{report.requests} requests. " + (f"{noes} to mend." if noes else "Nothing to mend."))


def _print_finding(finding: ProbeFinding) -> None:
    mark = _MARKS[finding.verdict]
    if sys.stdout.isatty():
        mark = f"\x1b[{_COLOURS[finding.verdict]}m{mark}\x1b[0m"
    for number, line in enumerate(textwrap.wrap(finding.text, _WIDTH - 30) or [""]):
        print(f"{mark}  {finding.subject:18}  {line}" if number == 0 else f"{'':29}{line}")
    for line in textwrap.wrap(f"{finding.loses} {finding.remedy}".strip(), _WIDTH - 32):
        print(f"{'':29}→ {line}")


async def _refuse(_entry: object, _why: str) -> bool:
    return False


class _Nobody:
    """Listens to no endpoint: the probe's own errors tell what is wrong."""

    def endpoint_ready(self, connected: object) -> None: ...

    def endpoint_failed(self, error: AutothinkError) -> None: ...

    def endpoint_recovered(self) -> None: ...
