"""The scripted client in ``examples/`` works as it is, against the real server."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from tests.support.fault_server import FaultServer

CLIENT = Path(__file__).parents[2] / "examples/lsp_client.py"


async def test_the_example_client_prints_a_suggestion(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text("def add(a, b):\n    \n", encoding="utf-8")
    async with FaultServer() as server:
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(CLIENT), str(file), "2", "5",
            stdout=asyncio.subprocess.PIPE,
            cwd=CLIENT.parents[1],
            env={
                **os.environ,
                "AUTOTHINK_HOME": str(tmp_path / "home"),
                "AUTOTHINK_COMPLETION__BACKEND": "llama-server",
                "AUTOTHINK_COMPLETION__URL": server.url,
                "PYTHONPATH": str(CLIENT.parents[1]),
            },
        )  # fmt: skip
        out, _ = await asyncio.wait_for(process.communicate(), 100)
    assert (process.returncode, out.decode().strip()) == (0, "return a + b")
