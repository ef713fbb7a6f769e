"""Which other documents a language server is shown."""

from __future__ import annotations

from pathlib import Path

from attrs import evolve

from autothink_lsp.verify.language_servers.unsaved import without_saved
from autothink_lsp.verify.language_servers.values import OverlayCase, OverlayFile


def a_file(path: Path, text: str, after: str | None = None) -> OverlayFile:
    return OverlayFile(path=path, language_id="python", before=text, after=text if after is None else after)


def test_saved_documents_are_left_to_the_server(tmp_path: Path) -> None:
    (tmp_path / "saved.py").write_text("a = 1\n")
    (tmp_path / "changed.py").write_text("a = 1\n")
    (tmp_path / "edited.py").write_bytes(b"a = 1\r\n")
    case = OverlayCase(
        folder=tmp_path,
        files=(
            a_file(tmp_path / "target.py", "x"),
            a_file(tmp_path / "saved.py", "a = 1\n"),
            a_file(tmp_path / "changed.py", "a = 2\n"),
            a_file(tmp_path / "new.py", "a = 2\n"),
            a_file(tmp_path / "edited.py", "a = 1\r\n", "a = 3\r\n"),
        ),
    )
    assert [file.path.name for file in without_saved(case).files] == ["target.py", "edited.py", "changed.py", "new.py"]


def test_a_saved_document_that_uses_the_edit_is_opened(tmp_path: Path) -> None:
    (tmp_path / "caller.py").write_text("a = 1\n")
    caller = evolve(a_file(tmp_path / "caller.py", "a = 1\n"), uses_edit=True)
    case = OverlayCase(folder=tmp_path, files=(a_file(tmp_path / "target.py", "x"), caller))
    assert [file.path.name for file in without_saved(case).files] == ["target.py", "caller.py"]


def test_few_unsaved_documents_and_no_huge_ones(tmp_path: Path) -> None:
    files = [a_file(tmp_path / f"{number}.py", "x") for number in range(30)]
    huge = a_file(tmp_path / "huge.py", "x" * 500_000)
    case = OverlayCase(folder=tmp_path, files=(a_file(tmp_path / "target.py", "x"), huge, *files))
    names = [file.path.name for file in without_saved(case).files]
    assert names == ["target.py", *(f"{number}.py" for number in range(8))]
