"""One value is set in a settings file; comments, order and other values stay."""

from __future__ import annotations

import tomllib

import pytest

from autothink_lsp.errors import SettingsError
from autothink_lsp.settings.toml_edit import with_value


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", '[embedded]\nmodel = "m"\n'),
        ("x = 1\n", 'x = 1\n\n[embedded]\nmodel = "m"\n'),
        ("[embedded] # why\nthreads = 2\n", '[embedded] # why\nmodel = "m"\nthreads = 2\n'),
        ("[embedded]\n  model = 'old' # c\n[log]\n", '[embedded]\nmodel = "m"\n[log]\n'),
        ("[log]\nmodel = 1\n[embedded]\n", '[log]\nmodel = 1\n[embedded]\nmodel = "m"\n'),
        ("[embedded]\r\nthreads = 2\r\n", '[embedded]\r\nmodel = "m"\r\nthreads = 2\r\n'),
    ],
)
def test_the_value_is_set_and_nothing_else_changes(before: str, after: str) -> None:
    assert with_value(before, "embedded", "model", "m") == after


@pytest.mark.parametrize(
    "text",
    ["embedded.model = 'old'\n", "embedded = { model = 'old' }\n", "not toml", '[embedded]\nmodel = """\nold"""\n'],
)
def test_another_form_is_refused_with_the_line_to_write(text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        with_value(text, "embedded", "model", "m")
    assert 'model = "m"' in caught.value.hint


def test_a_value_is_quoted() -> None:
    assert tomllib.loads(with_value("", "a", "b", 'x"\\\n')) == {"a": {"b": 'x"\\\n'}}
