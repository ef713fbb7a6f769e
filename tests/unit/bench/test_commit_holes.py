"""Holes of commits: the product sees the commit's other changes as edits, and not what the commit writes later."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.bench.commit_holes import CommitBench, LineChange, after, changes_of

pytestmark = pytest.mark.process

BEFORE = {
    "use.py": "import old\n\n\ndef first(values):\n    return old(values)\n\n\ndef second(values):\n    pass\n",
    "other.py": "def old(values):\n    return values\n",
}
AFTER = {
    "use.py": (
        "import new_name\n\n\ndef first(values):\n    return new_name(values)\n\n\n"
        "def second(values):\n    found = new_name(values)\n    return found.sorted()\n"
    ),
    "other.py": "def new_name(values):\n    return values\n",
}


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=Test", "-c", "user.email=test@example.com")
    subprocess.run(["git", "-C", str(folder), *who, *arguments], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose last commit renames a function and uses it."""
    git(tmp_path, "init")
    for files in (BEFORE, AFTER):
        for name, text in files.items():
            (tmp_path / name).write_text(text)
        git(tmp_path, "add", ".")
        git(tmp_path, "commit", "-m", "a commit")
    return tmp_path / ".git"


def test_the_other_changes_of_the_commit_are_edits_and_its_later_lines_are_not_there(repository: Path) -> None:
    bench = CommitBench((repository,))
    seen = set[str]()
    for seed in range(60):  # most seeds draw a line that is too short
        found = next(bench.holes(seed), None)
        if found is None:
            continue
        contexts = bench.contexts(found, ["none", "+edits@512"])
        without, given = contexts["none"], contexts["+edits@512"]
        line = f"{given.line_prefix}{found.hole.expected}"
        seen.add(line)
        assert line in AFTER[found.hole.path].split("\n")
        assert found.hole.expected not in given.line_suffix
        assert (without.blocks, without.prefix, without.suffix) == ((), given.prefix, given.suffix)
        diffs = "\n".join(block.text for block in given.blocks)
        assert line not in diffs
        assert diffs.count("-") >= 1
        if line.startswith("    found"):
            assert "return found" not in given.suffix
            assert "    pass" not in given.suffix
            assert "+    return new_name(values)" in diffs
            assert "+def new_name(values):" in diffs
    assert "    found = new_name(values)" in seen


def test_changes_of_a_diff_give_the_text_of_the_commit() -> None:
    text = "a\nb\nc\nd\n"
    diff = (
        "diff --git a/x.py b/x.py\n--- a/x.py\n+++ b/x.py\n@@ -0,0 +1 @@\n+first\n@@ -2 +3,2 @@ b\n-b\n+B\n++++ b\n"
        "@@ -4 +5,0 @@\n-d\ndiff --git a/y.py b/y.py\n--- a/y.py\n+++ b/y.py\n@@ -1,2 +1 @@\n-1\n-2\n+12\n"
    )
    changes = changes_of(diff)
    assert changes == [
        LineChange("x.py", 0, 0, ("first",)),
        LineChange("x.py", 1, 2, ("B", "+++ b")),
        LineChange("x.py", 3, 4, ()),
        LineChange("y.py", 0, 2, ("12",)),
    ]
    assert after(text, changes[:3]) == "first\na\nB\n+++ b\nc\n"
