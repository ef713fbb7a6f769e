"""What importing and loading settings brings into the process."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.process

SLOW = ["platformdirs", "cattrs", "tomllib", "difflib", "hashlib", "tempfile", "pathspec", "httpx", "tree_sitter"]


@pytest.mark.parametrize(
    "module", ["settings.model", "settings.load", "settings.schema", "settings.trust", "settings.paths"]
)
def test_importing_is_cheap(module: str) -> None:
    code = f"import sys, autothink_lsp.{module}; print([name for name in {SLOW!r} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout == "[]\n"


@pytest.mark.parametrize("module", ["config", "trust"])
def test_a_command_imports_settings_only_when_it_runs(module: str) -> None:
    code = f"""
import sys, argparse
from autothink_lsp.commands import {module}
{module}.add_parser(argparse.ArgumentParser().add_subparsers())
print([name for name in sys.modules if name.startswith(("autothink_lsp.settings", "attr"))])
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout == "[]\n"
