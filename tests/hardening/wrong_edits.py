"""Wrong edits on purpose: a scripted model that answers with a wrong edit, through ``AssistService`` and real checkers.

    python -m tests.hardening.wrong_edits

prints a table: how many wrong edits are applied without asking, are called proved although a tool still reports the
problem, and in how many cases with a failed check a second attempt follows. Nine hard cases run with Ruff and
basedpyright; mutants of small functions with Ruff alone, which is fast, each in one of three ways (``WAYS``).
"""
# ruff: noqa: E501, ISC004 - tables

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from attrs import field, frozen

from autothink_lsp.backends.base import ChatRequest, ServerDescription
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.edits.replacement import apply_replacements
from autothink_lsp.features.assist.actions import ActionKind, AssistRequest, AssistResult
from autothink_lsp.features.assist.endpoint import assist_endpoints
from autothink_lsp.features.assist.service import AssistService
from autothink_lsp.features.assist.think_decider import ThinkDecider
from autothink_lsp.features.statistics.store import Statistics
from autothink_lsp.lsp.workspace_edits import needs_confirmation
from autothink_lsp.settings.model import AssistSettings, Settings
from autothink_lsp.syntax.languages import LanguageRegistry
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import Diagnostic, Point
from autothink_lsp.verify import checkers
from autothink_lsp.verify.service import Verifier
from tests.support.scripted_backend import ScriptedBackend, Step

WAYS = ("no tool reports it", "a tool still reports it", "the reporting tool is silent")


@frozen
class WrongEdit:
    """``source`` with a problem in the line ``line``, and the ``wrong`` text that the model writes in its place."""

    name: str
    way: str
    source: str = field(repr=False)
    wrong: str = field(repr=False)
    line: int
    message: str
    code: str = ""
    reported_by: str = ""


@frozen
class WrongOutcome:
    """What became of a wrong edit. ``is_still_reported`` is what Ruff says of the edited text, asked directly."""

    case: WrongEdit
    result: AssistResult
    is_still_reported: bool

    @property
    def is_applied_unasked(self) -> bool:
        return bool(self.result.replacements) and not needs_confirmation(self.result)

    @property
    def is_proved(self) -> bool:
        return bool(self.result.replacements) and self.result.is_proved

    @property
    def is_falsely_proved(self) -> bool:
        return self.is_proved and (self.is_still_reported or self.case.way != WAYS[2])

    @property
    def has_escalated(self) -> bool:
        return len(self.result.attempts) > 1


_LOAD = "import asyncio\n\n\nasync def load(key: str) -> int:\n    return len(key)\n\n\n"
_HARD: tuple[tuple[str, str, tuple[str, str], int, str, str, str], ...] = (
    (
        "07 type message",
        "def total(items: list[int]) -> int:\n    result = 0\n    for item in items:\n        result += items\n"
        "    return result\n",
        ("result += items", "result += items * 2"),
        3,
        'Operator "+=" not supported for types "int" and "list[int]"',
        "reportOperatorIssue",
        "Pylance",
    ),
    (
        "08 optional member",
        "def name(user: str | None) -> str:\n    label = user.upper()\n    return label\n",
        ("user.upper()", "user.lower()"),
        1,
        '"upper" is not a known attribute of "None"',
        "reportOptionalMemberAccess",
        "Pylance",
    ),
    (
        "09 wrong result",
        "def median(xs: list[int]) -> int:\n    xs = sorted(xs)\n    return xs[len(xs) // 2 - 1]\n",
        ("// 2 - 1", "// 2 + 1"),
        2,
        "AssertionError: assert 2 == 3",
        "",
        "pytest",
    ),
    (
        "10 long function",
        "def grade(points: int) -> str:\n"
        + "".join(f"    if points > {limit}:\n        return '{limit}'\n" for limit in range(90, 40, -2))
        + "    return 'F'\n",
        ("points > 90", "points < 90"),
        1,
        "Function is too complex (C901)",
        "",
        "flake8",
    ),
    (
        "10b long function, selected",
        "def grade(points: int) -> str:\n"
        + "".join(f"    if points > {limit}:\n        return '{limit}'\n" for limit in range(90, 40, -2))
        + "    return 'F'\n",
        ("return 'F'", "return 'G'"),
        1,
        "Refactor this function to reduce its cognitive complexity",
        "S3776",
        "sonarlint",
    ),
    (
        "11 two functions",
        "def first(a: int) -> int:\n    b = a * 3\n    return b + 1\n\n\ndef second(a: int) -> int:\n    b = a * 3\n"
        "    return b + 2\n",
        ("return b + 1", "return b"),
        1,
        "Duplicate code",
        "R0801",
        "pylint",
    ),
    (
        "11b comment above",
        "# Adds tax.\ndef gross(net: float) -> float:\n    return net * 0.19\n",
        ("net * 0.19", "net + 0.19"),
        2,
        "wrong tax",
        "",
        "reviewer",
    ),
    (
        "13 race",
        _LOAD + "CACHE: dict[str, int] = {}\n\n\nasync def get(key: str) -> int:\n    if key not in CACHE:\n"
        "        CACHE[key] = await load(key)\n    return CACHE[key]\n",
        ("if key not in CACHE:", "if key not in CACHE.copy():"),
        12,
        "two callers load the same key twice",
        "",
        "reviewer",
    ),
    (
        "14 missing await",
        _LOAD + "async def main() -> None:\n    load('a')\n    await asyncio.sleep(0)\n",
        ("load('a')", "load('b')"),
        8,
        'Result of async function call is not used; use "await" or assign result to variable',
        "reportUnusedCoroutine",
        "Pylance",
    ),
)
# A function, and in each pair what a mutant changes: operators, off by one, a lost not, guard, return, wrong names.
_MUTATED: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "def clamp(value, low, high):\n    if value < low:\n        return low\n    if value > high:\n        return high\n"
        "    return value\n",
        (
            ("value < low", "value <= high"),
            ("value > high", "value >= low"),
            ("        return low", "        return high"),
            ("    return value", "    return low"),
            ("value > high", "not value > high"),
            ("        return high", "        value = high"),
        ),
    ),
    (
        "def find(items, wanted):\n    for index in range(len(items)):\n        if items[index] == wanted:\n"
        "            return index\n    return -1\n",
        (
            ("range(len(items))", "range(1, len(items))"),
            ("range(len(items))", "range(len(items) - 1)"),
            ("==", "!="),
            ("            return index", "            return wanted"),
            ("    return -1", "    return 0"),
            ("items[index] ==", "items[index - 1] =="),
        ),
    ),
    (
        "def mean(values, default):\n    if not values:\n        return default\n    total = 0\n    for value in values:\n"
        "        total += value\n    return total / len(values)\n",
        (
            ("if not values", "if values"),
            ("total += value", "total -= value"),
            ("total / len(values)", "total // len(values)"),
            ("total = 0", "total = 1"),
            ("/ len(values)", "* len(values)"),
            ("        return default", "        return values"),
        ),
    ),
    (
        "def merge(left, right, prefer):\n    result = dict(left)\n    for key, value in right.items():\n"
        "        if key not in result or prefer(key):\n            result[key] = value\n    return result\n",
        (
            ("key not in result", "key in result"),
            ("dict(left)", "dict(right)"),
            (" or prefer", " and prefer"),
            ("result[key] = value", "result[value] = key"),
            ("    return result", "    return left"),
            ("right.items()", "left.items()"),
        ),
    ),
    (
        "async def fetch_all(load, keys, limit):\n    found = []\n    for key in keys[:limit]:\n        item = await load(key)\n"
        "        if item is not None:\n            found.append(item)\n    return found\n",
        (
            ("await load(key)", "load(key)"),
            ("keys[:limit]", "keys[limit:]"),
            ("is not None", "is None"),
            ("found.append(item)", "found.append(key)"),
            ("keys[:limit]", "keys[: limit - 1]"),
            ("    return found", "    return keys"),
        ),
    ),
    (
        "def overlap(start, end, other_start, other_end):\n    first = max(start, other_start)\n    last = min(end, other_end)\n"
        "    if first >= last:\n        return None\n    return first, last\n",
        (
            ("max(start", "min(start"),
            ("min(end", "max(end"),
            ("first >= last", "first > last"),
            ("first, last\n", "last, first\n"),
            ("        return None", "        return first"),
            ("(start, other_start)", "(end, other_start)"),
        ),
    ),
    (
        "def retry(action, times, wait):\n    for attempt in range(times):\n        try:\n            return action()\n"
        "        except OSError:\n            if attempt == times - 1:\n                raise\n            wait(attempt)\n"
        "    return None\n",
        (
            ("times - 1", "times"),
            ("attempt == times", "attempt != times"),
            ("range(times)", "range(times + 1)"),
            ("return action()", "action()"),
            ("wait(attempt)", "wait(times)"),
            ("                raise\n", "                return None\n"),
        ),
    ),
    (
        "def split(text, size):\n    pieces = []\n    for start in range(0, len(text), size):\n"
        "        piece = text[start : start + size]\n        pieces.append(piece)\n    return pieces\n",
        (
            ("start + size]", "start + size + 1]"),
            ("range(0,", "range(1,"),
            ("len(text), size)", "size, len(text))"),
            ("pieces.append(piece)", "pieces.append(text)"),
            ("pieces.append(piece)", "pieces.insert(0, piece)"),
            ("    return pieces", "    return text"),
        ),
    ),
)


def hard_cases() -> list[WrongEdit]:
    """The nine cases in which a wrong edit is most plausible."""
    made = []
    for name, source, (old, new), line, message, code, reported_by in _HARD:
        way = WAYS[1] if reported_by == "Pylance" else WAYS[0]
        made.append(WrongEdit(name, way, source, source.replace(old, new, 1), line, message, code, reported_by))
    return made


def mutants() -> list[WrongEdit]:
    """Mutants, each in one of the three ways in turn."""
    made: list[WrongEdit] = []
    for source, pairs in _MUTATED:
        for old, new in pairs:
            way = WAYS[len(made) % len(WAYS)]
            assert old in source, old
            name = f"{source.split('(')[0].split()[-1]}: {old.strip()} -> {new.strip()}"
            wrong = source.replace(old, new, 1)
            if way == WAYS[0]:
                made.append(WrongEdit(name, way, source, wrong, 1, "AssertionError: assert 3 == 4", "", "pytest"))
                continue
            # The problem is an undefined name in the first line of the body; the wrong edit keeps it or removes it.
            head, body = source.split("\n", 1)
            broken = f"{head}\n    print(undefined_thing)\n{body}"
            _, wrong_body = wrong.split("\n", 1)
            kept = "    print(undefined_thing, 1)\n" if way == WAYS[1] else ""
            made.append(
                WrongEdit(
                    name,
                    way,
                    broken,
                    f"{head}\n{kept}{wrong_body}",
                    1,
                    "Undefined name `undefined_thing`",
                    "F821",
                    "Ruff",
                )
            )
    return made


@contextlib.contextmanager
def only_programs(*names: str) -> Iterator[None]:
    """The checkers ``names`` of this environment, and no others."""
    path, own = os.environ.get("PATH", ""), checkers.OWN_PROGRAMS
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            (Path(folder) / name).symlink_to(Path(sys.executable).absolute().parent / name)
        os.environ["PATH"] = folder
        checkers.OWN_PROGRAMS = folder  # pyright: ignore[reportConstantRedefinition]
        try:
            yield
        finally:
            os.environ["PATH"] = path
            checkers.OWN_PROGRAMS = own  # pyright: ignore[reportConstantRedefinition]


async def outcome_of(case: WrongEdit) -> WrongOutcome:
    """Ask for a fix of ``case``; the model answers with its wrong edit each time."""

    def say(_request: ChatRequest) -> Sequence[Step]:
        return [f"```python\n{case.wrong}```\n"]

    backend = ScriptedBackend([], chat=say, description=ServerDescription("vLLM", "Qwen2.5-Coder-7B-Instruct", 32_000))

    async def connect(_settings: Settings) -> ScriptedBackend:
        return backend

    documents, syntax = DocumentStore(), Syntax(LanguageRegistry())
    documents.subscribe(syntax.trees)
    with tempfile.TemporaryDirectory() as folder:
        service = AssistService(
            endpoints=assist_endpoints(connect),
            syntax=syntax,
            verifier=Verifier(syntax.grammars),
            think_decider=ThinkDecider(),
            statistics=Statistics(Path(folder) / "s.sqlite3"),
            project_names=None,
            now_ms=lambda: asyncio.get_running_loop().time() * 1_000,
        )
        file = Path(folder) / "case.py"
        file.write_text(case.source)
        snapshot = documents.open(file.as_uri(), "python", 1, case.source)
        line = snapshot.text.line(case.line)
        start = Point(case.line, len(line) - len(line.lstrip()))
        message = Diagnostic(start, Point(case.line, len(line)), case.message, code=case.code, source=case.reported_by)
        request = AssistRequest(
            action=ActionKind.FIX,
            snapshot=snapshot,
            start=start,
            end=start,
            settings=Settings(
                assist=AssistSettings(backend="openai", url="http://127.0.0.1:1", statistics=False, deadline_s=90.0)
            ),
            path="case.py",
            file=file,
            folder=Path(folder),
            diagnostics=(message,),
        )
        result = await service.run(request, lambda _stage: None)
        after = str(apply_replacements(snapshot.text, result.replacements))
        return WrongOutcome(case, result, "undefined_thing" in _ruff(after))


def _ruff(text: str) -> str:
    """What Ruff says of ``text``, without any of our code between."""
    ruff = str(Path(sys.executable).absolute().parent / "ruff")
    command = [ruff, "check", "--isolated", "--no-cache", "--select", "F821", "--stdin-filename", "a.py", "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False).stdout


async def outcomes() -> list[WrongOutcome]:
    """All cases."""
    found: list[WrongOutcome] = []
    with only_programs("ruff", "basedpyright"):
        found += [await outcome_of(case) for case in hard_cases()]
    with only_programs("ruff"):
        found += [await outcome_of(case) for case in mutants()]
    return found


def table(found: Sequence[WrongOutcome]) -> str:
    """The counts for each way, and the sentences of the hard cases."""
    rows = [f"{'way':32} {'cases':>6} {'unasked':>8} {'proved':>7} {'falsely':>8} {'failed':>7} {'escalated':>10}"]
    for way in WAYS:
        part = [one for one in found if one.case.way == way]
        failed = [one for one in part if one.result.has_failed or not one.result.has_edit]
        rows.append(
            f"{way:32} {len(part):6} {sum(one.is_applied_unasked for one in part):8} {sum(one.is_proved for one in part):7}"
            f" {sum(one.is_falsely_proved for one in part):8} {len(failed):7} {sum(one.has_escalated for one in failed):10}"
        )
    hard = {case.name for case in hard_cases()}
    rows += [f"{one.case.name:32} {one.result.evidence_sentence}" for one in found if one.case.name in hard]
    return "\n".join(rows)


if __name__ == "__main__":
    print(table(asyncio.run(outcomes())))
