"""ARCHITECTURE.md names each package in its map, and each module in the tables of the two paths of a key."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "autothink_lsp"
PAGE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
MODULES_OF_NO_PACKAGE = {"__init__.py", "__main__.py"}


def first_cells(heading: str) -> set[str]:
    """The inline code in the first column of the table whose first heading is ``heading``."""
    table = PAGE[PAGE.index(f"| {heading} |") :].partition("\n\n")[0]
    return {code for row in table.splitlines()[2:] for code in re.findall(r"`([^`]+)`", row.split("|")[1])}


def test_the_map_has_each_package_and_each_module_outside_of_packages() -> None:
    named = first_cells("package")
    packages = {f"{folder.name}/" for folder in PACKAGE.iterdir() if (folder / "__init__.py").is_file()}
    packages -= {"features/"}
    packages |= {f"features/{folder.name}/" for folder in (PACKAGE / "features").iterdir() if folder.is_dir()}
    packages -= {"features/__pycache__/"}
    modules = {file.name for file in PACKAGE.glob("*.py")} - MODULES_OF_NO_PACKAGE
    assert packages | modules <= named


@pytest.mark.parametrize("folder", ["features/completion", "features/next_edit"])
def test_the_table_of_a_path_has_each_of_its_modules_and_no_other(folder: str) -> None:
    named = {name for name in first_cells(f"module of `{folder}/`") if name.endswith(".py")}
    assert named == {file.name for file in (PACKAGE / folder).glob("*.py")} - {"__init__.py"}
