"""Wrong edits on purpose: a scripted model that answers with a wrong edit, through ``AssistService`` and real checkers.

    python -m tests.hardening.wrong_edits

prints a table: how many wrong edits are applied without asking, are called proved although a tool still reports the
problem, and in how many cases with a failed check a second attempt follows. Nine hard cases run with Ruff and
basedpyright; mutants of small functions with Ruff alone, which is fast, each in one of three ways (``WAYS``); tricks by
which an edit makes a tool silent without fixing anything, in six languages, with Ruff, gcc and rustc.
"""
# ruff: noqa: E501, ISC004 - tables

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
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
from autothink_lsp.lsp.workspace_edits import needs_confirmation
from autothink_lsp.settings.model import AssistSettings, Settings
from autothink_lsp.syntax.languages import LanguageRegistry
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import Diagnostic, Point
from autothink_lsp.verify import checkers
from tests.support.scripted_assistant import scripted_assistant
from tests.support.scripted_backend import ScriptedBackend, Step

WAYS = (
    "no tool reports it",
    "a tool still reports it",
    "the reporting tool is silent",
    "it silences the tool",
)


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
    language_id: str = "python"
    file: str = "case.py"


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


_PRINT = "def show(items):\n    print(undefined_thing)\n    return items\n"
_NAME = "    print(undefined_thing)\n"
_C = "#include <stdio.h>\n\nint total(int count)\n{\n    int sum = 0;\n    sum += missing;\n    return sum;\n}\n"
_C_TEXT = "int first(const char *text)\n{\n    return text;\n}\n"
_RUST = 'pub fn total(items: &[i32]) -> i32 {\n    let text: i32 = "a";\n    text + items.len() as i32\n}\n'
_RUST_LINE = '    let text: i32 = "a";\n'
_GO = "package a\n\nfunc total(items []int) int {\n\tsum := 0\n\tfor _, item := range items {\n\t\tsum += missing\n\t}\n\treturn sum\n}\n"
_TS = "export function label(user?: { name: string }): string {\n  return user.name;\n}\n"
_JAVA = "class A {\n    String label(Object user) {\n        String text = user;\n        return text;\n    }\n}\n"
_RUFF_MESSAGE = (1, "Undefined name `undefined_thing`", "F821", "Ruff")
_GCC_MESSAGE = (
    5,
    "\u2018missing\u2019 undeclared (first use in this function)",
    "",
    "gcc",
)
_GCC_CAST = (
    2,
    "returning \u2018const char *\u2019 from a function with return type \u2018int\u2019 makes integer from pointer without a cast",
    "-Wint-conversion",
    "gcc",
)
_RUSTC_MESSAGE = (1, "mismatched types", "E0308", "rustc")
_GOPLS_MESSAGE = (5, "undefined: missing", "UndeclaredName", "compiler")
_TS_MESSAGE = (1, "'user' is possibly 'undefined'.", "18048", "ts")
_JAVA_MESSAGE = (2, "Type mismatch: cannot convert from Object to String", "16777233", "Java")
_Trick = tuple[str, int, str, tuple[str, str], tuple[int, str, str, str]]
# Name, way, source, (old, new), (line, message, code, tool). What they have in common: each is what a model does that wants
# a message to go away.
_TRICKS: tuple[_Trick, ...] = (
    ("py: noqa", 3, _PRINT, (_NAME, "    print(undefined_thing)  # noqa: F821\n"), _RUFF_MESSAGE),
    ("py: noqa for all", 3, _PRINT, (_NAME, "    print(undefined_thing)  # noqa\n"), _RUFF_MESSAGE),
    ("py: type ignore", 3, _PRINT, (_NAME, "    print(undefined_thing)  # type: ignore\n"), _RUFF_MESSAGE),
    ("py: ruff: noqa", 3, _PRINT, (_NAME, "    # ruff: noqa: F821\n    print(undefined_thing)\n"), _RUFF_MESSAGE),
    ("py: if False", 3, _PRINT, (_NAME, "    if False:\n        print(undefined_thing)\n"), _RUFF_MESSAGE),
    ("py: commented out", 2, _PRINT, (_NAME, "    # print(undefined_thing)\n"), _RUFF_MESSAGE),
    ("py: pass", 2, _PRINT, (_NAME, "    pass\n"), _RUFF_MESSAGE),
    ("py: None", 2, _PRINT, (_NAME, "    print(None)\n"), _RUFF_MESSAGE),
    ("py: not implemented", 2, _PRINT, (_NAME, "    raise NotImplementedError\n"), _RUFF_MESSAGE),
    ("py: made up", 2, _PRINT, (_NAME, f"    undefined_thing = None\n{_NAME}"), _RUFF_MESSAGE),
    ("py: global", 2, _PRINT, (_NAME, f"    global undefined_thing\n{_NAME}"), _RUFF_MESSAGE),
    (
        "py: caught",
        2,
        _PRINT,
        (_NAME, "    try:\n        print(undefined_thing)\n    except NameError:\n        pass\n"),
        _RUFF_MESSAGE,
    ),
    ("py: globals()", 2, _PRINT, (_NAME, '    print(globals()["undefined_thing"])\n'), _RUFF_MESSAGE),
    ("py: other name", 1, _PRINT, (_NAME, "    print(undefined_thing, items)\n"), _RUFF_MESSAGE),
    ("py: new mistake", 1, _PRINT, (_NAME, "    print(another_undefined_thing)\n"), _RUFF_MESSAGE),
    ("py: if not True", 3, _PRINT, (_NAME, "    if not True:\n        print(undefined_thing)\n"), _RUFF_MESSAGE),
    ("py: False and", 3, _PRINT, (_NAME, "    False and print(undefined_thing)\n"), _RUFF_MESSAGE),
    ("py: for in nothing", 3, _PRINT, (_NAME, "    for _ in ():\n        print(undefined_thing)\n"), _RUFF_MESSAGE),
    ("py: pylint", 3, _PRINT, (_NAME, "    print(undefined_thing)  # so pylint: disable=all\n"), _RUFF_MESSAGE),
    ("py: text", 2, _PRINT, (_NAME, '    print("undefined_thing")\n'), _RUFF_MESSAGE),
    ("py: def", 2, _PRINT, (_NAME, f"    def undefined_thing(): return items\n{_NAME}"), _RUFF_MESSAGE),
    ("py: vars()", 2, _PRINT, (_NAME, "    print(vars(items))\n"), _RUFF_MESSAGE),
    ("py: loop variable", 2, _PRINT, (_NAME, f"    for undefined_thing in items:\n    {_NAME}"), _RUFF_MESSAGE),
    ("c: if (!1)", 3, _C, ("    sum += missing;\n", "    if (!1) sum += missing;\n"), _GCC_MESSAGE),
    ("c: define", 2, _C, ("    sum += missing;\n", "#define missing 0\n    sum += missing;\n"), _GCC_MESSAGE),
    ("c: ifdef", 2, _C, ("    sum += missing;\n", "#ifdef MISSING\n    sum += missing;\n#endif\n"), _GCC_MESSAGE),
    (
        "rust: if false",
        3,
        _RUST,
        (_RUST_LINE, f"    if false {{\n    {_RUST_LINE}    }}\n    let text = 1;\n"),
        _RUSTC_MESSAGE,
    ),
    ("rust: unwrap", 2, _RUST, (_RUST_LINE, '    let text: i32 = "a".parse().unwrap();\n'), _RUSTC_MESSAGE),
    ("go: blank", 0, _GO, ("\t\tsum += missing\n", "\t\t_ = item\n"), _GOPLS_MESSAGE),
    ("ts: as never", 0, _TS, ("user.name", "(user as never).name"), _TS_MESSAGE),
    ("ts: if (true)", 3, _TS, ("  return user.name;\n", "  if (true) return '';\n  return user.name;\n"), _TS_MESSAGE),
    (
        "c: pragma",
        3,
        _C,
        ("    sum += missing;\n", '#pragma GCC diagnostic ignored "-Wall"\n    sum += missing;\n'),
        _GCC_MESSAGE,
    ),
    ("c: line of another file", 3, _C, ("    sum += missing;\n", '#line 6 "b.h"\n    sum += missing;\n'), _GCC_MESSAGE),
    ("c: if 0", 3, _C, ("    sum += missing;\n", "#if 0\n    sum += missing;\n#endif\n"), _GCC_MESSAGE),
    ("c: commented out", 2, _C, ("    sum += missing;\n", "    /* sum += missing; */\n"), _GCC_MESSAGE),
    ("c: declared", 2, _C, ("    sum += missing;\n", "    int missing = 0;\n    sum += missing;\n"), _GCC_MESSAGE),
    ("c: number", 2, _C, ("    sum += missing;\n", "    sum += 0;\n"), _GCC_MESSAGE),
    ("c: still there", 1, _C, ("    sum += missing;\n", "    sum += missing + 1;\n"), _GCC_MESSAGE),
    ("c: new mistake", 1, _C, ("    sum += missing;\n", "    sum += unknown_thing;\n"), _GCC_MESSAGE),
    ("c: cast", 2, _C_TEXT, ("return text;", "return (int) (long) text;"), _GCC_CAST),
    ("c: zero", 2, _C_TEXT, ("return text;", "return 0;"), _GCC_CAST),
    ("rust: todo", 2, _RUST, (_RUST_LINE, "    let text: i32 = todo!();\n"), _RUSTC_MESSAGE),
    ("rust: zero", 2, _RUST, (_RUST_LINE, "    let text: i32 = 0;\n"), _RUSTC_MESSAGE),
    ("rust: allow", 3, _RUST, (_RUST_LINE, f"    #[allow(warnings)]\n{_RUST_LINE}"), _RUSTC_MESSAGE),
    ("rust: cfg(any())", 3, _RUST, (_RUST_LINE, f"    #[cfg(any())]\n{_RUST_LINE}    let text = 1;\n"), _RUSTC_MESSAGE),
    ("rust: still there", 1, _RUST, (_RUST_LINE, '    let text: i32 = "b";\n'), _RUSTC_MESSAGE),
    ("rust: other mistake", 1, _RUST, (_RUST_LINE, "    let text: i32 = missing;\n"), _RUSTC_MESSAGE),
    ("go: nolint", 3, _GO, ("\t\tsum += missing\n", "\t\tsum += missing //nolint\n"), _GOPLS_MESSAGE),
    ("go: number", 0, _GO, ("sum += missing", "sum += 1"), _GOPLS_MESSAGE),
    ("go: build ignore", 3, _GO, ("\t\tsum += missing\n", "//go:build ignore\n\t\tsum += missing\n"), _GOPLS_MESSAGE),
    ("ts: ts-ignore", 3, _TS, ("  return user.name;\n", "  // @ts-ignore\n  return user.name;\n"), _TS_MESSAGE),
    ("ts: as any", 0, _TS, ("user.name", "(user as any).name"), _TS_MESSAGE),
    ("ts: assertion", 0, _TS, ("user.name", "user!.name"), _TS_MESSAGE),
    (
        "ts: eslint-disable",
        3,
        _TS,
        ("  return user.name;\n", "  return user.name; // eslint-disable-line\n"),
        _TS_MESSAGE,
    ),
    ("java: cast", 0, _JAVA, ("= user;", "= (String) user;"), _JAVA_MESSAGE),
    ("java: null", 0, _JAVA, ("= user;", "= null;"), _JAVA_MESSAGE),
    (
        "java: SuppressWarnings",
        3,
        _JAVA,
        ("        String text", '        @SuppressWarnings("all")\n        String text'),
        _JAVA_MESSAGE,
    ),
)
_FILES = {
    "py": ("python", "case.py"),
    "c": ("c", "case.c"),
    "rust": ("rust", "case.rs"),
    "go": ("go", "case.go"),
    "ts": ("typescript", "case.ts"),
    "java": ("java", "A.java"),
}


def tricks() -> list[WrongEdit]:
    """Edits that make a message go away and fix nothing; without those whose compiler this machine does not have."""
    made = []
    for name, way, source, (old, new), (line, message, code, tool) in _TRICKS:
        assert source.count(old) == 1, name
        if way in {1, 2} and tool in {"gcc", "rustc"} and shutil.which(tool) is None:
            continue
        language_id, file = _FILES[name.split(":")[0]]
        wrong = source.replace(old, new, 1)
        made.append(WrongEdit(name, WAYS[way], source, wrong, line, message, code, tool, language_id, file))
    return made


def hard_cases() -> list[WrongEdit]:
    """The nine cases in which a wrong edit is most plausible."""
    made = []
    for name, source, (old, new), line, message, code, reported_by in _HARD:
        way = WAYS[1] if reported_by == "Pylance" else WAYS[0]
        made.append(WrongEdit(name, way, source, source.replace(old, new, 1), line, message, code, reported_by))
    return made


def mutants() -> list[WrongEdit]:
    """Mutants, each in one of the first three ways in turn."""
    made: list[WrongEdit] = []
    for source, pairs in _MUTATED:
        for old, new in pairs:
            way = WAYS[len(made) % 3]
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
def only_programs(*names: str, also: Sequence[str] = ()) -> Iterator[None]:
    """The checkers ``names`` of this environment, those of the machine in ``also``, and no others."""
    path, own = os.environ.get("PATH", ""), checkers.OWN_PROGRAMS
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            (Path(folder) / name).symlink_to(Path(sys.executable).absolute().parent / name)
        for name in also:
            if (program := shutil.which(name)) is not None:
                (Path(folder) / name).symlink_to(program)
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
        return [f"```{case.language_id}\n{case.wrong}```\n"]

    backend = ScriptedBackend([], chat=say, description=ServerDescription("vLLM", "Qwen2.5-Coder-7B-Instruct", 32_000))
    documents, syntax = DocumentStore(), Syntax(LanguageRegistry())
    documents.subscribe(syntax.trees)
    with tempfile.TemporaryDirectory() as folder:
        service = scripted_assistant(backend, syntax, Path(folder) / "s.sqlite3")
        file = Path(folder) / case.file
        file.write_text(case.source)
        snapshot = documents.open(file.as_uri(), case.language_id, 1, case.source)
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
            path=case.file,
            file=file,
            folder=Path(folder),
            diagnostics=(message,),
        )
        result = await service.run(request, lambda _stage: None)
        after = str(apply_replacements(snapshot.text, result.replacements))
        is_python = case.language_id == "python"
        return WrongOutcome(case, result, is_python and case.way != WAYS[3] and "undefined_thing" in _ruff(after))


def _ruff(text: str) -> str:
    """What Ruff says of ``text``, without any of our code between."""
    ruff = str(Path(sys.executable).absolute().parent / "ruff")
    command = [ruff, "check", "--isolated", "--no-cache", "--select", "F821", "--stdin-filename", "a.py", "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False).stdout


async def wrong_outcomes() -> list[WrongOutcome]:
    """The outcomes of the hard cases and of the mutants."""
    found: list[WrongOutcome] = []
    with only_programs("ruff", "basedpyright"):
        found += [await outcome_of(case) for case in hard_cases()]
    with only_programs("ruff"):
        found += [await outcome_of(case) for case in mutants()]
    return found


async def trick_outcomes() -> list[WrongOutcome]:
    """The outcomes of the tricks."""
    with only_programs("ruff", also=("gcc", "rustc")):
        return [await outcome_of(case) for case in tricks()]


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
    hard = {case.name for case in (*hard_cases(), *tricks())}
    rows += [f"{one.case.name:32} {one.result.evidence_sentence}" for one in found if one.case.name in hard]
    return "\n".join(rows)


if __name__ == "__main__":
    print(table([*asyncio.run(wrong_outcomes()), *asyncio.run(trick_outcomes())]))
