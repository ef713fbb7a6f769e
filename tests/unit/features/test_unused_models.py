"""What is closed after a change of settings: what no folder names any more, when its requests have ended."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from attrs import evolve

from autothink_lsp.engines.base import EngineAddress
from autothink_lsp.engines.llama_parameters import LlamaParameters
from autothink_lsp.engines.models.store import ModelStore
from autothink_lsp.engines.speed import SpeedRecord
from autothink_lsp.features.assist.endpoint import assist_endpoints
from autothink_lsp.features.embedded import EmbeddedModels
from autothink_lsp.features.model_servers import ModelServers
from autothink_lsp.features.next_edit.models import NextEditModels
from autothink_lsp.features.unused_models import UnusedModels
from autothink_lsp.settings.engines import EmbeddedSettings
from autothink_lsp.settings.model import AssistSettings, BackendName, CompletionSettings, Settings
from tests.support.gguf_file import write_gguf
from tests.support.scripted_backend import ScriptedBackend

ADDRESS = EngineAddress("http://127.0.0.1:1", "key")


class Backend(ScriptedBackend):
    is_closed = False

    async def aclose(self) -> None:
        self.is_closed = True


class Engine:
    """The engine of completion."""

    current_address = ADDRESS
    windows = 0
    is_stopped = False

    def subscribe(self, _listener: object) -> None: ...

    def set_idle_s(self, _idle_s: float) -> None: ...

    async def ensure_ready(self) -> EngineAddress:
        return ADDRESS

    async def stop(self) -> None:
        self.is_stopped = True


class Rig:
    """The connections and the embedded engine of one client, whose folders' settings are ``folders``."""

    def __init__(self, folder: Path) -> None:
        self.folders: list[Settings] = []
        self.backends: list[Backend] = []
        self.engine = Engine()
        self.is_acting = False
        self.pool = assist_endpoints(self.connect)
        self.embedded = EmbeddedModels(
            consent=cast("Any", None),
            working=lambda _text, _fraction: None,
            store=ModelStore(folder),
            speeds=SpeedRecord.load(folder / "speeds.json"),
            start=self.start,
        )
        actions = SimpleNamespace(endpoints=self.pool, is_acting=lambda: self.is_acting)
        self.unused = UnusedModels(
            lambda: self.folders,
            assist_endpoints(self.connect),
            cast("Any", actions),
            NextEditModels(self.connect, cast("Any", None)),
            self.embedded,
            ModelServers(lambda _text, _fraction: None),
            close_after_s=0.001,
        )

    async def connect(self, _settings: Settings) -> Backend:
        self.backends.append(Backend([]))
        return self.backends[-1]

    def start(self, _parameters: LlamaParameters) -> Any:
        return self.engine


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


def remote(port: int) -> Settings:
    named: dict[str, Any] = {"backend": "openai", "url": f"http://127.0.0.1:{port}", "model": "m"}
    return Settings(completion=CompletionSettings(**named), assist=AssistSettings(**named))


async def test_a_connection_stays_open_while_a_folder_names_its_server(rig: Rig) -> None:
    for port in (1, 2):
        await rig.pool.get(remote(port)).connect()
    rig.folders = [remote(2), remote(3)]
    await rig.unused.close()
    assert [backend.is_closed for backend in rig.backends] == [True, False]


async def test_an_action_that_is_running_keeps_its_connection(rig: Rig) -> None:
    await rig.pool.get(remote(1)).connect()
    rig.folders, rig.is_acting = [remote(2)], True
    closing = asyncio.create_task(rig.unused.close())
    await asyncio.sleep(0.02)
    assert not rig.backends[0].is_closed
    rig.is_acting = False
    await closing
    assert rig.backends[0].is_closed


async def test_settings_that_are_changed_back_close_nothing(rig: Rig) -> None:
    await rig.pool.get(remote(1)).connect()
    rig.folders = [remote(2)]
    closing = asyncio.create_task(rig.unused.close())
    await asyncio.sleep(0)
    rig.folders = [remote(1)]
    await asyncio.gather(closing, rig.unused.close())
    assert not rig.backends[0].is_closed


@pytest.mark.parametrize(
    ("completion", "assist", "fallback", "assist_model", "is_stopped"),
    [
        ("embedded", "openai", "off", "", False),
        ("openai", "embedded", "off", "", False),
        ("openai", "embedded", "off", "qwen2.5-coder-1.5b", True),
        ("openai", "openai", "embedded", "", False),
        ("openai", "openai", "off", "", True),
    ],
)
async def test_the_embedded_engine_runs_while_a_role_may_use_it(
    rig: Rig,
    tmp_path: Path,
    completion: BackendName,
    assist: BackendName,
    fallback: Any,
    assist_model: str,
    is_stopped: bool,
) -> None:
    embedded = EmbeddedSettings(model_path=str(write_gguf(tmp_path / "one.gguf")), assist_model=assist_model)
    await rig.embedded.address(Settings(embedded=embedded))
    changed = remote(1)
    rig.folders = [
        evolve(
            changed,
            completion=evolve(changed.completion, backend=completion, fallback=fallback),
            assist=evolve(changed.assist, backend=assist),
            embedded=embedded,
        )
    ]
    await rig.unused.close()
    assert rig.engine.is_stopped is is_stopped
