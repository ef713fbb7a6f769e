"""Which instruction file counts for a document, and what of it is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from autothink_lsp.context.instruction_file import MOST_BYTES, NAMES, find_instruction_file


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ([], None),
        (["AGENTS.md", "CLAUDE.md"], "AGENTS.md"),
        (["CLAUDE.md", ".github/copilot-instructions.md"], ".github/copilot-instructions.md"),
        (["AGENTS.md", "src/CLAUDE.md"], "src/CLAUDE.md"),
        (["../AGENTS.md"], None),
        (["src/deep/other/AGENTS.md"], None),
    ],
)
def test_the_nearest_counts(tmp_path: Path, files: list[str], found: str | None) -> None:
    folder = tmp_path / "project"
    for file in files:
        (folder / file).resolve().parent.mkdir(parents=True, exist_ok=True)
        (folder / file).resolve().write_text(f"notes of {file}")
    result = find_instruction_file(folder / "src/deep/a.py", folder)
    assert (result.path if result else None) == found
    assert result is None or result.text == f"notes of {found}"


def test_a_document_elsewhere_has_none(tmp_path: Path) -> None:
    (tmp_path / "AGENTS.md").write_text("x")
    assert find_instruction_file(tmp_path / "a.py", tmp_path / "project") is None


def test_a_link_out_of_the_folder_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "AGENTS.md").symlink_to(tmp_path / "secret.txt")
    (folder / "CLAUDE.md").symlink_to(folder / "CLAUDE.md")  # a circle
    assert find_instruction_file(folder / "a.py", folder) is None


@pytest.mark.parametrize("content", [b"", b" \n\n", b"\xff\xfe\x00"])
def test_odd_files_do_no_harm(tmp_path: Path, content: bytes) -> None:
    (tmp_path / NAMES[0]).write_bytes(content)
    found = find_instruction_file(tmp_path / "a.py", tmp_path)
    assert found is None or "\ufffd" in found.text


def test_no_more_is_read_than_a_limit_and_nothing_invisible(tmp_path: Path) -> None:
    (tmp_path / NAMES[0]).write_text("a\u202eb\u200b\r\n" + "x" * (2 * MOST_BYTES))
    found = find_instruction_file(tmp_path / "a.py", tmp_path)
    assert found is not None
    assert found.text.startswith("ab\nx")
    assert len(found.text) <= MOST_BYTES
