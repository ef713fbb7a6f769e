"""Says what was checked: to the user in a line, to the model what it needs for another attempt."""

from __future__ import annotations

from collections.abc import Sequence

from autothink_lsp.document.text import Text
from autothink_lsp.verify.values import CheckReport, CheckResult, Finding

_MOST_TOLD = 5
_CODE_CHARACTERS = 120


def in_words(report: CheckReport) -> str:
    """For the user: "diagnostic gone, 0 new (parse, compile, ruff)"."""
    if report.failed:
        first = report.failed[0]
        return f"{first.name}: {first.detail}" if first.detail else f"{first.name} failed"
    ran = [result.name for result in report.results if result.verdict != "skipped"]
    if not ran:
        return "nothing could be checked here"
    found = [finding for result in report.results for finding in result.new_findings]
    told = sum(finding.severity != "error" for finding in found)
    gone = {
        True: "diagnostic gone, ",
        False: "diagnostic still there, ",
        None: "the message could not be checked here, ",
    }
    aim = gone[report.target_gone] if report.has_target else ""
    remarks = f", {told} remark{'s' * (told != 1)}" if told else ""
    return f"{aim}{len(found) - told} new{remarks} ({', '.join(ran)})"


def for_model(report: CheckReport, after: Text | None = None) -> str:
    """What a retry is told: the failed checks, with line numbers and, of ``after``, the lines, without paths."""
    lines: list[str] = []
    for result in report.failed:
        errors = [finding for finding in result.new_findings if finding.severity == "error"][:_MOST_TOLD]
        for finding in errors:
            lines.append(f"{result.name}: {said(finding)}")
            if after is not None and finding.line >= 0 and (code := after.line(finding.line).strip()):
                lines.append(f"    {code[:_CODE_CHARACTERS]}")
        if not errors:
            lines.append(f"{result.name}: {result.detail}")
    if report.target_gone is False and not lines:
        lines.append("The reported problem is still there.")
    return "\n".join(lines)


def results_in_words(results: Sequence[CheckResult]) -> list[str]:
    """One line for each check, for the document that shows everything."""
    marks = {"passed": "✓", "failed": "✗", "skipped": "–"}
    return [
        f"{marks[result.verdict]} {result.name}" + (f": {result.detail}" if result.detail else "") for result in results
    ]


def said(finding: Finding) -> str:
    where = f"line {finding.line + 1}: " if finding.line >= 0 else ""
    return f"{where}{finding.message}"
