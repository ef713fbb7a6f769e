"""What the real server has imported by the time it has answered ``initialize``: pygls and little else.

The server runs as installed, but for a wrapper around the writing of replies that notes ``sys.modules`` in a file when
the reply to ``initialize`` goes out.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from autothink_lsp.commands.lsp_client import LspClient

NOTING_SERVER = """
import json, pathlib, sys
from autothink_lsp.lsp.transport import Writer
write = Writer.write
def noting_write(self, data):
    write(self, data)
    if b'"capabilities"' in data:
        pathlib.Path(sys.argv[1]).write_text(json.dumps(sorted(sys.modules)))
Writer.write = noting_write
from autothink_lsp.cli import main
sys.exit(main(sys.argv[2:]))
"""
# Each costs tens or hundreds of milliseconds (measured, ARCHITECTURE.md), and no server needs it to say hello.
HEAVY = {
    "anyio",
    "hf_xet",
    "httpcore",
    "httpx",
    "huggingface_hub",
    "openai",
    "pathspec",
    "platformdirs",
    "tomllib",
    "torch",
    "transformers",
    "tree_sitter",
    "vllm",
    "xllamacpp",
}
# Of ours, besides the package that speaks the protocol.
OURS = {
    "autothink_lsp",
    "autothink_lsp.app",
    "autothink_lsp.cli",
    "autothink_lsp.commands",
    "autothink_lsp.commands.serve",
    "autothink_lsp.errors",
    "autothink_lsp.values",
}
INLINE: Any = {"textDocument": {"inlineCompletion": {}}}
MENU: Any = {"textDocument": {"completion": {}}}


@pytest.mark.parametrize("capabilities", [INLINE, MENU])
async def test_initialize_is_answered_without_the_house(tmp_path: Path, capabilities: Any) -> None:
    noted = tmp_path / "modules.json"
    command = (sys.executable, "-c", NOTING_SERVER, str(noted), "serve")
    client = await LspClient.start(
        command, environ={"AUTOTHINK_HOME": str(tmp_path)}, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        await client.initialize(capabilities, options={"completion": {"debounce_ms": 0}})
    finally:
        assert await client.stop() == 0
    modules = set(json.loads(noted.read_text()))
    assert "pygls.lsp.server" in modules
    assert {name for name in modules if name.partition(".")[0] in HEAVY or name.startswith("tree_sitter")} == set()
    of_the_house = {name for name in modules if name.partition(".")[0] == "autothink_lsp"}
    assert {name for name in of_the_house - OURS if not name.startswith("autothink_lsp.lsp")} == set()
