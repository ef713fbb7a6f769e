"""Where files are kept."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from autothink_lsp.settings import paths

KINDS = {
    "config": paths.config_dir,
    "data": paths.data_dir,
    "state": paths.state_dir,
    "cache": paths.cache_dir,
}


@pytest.mark.parametrize("kind", KINDS)
def test_everything_under_one_home(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert KINDS[kind]({"AUTOTHINK_HOME": str(tmp_path)}) == tmp_path / kind
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AUTOTHINK_HOME", "relative")
    assert KINDS[kind]() == tmp_path / "relative" / kind


@pytest.mark.skipif(os.name == "nt", reason="XDG folders")
@pytest.mark.parametrize("kind", KINDS)
def test_where_the_system_wants_it(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"XDG_{kind.upper()}_HOME", str(tmp_path))
    folder = KINDS[kind]({})
    assert folder.name == "autothink-lsp"
    if os.uname().sysname == "Linux":
        assert folder == tmp_path / "autothink-lsp"
    assert not folder.exists()
