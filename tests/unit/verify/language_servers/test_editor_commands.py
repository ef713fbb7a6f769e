"""Language servers that an editor says it has."""

from __future__ import annotations

from pathlib import Path

import pytest

from autothink_lsp.verify.language_servers.editor_commands import editor_commands


def a_program(file: Path) -> str:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("#!/bin/sh\n")
    file.chmod(0o755)
    return str(file)


def test_programs_of_running_clients_with_arguments_of_ours(tmp_path: Path) -> None:
    pyright, other = (a_program(tmp_path / "mason/bin" / name) for name in ("pyright-langserver", "copilot"))
    params = {"programs": [other, pyright, str(tmp_path / "gone/gopls")]}
    assert editor_commands(params, []) == {"pyright": (pyright, "--stdio")}


def test_programs_of_extensions(tmp_path: Path) -> None:
    ruff = a_program(tmp_path / "charliermarsh.ruff-2026.1.0/bundled/libs/bin/ruff")
    assert editor_commands({"extensionFolders": [str(tmp_path)]}, []) == {"ruff": (ruff, "server")}


def test_nothing_of_an_open_folder(tmp_path: Path) -> None:
    a_program(tmp_path / "extensions/charliermarsh.ruff-2026.1.0/bundled/libs/bin/ruff")
    params = {
        "programs": [a_program(tmp_path / "node_modules/.bin/pyright-langserver")],
        "extensionFolders": [str(tmp_path / "extensions")],
    }
    assert editor_commands(params, [tmp_path]) == {}


@pytest.mark.parametrize(
    "params", [None, 7, [], {"programs": 3, "extensionFolders": "x"}, {"programs": ["", "a", 5, "\0"]}]
)
def test_odd_parameters(params: object) -> None:
    assert editor_commands(params, []) == {}
