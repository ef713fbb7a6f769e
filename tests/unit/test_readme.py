"""What the README says of the code is made from the code."""

import re
from pathlib import Path

from tests.support.readme_tables import README, parts, refreshed

ROOT = README.parent


def test_the_generated_parts_are_fresh() -> None:
    text = README.read_text(encoding="utf-8")
    for marker in parts():
        assert f"<!-- {marker} -->" in text
    assert refreshed(text) == text, "make docs"


def test_every_command_of_the_readme_exists() -> None:
    from autothink_lsp.cli import COMMANDS

    known = {name for name, _, _ in COMMANDS}
    pages = [README, *ROOT.glob("editors/*.md"), ROOT / "CONTRIBUTING.md", ROOT / "ARCHITECTURE.md"]
    for page in pages:
        for command in re.findall(r"autothink-lsp ([a-z]+)", page.read_text(encoding="utf-8")):
            assert command in known, (page, command)


def test_every_make_target_of_the_readme_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z0-9-]+):", makefile, re.MULTILINE))
    for page in (README, ROOT / "CONTRIBUTING.md", Path(ROOT / "ARCHITECTURE.md")):
        for target in re.findall(r"`make ([a-z0-9-]+)", page.read_text(encoding="utf-8")):
            assert target in targets, (page, target)
