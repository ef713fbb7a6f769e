"""An edit does not make a compiler tell what is in other files."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from autothink_lsp.syntax.languages import LanguageRegistry
from autothink_lsp.verify.file_inclusion import check_file_inclusion
from autothink_lsp.verify.service import Verifier

READS = [
    'const X: &str = include_str!("/etc/passwd");',
    'compile_error!(include_str!("../../.env"));',
    'include!(concat!("/home", "/me/.netrc"));',
    '#include "/etc/passwd"',
    "  #  include <../../.env>",
    "#include SECRET",
    '#embed "/etc/passwd"',
    "//go:embed .env",
    '__asm__(".incbin \\"/etc/passwd\\"");',
    '/// <reference path="/etc/passwd" />',
    'import x from "/etc/passwd";',
    'const a = @embedFile("/etc/passwd");',
]
HARMLESS = [
    "#include <stdio.h>",
    '#include "shop.h"',
    "# import json and include the rest",
    "import x from './x';",
    'import x from "../x";',
    "let included = include(x);",
    "import os",
]


@pytest.mark.parametrize("line", READS)
def test_it_fails_the_check(line: str) -> None:
    assert check_file_inclusion("a\nb", f"a\n{line}\nb") is not None
    assert check_file_inclusion(f"a\n{line}", f"{line}\nc") is None  # it was there before


@pytest.mark.parametrize("line", HARMLESS)
def test_ordinary_imports_do_not(line: str) -> None:
    assert check_file_inclusion("", line) is None


@pytest.mark.skipif(shutil.which("gcc") is None, reason="no gcc")
@pytest.mark.process
async def test_the_text_of_an_included_file_is_not_shown(tmp_path: Path) -> None:
    """Also where the include was there before: the document may have another author than the user."""
    secret = tmp_path / "secret.h"
    secret.write_text("hunter2hunter2 is my password\n")
    language = LanguageRegistry().by_path("file:///x.c")
    assert language is not None
    code = "int f(void) { return y; }\n"
    texts = (code, f'#include "{secret}"\n{code}')
    shown = [str(await Verifier().findings(language, one, Path("x.c"), folder=None, trusted=False)) for one in texts]
    assert "undeclared" in shown[0]  # gcc does run
    assert "hunter2" not in shown[1]
