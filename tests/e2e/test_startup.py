"""The start of a real server: `initialize` is answered before anything heavy is imported, and some seconds later the
heap is in huge pages."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import pytest

from autothink_lsp.processes.huge_pages import huge_page_bytes
from tests.support.lsp_client import LspClient

# Starts the server as its command does, and writes down what was imported when the first message goes out.
WRAPPED = """
import json, sys
import autothink_lsp.lsp.transport as transport
write = transport.Writer.write
def first(self, data):
    transport.Writer.write = write
    with open(sys.argv[1], "w") as file:
        json.dump(sorted(sys.modules), file)
    write(self, data)
transport.Writer.write = first
from autothink_lsp.cli import main
sys.exit(main(["serve"]))
"""

HEAVY = (
    "httpx", "httpcore", "anyio", "tree_sitter", "pathspec", "platformdirs", "huggingface_hub", "xllamacpp",
    "torch", "transformers", "openai", "vllm", "hypothesis", "pytest", "numpy",
)  # fmt: skip
# Packages of ours that the answer needs. Anything else is built when the first document comes.
ALLOWED = ("app", "cli", "commands", "errors", "framing", "lsp", "values")


@pytest.fixture
async def modules(tmp_path: Path) -> list[str]:
    file = tmp_path / "modules.json"
    client = await LspClient.start(
        (sys.executable, "-c", WRAPPED, str(file)), environ={"AUTOTHINK_HOME": str(tmp_path)}
    )
    await client.initialize()
    await client.stop()
    return json.loads(file.read_text(encoding="utf-8"))


async def test_nothing_heavy_is_imported_before_initialize_is_answered(modules: list[str]) -> None:
    assert "lsprotocol.types" in modules  # it was a server
    loaded = {name.partition(".")[0] for name in modules}
    assert not loaded & set(HEAVY)
    assert not [name for name in loaded if name.startswith("tree_sitter")]


async def test_only_protocol_modules_are_imported_at_startup(modules: list[str]) -> None:
    ours = {name.split(".")[1] for name in modules if name.startswith("autothink_lsp.")}
    assert ours <= set(ALLOWED)
    assert sum(name.startswith("autothink_lsp") for name in modules) <= 36


@pytest.mark.skipif(huge_page_bytes() is None, reason="this system has no transparent huge pages")
@pytest.mark.usefixtures("true_start")
async def test_the_heap_is_in_huge_pages_some_seconds_later(tmp_path: Path) -> None:
    client = await LspClient.start(
        (sys.executable, "-m", "autothink_lsp", "serve"), environ={"AUTOTHINK_HOME": str(tmp_path)}
    )
    await client.initialize()
    memory = Path(f"/proc/{client.process.pid}/smaps_rollup")
    async with asyncio.timeout(60):
        while _huge_pages_kib(memory) < 8 * 1024:
            await asyncio.sleep(0.2)
    assert await client.stop() == 0


def _huge_pages_kib(memory: Path) -> int:
    lines = memory.read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith("AnonHugePages:")).split()[1])
