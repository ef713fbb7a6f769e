"""What the Verifier makes of the answer of a (scripted) language server: order of evidence, fallbacks, trust."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from attrs import evolve

from autothink_lsp.document.text import Text
from autothink_lsp.settings.model import VerifySettings
from autothink_lsp.syntax.languages import LanguageRegistry
from autothink_lsp.values import Diagnostic, Point
from autothink_lsp.verify.evidence import evidence_of
from autothink_lsp.verify.language_servers.pool import LanguageServerPool
from autothink_lsp.verify.language_servers.table import SERVERS
from autothink_lsp.verify.report import CheckReport
from autothink_lsp.verify.service import VerificationRequest, Verifier

pytestmark = [pytest.mark.process, pytest.mark.usefixtures("only_programs_on_the_path")]

SCRIPT = Path(__file__).parents[2] / "support/scripted_language_server.py"
PYTHON = LanguageRegistry().by_path("file:///a.py")
BEFORE = "x = 1\nthis = bad\n"


@pytest_asyncio.fixture
async def verifier(tmp_path: Path) -> AsyncIterator[Verifier]:
    made = Verifier(servers=LanguageServerPool(home=tmp_path / "home"))
    yield made
    await made.aclose()


def request(folder: Path, after: str, mode: str = "good", **changes: Any) -> VerificationRequest:
    servers: dict[str, tuple[str, ...]] = {spec.name: () for spec in SERVERS}
    servers["pyright"] = (sys.executable, str(SCRIPT), mode, str(folder / "log"))
    made = VerificationRequest(
        before=Text.from_str(BEFORE),
        after=Text.from_str(after),
        language=PYTHON,
        path="a.py",
        file=folder / "a.py",
        folder=folder,
        target=Diagnostic(Point(1, 0), Point(1, 4), "this = bad is bad", code="this", source="Pylance"),
        trusted=True,
        language_id="python",
        server_settings=VerifySettings(servers=servers),
        deadline_s=20.0,
    )
    return evolve(made, **changes)


def verdicts(report: CheckReport) -> dict[str, str]:
    return {result.name: result.verdict for result in report.results}


async def test_a_good_edit_is_proved_by_the_server(verifier: Verifier, tmp_path: Path) -> None:
    report = await verifier.verify(request(tmp_path, "x = 1\nthis = 2\n"))
    assert report.target_gone is True
    evidence = evidence_of(report)
    assert evidence.proved_by == ("Pyright 1.2.3",)
    assert evidence.sentence.startswith("Proved: Pyright 1.2.3 no longer reports it.")
    assert verdicts(report)["Pyright 1.2.3"] == "passed"


@pytest.mark.parametrize(
    ("after", "gone", "detail"),
    [
        ("x = 1\nthis = bad\ny = 2\n", False, "the message is still there"),
        ("x = 1\nthis = 2\nother = bad\n", True, "line 3: other = bad is bad"),
    ],
)
async def test_an_edit_fails_by_what_the_server_says(
    verifier: Verifier, tmp_path: Path, after: str, gone: bool, detail: str
) -> None:
    report = await verifier.verify(request(tmp_path, after))
    assert report.target_gone is gone
    assert [(result.name, result.detail) for result in report.failed] == [("Pyright 1.2.3", detail)]
    assert report.failed[0].is_target_still_there is not gone
    assert not any(result.is_proof for result in report.results)


async def test_a_message_that_the_server_does_not_report_is_not_proved(verifier: Verifier, tmp_path: Path) -> None:
    other = Diagnostic(Point(0, 0), Point(0, 1), "Name does not follow our rules", code="N1", source="house-linter")
    report = await verifier.verify(request(tmp_path, "y = 1\nthis = bad\n", target=other, keep_public_names=False))
    assert report.target_gone is None
    assert not evidence_of(report).is_proved
    assert verdicts(report)["Pyright 1.2.3"] == "passed"


async def test_errors_that_a_syntax_error_hid_are_not_the_edits(verifier: Verifier, tmp_path: Path) -> None:
    """The server said nothing of the last line as long as the text did not parse; the edit did not touch it."""
    case = request(
        tmp_path,
        "x = (1)\nlast = bad\n",
        mode="hides",
        before=Text.from_str("x = (1\nlast = bad\n"),
        target=Diagnostic(Point(0, 4), Point(0, 5), '"(" was not closed', source="Pylance"),
    )
    report = await verifier.verify(case)
    assert not report.failed
    findings = [finding for result in report.results for finding in result.new_findings]
    assert [(one.message, one.severity) for one in findings] == [("last = bad is bad", "information")]


async def test_command_lines_stand_in_for_a_server_that_fails(
    verifier: Verifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """pyright's command line says the same as its server, so it runs only where the server says nothing."""
    ran = tmp_path / "ran"
    program = tmp_path / "bin/pyright"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho x >> {ran}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    await verifier.verify(request(tmp_path, "x = 1\nthis = 2\n"))
    assert not ran.exists()
    other = Verifier(servers=LanguageServerPool(home=tmp_path))
    report = await other.verify(request(tmp_path, "x = 1\nthis = 2\n", mode="crash"))
    await other.aclose()
    assert ran.exists()
    assert verdicts(report)["Pyright"] == "skipped"


@pytest.mark.parametrize(
    "changes",
    [
        {"trusted": False},
        {"run_checkers": False},
        {"server_settings": VerifySettings(language_servers=False)},
        {"file": None},
        {"folder": None},
        {"language_id": ""},
    ],
    ids=lambda changes: next(iter(changes)),
)
async def test_when_no_server_is_started(verifier: Verifier, tmp_path: Path, changes: dict[str, Any]) -> None:
    case = evolve(request(tmp_path, "x = 1\nthis = 2\n"), **changes)
    verifier.prepare(case)
    await verifier.verify(case)
    assert not (tmp_path / "log").exists()
    assert verifier.servers.running == ()


async def test_prepared_servers_run_before_the_check(verifier: Verifier, tmp_path: Path) -> None:
    verifier.prepare(request(tmp_path, BEFORE))
    await asyncio.sleep(0.01)
    assert verifier.servers.running == ("pyright",)


async def test_problems_of_a_file_are_those_of_its_servers(verifier: Verifier, tmp_path: Path) -> None:
    found, replaced = await verifier.server_findings(request(tmp_path, BEFORE))
    assert [(one.checker, one.line, one.message, one.severity) for one in found] == [
        ("Pyright", 1, "this = bad is bad", "error")
    ]
    assert replaced == {"pyright"}


@pytest.mark.parametrize(("mode", "changes"), [("good", {"trusted": False}), ("crash", {})])
async def test_no_problems_of_untrusted_folders_and_servers_that_fail(
    verifier: Verifier, tmp_path: Path, mode: str, changes: dict[str, Any]
) -> None:
    assert await verifier.server_findings(request(tmp_path, BEFORE, mode, **changes)) == ((), frozenset())
    assert not (tmp_path / "log").exists()
