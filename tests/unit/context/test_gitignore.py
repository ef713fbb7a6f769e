"""Gitignore patterns: the same verdicts as git's, and an upper bound on the work of each."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from autothink_lsp.context import gitignore, ignore_files
from autothink_lsp.context.exclusion import Exclusion
from autothink_lsp.context.gitignore import Patterns, TooMuchWork, Work
from autothink_lsp.context.ignore_files import IgnoreFiles

pytestmark = pytest.mark.process
needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
PIECES = (
    *("a", "b", "ab", "*", "*", "**", "/", "/", "?", "[ab]", "[!a]", "[a-c]", "\\a", "\\*", "[[:alpha:]]", "[]a]"),
    *("[^]a]", "[a-", "-", "]", "!", "#", " ", "\\ ", "\\", "**/", "/**", "é", "[é]", ".", "x.py", "*.py", "\t"),
    *("[[:foo:]]", "[a\\]b]", "[--a]", "[[:alpha]", "[[:digit:][:upper:]_]", "\\/", "***", "\r"),
)
NAMES = ("a", "b", "ab", "abc", "x.py", "*", "é", "a b", "-", "]", "!", "#", "a ", "\\", "[", "aab", "bab", "B1_")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True, env=environment)
    (tmp_path / ".git" / "info").mkdir(exist_ok=True)
    (tmp_path / ".git" / "info" / "exclude").write_text("")
    return tmp_path


def git_ignores(repository: Path, paths: list[str]) -> set[str]:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    command = ["git", "-c", "core.excludesFile=", "check-ignore", "--no-index", "-z", "--stdin"]
    asked = "\0".join(paths).encode() + b"\0"
    result = subprocess.run(command, cwd=repository, input=asked, capture_output=True, env=environment, check=False)
    assert result.returncode in {0, 1}, result.stderr
    return {one.decode() for one in result.stdout.split(b"\0") if one}


@needs_git
@pytest.mark.parametrize("seed", range(5))
def test_verdicts_are_those_of_git(repository: Path, seed: int) -> None:
    """5 seeds * 25 lists * up to 30 paths, more than 3,000 pairs; ignore files in two folders and ``info/exclude``."""
    made = random.Random(seed)

    def patterns() -> str:
        return "\n".join(
            "".join(made.choice(PIECES) for _ in range(made.randint(1, 6))) for _ in range(made.randint(0, 3))
        )

    (repository / "a").mkdir()
    compared = ignored = 0
    for _ in range(25):
        for place in (".gitignore", "a/.gitignore", ".git/info/exclude"):
            (repository / place).write_text(patterns() + "\n", newline="")
        paths = sorted({"/".join(made.choice(NAMES) for _ in range(made.randint(1, 4))) for _ in range(30)} - {"a"})
        expected = git_ignores(repository, paths)
        files = IgnoreFiles()
        for path in paths:
            is_ignored = bool(files.ignored_by(repository / path, repository))
            assert is_ignored is (path in expected), (path, [(repository / ".gitignore").read_text()])
        compared, ignored = compared + len(paths), ignored + len(expected)
    assert compared > 600
    assert ignored > 60


# The examples of gitignore(5), and what its text says of each sign: (patterns, path, ignored).
DOCUMENTED = [
    ("", "a", False),
    ("# a", "# a", False),
    ("\\# a", "# a", True),
    ("a  ", "a", True),
    ("a\\ ", "a ", True),
    ("a\\ ", "a", False),
    ("*.o\n!keep.o", "keep.o", False),
    ("*.o\n!keep.o", "x/other.o", True),
    ("\\!important!.txt", "!important!.txt", True),
    ("out/\n!out/keep", "out/keep", True),  # below an ignored folder no pattern re-includes
    ("/*\n!/foo\n/foo/*\n!/foo/bar", "foo/bar/x", False),
    ("/*\n!/foo\n/foo/*\n!/foo/bar", "foo/other", True),
    ("doc/frotz/", "doc/frotz/a", True),
    ("doc/frotz/", "a/doc/frotz/a", False),
    ("frotz/", "a/frotz/x", True),
    ("frotz/", "a/frotz", False),  # a file
    ("foo/*", "foo/test.json", True),
    ("foo/*.json", "foo/bar/test.json", False),
    ("hello.*", "a/hello.c", True),
    ("/hello.*", "a/hello.c", False),
    ("/hello.*", "hello.c", True),
    ("**/foo", "foo", True),
    ("**/foo", "a/b/foo", True),
    ("**/foo/bar", "a/foo/bar", True),
    ("abc/**", "abc/d/e", True),
    ("abc/**", "abc", False),
    ("a/**/b", "a/b", True),
    ("a/**/b", "a/x/b", True),
    ("a/**/b", "a/x/y/b", True),
    ("a/**/b", "ax/b", False),
    ("foo**bar", "fooxbar", True),  # other consecutive asterisks are regular asterisks
    ("*", ".hidden", True),
    ("a?c", "a/c", False),
    ("a?c", "abc", True),
    ("[a-c]x", "bx", True),
    ("[!a-c]x", "bx", False),
    ("[^a-c]x", "dx", True),
    ("[[:digit:]]", "7", True),
    ("[[:nothing:]]", "n", False),
    ("[]-]", "]", True),
    ("[a", "[a", False),
    ("a\\", "a\\", False),
    ("a\r\n", "a", True),
    ("\ufeffa", "a", True),
    ("  #a", "  #a", True),
    ("A", "a", False),
]


@needs_git
@pytest.mark.parametrize(("patterns", "path", "ignored"), DOCUMENTED)
def test_documented_examples(repository: Path, patterns: str, path: str, *, ignored: bool) -> None:
    (repository / ".gitignore").write_text(patterns + "\n", newline="", encoding="utf-8")
    assert (path in git_ignores(repository, [path])) is ignored
    assert bool(IgnoreFiles().ignored_by(repository / path, repository)) is ignored


# Each takes longer than the process lives, or seconds, where patterns are translated to regular expressions.
HOSTILE = [
    (b"*a*a*a*a*a*a*a*a*a*a*a*ab", "a" * 250),
    (b"*" + b"a*" * 1_000 + b"b", "a" * 250),
    (b"**/a/" * 300 + b"b", "a/" * 60 + "x"),
    (b"/**" * 500 + b"/b", "a/" * 60 + "x"),
    (b"*?" * 500 + b"b", "a" * 250),
    (b"[ab]*" * 500 + b"c", "ab" * 120),
    (b"[[:alpha:]]*[[:alpha:]]*[[:alpha:]]*c", "a" * 250),
    (b"*\\a" * 500 + b"b", "a" * 250),
]


@pytest.mark.parametrize(("pattern", "path"), HOSTILE)
def test_the_work_of_a_pattern_is_at_most_pattern_times_path(pattern: bytes, path: str) -> None:
    work = Work(10**9)
    assert Patterns.of_file(pattern).match(path.encode(), is_folder=False, work=work) is None
    assert 10**9 - work.left <= 8 * len(pattern) * len(path)


@pytest.mark.parametrize(
    ("content", "path"),
    [
        (b"*[ab]*[ab]*[ab]*[ab]*[ab]c\n" * 15_000, "src/" + "a" * 200 + ".py"),
        (b"**/?/**/[ab]/**/?/**/?/b\n" * 2_000, "a/" * 60 + "x"),
        (b"*?" * 5_000, "a" * 250),  # a pattern that is longer than any path
        (b"\n" * 50_000, "a.py"),
        (b"x\n" * 300_000, "a.py"),  # larger than LARGEST_BYTES
    ],
)
def test_what_cannot_be_decided_in_time_is_ignored(tmp_path: Path, content: bytes, path: str) -> None:
    (tmp_path / ".gitignore").write_bytes(content)
    assert IgnoreFiles().ignored_by(tmp_path / path, tmp_path)


def test_a_decision_is_the_same_the_second_time(tmp_path: Path) -> None:
    """What was parsed already must not make a path that was too much work yesterday one that is allowed today."""
    (tmp_path / ".gitignore").write_bytes(b"*[ab]*[ab]*[ab]*[ab]*[ab]c\n" * 15_000)
    files = IgnoreFiles()
    assert len({files.ignored_by(tmp_path / "src" / ("a" * 200), tmp_path) for _ in range(3)}) == 1


def test_a_file_below_more_folders_than_are_read_is_ignored(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["d"] * (ignore_files.MOST_FOLDERS + 1))
    assert IgnoreFiles().ignored_by(deep / "a.py", tmp_path)


def test_many_small_ignore_files_are_bounded_together(tmp_path: Path) -> None:
    folder = tmp_path
    for _ in range(5):
        folder = folder / "d"
        folder.mkdir()
        (folder / ".gitignore").write_bytes(b"some-name-of-a-file-that-is-long\n" * 8_000)
    assert "too large" in IgnoreFiles().ignored_by(folder / "a.py", tmp_path)
    assert not IgnoreFiles().ignored_by(tmp_path / "d" / "a.py", tmp_path)


@pytest.mark.parametrize("patterns", [["*a*a*a*a*a*a*a*a*a*a*ab"], ["[ab]*" * 400 + "c"], ["**/a/" * 300 + "b"]])
def test_patterns_of_settings_are_bounded(patterns: list[str]) -> None:
    assert not Exclusion().excluded("a" * 250, patterns)


@pytest.mark.parametrize("patterns", [["x" * 10_000], ["x"] * 30_000, ["*[ab]*[ab]*[ab]*c"] * 15_000])
def test_with_too_many_patterns_in_settings_every_file_is_excluded(patterns: list[str]) -> None:
    assert Exclusion().excluded("a" * 200, patterns)


@pytest.mark.parametrize("path", ["a\ud800.py", "\udcff/\ud800.py", "", "/", "a//b", "../a"])
def test_odd_paths_do_not_raise(path: str) -> None:
    Exclusion().excluded(path, ("*.pem", "\ud800", "\udcff*"))


def test_a_list_longer_than_its_limit_raises() -> None:
    with pytest.raises(TooMuchWork):
        Patterns.of(["a"] * (gitignore.MAX_PATTERNS + 1))
