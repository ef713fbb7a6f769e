"""The checks' findings as text, for the model's next attempt and for the action's document."""

from __future__ import annotations

from collections.abc import Sequence

from autothink_lsp.document.text import Text
from autothink_lsp.verify.report import CheckReport, CheckResult, Finding

_MOST_TOLD = 5
_CODE_CHARACTERS = 120


def report_for_model(report: CheckReport, after: Text | None = None) -> str:
    """The failed checks for a retry: findings with line numbers and, if ``after`` is given, the lines themselves,
    without paths."""
    lines: list[str] = []
    for result in report.failed:
        errors = [finding for finding in result.new_findings if finding.severity == "error"][:_MOST_TOLD]
        for finding in errors:
            lines.append(f"{result.name}: {finding_text(finding)}")
            if after is not None and finding.line >= 0 and (code := after.line(finding.line).strip()):
                lines.append(f"    {code[:_CODE_CHARACTERS]}")
        if not errors:
            lines.append(f"{result.name}: {result.detail}")
    if report.target_gone is False and not lines:
        lines.append("The reported problem is still there.")
    return "\n".join(lines)


def result_lines(results: Sequence[CheckResult]) -> list[str]:
    """One line for each check, for the virtual document of the action."""
    marks = {"passed": "✓", "failed": "✗", "skipped": "–"}
    return [
        f"{marks[result.verdict]} {result.name}" + (f": {result.detail}" if result.detail else "") for result in results
    ]


def finding_text(finding: Finding) -> str:
    """A finding with its line number, counted from 1."""
    where = f"line {finding.line + 1}: " if finding.line >= 0 else ""
    return f"{where}{finding.message}"
