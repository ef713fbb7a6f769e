"""Parses the result of one run of a project's tests from the test runner's output.

Sources of the formats: JUnit XML as pytest, Maven Surefire and Gradle write it; TRX of ``dotnet test``; the JSON of
Jest, which Vitest writes too, and of Mocha; ``go test -json`` (``go doc test2json``); TAP 13 and 14 of ``node --test``;
the lines of libtest (``cargo test``) and of ``unittest -v``. Output in another form gives no tests: an exit status
alone contains no result of a single test.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any
from xml.etree import (
    ElementTree as ET,
)  # the files are written by the tests of a trusted folder; expat limits expansion

from attrs import define, field, frozen

from autothink_lsp.document.lines import indent_length

_MOST_RESULT_BYTES = 32 << 20
_MOST_RESULT_FILES = 2_000
_MESSAGE_CHARACTERS = 600
_REASON_CHARACTERS = 160

# Lines with the reason why nothing ran, the most informative first.
_REASONS = (
    re.compile(r"^.*: error: (.+)$", re.MULTILINE),
    re.compile(r"^E? *((?:ModuleNotFound|Import|Syntax|Indentation|Name|Attribute|Usage)Error: .+)$", re.MULTILINE),
    re.compile(r"^((?:ERROR|error|Error)(?:\[\w+\])?: .+)$", re.MULTILINE),
    re.compile(r"^((?:npm ERR!|npm error|FAIL|panic:|Cannot find|go: ).+)$", re.MULTILINE),
    re.compile(
        r"(no tests? (?:ran|collected|found|files).*|^[^\n]*(?:No module named|not found).*)",
        re.IGNORECASE | re.MULTILINE,
    ),
)


# Output of a command of which only the exit status is known.
_NO_TESTS = re.compile(
    r"\bno tests? (?:ran|were run|run|found|to run|collected|files? found|specified|executed)\b|\bno test files\b"
    r"|\b(?:collected|found|ran|running|tests:?|total:?) 0\b(?! failed)|\b0 (?:tests?|examples?|specs?|passing|passed)"
    r"\b|No test is available|nothing to be done for|is up to date",
    re.IGNORECASE,
)
_SOME_TESTS = re.compile(
    r"\b[1-9]\d* (?:tests?|examples?|specs?|passing|passed)\b|\b(?:ran|collected|running|tests:?|passed:?|pass:?) [1-9]"
    r"|^(?:ok[ \t]+\S|PASS\b)(?!.{0,200}\bno tests)",
    re.IGNORECASE | re.MULTILINE,
)
_FAILURES = re.compile(
    r"\b[1-9]\d* (?:tests? )?(?:failed|failing|failures?)\b"
    r"|(?<!expected )\b(?:[Ff]ailures?|[Ff]ailed|[Ee]rrors)[:=] ?[1-9]"
    r"|^(?:FAIL|FAILED|not ok)\b|^E {3}\w*(?:Error|Exception)\b",
    re.MULTILINE,
)


@frozen
class SuiteResult:
    """The names of tests by result. ``unloaded`` are files or packages that could not be loaded or built.

    ``has_ended`` is false if the run was stopped at its time limit. A command that names no tests counts as one test,
    ``WHOLE_COMMAND``.
    """

    passed: frozenset[str] = frozenset()
    failed: frozenset[str] = frozenset()
    skipped: frozenset[str] = frozenset()
    unloaded: frozenset[str] = frozenset()
    unsteady: frozenset[str] = frozenset()  # tests that passed and failed in two runs of the same text
    messages: Mapping[str, str] = field(factory=dict, repr=False)
    has_ended: bool = True
    reason: str = ""  # why there are no results, if the output contains it
    output_end: str = field(default="", repr=False)
    wall_ms: float = 0.0

    @property
    def has_run(self) -> bool:
        """Whether the run finished and at least one test passed or failed."""
        return self.has_ended and bool(self.passed or self.failed or self.unsteady)

    @property
    def all_failed(self) -> frozenset[str]:
        return self.failed | self.unloaded


WHOLE_COMMAND = "the test command"


@define
class _Collected:
    """The results collected by a parser. A name that failed once counts as failed (parametrised and repeated tests)."""

    passed: set[str] = field(factory=set)
    failed: set[str] = field(factory=set)
    skipped: set[str] = field(factory=set)
    unloaded: set[str] = field(factory=set)
    messages: dict[str, str] = field(factory=dict)

    def add(self, name: str, verdict: str, message: str = "") -> None:
        getattr(self, verdict).add(name)
        if message.strip() and verdict in {"failed", "unloaded"}:
            self.messages.setdefault(name, message.strip()[-_MESSAGE_CHARACTERS:])


Parser = Callable[[str, Sequence[Path], _Collected], None]


def read_suite(
    output: str, files: Sequence[Path], result_format: str, *, returncode: int | None, wall_ms: float
) -> SuiteResult:
    """Parse a run that printed ``output`` and wrote ``files``. ``returncode`` is ``None`` after a time-out. Raises no
    error for damaged output or files: they have no results."""
    found = _Collected()
    if result_format == "":
        if returncode is not None and not (returncode == 0 and _has_no_result(output)):
            found.add(WHOLE_COMMAND, "passed" if returncode == 0 else "failed")
    else:
        PARSERS[result_format](output, files, found)
    failed = found.failed - found.unloaded
    passed = found.passed - failed - found.unloaded
    nothing = not passed and not failed
    return SuiteResult(
        passed=frozenset(passed),
        failed=frozenset(failed),
        skipped=frozenset(found.skipped - passed - failed),
        unloaded=frozenset(found.unloaded),
        messages=found.messages,
        has_ended=returncode is not None,
        reason=_reason(output, returncode) if nothing or found.unloaded else "",
        output_end=output,
        wall_ms=wall_ms,
    )


def _has_no_result(output: str) -> bool:
    """Whether the status 0 of a command is no result, because it ran no test or reports failures nevertheless (a pipe
    into ``tee``, a script without ``set -e``)."""
    return bool(_FAILURES.search(output)) or bool(_NO_TESTS.search(output) and not _SOME_TESTS.search(output))


def _reason(output: str, returncode: int | None) -> str:
    for pattern in _REASONS:
        if match := pattern.search(output):
            return " ".join(match.group(1).split())[:_REASON_CHARACTERS].rstrip(".")
    if returncode == 0 and _FAILURES.search(output):
        return "the command reports failures and ends with status 0"
    return f"exit status {returncode}, no tests found" if returncode else "no tests were found"


def _junit(_output: str, files: Sequence[Path], found: _Collected) -> None:
    for root in _xml_roots(files):
        for case in root.iter("testcase"):
            name = "::".join(part for part in (case.get("classname"), case.get("name")) if part) or "?"
            problem = next((case.find(tag) for tag in ("failure", "error") if case.find(tag) is not None), None)
            if problem is not None:
                message = f"{problem.get('message') or ''}\n{problem.text or ''}"
                # pytest reports a file that it cannot collect as a test case with this message.
                unloaded = problem.tag == "error" and "collection failure" in (problem.get("message") or "")
                found.add(name, "unloaded" if unloaded else "failed", message)
            else:
                found.add(name, "skipped" if case.find("skipped") is not None else "passed")


def _trx(_output: str, files: Sequence[Path], found: _Collected) -> None:
    verdicts = {"Passed": "passed", "Failed": "failed", "Error": "failed", "Timeout": "failed", "Aborted": "failed"}
    for root in _xml_roots(files):
        for case in root.iter():
            if case.tag.rpartition("}")[2] == "UnitTestResult":
                text = " ".join(part.strip() for part in case.itertext() if part.strip())
                found.add(case.get("testName") or "?", verdicts.get(case.get("outcome") or "", "skipped"), text)


def _xml_roots(files: Sequence[Path]) -> list[ET.Element]:
    roots = []
    for file in files[:_MOST_RESULT_FILES]:
        try:
            if file.stat().st_size <= _MOST_RESULT_BYTES:
                roots.append(ET.parse(file).getroot())  # noqa: S314 - see the import
        except (OSError, ET.ParseError, ValueError):
            continue
    return roots


def _jest_json(output: str, files: Sequence[Path], found: _Collected) -> None:
    verdicts = {"passed": "passed", "failed": "failed"}
    for report in _json_reports(output, files):
        for suite in _list(report.get("testResults")):
            file = Path(str(suite.get("name") or "?")).name
            tests = _list(suite.get("assertionResults"))
            for test in tests:
                name = f"{file} > {test.get('fullName') or test.get('title') or '?'}"
                message = "\n".join(map(str, test.get("failureMessages") or []))
                found.add(name, verdicts.get(str(test.get("status")), "skipped"), message)
            if not tests and suite.get("status") == "failed":
                found.add(file, "unloaded", str(suite.get("message") or ""))


def _mocha_json(output: str, files: Sequence[Path], found: _Collected) -> None:
    for report in _json_reports(output, files):
        for verdict, member in (("passed", "passes"), ("failed", "failures"), ("skipped", "pending")):
            for test in _list(report.get(member)):
                problem = test.get("err")
                message = problem.get("message") if isinstance(problem, dict) else ""
                found.add(str(test.get("fullTitle") or "?"), verdict, str(message or ""))


def _json_reports(output: str, files: Sequence[Path]) -> list[dict[str, Any]]:
    texts = []
    for file in files[:_MOST_RESULT_FILES]:
        try:
            if file.stat().st_size <= _MOST_RESULT_BYTES:
                texts.append(file.read_text(encoding="utf-8", errors="replace"))
        except OSError:
            continue
    reports = []
    for text in texts or [output[output.find("{") :]]:
        try:
            report = json.loads(text)
        except (ValueError, RecursionError):
            continue
        if isinstance(report, dict):
            reports.append(report)
    return reports


def _list(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _go_json(output: str, _files: Sequence[Path], found: _Collected) -> None:
    outputs: dict[tuple[str, str], list[str]] = {}
    ended: dict[tuple[str, str], str] = {}
    for line in output.splitlines():
        try:
            event = json.loads(line) if line.startswith("{") else None
        except ValueError:
            event = None
        if not isinstance(event, dict):
            if match := re.match(r"FAIL\s+(\S+) \[(?:build|setup) failed\]", line):
                found.add(match.group(1), "unloaded", output)
            continue
        key = str(event.get("Package") or ""), str(event.get("Test") or "")
        if event.get("Action") == "output":
            outputs.setdefault(key, []).append(str(event.get("Output") or ""))
        elif event.get("Action") in {"pass", "fail", "skip"}:
            ended[key] = str(event["Action"])
    with_failures = {package for (package, test), action in ended.items() if test and action == "fail"}
    for (package, test), action in ended.items():
        message = "".join(outputs.get((package, test), []))
        if test:
            verdict = {"pass": "passed", "fail": "failed", "skip": "skipped"}[action]
            found.add(f"{package}.{test}", verdict, message)
        elif action == "fail" and (package not in with_failures):
            found.add(package, "unloaded", message)  # it did not build, or ended before its tests did


def _tap(output: str, _files: Sequence[Path], found: _Collected) -> None:
    """Collect the leaves of nested subtests. A test file is a test itself, but counts only if it failed."""
    path: list[tuple[int, str]] = []  # indentation and name of the open subtests
    parents: set[str] = set()
    last_failed = ""
    for line in output.splitlines():
        indent = indent_length(line)
        if match := re.match(r"\s*# Subtest: (.*)", line):
            path = [*(one for one in path if one[0] < indent), (indent, match.group(1).strip())]
            parents.add(" > ".join(name for _, name in path[:-1]))
        elif match := re.match(r"\s*+(not )?ok \d++(?: - )?(.*)$", line):
            directive = re.search(r"(?<!\s)\s++# (?:SKIP|TODO|skip|todo)\b", match.group(2))
            name = match.group(2)[: directive.start() if directive is not None else None].strip()
            full = " > ".join([*(one for indented, one in path if indented < indent), name])
            is_file = bool(re.search(r"\.[cm]?[jt]sx?$", name))
            last_failed = full if match.group(1) else ""
            if directive is not None:
                found.add(full, "skipped")
            elif match.group(1):
                if full not in parents:
                    found.add(full, "unloaded" if is_file else "failed")
            elif not is_file and full not in parents:
                found.add(full, "passed")
        elif last_failed and (match := re.match(r"\s+(?:error|message): (.*)", line)):
            found.messages.setdefault(last_failed, match.group(1).strip("'\" |-"))


def _libtest(output: str, _files: Sequence[Path], found: _Collected) -> None:
    for name, verdict in re.findall(r"^test (.+?) \.\.\. (ok|FAILED|ignored)\b", output, re.MULTILINE):
        found.add(name, {"ok": "passed", "FAILED": "failed", "ignored": "skipped"}[verdict])
    for name, text in re.findall(r"^---- (.+?) stdout ----\n(.*?)(?=\n\n|\Z)", output, re.MULTILINE | re.DOTALL):
        found.messages.setdefault(name, text[-_MESSAGE_CHARACTERS:])
    if match := re.search(r"^error: could not compile `?([\w-]+).*$", output, re.MULTILINE):
        error = re.search(r"^error(?:\[\w+\])?: .+(?:\n .*)*", output, re.MULTILINE)
        found.add(match.group(1), "unloaded", error.group() if error is not None else "")


def _unittest(output: str, _files: Sequence[Path], found: _Collected) -> None:
    """Collect lines ``name (module.Class.name) ... ok``; with a docstring the status is on the next line, and a test's
    output may be between."""
    begun = ""
    for line in output.splitlines():
        if match := re.match(r"(\w+) \(([\w.]+)\)", line):
            whole = match.group(2)
            begun = whole if whole.rpartition(".")[2] == match.group(1) else f"{whole}.{match.group(1)}"
        if begun and (match := re.search(r"(?:\.\.\. |^)(ok|skipped .*|expected failure)$", line)):
            found.add(begun, "passed" if match.group(1) == "ok" else "skipped")
            begun = ""
    blocks = re.findall(
        r"^(?:FAIL|ERROR): (\S++)(?: \(([\w.]+)\))?[^\n]*+\n(?:[^\n]*+\n)?-{70}\n(.*?)(?=\n={70}\n|\n-{70}\n|\Z)",
        output,
        re.MULTILINE | re.DOTALL,
    )
    for name, where, text in blocks:
        if "_FailedTest" in where:
            found.add(name, "unloaded", text)
        else:
            whole = where if where.rpartition(".")[2] == name else f"{where}.{name}"
            found.add(whole, "failed", text)


PARSERS: Mapping[str, Parser] = MappingProxyType(
    {
        "junit": _junit,
        "trx": _trx,
        "jest": _jest_json,
        "mocha": _mocha_json,
        "go": _go_json,
        "tap": _tap,
        "libtest": _libtest,
        "unittest": _unittest,
    }
)
