"""Real vLLM on a CPU, started by our engine: the 0.5B with an adapter, our reasoning parser and a judge's template.

Needs its own environment (``make engines-vllm`` makes it) named by ``AUTOTHINK_VLLM_PYTHON``, and the GGUF of the 0.5B.
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from attrs import frozen

from autothink_lsp.backends.credentials import Credentials
from autothink_lsp.backends.endpoint import Endpoint, Timeouts
from autothink_lsp.backends.http import HttpClient
from autothink_lsp.backends.openai import OpenAIBackend
from autothink_lsp.engines.models.catalogue import QWEN_CODER_05B
from autothink_lsp.engines.models.store import ModelStore
from autothink_lsp.engines.vllm import vllm_engine
from autothink_lsp.settings.engines import VllmSettings

HERE = Path(__file__).parent
TEMPLATE = HERE.parents[1] / "support" / "judge_template.jinja"
PATIENCE_S = 420.0


@frozen
class Running:
    """A vLLM that answers."""

    url: str
    key: str
    model: str
    settings: VllmSettings
    folder: Path
    supervisor_pid: int

    def backend(self, model: str = "", priority: int = 0) -> OpenAIBackend:
        timeouts = Timeouts(read_s=120.0)
        endpoint = Endpoint(self.url, model or self.model, "VLLM_KEY", timeouts=timeouts, priority=priority)
        return OpenAIBackend(endpoint, HttpClient(endpoint, Credentials(endpoint, environ={"VLLM_KEY": self.key})))

    def metric(self, name: str) -> float:
        """Sum over the lines of one of vLLM's counters."""
        with urllib.request.urlopen(f"{self.url}/metrics", timeout=30) as answer:
            page = answer.read().decode()
        found = re.findall(rf"^vllm:{name}(?:\{{[^}}]*\}})? ([\d.e+]+)$", page, re.MULTILINE)
        assert found, f"vLLM has no counter {name}"
        return sum(float(number) for number in found)


@pytest.fixture(scope="session")
def vllm_python() -> str:
    python = os.environ.get("AUTOTHINK_VLLM_PYTHON", "")
    if not python:
        pytest.skip("AUTOTHINK_VLLM_PYTHON names no Python with vLLM: run `make engines-vllm`")
    return python


@pytest.fixture(scope="session")
def models(vllm_python: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders with a tiny model, the real 0.5B and an adapter."""
    home = os.environ.get("AUTOTHINK_TEST_HOME")
    store = ModelStore(Path(home) / "data" / "models") if home else ModelStore.default()
    gguf = store.path(QWEN_CODER_05B.name)
    if gguf is None:
        pytest.skip("the embedded model is not there: run `make model`")
    folder = Path(os.environ.get("AUTOTHINK_VLLM_MODELS") or tmp_path_factory.mktemp("vllm-models"))
    subprocess.run(
        [vllm_python, str(HERE / "make_models.py"), str(gguf), str(TEMPLATE), str(folder)],
        check=True,
        capture_output=True,
        timeout=PATIENCE_S,
    )
    return folder


@pytest.fixture(scope="session")
def vllm_environment() -> None:
    # A supervisor and its server inherit it.
    os.environ |= {"HF_HUB_OFFLINE": "1", "VLLM_CPU_KVCACHE_SPACE": "1"}


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def vllm(
    vllm_python: str, models: Path, vllm_environment: None, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Running]:
    home = tmp_path_factory.mktemp("vllm-home")
    settings = VllmSettings(
        python=vllm_python,
        context_tokens=4096,
        max_requests=2,
        idle_minutes=1,
        reasoning_parser="autothink",
        lora=(f"calm={models / 'lora'}",),
        extra_args=("--chat-template", str(TEMPLATE)),
    )
    folder = home / "state" / "engines"
    engine = await vllm_engine(settings, str(models / "coder"), folder)
    try:
        async with asyncio.timeout(PATIENCE_S):
            address = await engine.address()
        assert engine.supervisor_pid is not None
        yield Running(address.url, address.api_key, str(models / "coder"), settings, folder, engine.supervisor_pid)
    finally:
        log = engine.log_tail(30)
        await engine.stop()
        if engine.supervisor_pid is not None:
            os.kill(engine.supervisor_pid, 15)
        print(log)
