"""What the README and the reference pages say of the code is made from the code, and both READMEs say the same."""

import re
from pathlib import Path

import pytest

from tests.support.reference_pages import stale

ROOT = Path(__file__).parents[2]
README, CHINESE = ROOT / "README.md", ROOT / "README.zh-CN.md"
LONGEST_README_LINES = 120
CURRENT = [
    *(page for page in ROOT.glob("*.md") if page.name != "CHANGELOG.md"),
    *ROOT.glob("editors/*.md"),
    *(page for folder in ("start", "guide", "contributing", "zh") for page in (ROOT / "docs" / folder).rglob("*.md")),
]


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def test_the_reference_pages_are_fresh() -> None:
    assert stale() == [], "make docs"


def test_every_command_that_a_page_names_exists() -> None:
    from autothink_lsp.cli import COMMANDS

    known = {name for name, _, _ in COMMANDS}
    for page in CURRENT:
        for command in re.findall(r"(?:`|\$ )autothink-lsp ([a-z]+)", text_of(page)):
            assert command in known, (page, command)


def test_every_make_target_that_a_page_names_exists() -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    for page in CURRENT:
        for target in re.findall(r"(?:`|\$ )make ([a-z0-9-]+)", text_of(page)):
            assert target in targets, (page, target)


def test_every_setting_that_a_page_names_exists() -> None:
    from autothink_lsp.settings.tree import all_keys, section_classes

    sections = "|".join(section_classes())
    known = {key.dotted for key in all_keys().values()}
    for page in CURRENT:
        for name in re.findall(rf"`((?:{sections})\.[a-z_]+)(?: =[^`]*)?`", text_of(page)):
            assert name in known or name.endswith((".py", ".md")), (page, name)


@pytest.mark.parametrize("page", [README, CHINESE], ids=lambda page: page.name)
def test_the_readme_is_short_and_has_the_two_commands(page: Path) -> None:
    text = text_of(page)
    assert len(text.splitlines()) <= LONGEST_README_LINES
    assert "\n$ make try " in text
    assert "\n$ make test " in text
    assert "docs/images/demo.svg" in text


def test_both_readmes_say_the_same() -> None:
    english, chinese = text_of(README), text_of(CHINESE)

    def shape(text: str) -> list[str]:
        """Headings by level, code without its comments, rows by their number, in order."""
        lines = [re.split(r"  +(?:#|--) |# |-- then| -- ", line)[0].rstrip() for line in text.splitlines()]
        kept = [line for line in lines if line.startswith(("$ ", "vim.", "require", "```"))]
        return [f"{text.count(chr(10) + '## ')} sections", f"{text.count(chr(10) + '| ')} rows", *kept]

    assert shape(english) == shape(chinese)
    numbers = [sorted(re.findall(r"\d+(?:\.\d+)*", re.sub(r"[\d.]+\.svg", "", text))) for text in (english, chinese)]
    assert numbers[0] == numbers[1]
