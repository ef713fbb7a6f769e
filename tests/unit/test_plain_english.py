"""Names, docstrings, comments and messages name their subject (see "Names and sentences" in CONTRIBUTING.md)."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON_FILES = sorted((ROOT / "autothink_lsp").rglob("*.py"))
EDITOR_FILES = sorted(
    [*(ROOT / "editors" / "vscode" / "src").rglob("*.ts"), *(ROOT / "editors" / "nvim" / "lua").rglob("*.lua")]
)
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "editors").glob("*.md")])
NOT_OURS = frozenset({"node_modules", "out", "dist", "server", "__pycache__"})


def _test_files() -> Iterator[Path]:
    """The files of tests, examples and editors, without the folders of installed packages."""
    for top in ("tests", "examples", "editors"):
        for folder, folders, files in os.walk(ROOT / top):
            folders[:] = [name for name in folders if name not in NOT_OURS]
            yield from (Path(folder) / name for name in files if name.endswith((".py", ".ts", ".lua", ".md", ".toml")))


# Riddles instead of a noun: which user, client, caller or process is meant?
RIDDLES = re.compile(r"\b(?:(?:no|some|any|every)body|who(?:ever))\b", re.IGNORECASE)
SAMPLES = frozenset({"tests/unit/features/assist/repairs/test_slips.py"})  # a name in a sample of code
# Names that do not tell what a variable holds: a verdict, a message, an answer?
VAGUE_NAMES = frozenset({"said", "_said", "told", "is_told", "stuff", "thing", "things"})
VAGUE_WORDS = re.compile(rf"\b(?:{'|'.join(sorted(VAGUE_NAMES))})\b")


def _name(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def riddles(text: str) -> dict[int, str]:
    """The lines with a riddle, by their numbers from 1."""
    if not RIDDLES.search(text):  # most files, and quicker than line by line
        return {}
    return {number: line for number, line in enumerate(text.split("\n"), 1) if RIDDLES.search(line)}


@pytest.mark.parametrize("file", [*PYTHON_FILES, *EDITOR_FILES, *PAGES], ids=_name)
def test_no_riddles(file: Path) -> None:
    assert not riddles(file.read_text(encoding="utf-8"))


def test_no_riddles_in_tests() -> None:
    """One case for all files: a test is read by as many strangers as the code."""
    found = [
        f"{_name(file)}:{number}"
        for file in sorted(_test_files())
        if _name(file) not in SAMPLES
        for number in riddles(file.read_text(encoding="utf-8", errors="replace"))
    ]
    assert not found


@pytest.mark.parametrize("file", PYTHON_FILES, ids=_name)
def test_no_vague_names(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    if not VAGUE_WORDS.search(text):  # to parse every file takes seconds
        return
    names = set()
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Name(id=name) | ast.arg(arg=name) | ast.Attribute(attr=name):
                names.add(name)
    assert not names & VAGUE_NAMES
