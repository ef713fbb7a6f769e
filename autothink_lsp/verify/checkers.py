"""Runs the checkers of a language on one text and reads what they complain of."""

from __future__ import annotations

import re
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from attrs import evolve, frozen

from autothink_lsp import processes
from autothink_lsp.syntax.checker_spec import CheckerSpec
from autothink_lsp.verify.sandbox import Limits, run_limited
from autothink_lsp.verify.values import Finding

# Where a project keeps its own tools; only a trusted one may name programs that way.
_PROJECT_TOOLS = (".venv/bin", "venv/bin", "node_modules/.bin", "vendor/bin", ".venv/Scripts")
_MOST_FINDINGS = 500
_NUMBERS = re.compile(r"\d+")


@frozen
class Checked:
    """What one checker said; ``skipped`` is the reason where it said nothing."""

    findings: tuple[Finding, ...] = ()
    skipped: str = ""
    wall_ms: float = 0.0


def find_program(spec: CheckerSpec, folder: Path | None, *, trusted: bool) -> str | None:
    """The program's path; ``None`` where it is not installed. Never looked for in the project unless it is trusted."""
    if spec.program == "{python}":
        return sys.executable
    if trusted and folder is not None:
        own = processes.find_program(spec.program, [str(folder.absolute() / place) for place in _PROJECT_TOOLS])
        if own:
            return own
    return processes.find_program(spec.program)


async def check(spec: CheckerSpec, program: str, text: str, name: str, *, wall_s: float) -> Checked:
    """Run on a copy of the text under its own name, in a folder of its own."""
    try:
        with tempfile.TemporaryDirectory(prefix="autothink-check-", ignore_cleanup_errors=True) as folder:
            file = Path(folder) / _name_for(spec, name, text)
            file.write_text(text, encoding="utf-8", errors="surrogatepass", newline="")
            args = [arg.replace("{file}", str(file)).replace("{folder}", folder) for arg in spec.args]
            ran = await run_limited([program, *args], cwd=Path(folder), limits=Limits(cpu_s=60, wall_s=wall_s))
    except (OSError, ValueError) as error:  # a full disk has no temporary folder either
        return Checked(skipped=f"no copy could be written ({error})")
    if ran.timed_out:
        return Checked(skipped=f"took longer than {wall_s:.0f} s", wall_ms=ran.wall_ms)
    if ran.not_found:
        return Checked(skipped="is not installed", wall_ms=ran.wall_ms)
    findings = read_findings(spec, ran.output.replace(str(file), file.name), file.name)
    if spec.gives_up is not None and any(spec.gives_up.search(finding.message) for finding in findings):
        return Checked(skipped="needs other files of the project", wall_ms=ran.wall_ms)
    if not findings and ran.returncode != 0:  # it did not run, or speaks in a form that we do not know
        return Checked(skipped=f"ended with status {ran.returncode} and no finding", wall_ms=ran.wall_ms)
    return Checked(tuple(findings), wall_ms=ran.wall_ms)


def _name_for(spec: CheckerSpec, name: str, text: str) -> str:
    file = Path(Path(name).name or "file")
    if spec.rename_when is not None and spec.rename_when.search(text):
        file = file.with_suffix(spec.rename_to)
    return file.name


def is_elsewhere(spec: CheckerSpec, finding: Finding) -> bool:
    """Whether it only says that a file is missing which our copy of one file cannot have."""
    return spec.elsewhere is not None and spec.elsewhere.search(f"{finding.code} {finding.message}") is not None


def read_findings(spec: CheckerSpec, output: str, name: str = "") -> list[Finding]:
    """Each line of the output that says something, lines counted from 0; only of the file ``name``, if given."""
    found: list[Finding] = []
    for match in spec.pattern.finditer(output):
        groups = match.groupdict()
        if name and _is_of_another_file(match, name):
            continue
        severity = (groups.get("severity") or "error").lower()
        code = groups.get("code") or ""
        finding = Finding(
            spec.name,
            int(groups["line"]) - 1 if groups.get("line") else -1,
            groups["message"].strip(),
            code,
            "error" if severity == "error" else "warning" if severity == "warning" else "information",
        )
        if spec.style is not None and code and spec.style.match(code):
            finding = evolve(finding, severity="information")
        found.append(finding)
        if len(found) == _MOST_FINDINGS:
            break
    return found


def _is_of_another_file(match: re.Match[str], name: str) -> bool:
    """Of a file that ours includes: its content must not be quoted."""
    if "line" not in match.groupdict() or not -1 < match.start("line") < match.start("message"):
        return False
    _, *rest = re.split(r"[/\\]", match.string[match.start() : match.start("line")])
    return bool(rest) and not rest[-1].startswith(name)


def new_findings(before: Sequence[Finding], after: Sequence[Finding]) -> tuple[Finding, ...]:
    """Those of ``after`` that ``before`` does not have, wherever they stand: an edit moves lines."""
    known = Counter(same_kind(finding) for finding in before)
    fresh: list[Finding] = []
    for finding in after:
        key = same_kind(finding)
        if known[key]:
            known[key] -= 1
        else:
            fresh.append(finding)
    return tuple(fresh)


def same_kind(finding: Finding) -> tuple[str, str, str]:
    """Equal for two findings that say the same, whatever lines they name."""
    return finding.checker, finding.code, _NUMBERS.sub("0", finding.message)
