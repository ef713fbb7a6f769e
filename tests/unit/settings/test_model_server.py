"""The settings of a model server are declared once: every section that names a server has the same types and rules."""

from __future__ import annotations

import pytest
from attrs import evolve, fields

from autothink_lsp.settings.model_server import ModelServerSettings
from autothink_lsp.settings.spec import settings_section_with
from autothink_lsp.settings.tree import all_keys

NAMES = [each.name for each in fields(ModelServerSettings)]


@pytest.mark.parametrize("name", NAMES)
def test_sections_differ_in_the_description_only(name: str) -> None:
    completion, assist, next_edit = (
        all_keys()[f"{section}.{name}"] for section in ("completion", "assist", "next_edit")
    )
    assert completion.spec == assist.spec
    assert next_edit.spec == evolve(completion.spec, description=next_edit.spec.description)
    assert completion.default == assist.default == next_edit.default


def test_a_description_of_a_setting_that_is_not_inherited_is_an_error() -> None:
    with pytest.raises(TypeError, match="address"):

        @settings_section_with({"address": "Nothing."})
        class _Section(ModelServerSettings):  # pyright: ignore[reportUnusedClass]
            """A section."""
