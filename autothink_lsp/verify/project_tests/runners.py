"""The known test runners: how to detect that a project uses one, and how its command line selects test files.

``find_test_command`` reads files of the project and runs nothing. A command of an unknown runner works, too; then only
its exit status counts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from attrs import frozen

from autothink_lsp.processes.environment import find_program

_CONFIGURATION_BYTES = 200_000
_SOURCE_SUFFIX = re.compile(r"\.(?:py|go|rs|[cm]?[jt]sx?)$")


@frozen(kw_only=True)
class Runner:
    """A test runner. ``pattern`` matches its command line; ``{file}`` in ``result_args`` is the result file that it
    writes.

    ``selects`` is how it takes single test files: "files" (paths), "sources" (the changed source file; it finds the
    tests itself), "folders" (Go packages), or "" if it cannot.
    """

    name: str
    pattern: re.Pattern[str]
    result_format: str
    result_args: tuple[str, ...] = ()
    result_files: str = ""  # a glob in the copy, for runners that choose the place of their result files
    selects: str = ""
    related_args: tuple[str, ...] = ()  # before the selected files


def _command(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?:^|[\s/\\])(?:{pattern})(?=\s|$)")


_JEST_FILE = ("--json", "--outputFile={file}")
RUNNERS = (
    Runner(
        name="pytest",
        pattern=_command(r"(?:py\.test|pytest)(?:\.exe)?"),
        result_format="junit",
        result_args=("-p", "no:cacheprovider", "--junitxml={file}"),
        selects="files",
    ),
    Runner(
        name="unittest", pattern=_command("-m unittest"), result_format="unittest", result_args=("-v",), selects="files"
    ),
    Runner(
        name="cargo",
        pattern=_command("cargo(?:\\.exe)? test"),
        result_format="libtest",
        result_args=("--no-fail-fast",),
    ),
    Runner(
        name="go",
        pattern=_command("go(?:\\.exe)? test"),
        result_format="go",
        result_args=("-json", "-count=1"),  # -count=1: no result of an earlier run, which go caches
        selects="folders",
    ),
    Runner(
        name="node",
        pattern=_command("node(?:\\.exe)? .{0,300}--test"),
        result_format="tap",
        result_args=("--test-reporter=tap",),
        selects="files",
    ),
    Runner(
        name="vitest",
        pattern=_command("vitest"),
        result_format="jest",
        result_args=("--reporter=json", "--outputFile={file}"),
        selects="sources",
        related_args=("related", "--run"),
    ),
    Runner(
        name="jest",
        pattern=_command("jest"),
        result_format="jest",
        result_args=_JEST_FILE,
        selects="sources",
        related_args=("--findRelatedTests",),
    ),
    Runner(
        name="mocha",
        pattern=_command("mocha"),
        result_format="mocha",
        result_args=("--reporter", "json", "--reporter-option", "output={file}"),
        selects="files",
    ),
    Runner(
        name="dotnet",
        pattern=_command("dotnet test"),
        result_format="trx",
        result_args=("--logger", "trx;LogFileName={file}"),
    ),
    Runner(
        name="maven",
        pattern=_command("mvnw?(?:\\.cmd)? .{0,300}(?:test|verify)"),
        result_format="junit",
        result_files="**/target/*-reports/*.xml",
    ),
    Runner(
        name="gradle",
        pattern=_command("gradlew?(?:\\.bat)? .{0,300}(?:test|check)"),
        result_format="junit",
        result_args=("--no-build-cache",),  # no result of an earlier run
        result_files="**/build/test-results/**/*.xml",
    ),
)
_OTHER = Runner(name="", pattern=_command(r"(?!)"), result_format="")


def runner_of(command: Sequence[str]) -> Runner:
    """The runner that ``command`` starts, recognized by its words; one without a name for any other command."""
    line = " ".join(command)
    return next((runner for runner in RUNNERS if runner.pattern.search(line)), _OTHER)


def command_line(
    command: Sequence[str], runner: Runner, result_file: str, selected: Sequence[str] = ()
) -> tuple[str, ...]:
    """``command`` with the arguments for parsable results and, if given, for only the ``selected`` files.

    With ``selected``, arguments that name files or folders to test are removed.
    """
    options = tuple(arg.replace("{file}", result_file) for arg in runner.result_args)
    if runner.name == "cargo" and "--" in command:
        cut = list(command).index("--")
        return (*command[:cut], *options, *command[cut:])
    if runner.name in {"node", "go"}:  # options come before files and packages
        cut = list(command).index("--test" if runner.name == "node" else "test") + 1
        rest = _without_places(command[cut:], runner) if selected else tuple(command[cut:])
        return (*command[:cut], *options, *rest, *selected)
    if not selected:
        return (*command, *options)
    cut = _program_length(command, runner)
    rest = _without_places(command[cut:], runner)
    if runner.name == "vitest":
        rest = tuple(arg for arg in rest if arg not in {"run", "--run", "watch"})
        return (*command[:cut], *runner.related_args, *selected, *rest, *options)
    return (*command[:cut], *rest, *options, *runner.related_args, *selected)


def _program_length(command: Sequence[str], runner: Runner) -> int:
    """The number of leading words that start the runner: ``python -m pytest``, ``npx jest``."""
    for length in range(1, len(command) + 1):
        if runner.pattern.search(" ".join(command[:length])):
            return length
    return len(command)


def _without_places(args: Sequence[str], runner: Runner) -> tuple[str, ...]:
    """``args`` without files, folders and packages, and without unittest's discovery and its options."""
    if runner.name == "unittest":
        return tuple(arg for arg in args if arg in {"-f", "-b", "--failfast", "--buffer"})
    return tuple(
        arg
        for arg in args
        if arg.startswith("-") or not (_SOURCE_SUFFIX.search(arg) or arg.startswith("./") or arg.rstrip("/") in _PLACES)
    )


_PLACES = frozenset({"test", "tests", "spec", "src", ".", "..."})


def find_test_command(folder: Path) -> tuple[str, ...] | None:
    """The command that runs the tests of ``folder``, detected from its files; ``None`` if it cannot be detected.

    The tools of the project's environment take precedence over those on the search path.
    """
    for find in (_python, _cargo, _go, _javascript, _dotnet, _java, _make):
        try:
            command = find(folder)
        except (OSError, ValueError, RecursionError):
            continue
        if command is not None:
            return command
    return None


def _has(folder: Path, *names: str) -> bool:
    return any((folder / name).is_file() for name in names)


def _read(file: Path) -> str:
    try:
        with file.open(encoding="utf-8", errors="replace") as opened:
            return opened.read(_CONFIGURATION_BYTES)
    except OSError:
        return ""


def _any(folder: Path, *patterns: str) -> bool:
    return any(next(folder.glob(pattern), None) is not None for pattern in patterns)


def _python(folder: Path) -> tuple[str, ...] | None:
    own = next((f"{name}/{python}" for name, python in _PYTHONS if (folder / name / python).is_file()), None)
    if not _any(folder, *(f"{place}{name}" for place in ("", "tests/", "test/", "tests/*/") for name in _TEST_FILES)):
        return None
    configured = (
        _has(folder, "pytest.ini", "conftest.py", "tests/conftest.py", "test/conftest.py")
        or "[tool.pytest" in _read(folder / "pyproject.toml")
        or any(
            re.search(r"^\[(?:tool:)?pytest\]", _read(folder / name), re.MULTILINE) for name in ("tox.ini", "setup.cfg")
        )
    )
    if own is not None and _any(
        folder, ".venv/lib/python*/site-packages/pytest", "venv/lib/python*/site-packages/pytest"
    ):
        return (own, "-m", "pytest", "-q")
    if configured or not _uses_unittest(folder):
        return ("pytest", "-q") if own is None and find_program("pytest") else None
    where = next((name for name in ("tests", "test") if (folder / name).is_dir()), "")
    start = (
        ("-s", where, "-t", ".") if where and _has(folder, f"{where}/__init__.py") else ("-s", where) if where else ()
    )
    return (own or "python3", "-m", "unittest", "discover", *start)


_PYTHONS = ((".venv/bin", "python"), ("venv/bin", "python"), (".venv/Scripts", "python.exe"))
_TEST_FILES = ("test_*.py", "*_test.py", "tests.py")


def _uses_unittest(folder: Path) -> bool:
    """Whether the test files use ``unittest`` and not pytest."""
    files = [
        file for place in ("", "tests/", "test/") for name in _TEST_FILES for file in folder.glob(f"{place}{name}")
    ]
    texts = [_read(file) for file in files[:20]]
    return any("import unittest" in text or "from unittest" in text for text in texts) and not any(
        re.search(r"^(?:import|from) pytest\b", text, re.MULTILINE) for text in texts
    )


def _cargo(folder: Path) -> tuple[str, ...] | None:
    return ("cargo", "test") if _has(folder, "Cargo.toml") else None


def _go(folder: Path) -> tuple[str, ...] | None:
    return ("go", "test", "./...") if _has(folder, "go.mod") else None


def _javascript(folder: Path) -> tuple[str, ...] | None:
    if not _has(folder, "package.json"):
        return None
    package = json.loads(_read(folder / "package.json"))
    scripts = package.get("scripts") if isinstance(package, dict) else None
    script = scripts.get("test", "") if isinstance(scripts, dict) else ""
    script = script if isinstance(script, str) else ""
    for name, words in (("vitest", ("run",)), ("jest", ()), ("mocha", ())):
        if _has(folder, f"node_modules/.bin/{name}") and (name in script or not script):
            return (name, *words)
    if match := re.fullmatch(r"node (--test(?: [\w./*-]+)*)", script.strip()):
        return ("node", *match.group(1).split())
    if not script or "no test specified" in script:
        return ("node", "--test") if _any(folder, *_NODE_TESTS) else None
    manager = "pnpm" if _has(folder, "pnpm-lock.yaml") else "yarn" if _has(folder, "yarn.lock") else "npm"
    return (manager, "test")


_NODE_TESTS = ("*.test.js", "*.test.mjs", "*.test.cjs", "test/*.js", "test/*.mjs")


def _dotnet(folder: Path) -> tuple[str, ...] | None:
    return ("dotnet", "test") if _any(folder, "*.sln", "*.csproj", "*.fsproj") else None


def _java(folder: Path) -> tuple[str, ...] | None:
    if _has(folder, "pom.xml"):
        return ("./mvnw" if _has(folder, "mvnw") else "mvn", "-q", "test")
    if _has(folder, "build.gradle", "build.gradle.kts"):
        return ("./gradlew" if _has(folder, "gradlew") else "gradle", "-q", "test")
    return None


def _make(folder: Path) -> tuple[str, ...] | None:
    makefile = next((folder / name for name in ("Makefile", "makefile", "GNUmakefile") if _has(folder, name)), None)
    return ("make", "test") if makefile and re.search(r"^test\s*:(?!=)", _read(makefile), re.MULTILINE) else None
