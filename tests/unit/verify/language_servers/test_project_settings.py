"""What servers are told when they ask for settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from autothink_lsp.verify.language_servers.project_settings import ProjectSettings, editor_settings
from autothink_lsp.verify.language_servers.table import SERVERS

SPECS = {spec.name: spec for spec in SERVERS}


def written(folder: Path, text: str) -> Path:
    (folder / ".vscode").mkdir(exist_ok=True)
    (folder / ".vscode/settings.json").write_text(text)
    return folder


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        ('{"a.b": 1}', {"a.b": 1}),
        ('{\n  // "x": 1,\n  "a": "// no comment", /* y */\n}', {"a": "// no comment"}),
        ('{"a": [1, 2, ], "b": "x,}",}', {"a": [1, 2], "b": "x,}"}),
        ("{", {}),
        ("[1]", {}),
        ("", {}),
        ('{"a": ' + "[" * 100_000, {}),
    ],
)
def test_settings_are_read_with_comments_and_trailing_commas(tmp_path: Path, text: str, settings: object) -> None:
    assert editor_settings(written(tmp_path, text)) == settings


def test_dotted_names_become_sections_over_the_defaults(tmp_path: Path) -> None:
    written(tmp_path, '{"yaml.schemas": {"s.json": "*.yaml"}, "yaml.schemaStore.enable": true, "yamlx.y": 1}')
    settings = ProjectSettings.of_folder(SPECS["yaml-language-server"], tmp_path, tmp_path)
    section = settings.section("yaml")
    assert section["schemas"] == {"s.json": "*.yaml"}
    assert section["schemaStore"] == {"enable": True}
    assert section["validate"] is True
    assert settings.section("other") is None


def test_the_interpreter_of_the_project_is_named(tmp_path: Path) -> None:
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/python").touch()
    python = str(tmp_path / ".venv/bin/python")
    settings = ProjectSettings.of_folder(SPECS["pyright"], tmp_path, tmp_path)
    assert settings.section("python") == {"pythonPath": python}
    written(tmp_path, '{"python.pythonPath": "/opt/python", "python.analysis.typeCheckingMode": "strict"}')
    settings = ProjectSettings.of_folder(SPECS["pyright"], tmp_path, tmp_path)
    assert settings.section("python") == {"pythonPath": "/opt/python", "analysis": {"typeCheckingMode": "strict"}}


def test_eslint_gets_all_its_settings_in_the_section_without_a_name(tmp_path: Path) -> None:
    settings = ProjectSettings.of_folder(SPECS["eslint"], tmp_path, tmp_path)
    assert settings.section("")["workspaceFolder"] == {"uri": tmp_path.as_uri(), "name": tmp_path.name}
    assert settings.section(None)["validate"] == "on"
