"""The embedded next-edit model: when its engine starts and stops, and what the user is told where it cannot."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from autothink_lsp.backends.base import Backend, Finished, Timings
from autothink_lsp.context.privacy import PrivacyGate
from autothink_lsp.context.redaction import SecretNames
from autothink_lsp.engines.base import EngineAddress
from autothink_lsp.engines.llama_parameters import LlamaParameters
from autothink_lsp.engines.models.store import ModelStore
from autothink_lsp.engines.speed import SpeedRecord
from autothink_lsp.errors import EngineError, ModelError
from autothink_lsp.features.connector import BackendConnector
from autothink_lsp.features.embedded import EmbeddedModels
from autothink_lsp.features.embedded_next_edit import OwnEngineBackend
from autothink_lsp.features.endpoints import has_next_edit_model
from autothink_lsp.features.model_servers import ModelServers
from autothink_lsp.features.next_edit.model_endpoint import RETRY_S, NextEditEndpoint
from autothink_lsp.features.next_edit.models import NextEditModels
from autothink_lsp.prompt.next_edit.dialects import SWEEP_V2
from autothink_lsp.settings.engines import EmbeddedSettings
from autothink_lsp.settings.model import Settings
from autothink_lsp.settings.next_edit import NextEditSettings
from tests.support.gguf_file import write_gguf
from tests.support.scripted_backend import ScriptedBackend, Step
from tests.unit.features.next_edit.test_next_edit_models import FAST, SLOW, FakeModel


class Engine:
    def __init__(self, parameters: LlamaParameters, ready: asyncio.Event) -> None:
        self.parameters = parameters
        self.ready = ready
        self.fails = False
        self.stopped = False

    def subscribe(self, _listener: object) -> None: ...

    def set_idle_s(self, _idle_s: float) -> None: ...

    async def ensure_ready(self) -> EngineAddress:
        assert not self.stopped
        await self.ready.wait()
        if self.fails:
            raise EngineError("The engine did not start.", hint="Look into its log.")
        return EngineAddress(f"http://127.0.0.1/{self.parameters.model_path.name}", "key")

    async def stop(self) -> None:
        self.stopped = True


class Rig:
    def __init__(self, folder: Path, free_bytes: int | None = 1 << 40) -> None:
        self.folder = folder
        self.engines: list[Engine] = []
        self.ready = asyncio.Event()
        self.ready.set()
        self.fails = False
        self.models = EmbeddedModels(
            consent=self._refuse,
            working=lambda _text, _fraction: None,
            store=ModelStore(folder / "models"),
            speeds=SpeedRecord(folder / "speed.json"),
            free_memory_bytes=lambda: free_bytes,
            start=self._start,  # pyright: ignore[reportArgumentType]
        )

    def _start(self, parameters: LlamaParameters) -> Engine:
        self.engines.append(Engine(parameters, self.ready))
        self.engines[-1].fails = self.fails
        return self.engines[-1]

    async def _refuse(self, _entry: object, _why: str) -> bool:
        raise AssertionError("nothing is asked for a next edit")

    def settings(self, **embedded: Any) -> Settings:
        values = {"model_path": str(write_gguf(self.folder / "small.gguf")), **embedded}
        return Settings(embedded=EmbeddedSettings(**values), next_edit=NextEditSettings(backend="embedded"))


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


async def test_next_edit_model_has_its_own_background_engine(rig: Rig, tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "sweep.gguf")
    settings = rig.settings(next_edit_model_path=str(path))
    first = await rig.models.address(settings)
    address, _ = await rig.models.use_for_next_edits(settings)
    assert address != first
    completion, own = rig.engines
    assert own.parameters.model_path == path
    assert own.parameters.is_background
    assert own.parameters.parallel == 1
    assert (await rig.models.use_for_next_edits(settings))[0] == address
    assert len(rig.engines) == 2
    await rig.models.next_edit.aclose()
    assert own.stopped
    assert not completion.stopped


async def test_folders_with_different_next_edit_models_have_an_engine_each(rig: Rig, tmp_path: Path) -> None:
    paths = [str(write_gguf(tmp_path / f"{name}.gguf")) for name in ("one", "two")]
    for path in paths:
        settings = rig.settings(next_edit_model_path=path)
        await rig.models.address(settings)
        await rig.models.use_for_next_edits(settings)
    completion, one, two = rig.engines
    assert (completion.stopped, one.stopped, two.stopped) == (False, False, False)
    await rig.models.use_for_next_edits(settings)
    assert len(rig.engines) == 3
    await rig.models.aclose()
    assert (one.stopped, two.stopped) == (True, True)


async def test_the_engine_runs_until_the_last_backend_is_closed(rig: Rig, tmp_path: Path) -> None:
    settings = rig.settings(next_edit_model_path=str(write_gguf(tmp_path / "sweep.gguf")))
    one, two = [
        OwnEngineBackend(says(""), release)
        for _, release in [await rig.models.use_for_next_edits(settings) for _ in range(2)]
    ]
    await one.aclose()
    await one.aclose()
    assert not rig.engines[0].stopped
    await two.aclose()
    assert rig.engines[0].stopped


async def test_an_engine_that_failed_is_stopped_when_another_model_is_used(rig: Rig, tmp_path: Path) -> None:
    one, two = [rig.settings(next_edit_model_path=str(write_gguf(tmp_path / f"{name}.gguf"))) for name in ("a", "b")]
    rig.fails = True
    with pytest.raises(EngineError):
        await rig.models.use_for_next_edits(one)
    rig.fails = False
    await rig.models.use_for_next_edits(two)
    assert [engine.stopped for engine in rig.engines] == [True, False]


async def test_closing_a_backend_stops_its_own_engine_only(rig: Rig, tmp_path: Path) -> None:
    releases = []
    for name in ("one", "two"):
        path = str(write_gguf(tmp_path / f"{name}.gguf"))
        releases.append((await rig.models.use_for_next_edits(rig.settings(next_edit_model_path=path)))[1])
    await OwnEngineBackend(says(""), releases[0]).aclose()
    assert [engine.stopped for engine in rig.engines] == [True, False]


async def test_engine_is_not_started_without_free_memory(tmp_path: Path) -> None:
    rig = Rig(tmp_path, free_bytes=1000)
    settings = rig.settings(next_edit_model_path=str(write_gguf(tmp_path / "sweep.gguf")))
    with pytest.raises(EngineError, match=r"sweep\.gguf needs about .* MB of memory") as caught:
        await rig.models.use_for_next_edits(settings)
    assert "embedded.next_edit_model" in caught.value.hint
    assert not rig.engines


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("sweep-next-edit-0.5b-q8", "The next-edit model sweep-next-edit-0.5b-q8 is not installed"),
        ("qwen2.5-coder-0.5b", "The next-edit model qwen2.5-coder-0.5b is not installed"),
        ("no-such-model", "There is no model named 'no-such-model'"),
    ],
)
async def test_missing_model_is_reported_and_not_downloaded(rig: Rig, name: str, text: str) -> None:
    with pytest.raises(ModelError, match=text):
        await rig.models.use_for_next_edits(rig.settings(next_edit_model=name))
    assert not rig.engines


def test_model_is_used_only_if_it_is_configured(rig: Rig) -> None:
    assert not has_next_edit_model(rig.settings())
    assert has_next_edit_model(rig.settings(next_edit_model="sweep-next-edit-0.5b-q8"))
    assert not has_next_edit_model(Settings(embedded=EmbeddedSettings(next_edit_model="x")))


async def test_closing_the_connection_of_one_folder_leaves_the_other_folders_engine(rig: Rig, tmp_path: Path) -> None:
    connector = BackendConnector(rig.models, ModelServers(lambda _text, _fraction: None), SecretNames())
    one, two = [
        await connector.next_edit(rig.settings(next_edit_model_path=str(write_gguf(tmp_path / name))))
        for name in ("one.gguf", "two.gguf")
    ]
    await one.aclose()
    assert [engine.stopped for engine in rig.engines] == [True, False]
    await two.aclose()
    assert rig.engines[1].stopped


async def test_engine_released_before_it_is_ready_is_stopped(rig: Rig, tmp_path: Path) -> None:
    settings = rig.settings(next_edit_model_path=str(write_gguf(tmp_path / "one.gguf")))
    rig.ready.clear()
    starting = asyncio.create_task(rig.models.use_for_next_edits(settings))
    while not rig.engines:
        await asyncio.sleep(0.001)
    await asyncio.sleep(0)
    starting.cancel()
    await asyncio.wait({starting})
    assert rig.engines[0].stopped


@pytest.mark.parametrize(
    "change",
    [{"backend": "none"}, {"backend": "embedded", "enabled": False}],
    ids=["no model", "no next edits"],
)
async def test_changed_settings_stop_an_unused_engine(rig: Rig, change: dict[str, Any]) -> None:
    stopped = asyncio.Event()

    async def connect(_settings: Settings) -> Backend:
        async def stop() -> None:
            stopped.set()

        return OwnEngineBackend(FakeModel(SWEEP_V2, timings=FAST), stop)

    models = NextEditModels(connect, PrivacyGate())
    settings = rig.settings(next_edit_model="x")
    endpoint = models.endpoints.get(settings)
    endpoint.ready()
    while (task := endpoint._connecting) is not None:
        await asyncio.wait({task})
    assert endpoint.connection is not None
    await models.close_unused([Settings(), settings])
    assert not stopped.is_set()
    await models.close_unused([evolve(settings, next_edit=NextEditSettings(**change))])
    assert stopped.is_set()
    assert endpoint.ready() is None
    assert endpoint._connecting is None  # a request that still holds it does not start the engine again


class Endpoint:
    """An endpoint with the engine's backend."""

    def __init__(self, settings: Settings, backend: ScriptedBackend) -> None:
        self.inner, self.stops, self.connected, self.now_s = backend, 0, 0, 0.0
        self.reports: list[str] = []
        self.endpoint = NextEditEndpoint(settings, self.connect, self.reports.append, lambda: self.now_s)

    async def connect(self, _settings: Settings) -> Backend:
        self.connected += 1
        return OwnEngineBackend(self.inner, self.stop)

    async def stop(self) -> None:
        self.stops += 1

    async def settle(self) -> None:
        self.endpoint.ready()
        while (task := self.endpoint._connecting) is not None:
            await asyncio.wait({task})
            await asyncio.sleep(0)


async def test_fast_model_keeps_its_engine(rig: Rig) -> None:
    one = Endpoint(rig.settings(next_edit_model="x"), FakeModel(SWEEP_V2, timings=FAST))
    await one.settle()
    assert one.endpoint.connection is not None
    assert one.stops == 0
    await one.endpoint.aclose()
    assert one.stops == 1


def says(text: str, timings: Timings = FAST) -> ScriptedBackend:
    def answer(_request: object) -> Sequence[Step]:
        return (text, Finished("stop", timings=timings))

    return ScriptedBackend(answer, token_count=lambda one: 1 if one in SWEEP_V2.markers else 5, chat=answer)


@pytest.mark.parametrize(
    ("backend", "text"),
    [
        (lambda: says("Certainly!"), "makes no next edits in a known format (tried: sweep-v2, sweep-v1"),
        (lambda: FakeModel(SWEEP_V2, timings=SLOW), "is too slow on this machine for next edits"),
    ],
    ids=["no dialect", "too slow"],
)
async def test_an_engine_that_cannot_be_used_is_stopped_for_the_session(rig: Rig, backend: Any, text: str) -> None:
    one = Endpoint(rig.settings(next_edit_model="x"), backend())
    await one.settle()
    assert one.endpoint.connection is None
    assert one.stops == 1
    assert len(one.reports) == 1
    assert text in one.reports[0]
    assert "next_edit.url" not in one.reports[0]
    one.now_s = RETRY_S + 1
    await one.settle()
    assert one.connected == 1
