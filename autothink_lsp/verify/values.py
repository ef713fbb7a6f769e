"""What was checked on a shadow copy and what came out. Values only."""

from __future__ import annotations

from typing import Literal

from attrs import field, frozen

Verdict = Literal["passed", "failed", "skipped"]


@frozen
class Finding:
    """One complaint of a checker. ``line`` is zero-based in the text that was checked, -1 for the whole file."""

    checker: str
    line: int
    message: str
    code: str = ""
    severity: Literal["error", "warning", "information"] = "error"


@frozen
class CheckResult:
    """One check. ``detail`` is a sentence, for "skipped" the reason ("gofmt is not installed")."""

    name: str  # "parse", "names", "target", or a checker's name: "compile", "ruff", "tsc"
    verdict: Verdict
    detail: str = ""
    new_findings: tuple[Finding, ...] = ()
    wall_ms: float = 0.0


@frozen
class CheckReport:
    """Everything that was checked, in order."""

    results: tuple[CheckResult, ...] = field(default=())
    target_gone: bool | None = None  # None: no checker that ran could reproduce the message
    has_target: bool = True  # whether the edit is for a message at all

    @property
    def failed(self) -> tuple[CheckResult, ...]:
        return tuple(result for result in self.results if result.verdict == "failed")

    @property
    def passed(self) -> bool:
        """Something was checked and nothing failed."""
        return not self.failed and any(result.verdict == "passed" for result in self.results)
