"""One line of the report of ``autothink-lsp doctor``."""

from __future__ import annotations

import sys
from typing import Literal

from attrs import frozen

from autothink_lsp.commands.terminal import printable
from autothink_lsp.errors import AutothinkError

Level = Literal["ok", "warning", "problem"]

_MARKS = {"ok": "ok     ", "warning": "warning", "problem": "PROBLEM"}
_COLOURS = {"ok": 32, "warning": 33, "problem": 31}


@frozen
class DoctorFinding:
    """A finding about ``subject``. ``remedy`` is an instruction for findings that are not ok."""

    level: Level
    subject: str
    text: str
    remedy: str = ""


def problem(subject: str, error: AutothinkError) -> DoctorFinding:
    """A finding for an error and its hint."""
    return DoctorFinding("problem", subject, error.message, error.hint)


def print_finding(finding: DoctorFinding) -> None:
    """Print a finding, in colour on a terminal."""
    mark = _MARKS[finding.level]
    if sys.stdout.isatty():
        mark = f"\x1b[{_COLOURS[finding.level]}m{mark}\x1b[0m"
    print(f"{mark}  {finding.subject:13} {printable(finding.text)}", flush=True)
    if finding.remedy:
        print(f"         {'':13} → {printable(finding.remedy)}", flush=True)
