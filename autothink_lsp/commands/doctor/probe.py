"""``autothink-lsp doctor --probe [URL]``: a table of what an endpoint supports, with the consequence of each "no"."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys
import textwrap
from collections.abc import Callable

from attrs import evolve

from autothink_lsp.backends.credentials import Credentials
from autothink_lsp.backends.endpoint import Endpoint, Timeouts
from autothink_lsp.backends.http import HttpClient
from autothink_lsp.commands.service_events import ServiceEvents
from autothink_lsp.commands.terminal import printable
from autothink_lsp.features.endpoints import http_endpoint
from autothink_lsp.features.probing.capabilities import ProbeFinding, ProbeReport
from autothink_lsp.features.probing.inspect import inspect_endpoint
from autothink_lsp.features.probing.store import FILE_NAME, ProbeStore
from autothink_lsp.settings.model import Settings
from autothink_lsp.settings.paths import state_dir

_KEY_NAME = "PROBED_ENGINE_KEY"
_READ_TIMEOUT_S = 120.0
_WIDTH = 110
_MARKS = {"yes": "yes    ", "no": "NO     ", "unknown": "unknown"}
_COLOURS = {"yes": 32, "no": 31, "unknown": 33}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``--probe``."""
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
    """Probe the endpoint, store the report and print it. Exit status 1 if a finding is "no", else 0."""
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
    timeouts = Timeouts(read_s=_READ_TIMEOUT_S)

    def show_subject(subject: str) -> None:
        if not args.json and sys.stderr.isatty():
            print(f"\r\x1b[Kprobing: {subject}", end="", file=sys.stderr, flush=True)

    if args.probe:
        endpoint = Endpoint(args.probe, args.model, args.api_key_env, timeouts=timeouts)
        return await inspect_endpoint(endpoint, think_profile=profile, deadline_s=deadline_s, on_step=show_subject)
    role = settings.assist
    if role.url:
        endpoint = http_endpoint(role, timeouts, model=args.model or role.model)
        return await inspect_endpoint(endpoint, think_profile=profile, deadline_s=deadline_s, on_step=show_subject)
    return await _probe_engine(settings, timeouts, profile, show_subject)


async def _probe_engine(
    settings: Settings, timeouts: Timeouts, profile: str, show_subject: Callable[[str], None]
) -> ProbeReport:
    """Start the assist role's engine, probe it and stop it."""
    from autothink_lsp.app import build_services

    events = ServiceEvents()  # the probe raises its own errors
    services = build_services(
        listener=events, consent=events.may_fetch, working=lambda text, _: print(text, file=sys.stderr, flush=True)
    )
    role = settings.assist
    in_use = contextlib.AsyncExitStack()
    try:
        if role.backend != "embedded":
            address = await services.servers.address(settings, role, "assist")
        elif services.embedded.is_shared(settings):
            address = await services.embedded.address(settings)
        else:
            address = await in_use.enter_async_context(services.embedded.use_for_actions(settings))
        endpoint = Endpoint(
            address.url, role.model, _KEY_NAME if address.api_key else "", timeouts=timeouts, label="the engine"
        )
        client = HttpClient(endpoint, Credentials(endpoint, environ={_KEY_NAME: address.api_key}))
        try:
            report = await inspect_endpoint(
                endpoint,
                think_profile=profile,
                deadline_s=float(settings.assist.deadline_s),
                client=client,
                on_step=show_subject,
            )
        finally:
            await client.aclose()
    finally:
        await in_use.aclose()
        await services.aclose()
    return evolve(report, url=f"engine:{role.backend}")


def _print(report: ProbeReport) -> None:
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr)
    for finding in report.findings:
        _print_finding(finding)
    failed = sum(finding.verdict == "no" for finding in report.findings)
    print(f"\n{report.requests} requests. " + (f"{failed} not supported." if failed else "Everything is supported."))


def _print_finding(finding: ProbeFinding) -> None:
    mark = _MARKS[finding.verdict]
    if sys.stdout.isatty():
        mark = f"\x1b[{_COLOURS[finding.verdict]}m{mark}\x1b[0m"
    for number, line in enumerate(textwrap.wrap(printable(finding.text), _WIDTH - 30) or [""]):
        print(f"{mark}  {finding.subject:18}  {line}" if number == 0 else f"{'':29}{line}")
    for line in textwrap.wrap(printable(f"{finding.loses} {finding.remedy}").strip(), _WIDTH - 32):
        print(f"{'':29}→ {line}")
