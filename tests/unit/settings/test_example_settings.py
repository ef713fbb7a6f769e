"""Every example is a settings file that applies without a word of complaint."""

from pathlib import Path

import pytest

from autothink_lsp.settings.load import load_settings

EXAMPLES = sorted((Path(__file__).parents[3] / "examples/settings").glob("*.toml"))


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.name)
def test_an_example_applies(file: Path) -> None:
    loaded = load_settings(user_file=file, environ={})
    assert loaded.warnings == ()
    assert any(origin.kind == "user file" for origin in loaded.origins.values())
