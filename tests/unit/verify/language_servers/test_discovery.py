"""Where servers are found, in which order, and which folder is their root."""

from __future__ import annotations

from pathlib import Path

import pytest

from autothink_lsp.verify.language_servers.discovery import Discovery, root_of
from autothink_lsp.verify.language_servers.table import SERVERS, primary_servers, servers_for
from autothink_lsp.verify.language_servers.values import LanguageServerSpec

PYRIGHT = next(spec for spec in SERVERS if spec.name == "pyright")
RUFF = next(spec for spec in SERVERS if spec.name == "ruff")
NATIVE = next(spec for spec in SERVERS if spec.name == "typescript-7")
NAME = "pyright-langserver"


def program(file: Path) -> str:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("#!/bin/sh\n")
    file.chmod(0o755)
    return str(file)


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """Empty folders: the project, the home folder, one folder on the PATH."""
    for name in ("NVIM_APPNAME", "XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    found = {name: tmp_path / name for name in ("project", "home", "path")}
    for folder in found.values():
        folder.mkdir()
    monkeypatch.setenv("PATH", str(found["path"]))
    return found


def test_the_order_of_places(places: dict[str, Path]) -> None:
    project, home, path = places["project"], places["home"], places["path"]
    node = program(path / "node")
    named = program(home / "bin/mine")
    wanted = [
        ("extension", home / ".vscode/extensions/ms-pyright.pyright-1.1.414/dist/server.js"),
        ("mason", home / ".local/share/nvim/mason/bin" / NAME),
        ("PATH", path / NAME),
        ("project", project / "node_modules/.bin" / NAME),
        ("project", project / ".venv/bin" / NAME),
    ]
    assert Discovery(home).find(PYRIGHT, project) is None
    for origin, file in wanted:
        program(file)
        found = Discovery(home).find(PYRIGHT, project)
        assert found is not None
        assert found.origin == origin
        assert found.command == ((node, str(file), "--stdio") if file.suffix == ".js" else (str(file), "--stdio"))
    found = Discovery(home, {"pyright": (named, "--stdio")}).find(PYRIGHT, project)
    assert found is not None
    assert (found.origin, found.command) == ("setting", (named, "--stdio"))


def test_an_empty_command_switches_a_server_off(places: dict[str, Path]) -> None:
    program(places["path"] / NAME)
    assert Discovery(places["home"], {"pyright": ()}).find(PYRIGHT, places["project"]) is None


def test_the_newest_extension_is_taken_and_only_what_can_be_run(places: dict[str, Path]) -> None:
    extensions = places["home"] / ".vscode-server/extensions"
    for version in ("2025.9.0", "2025.10.0-linux-x64", "2025.11.0"):
        program(extensions / f"charliermarsh.ruff-{version}/bundled/libs/bin/ruff")
    (extensions / "charliermarsh.ruff-2025.11.0/bundled/libs/bin/ruff").chmod(0o644)
    found = Discovery(places["home"]).find(RUFF, places["project"])
    assert found is not None
    assert "2025.11.0" not in found.command[0]
    assert found.command[1:] == ("server",)


def test_a_compiler_is_a_server_from_its_seventh_version_on(places: dict[str, Path]) -> None:
    modules = places["project"] / "node_modules"
    (modules / ".bin").mkdir(parents=True)
    program(modules / "typescript/bin/tsc")
    (modules / ".bin/tsc").symlink_to(modules / "typescript/bin/tsc")
    for version, is_found in (("5.9.3", False), ("7.0.2", True), ("x", False)):
        (modules / "typescript/package.json").write_text(f'{{"version": "{version}"}}')
        assert (Discovery(places["home"]).find(NATIVE, places["project"]) is not None) is is_found


@pytest.mark.parametrize(
    ("markers", "root"),
    [
        ([], "."),
        (["pyproject.toml"], "."),
        (["services/shop/pyproject.toml"], "services/shop"),
        (["pyproject.toml", "services/shop/pyproject.toml"], "."),
        (["services/pyproject.toml", "services/shop/setup.py"], "services/shop"),
    ],
)
def test_the_root_is_the_workspace_or_the_nearest_project_in_it(tmp_path: Path, markers: list[str], root: str) -> None:
    (tmp_path / "pyproject.toml").touch()  # above the workspace: never taken
    folder = tmp_path / "workspace"
    file = folder / "services/shop/app/main.py"
    file.parent.mkdir(parents=True)
    for marker in markers:
        (folder / marker).touch()
    assert root_of(PYRIGHT, file, folder) == folder / root


def test_a_file_outside_of_the_workspace_has_the_workspace_as_root(tmp_path: Path) -> None:
    folder = tmp_path / "workspace"
    folder.mkdir()
    assert root_of(PYRIGHT, tmp_path / "elsewhere/a.py", folder) == folder


@pytest.mark.parametrize(
    ("language_id", "source", "first"),
    [
        ("python", "Pylance", "pyright"),
        ("python", "Pyright", "pyright"),
        ("python", "basedpyright", "basedpyright"),
        ("python", "Ruff", "ruff"),
        ("python", "ty", "ty"),
        ("python", "mypy", "pyright"),
        ("typescriptreact", "ts", "vtsls"),
        ("javascript", "eslint", "eslint"),
        ("c", "clang", "clangd"),
        ("cpp", "clang-tidy", "clangd"),
        ("go", "compiler", "gopls"),
        ("go", "printf", "gopls"),
        ("rust", "rustc", "rust-analyzer"),
        ("lua", "Lua Diagnostics.", "lua-language-server"),
        ("java", "Java", "jdtls"),
        ("yaml", "YAML", "yaml-language-server"),
    ],
)
def test_which_server_reports_a_source(language_id: str, source: str, first: str) -> None:
    assert servers_for(language_id, source)[0].name == first


def test_a_language_without_a_server_has_none() -> None:
    assert servers_for("cobol", "x") == primary_servers("cobol") == ()


@pytest.mark.parametrize("spec", SERVERS, ids=lambda spec: spec.name)
def test_rows_are_well_formed(spec: LanguageServerSpec) -> None:
    assert all(name == name.lower() for name in spec.sources | spec.languages)
    assert spec.commands
    assert all("/" not in command[0] for command in spec.commands)
    assert all(pattern.count("*") >= 1 and not pattern.startswith("/") for pattern, *_ in spec.bundled)
    assert len([one for one in SERVERS if one.name == spec.name]) == 1
