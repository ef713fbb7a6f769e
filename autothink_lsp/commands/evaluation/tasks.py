"""Reads tasks: programs to fix with tests (HumanEvalPack, QuixBugs' JSON lines), or scripted outcomes.

A row with ``declaration``, ``buggy_solution`` and ``test`` is of the first kind (``entry_point`` names the function),
one with ``buggy_program`` and ``tests`` of the second, one with ``modes`` is a scripted outcome. Any other row is an
error with its line number.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import field, frozen

from autothink_lsp.commands.evaluation.policies import AttemptOutcome, EvaluationCase
from autothink_lsp.errors import AutothinkError
from autothink_lsp.thinking.diagnostic_family import DiagnosticFamily
from autothink_lsp.thinking.policy import decide
from autothink_lsp.thinking.signals import Capability, Cost, CursorPlace, RequestKind, ScopeComplexity, Signals
from autothink_lsp.verify.evidence import ForeseenEvidence

_FIELDS = frozenset({"declaration", "buggy_solution", "test", "buggy_program", "tests"})
# Prefixes of HumanEvalPack's task names in other languages: their programs are not Python, so all of them would "fail".
_OTHER_LANGUAGES = frozenset({"cpp", "go", "java", "js", "javascript", "rust"})
CAPABILITY = Capability()
MODES = ("off", "retry", "on-low", "on-medium")


@frozen
class FixTask:
    """A task with a mistake in ``program``. A program passes if it and ``test`` run to their end."""

    id: str
    program: str = field(repr=False)
    test: str = field(repr=False)
    entry_point: str = ""
    instruction: str = ""


@frozen
class ScriptedTask:
    """Known outcomes: mode -> passed, tokens, seconds. ``judge_mode`` is the model's own choice."""

    id: str
    signals: Mapping[str, Any]
    modes: Mapping[str, Mapping[str, Any]]
    judge_mode: str
    judge_tokens: int


def read_tasks(file: Path, limit: int | None = None) -> list[FixTask] | list[ScriptedTask]:
    """Read a file of tasks, all of one kind. Raises ``AutothinkError``."""
    try:
        data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
        lines = data.decode("utf-8").splitlines()
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise AutothinkError(f"{file} cannot be read: {error}.", hint="JSON lines, plain or .gz, in UTF-8.") from error
    rows = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    tasks = [_task(number, line, file) for number, line in rows[:limit]]
    if not tasks:
        raise AutothinkError(f"{file} holds no tasks.")
    if len({type(task) for task in tasks}) > 1:
        raise AutothinkError(f"{file} mixes scripted and real tasks.", hint="Put them into two files.")
    return tasks  # pyright: ignore[reportReturnType]


def _task(number: int, line: str, file: Path) -> FixTask | ScriptedTask:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise AutothinkError(f"{file}, line {number} is not JSON: {error}.") from error
    if not isinstance(row, dict):
        raise AutothinkError(f"{file}, line {number} is not an object.")
    name = str(row.get("task_id") or row.get("id") or row.get("name") or number)
    if "modes" in row:
        return _scripted(name, row, number, file)
    language = str(row.get("language") or name.partition("/")[0]).lower()
    if language in _OTHER_LANGUAGES:
        raise AutothinkError(
            f"{file}, line {number}: the task is in {language}.", hint="Only tests in Python can be run here."
        )
    lacking = next((key for key in _FIELDS & set(row) if not row[key]), None)
    if lacking is not None:
        raise AutothinkError(f"{file}, line {number}: {lacking} is empty.")
    if {"declaration", "buggy_solution", "test"} <= set(row):
        program = _text(row["declaration"]) + _text(row["buggy_solution"])
        return FixTask(name, program, _text(row["test"]), str(row.get("entry_point", "")))
    if {"buggy_program", "tests"} <= set(row):
        instruction = _text(row.get("instruction") or row.get("docstring") or "")
        return FixTask(
            name, _text(row["buggy_program"]), _text(row["tests"]), str(row.get("entry_point", "")), instruction
        )
    raise AutothinkError(
        f"{file}, line {number} has neither declaration, buggy_solution and test nor buggy_program and tests.",
        hint=f"It has {', '.join(sorted(map(str, row))[:8]) or 'nothing'}.",
    )


def _scripted(name: str, row: Mapping[str, Any], number: int, file: Path) -> ScriptedTask:
    modes = row["modes"]
    if not isinstance(modes, Mapping) or not set(MODES) <= set(modes):
        raise AutothinkError(f"{file}, line {number}: modes must hold {', '.join(MODES)}.")
    return ScriptedTask(
        name, row.get("signals", {}), modes, str(row.get("judge_mode", "on")), int(row.get("judge_tokens", 30))
    )


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Sequence):
        return "\n".join(str(part) for part in value)
    return str(value)


def scripted_case(task: ScriptedTask) -> EvaluationCase:
    """The case of a scripted task. Raises ``KeyError`` or ``ValueError`` for unknown signals."""
    signals = _signals(task.signals)

    async def attempt(mode: str) -> AttemptOutcome:
        row = task.modes[mode]
        return AttemptOutcome(
            passed=bool(row["passed"]),
            think_tokens=int(row.get("think_tokens", 0)),
            answer_tokens=int(row.get("answer_tokens", 0)),
            seconds=float(row.get("seconds", 0.0)),
            thought=mode.startswith("on"),
        )

    decision = decide(signals, capability=CAPABILITY)
    return EvaluationCase(task.id, decision, CAPABILITY, attempt, task.judge_mode, task.judge_tokens)


def _signals(row: Mapping[str, Any]) -> Signals:
    return Signals(
        kind=RequestKind(row.get("kind", "fix")),
        cursor=CursorPlace(row.get("cursor", "code")),
        families=tuple(DiagnosticFamily(one) for one in row.get("families", ())),
        scope=ScopeComplexity(**row.get("scope", {})),
        foreseen_evidence=ForeseenEvidence.TESTS,  # ``passed`` is the verdict of tests
        cost=Cost(decode_tokens_per_s=row.get("decode_tokens_per_s"), deadline_ms=row.get("deadline_ms", 300_000.0)),
    )
