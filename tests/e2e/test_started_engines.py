"""Engines named in the settings that cannot be had: one message with its remedy, every request answered, no orphan."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from tests.e2e.conftest import Start, did_change, did_open, inline, shown, until


async def test_missing_vllm_is_reported(start: Start) -> None:
    environ = {"AUTOTHINK_COMPLETION__MODEL": "Kwaipilot/HiPO-8B", "AUTOTHINK_VLLM__PYTHON": sys.executable}
    client = await start(backend="vllm", url="", environ=environ)
    did_open(client, "def add(a, b):\n    ")
    assert await inline(client, 1, 4) == []
    await until(lambda: bool(shown(client)))
    did_change(client, 4, 1, 4, 4, "r")
    assert await inline(client, 1, 5) == []
    (problem,) = shown(client)
    assert "vLLM is not installed" in problem
    assert "pip install vllm" in problem


async def test_missing_model_name_is_reported(start: Start) -> None:
    client = await start(backend="vllm", url="", environ={})
    did_open(client, "def add(a, b):\n    ")
    assert await inline(client, 1, 4) == []
    await until(lambda: any("completion.model is empty" in text for text in shown(client)))


async def test_plain_http_to_another_machine_is_refused(start: Start) -> None:
    client = await start(backend="openai", environ={"AUTOTHINK_COMPLETION__URL": "http://models.example.org"})
    did_open(client, "def add(a, b):\n    ")
    assert await inline(client, 1, 4) == []
    await until(lambda: bool(shown(client)))
    (problem,) = shown(client)
    assert "completion.allow_http" in problem


async def test_doctor_reports_missing_parts_before_starting_an_engine(tmp_path: Path) -> None:
    environ = {
        "AUTOTHINK_HOME": str(tmp_path),
        "AUTOTHINK_ASSIST__BACKEND": "vllm",
        "AUTOTHINK_ASSIST__MODEL": "Kwaipilot/HiPO-8B",
        "AUTOTHINK_COMPLETION__BACKEND": "openai",
        "AUTOTHINK_COMPLETION__URL": "http://127.0.0.1:9",
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "autothink_lsp", "doctor", "--offline"),
        env={**os.environ, **environ},
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 1
    assert "vLLM is not installed" in output.decode()
