"""Runs a checker of the language on one text and parses its findings.

The text is a copy in an empty folder or, in a trusted folder, replaces its file in the project.
"""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from attrs import evolve, frozen

from autothink_lsp.document.text import Text
from autothink_lsp.processes import environment
from autothink_lsp.processes.limited import ProcessLimits, ProcessResult, run_limited
from autothink_lsp.syntax.checker_spec import CheckerSpec
from autothink_lsp.verify.project_command import CheckedFile, CheckerCommand, is_own_path, project_command
from autothink_lsp.verify.report import Finding, new_occurrences, wording_key
from autothink_lsp.verify.tool_fixes import FIX_READERS, CheckerFix

OWN_PROGRAMS = str(Path(sys.executable).absolute().parent)
_MOST_FINDINGS = 500
_MOST_FIX_BYTES = 2_000_000
# Shells report programs that cannot be started and signals (128 + 1 to 64) with these. PHP and Perl report with 255.
_STOPPED = range(126, 193)
_MOST_STATUS = 255  # crashes in Windows are above it
# Lines of a tool that failed itself; what it printed before is not all that it would report.
_CRASHED = re.compile(
    r"^(?:Traceback \(most recent call last\):|(?:[^\n]{0,200}: )?internal (?:compiler )?error\b"
    r"|[^\n]{0,200}INTERNAL ERROR|thread '[^'\n]{0,80}' (?:\(\d+\) )?panicked at|panic: |Segmentation fault"
    r"|fatal error: (?:runtime|unexpected signal|stack overflow)|Oops! Something went wrong"
    r"|FATAL ERROR: [^\n]{0,80}heap|[^\n]{0,80}: astroid-error|PLEASE submit a bug report)",
    re.MULTILINE,
)
_GAVE_UP = re.compile(r"\btoo many errors\b", re.IGNORECASE)
_SAYS_NOT_CHECKED = re.compile(
    r"^[ \t]{0,9}(?:usage|synopsis)[ \t]{0,9}:"
    r"|\bno (?:\w{1,20} )?files? (?:found|to check|matched|were (?:checked|found|matched))"
    r"|\bfile (?:is )?ignored\b|\b(?:is|was) (?:ignored|excluded) by\b",
    re.IGNORECASE | re.MULTILINE,
)


@frozen
class CheckerRun:
    """The findings of one checker; ``skipped`` is the reason if it could not run, ``incomplete`` the reason why there
    may be more findings."""

    findings: tuple[Finding, ...] = ()
    skipped: str = ""
    incomplete: str = ""
    wall_ms: float = 0.0
    in_project: bool = False  # with the project's configuration and its other files


def find_program(spec: CheckerSpec, folder: Path | None, *, trusted: bool) -> str | None:
    """The path of the checker's program; ``None`` if it is not installed.

    The project's folders are searched first and only if it is trusted, then ``PATH``, then the environment that this
    server is installed in (the extra ``checkers``). Entries of ``PATH`` below a folder that is not trusted, such as
    an activated environment, are passed over.
    """
    if spec.program == "{python}":
        return sys.executable
    if trusted and folder is not None:
        own = environment.find_program(
            spec.program, [str(folder.absolute() / place) for place in environment.PROJECT_TOOL_FOLDERS]
        )
        if own:
            return own
    folders = environment.search_path_outside(folder) if folder is not None and not trusted else None
    return environment.find_program(spec.program, folders) or environment.find_program(spec.program, [OWN_PROGRAMS])


async def check(
    spec: CheckerSpec,
    program: str,
    text: str,
    name: str,
    *,
    wall_s: float,
    project: CheckedFile | None = None,
    search_path: str | None = None,
) -> CheckerRun:
    """Run the checker on ``text``.

    With ``project``, which is only for trusted folders, it runs there with the project's configuration. If that fails,
    and without ``project``, it runs on a copy named ``name`` in a separate folder. ``search_path`` is its ``PATH``
    there, if it must not be ours: checkers start programs, too, such as the Python whose packages they read.
    """
    stop_at = time.monotonic() + wall_s
    skipped = CheckerRun(skipped="needs a configuration of the project")
    if project is not None and spec.project_args:
        ran = await _check_in_project(spec, program, text, project, wall_s)
        if ran is not None and (not ran.skipped or not spec.args or spec.runs_project_code):
            return ran
        skipped = ran or skipped
        wall_s = stop_at - time.monotonic()
    if not spec.args or wall_s <= 0:
        return skipped
    return await _check_copy(spec, program, text, name, wall_s, search_path)


async def _check_in_project(
    spec: CheckerSpec, program: str, text: str, project: CheckedFile, wall_s: float
) -> CheckerRun | None:
    """Run the checker in the project; ``None`` if the project has no configuration for it."""
    try:
        with tempfile.TemporaryDirectory(prefix="autothink-check-", ignore_cleanup_errors=True) as folder:
            command = await asyncio.to_thread(project_command, spec, project, text, Path(folder).resolve())
            if command is None:
                return None
            return evolve(await _run(spec, program, command, wall_s), in_project=True)
    except (OSError, ValueError) as error:  # a full disk, or links that the system does not permit
        return CheckerRun(skipped=f"no copy could be written ({error})")


async def proposed_fixes(
    spec: CheckerSpec,
    program: str,
    text: Text,
    name: str,
    *,
    wall_s: float,
    project: CheckedFile | None = None,
    search_path: str | None = None,
) -> list[CheckerFix]:
    """The checker's safe fixes for messages in ``text``. Runs like ``check``; empty if it cannot run or has none."""
    read = FIX_READERS.get(spec.fix_reader)
    if read is None or wall_s <= 0:
        return []
    spec, content = spec.for_fixes, str(text)
    try:
        with tempfile.TemporaryDirectory(prefix="autothink-check-", ignore_cleanup_errors=True) as folder:
            command = None
            if project is not None and spec.project_args:
                command = await asyncio.to_thread(project_command, spec, project, content, Path(folder).resolve())
            if command is None and spec.args:
                command = _copy_command(spec, name, content, folder, search_path)
            if command is None:
                return []
            ran = await run_limited(
                [program, *command.args],
                cwd=command.cwd,
                limits=ProcessLimits(cpu_s=60, wall_s=wall_s, is_wall_fair=True, output_bytes=_MOST_FIX_BYTES),
                environ=command.environ,
                stdin=command.stdin,
            )
    except (OSError, ValueError):
        return []
    own_paths = command.own_paths or frozenset(str(one) for file in command.files for one in (file, file.resolve()))
    return read(ran.output, spec.name, text, lambda path: is_own_path(path, own_paths))


async def _check_copy(
    spec: CheckerSpec, program: str, text: str, name: str, wall_s: float, search_path: str | None
) -> CheckerRun:
    try:
        with tempfile.TemporaryDirectory(prefix="autothink-check-", ignore_cleanup_errors=True) as folder:
            return await _run(spec, program, _copy_command(spec, name, text, folder, search_path), wall_s)
    except (OSError, ValueError) as error:  # creating the temporary folder fails on a full disk, too
        return CheckerRun(skipped=f"no copy could be written ({error})")


def _copy_command(
    spec: CheckerSpec, name: str, text: str, folder: str, search_path: str | None = None
) -> CheckerCommand:
    """Write the text into ``folder`` and return the command that checks it. Raises ``OSError``."""
    file = Path(folder) / _name_for(spec, name, text)
    file.write_text(text, encoding="utf-8", errors="surrogatepass", newline="")
    args = tuple(arg.replace("{file}", str(file)).replace("{folder}", folder) for arg in spec.args)
    environ = {"PATH": search_path} if search_path is not None else None
    return CheckerCommand(args, Path(folder), (file,), environ=environ)


async def _run(spec: CheckerSpec, program: str, command: CheckerCommand, wall_s: float) -> CheckerRun:
    ran = await run_limited(
        [program, *command.args],
        cwd=command.cwd,
        limits=ProcessLimits(cpu_s=60, wall_s=wall_s, is_wall_fair=True),
        environ=command.environ,
        stdin=command.stdin,
    )
    if ran.timed_out:
        return CheckerRun(skipped=f"took longer than {wall_s:.0f} s", wall_ms=ran.wall_ms)
    if ran.not_found:
        return CheckerRun(skipped="is not installed", wall_ms=ran.wall_ms)
    output = ran.output
    if command.own_paths is None:
        output = output.replace(str(command.files[0]), command.files[0].name)
    findings = read_findings(spec, output, command.files[0].name, command.own_paths)
    if spec.gives_up is not None and any(spec.gives_up.search(finding.message) for finding in findings):
        return CheckerRun(skipped="needs other files of the project", wall_ms=ran.wall_ms)
    incomplete = _why_incomplete(ran)
    if len(findings) == _MOST_FINDINGS:
        incomplete = f"reports more than {_MOST_FINDINGS} problems"
    if incomplete and not findings:
        return CheckerRun(skipped=incomplete, wall_ms=ran.wall_ms)
    names_other_files = command.own_paths is not None and spec.pattern.search(output) is not None
    if not findings and names_other_files and spec.stops_elsewhere:
        return CheckerRun(skipped="stopped at an error in another file", wall_ms=ran.wall_ms)
    if not findings and ran.returncode == 0 and _SAYS_NOT_CHECKED.search(output):
        return CheckerRun(skipped="did not check the file", wall_ms=ran.wall_ms)
    if not findings and ran.returncode != 0 and not names_other_files:
        # It did not run, or its output has an unknown format.
        return CheckerRun(skipped=f"ended with status {ran.returncode} and no finding", wall_ms=ran.wall_ms)
    return CheckerRun(tuple(findings), incomplete=incomplete, wall_ms=ran.wall_ms)


def _why_incomplete(ran: ProcessResult) -> str:
    """Why the findings of a run may not be all; empty if they are. What is missing from them is not gone."""
    if ran.returncode is None or not 0 <= ran.returncode <= _MOST_STATUS or ran.returncode in _STOPPED:
        return "was stopped before its end"
    if _CRASHED.search(ran.output):
        return "ended with an error of its own"
    return "stopped after too many errors" if _GAVE_UP.search(ran.output) else ""


def _name_for(spec: CheckerSpec, name: str, text: str) -> str:
    file = Path(Path(name).name or "file")
    if spec.rename_when is not None and spec.rename_when.search(text):
        file = file.with_suffix(spec.rename_to)
    return file.name


def needs_other_files(spec: CheckerSpec, finding: Finding) -> bool:
    """Whether the finding only reports a missing file, which the copy of one file cannot have."""
    return spec.elsewhere is not None and spec.elsewhere.search(f"{finding.code} {finding.message}") is not None


def read_findings(
    spec: CheckerSpec, output: str, name: str = "", own_paths: frozenset[str] | None = None
) -> list[Finding]:
    """Parse the findings in ``output``, with lines from 0; only those of the file ``name``, or of ``own_paths``, if
    given."""
    found: list[Finding] = []
    for match in spec.pattern.finditer(output):
        groups = match.groupdict()
        if own_paths is not None and not is_own_path(_place_of(match), own_paths):
            continue
        if own_paths is None and name and _is_of_another_file(match, name):
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


def _place_of(match: re.Match[str]) -> str:
    """The text before the line number: the path of the file, if any."""
    if "line" not in match.groupdict() or match.start("line") < 0:
        return ""
    return match.string[match.start() : match.start("line")]


def _is_of_another_file(match: re.Match[str], name: str) -> bool:
    """Whether the finding is in an included file, whose content must not be quoted."""
    if "line" not in match.groupdict() or not -1 < match.start("line") < match.start("message"):
        return False
    _, *rest = re.split(r"[/\\]", match.string[match.start() : match.start("line")])
    return bool(rest) and not rest[-1].startswith(name)


def new_findings(before: Sequence[Finding], after: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings of ``after`` that are not in ``before``, on any line, because an edit moves lines."""
    return new_occurrences(before, after, finding_key)


def finding_key(finding: Finding) -> tuple[str, str, str]:
    """The checker, code and message of a finding: equal for two findings that differ only in their lines."""
    return wording_key(finding.checker, finding)
