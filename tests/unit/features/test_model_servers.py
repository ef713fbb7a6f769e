"""Shared engines as the roles ask for them, from settings to a running process; only vLLM is stood in for."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from autothink_lsp.errors import EngineError, ServerNotNamed
from autothink_lsp.features.model_servers import ModelServers
from autothink_lsp.settings.engines import VllmSettings
from autothink_lsp.settings.model import AssistSettings, CompletionSettings, Settings

STANDIN = Path(__file__).parents[2] / "support" / "model_process.py"
# To be asked for versions and started as vLLM's Python is.
PYTHON = f"""#!/bin/sh
if [ "$2" = "-c" ]; then echo '{{"vllm": "0.32.0"}}'; exit 0; fi
while [ "$1" != "--port" ]; do shift; done
exec {sys.executable} -u {STANDIN} --port "$2" --ready-after 0.7 \\
  --say "Loading safetensors checkpoint shards:  50% Completed | 1/2"
"""
pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(sys.platform == "win32", reason="a shell script as the interpreter"),
]


class RecordedProgress:
    def __init__(self) -> None:
        self.working: list[tuple[str, float | None]] = []
        self.worked: list[str] = []


@pytest.fixture
async def harness(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[ModelServers, RecordedProgress, VllmSettings]]:
    monkeypatch.setenv("AUTOTHINK_HOME", str(tmp_path / "home"))
    python = tmp_path / "python"
    python.write_text(PYTHON)
    python.chmod(0o755)
    listener = RecordedProgress()
    servers = ModelServers(lambda text, fraction: listener.working.append((text, fraction)), listener.worked.append)
    yield servers, listener, VllmSettings(python=str(python), idle_minutes=0)
    engines = servers.engines
    await servers.aclose()
    async with asyncio.timeout(30):
        while list((tmp_path / "home").rglob("*.json")):  # the supervisors have gone
            await asyncio.sleep(0.05)
    assert all(engine.supervisor_pid for engine in engines if engine.files.log_tail(1))


def both(vllm: VllmSettings, completion: str, assist: str) -> Settings:
    return Settings(
        completion=CompletionSettings(backend="vllm", model=completion),
        assist=AssistSettings(backend="vllm", model=assist),
        vllm=vllm,
    )


async def test_two_roles_with_one_model_share_an_engine_and_its_start_is_shown(harness) -> None:
    servers, listener, vllm = harness
    settings = both(vllm, "m", "m")
    one, two = await asyncio.gather(
        servers.address(settings, settings.completion, "completion"),
        servers.address(settings, settings.assist, "assist"),
    )
    assert one == two
    assert len(servers.engines) == 1
    assert ("vLLM: loading the model", 0.5) in listener.working
    assert listener.worked == ["vLLM is ready"], "progress that begins also ends"
    assert await servers.address(settings, settings.assist, "assist") == one, "asked again, it is only looked after"


async def test_an_adapter_runs_in_the_engine_of_its_model(harness, tmp_path: Path) -> None:
    servers, _, vllm = harness
    adapted = VllmSettings(python=vllm.python, idle_minutes=0, lora=(f"calm={tmp_path}",))
    settings = both(adapted, "m", "calm")
    one = await servers.address(settings, settings.completion, "completion")
    assert await servers.address(settings, settings.assist, "assist") == one
    alone = Settings(assist=AssistSettings(backend="vllm", model="calm"), vllm=adapted)
    with pytest.raises(EngineError, match="no role names the model that it adapts"):
        await servers.address(alone, alone.assist, "assist")


async def test_without_a_model_nothing_is_started(harness) -> None:
    servers, _, vllm = harness
    settings = both(vllm, "", "")
    with pytest.raises(ServerNotNamed, match=r"assist\.model is empty"):
        await servers.address(settings, settings.assist, "assist")
    assert servers.engines == ()


async def test_an_engine_is_disconnected_when_no_settings_name_it(harness) -> None:
    servers, _, vllm = harness
    settings = both(vllm, "m", "m")
    await servers.address(settings, settings.completion, "completion")
    await servers.close_unused([Settings(), settings])
    assert len(servers.engines) == 1
    await servers.close_unused([Settings()])
    assert servers.engines == ()
