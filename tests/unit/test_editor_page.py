"""What ``editors/README.md`` says is what the tests of editors run."""

from __future__ import annotations

import json
import re
import tomllib

import pytest

from tests.editors.others.configuration_page import PAGE, blocks

TESTS = PAGE.parents[1] / "tests" / "editors" / "others"
NOT_VERIFIED = {"helix", "sublime", "vim-lsp", "jupyterlab"}


def used() -> set[str]:
    """Names of blocks in the tests' files."""
    sources = "\n".join(path.read_text(encoding="utf-8") for path in TESTS.glob("test_*.py"))
    return {name for name in blocks() if f'"{name}"' in sources}


def test_every_block_is_run_by_a_test_or_named_as_not_verified() -> None:
    assert used() | NOT_VERIFIED == set(blocks())
    assert not used() & NOT_VERIFIED


def test_what_is_not_verified_stands_under_that_heading() -> None:
    verified, _, rest = PAGE.read_text(encoding="utf-8").partition("## Not verified here")
    assert set(re.findall(r"<!-- configuration: ([a-z-]+) -->", verified)) == used()
    assert set(re.findall(r"<!-- configuration: ([a-z-]+) -->", rest)) == NOT_VERIFIED


def test_every_configuration_of_the_page_is_a_named_one() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page.count("```") - 2 * page.count("```console") == 2 * len(blocks())


def test_every_test_that_the_page_names_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)`", PAGE.read_text(encoding="utf-8"))
    assert len(named) >= 4
    for path in named:
        assert (PAGE.parents[1] / path).is_file(), path


@pytest.mark.parametrize("name", ["kate", "kate-rass", "sublime", "jupyterlab"])
def test_json_is_json(name: str) -> None:
    assert '"autothink-lsp", "serve"' in json.dumps(json.loads(blocks()[name]))


def test_toml_is_toml() -> None:
    assert tomllib.loads(blocks()["helix"])["language-server"]["autothink"]["args"] == ["serve"]
