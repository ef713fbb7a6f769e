"""Finds the tests that are related to a source file: those that import it or use a name that it defines.

Matches words without parsing, of Python's imports the whole module path: an unrelated test only costs time, and a
missed test still runs with the rest. The most related tests come first, and of these the ones in folders that are named
like the source file's.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from autothink_lsp.document.lines import indent_length
from autothink_lsp.verify.project_tests.runners import Runner

_MOST_SELECTED = 12
_MOST_FILES_READ = 3_000
_MOST_BYTES = 256_000
# Folders without sources of the project.
NOT_WALKED = frozenset(
    {".git", ".hg", ".svn", "node_modules", ".venv", "venv", "target", "dist", "build", "__pycache__", ".tox"}
)
_TEST_NAME = re.compile(
    r"test_.*\.py|.*_test\.(?:py|go)|tests\.py|.*[.-](?:test|spec)\.[cm]?[jt]sx?|.*Tests?\.(?:java|kt|cs|php)"
)
_IN_TEST_FOLDER = re.compile(r".*\.(?:py|[cm]?[jt]sx?|rs|java|kt|cs|go|rb|php)")
_TEST_FOLDERS = frozenset({"test", "tests", "__tests__", "spec"})
_NOT_TESTS = re.compile(r"(?:^|/)(?:__init__|conftest)\.py$")
# Files from which a test runner takes what it runs and what it compares with.
_DECIDES_TESTS = re.compile(
    r"(?:conftest|sitecustomize|usercustomize|noxfile)\.py|pytest\.ini|tox\.ini|setup\.cfg|pyproject\.toml|.*\.pth|.*\.snap"
    r"|(?:jest|vitest|vite|karma|playwright|babel)\.(?:config|setup)\.[\w.]+|\.mocharc\.\w+|package\.json|Cargo\.toml|go\.mod|pom\.xml"
    r"|build\.gradle(?:\.kts)?|.*\.(?:cs|fs)proj|.*\.runsettings|(?:GNU)?[Mm]akefile|CMakeLists\.txt|Rakefile|\.rspec"
)
_TEST_DATA = frozenset({"testdata", "fixtures", "__fixtures__", "__snapshots__", "__mocks__"})
_DEFINED = re.compile(
    r"^(?:export\s+)?(?:default\s+)?(?:async\s+)?(?:def|class|function|const|let|func|fn|struct)\s+(\w+)", re.MULTILINE
)
_IMPORT = re.compile(r"^.*\b(?:import|from|require|use|include)\b.*$", re.MULTILINE)
_PYTHON_IMPORT = re.compile(
    r"^[ \t]*(?:import[ \t]+(?P<plain>[\w. \t,]+)"
    r"|from[ \t]+(?P<module>[\w.]+)[ \t]+import[ \t]+(?:\((?P<several>[^)]{0,4000})\)|(?P<names>[^\n(]+)))",
    re.MULTILINE,
)
_PYTHON_TEST = re.compile(r"^[ \t]*(?:async[ \t]+)?def test|^[ \t]*class \w*Test", re.MULTILINE)
_TEST_MODULE = re.compile(r"\s*(?:#\[cfg\(test\)\]|if \(?import\.meta\.vitest\b)")
_MODULE_BLOCK = re.compile(r"\bmod\s+\w+\s*\{\s*$|\bimport\.meta\.vitest\b.*\{\s*$")
_ATTRIBUTE = re.compile(r"#\[.*\]")  # of Rust, alone in its line
_OWN_TEST = re.compile(
    r"\s*(?:(?:async\s+)?def\s+test_|test\s+\"|#\[(?:test\b|cfg\(test\)\]|\w+::test\b)|class\s+\w+\([\w.]*TestCase\b)"
)
_DOC_FENCE = re.compile(r"//[/!]\s*```")
_SHORTEST_NAME = 4  # shorter names occur in every file


def is_test_file(relative: str) -> bool:
    """Whether ``relative``, a path relative to the project with slashes, is a test file."""
    path = PurePosixPath(relative)
    return (
        _TEST_NAME.fullmatch(path.name) is not None
        or (not _TEST_FOLDERS.isdisjoint(path.parts[:-1]) and _IN_TEST_FOLDER.fullmatch(path.name) is not None)
        or "/src/test/" in f"/{relative}"
    )


def decides_tests(relative: str) -> bool:
    """Whether a change of the file can make tests pass that still find the same fault: a test file, the runner's
    configuration, or data of the tests."""
    path = PurePosixPath(relative)
    return (
        is_test_file(relative)
        or _DECIDES_TESTS.fullmatch(path.name) is not None
        or not _TEST_DATA.isdisjoint(path.parts[:-1])
    )


def changes_own_tests(before: str, after: str) -> bool:
    """Whether an edit changes tests that the edited file contains besides its code: a test module of Rust, test
    functions, doctests."""
    tests = _own_tests(before)
    return bool(tests) and tests != _own_tests(after)


def _own_tests(text: str) -> list[str]:
    """The lines of the tests in a file, without outer blanks."""
    found: list[str] = []
    indent: int | None = None  # of the header of the test in which the line is
    in_doctest = in_fence = False
    lines = text.split("\n")
    module_stop = 0
    for number, line in enumerate(lines):
        bare = line.strip()
        if number >= module_stop and _TEST_MODULE.match(line):
            module_stop = _module_stop(lines, number)
        if not bare:
            in_doctest = False
            continue
        if number < module_stop:
            found.append(bare)
            continue
        width = indent_length(line)
        is_ended = width <= indent and not bare.startswith("}") if indent is not None else False
        if is_ended and not _ATTRIBUTE.fullmatch(found[-1]):
            indent = None
        if indent is None and _OWN_TEST.match(line):
            indent = width
        in_doctest = bare.startswith(">>>") or (in_doctest and not bare.endswith(('"""', "'''")))
        if is_fence := _DOC_FENCE.match(bare) is not None:
            in_fence = not in_fence
        in_fence = in_fence and bare.startswith(("///", "//!"))
        if indent is not None or in_doctest or in_fence or is_fence:
            found.append(bare)
    return found


def _module_stop(lines: Sequence[str], first: int) -> int:
    """The line behind the block that the header of a test module begins at ``first``; ``first`` if there is none, as
    for ``#[cfg(test)]`` above an import."""
    header = first
    while header + 1 < len(lines) and _ATTRIBUTE.fullmatch(lines[header].strip()):
        header += 1
    if not _MODULE_BLOCK.search(lines[header]):
        return first
    end = lines[header][: indent_length(lines[header])] + "}"
    return next((number + 1 for number in range(header + 1, len(lines)) if lines[number].startswith(end)), len(lines))


def related_tests(folder: Path, file: Path, text: str, runner: Runner) -> tuple[str, ...]:
    """The arguments that make ``runner`` run only the tests related to ``file``, relative to ``folder``. Empty if the
    runner cannot select files or no test is related."""
    relative = file.relative_to(folder).as_posix()
    if runner.selects == "sources":
        return (relative,)
    if runner.selects == "folders":
        return (f"./{PurePosixPath(relative).parent}",) if any(file.parent.glob("*_test.go")) else ()
    if runner.selects != "files":
        return ()
    if is_test_file(relative) and not _NOT_TESTS.search(relative):
        return (relative,)
    source = PurePosixPath(relative)
    module = source.parent if source.stem in {"__init__", "index", "mod"} else source.with_suffix("")
    if not module.name:  # the project itself
        module = PurePosixPath(folder.resolve().name)
    names = {name for name in _DEFINED.findall(text) if len(name) >= _SHORTEST_NAME and not name.startswith("_")}
    ranked: list[tuple[int, int, str]] = []
    for test in _test_files(folder, file.suffix):
        rank = _rank(folder / test, module, names)
        if rank:
            common = len(set(PurePosixPath(test).parts[:-1]) & set(source.parts[:-1]))
            ranked.append((-rank, -common, test))
    return tuple(test for *_, test in sorted(ranked)[:_MOST_SELECTED])


def _rank(test: Path, module: PurePosixPath, names: set[str]) -> int:
    """The relation of a test to the source file ``module``, a path without its extension: 4 imports it and is named
    after it, 3 imports it, 2 is named after it, 1 uses a name that it defines, 0 unrelated."""
    try:
        with test.open(encoding="utf-8", errors="replace") as opened:
            text = opened.read(_MOST_BYTES)
    except OSError:
        return 0
    is_python = test.suffix == ".py"
    if is_python and not _TEST_NAME.fullmatch(test.name) and not _PYTHON_TEST.search(text):
        return 0  # a module that tests use
    is_named = re.sub(r"^test_|_test$|[.-](?:test|spec)$", "", test.stem) == module.name
    if is_python:
        is_imported = any(_is_module(path, module.parts) for path in _imported(text))
    else:
        word = re.compile(rf"(?<!\w){re.escape(module.name)}(?!\w)")
        is_imported = any(word.search(line) for line in _IMPORT.findall(text))
    if is_imported:
        return 4 if is_named else 3
    return 2 if is_named else int(not names.isdisjoint(re.findall(r"\w+", text)))


def _imported(text: str) -> Iterator[list[str]]:
    """The parts of the module paths that Python code imports. A name that is imported from a module may be a module."""
    for found in _PYTHON_IMPORT.finditer(text):
        if found["plain"]:
            for one in found["plain"].split(","):
                yield one.split(" as ")[0].strip().split(".")
            continue
        path = found["module"].strip(".").split(".") if found["module"].strip(".") else []
        if path:
            yield path
        for name in (found["several"] or found["names"]).split(","):
            words = name.split("#")[0].split()
            if words:
                yield [*path, words[0]]


def _is_module(path: list[str], module: tuple[str, ...]) -> bool:
    """Whether an imported path leads to ``module``, which lies below the folder that imports begin at."""
    return tuple(path) == module[-len(path) :]


def _test_files(folder: Path, suffix: str) -> Iterator[str]:
    """Yield the paths of test files with the extension ``suffix``."""
    read = 0
    javascript = re.compile(r"\.[cm]?[jt]sx?")
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in NOT_WALKED and not Path(root, name).is_symlink())
        for name in sorted(files):
            relative = Path(root, name).relative_to(folder).as_posix()
            same = Path(name).suffix == suffix or (
                javascript.fullmatch(suffix) and javascript.fullmatch(Path(name).suffix)
            )
            if same and is_test_file(relative) and not _NOT_TESTS.search(relative):
                read += 1
                if read > _MOST_FILES_READ:
                    return
                yield relative
