"""The embedded model for actions alone: when its engine starts, is shared, is unloaded, or does not fit."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from autothink_lsp.backends.base import ChatRequest, Finished, ServerDescription, TextDelta, Timings
from autothink_lsp.engines.base import EngineAddress
from autothink_lsp.engines.llama_parameters import LlamaParameters, gpu_layers_that_fit
from autothink_lsp.engines.models.sources import DownloadStep, PullCancelledError
from autothink_lsp.engines.models.store import ModelStore
from autothink_lsp.engines.speed import SpeedRecord
from autothink_lsp.errors import EngineError, ModelError
from autothink_lsp.features.assist_model_backend import AssistModelBackend
from autothink_lsp.features.embedded import EmbeddedModels
from autothink_lsp.settings.engines import EmbeddedSettings
from autothink_lsp.settings.model import BackendName, CompletionSettings, Settings
from tests.support.gguf_file import write_gguf
from tests.support.scripted_backend import ScriptedBackend


class FakeEngine:
    """Gives an address with its number; remembers that it was stopped."""

    def __init__(self, parameters: LlamaParameters, number: int) -> None:
        self.parameters = parameters
        self.url = f"http://127.0.0.1:{number}"
        self.stopped = False
        self.windows = 0
        self.idle_s = -1.0

    @property
    def current_address(self) -> EngineAddress:
        return EngineAddress(self.url, "key")

    def subscribe(self, listener: object) -> None: ...

    def set_idle_s(self, idle_s: float) -> None:
        self.idle_s = idle_s

    async def ensure_ready(self) -> EngineAddress:
        assert not self.stopped
        return EngineAddress(self.url, "key")

    async def stop(self) -> None:
        self.stopped = True


class Rig:
    def __init__(self, folder: Path, free_bytes: int | None = 1 << 40) -> None:
        self.engines: list[FakeEngine] = []
        self.models = EmbeddedModels(
            consent=_refuse,
            working=lambda _text, _fraction: None,
            store=ModelStore(folder / "models"),
            speeds=SpeedRecord(folder / "speed.json"),
            minute_s=0.05,
            free_memory_bytes=lambda: free_bytes,
            start=self._start,  # pyright: ignore[reportArgumentType]
        )

    def _start(self, parameters: LlamaParameters) -> FakeEngine:
        self.engines.append(FakeEngine(parameters, len(self.engines) + 1))
        return self.engines[-1]


async def _refuse(_entry: object, _why: str) -> bool:
    return False


async def _agree(_entry: object, _why: str) -> bool:
    return True


def settings_for(folder: Path, **embedded: Any) -> Settings:
    small, large = folder / "small.gguf", folder / "large.gguf"
    for path in (small, large):
        if not path.exists():
            write_gguf(path)
    values = {"model_path": str(small), "assist_model_path": str(large), "idle_minutes": 1, **embedded}
    return Settings(embedded=EmbeddedSettings(**values))


async def test_each_role_has_an_engine_and_a_change_of_one_leaves_the_other_alone(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    settings = settings_for(tmp_path)
    assert not rig.models.is_shared(settings)
    await rig.models.address(settings)
    async with rig.models.use_for_actions(settings) as address:
        assert address.url == rig.engines[1].url
    completion, assist = rig.engines
    assert (completion.parameters.parallel, completion.parameters.is_background) == (2, False)
    assert (assist.parameters.parallel, assist.parameters.is_background) == (1, True)
    assert assist.parameters.context_tokens == 4096, "the model was trained with no more"
    changed = settings_for(tmp_path, assist_context_tokens=1024)
    await rig.models.address(changed)
    async with rig.models.use_for_actions(changed):
        pass
    assert [engine.stopped for engine in rig.engines] == [False, True, False]
    other = settings_for(tmp_path, assist_context_tokens=1024, context_tokens=1024)
    async with rig.models.use_for_actions(other):
        pass
    assert len(rig.engines) == 3
    await rig.models.aclose()
    assert all(engine.stopped for engine in rig.engines)


@pytest.mark.parametrize(
    ("embedded", "completion", "shared"),
    [
        ({"assist_model_path": ""}, "embedded", True),
        ({"assist_model_path": "", "model_path": "", "assist_model": "1.5b"}, "embedded", False),
        ({"assist_model_path": "", "model_path": "", "model": "1.5b", "assist_model": "1.5b"}, "embedded", True),
        ({"assist_model_path": "", "model_path": "", "assist_model": "0.5b"}, "embedded", True),  # what "auto" chooses
        ({"assist_model_path": "", "model_path": "", "assist_model": "0.5b"}, "openai", False),
    ],
)
async def test_one_engine_where_both_roles_name_one_model(
    tmp_path: Path, embedded: dict[str, str], completion: BackendName, shared: bool
) -> None:
    chosen = CompletionSettings(backend=completion, url="http://127.0.0.1:1" if completion == "openai" else "")
    settings = Settings(embedded=settings_for(tmp_path, **embedded).embedded, completion=chosen)
    assert Rig(tmp_path).models.is_shared(settings) is shared


@pytest.mark.parametrize(("share", "keeps", "expected"), [
    (True, True, [(0.05, 2), (5.0, 1)]),  # a minute is 0.05 s here
    (True, False, [(0.0, 2), (0.0, 1)]),  # a command ends what it started
    (False, True, []),
])  # fmt: skip
async def test_windows_share_each_engine_unless_the_settings_say_otherwise(
    tmp_path: Path, share: bool, keeps: bool, expected: list[tuple[float, int]]
) -> None:
    rig = Rig(tmp_path)
    shared: list[tuple[float, int]] = []

    def start_shared(parameters: LlamaParameters, idle_s: float, places: int) -> FakeEngine:
        shared.append((idle_s, places))
        return rig._start(parameters)

    rig.models.start_shared = start_shared  # pyright: ignore[reportAttributeAccessIssue]
    rig.models.keeps_engines = keeps
    settings = settings_for(tmp_path, share=share)
    assert not rig.models.is_shared_between_windows()
    await rig.models.address(settings)
    async with rig.models.use_for_actions(settings):
        pass
    assert shared == expected
    for windows in (0, 1):
        rig.engines[0].windows = windows
        assert rig.models.is_shared_between_windows() is bool(windows)
    await rig.models.address(settings_for(tmp_path, share=not share))
    assert rig.engines[0].stopped, "the setting applies without a restart of the server"
    await rig.models.aclose()


@pytest.mark.parametrize(("keeps", "expected"), [(True, 0.35), (False, 0.0)])
async def test_a_changed_time_reaches_the_engine_that_runs(tmp_path: Path, keeps: bool, expected: float) -> None:
    rig = Rig(tmp_path)
    rig.models.keeps_engines = keeps
    await rig.models.address(settings_for(tmp_path))
    await rig.models.address(settings_for(tmp_path, idle_minutes=7))
    (engine,) = rig.engines
    assert engine.idle_s == pytest.approx(expected)  # a minute is 0.05 s here
    await rig.models.aclose()


async def test_the_engine_ends_when_no_action_has_used_it_and_not_before(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    settings = settings_for(tmp_path)
    async with rig.models.use_for_actions(settings):
        await asyncio.sleep(0.15)
        assert not rig.engines[0].stopped
    async with asyncio.timeout(10):
        while rig.models.assist_engine is not None:
            await asyncio.sleep(0.01)
    assert rig.engines[0].stopped
    async with rig.models.use_for_actions(settings) as address:
        assert address.url == rig.engines[1].url
    await rig.models.aclose()


async def test_a_model_that_does_not_fit_is_not_started_and_completion_goes_on(tmp_path: Path) -> None:
    rig = Rig(tmp_path, free_bytes=350 << 20)
    settings = settings_for(tmp_path, assist_context_tokens=4096)
    await rig.models.address(settings)
    write_gguf(tmp_path / "large.gguf", tensor_bytes=4 << 20)
    with pytest.raises(EngineError, match=r"large.gguf needs about 373 MB .* only 367 MB are free") as caught:
        async with rig.models.use_for_actions(settings):
            pass
    assert "assist_context_tokens" in caught.value.hint
    assert len(rig.engines) == 1
    await rig.models.address(settings)
    async with rig.models.use_for_actions(settings_for(tmp_path, assist_context_tokens=512)):
        pass
    await rig.models.aclose()


@pytest.mark.parametrize("fault", ["none", "truncated", "text"])
async def test_a_bad_file_is_a_sentence_and_completion_goes_on(tmp_path: Path, fault: str) -> None:
    rig = Rig(tmp_path)
    settings = settings_for(tmp_path)
    large = tmp_path / "large.gguf"
    match fault:
        case "none":
            large.unlink()
        case "truncated":
            large.write_bytes(large.read_bytes()[:100])
        case _:
            large.write_text("<html>not found</html>")
    with pytest.raises(ModelError, match=r"large\.gguf"):
        async with rig.models.use_for_actions(settings):
            pass
    await rig.models.address(settings)
    await rig.models.aclose()


async def test_a_missing_model_for_actions_is_asked_for_by_its_own_setting(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    settings = settings_for(tmp_path, assist_model_path="", assist_model="1.5b")
    with pytest.raises(ModelError, match="is not installed") as caught:
        async with rig.models.use_for_actions(settings):
            pass
    assert "embedded.assist_model_path" in caught.value.hint
    await rig.models.aclose()


class FakeBackend:
    """Answers with the address that it was made for."""

    def __init__(self, address: EngineAddress) -> None:
        self.address = address
        self.closed = False

    async def chat(self, _request: object):
        yield TextDelta(self.address.url)
        yield Finished("stop")

    async def describe(self) -> ServerDescription:
        return ServerDescription(self.address.url)

    async def aclose(self) -> None:
        self.closed = True


class FakePull:
    """Shows one step of a download, then ends as ``error`` says; waits for ever if it is ``None``."""

    def __init__(self, error: Exception | None) -> None:
        self.error = error
        self.begun = asyncio.Event()

    async def run_async(self, _name: str, listener: Any, _cancellation: Any) -> Path:
        listener(DownloadStep(1, 10, "downloading"))
        self.begun.set()
        if self.error is None:
            await asyncio.Event().wait()
        raise self.error or AssertionError


@pytest.mark.parametrize("how", ["cancelled by the user", "no network", "the action is cancelled", "in the background"])
async def test_the_display_of_a_download_ends_with_it(tmp_path: Path, how: str) -> None:
    rig = Rig(tmp_path)
    shown: list[str] = []
    rig.models.downloading = lambda _text, _fraction, _cancel: shown.append("downloading")
    rig.models.worked = lambda _text: shown.append("ended")
    errors = {"cancelled by the user": PullCancelledError("Cancelled."), "the action is cancelled": None}
    rig.models.pull = FakePull(errors.get(how, ModelError("No network.")))  # pyright: ignore[reportAttributeAccessIssue]
    if how == "in the background":
        rig.models.consent = _agree
        await rig.models._offer(rig.models.store.find("qwen2.5-coder-1.5b"))
    else:
        settings = settings_for(tmp_path, assist_model_path="", assist_model="qwen2.5-coder-1.5b", download="always")
        using = asyncio.create_task(rig.models.use_for_actions(settings).__aenter__())
        if how == "the action is cancelled":
            await rig.models.pull.begun.wait()  # pyright: ignore[reportAttributeAccessIssue]
            using.cancel()
        with pytest.raises((ModelError, asyncio.CancelledError)):
            await using
    assert shown == ["downloading", "ended"]
    await rig.models.aclose()


async def test_a_request_after_the_engine_was_unloaded_starts_it_again(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    settings = settings_for(tmp_path)
    made: list[FakeBackend] = []

    def connect(address: EngineAddress) -> Any:
        made.append(FakeBackend(address))
        return made[-1]

    backend = AssistModelBackend(lambda: rig.models.use_for_actions(settings), connect)
    assert rig.engines == []
    assert (await backend.describe()).server == "http://127.0.0.1:1"
    async with asyncio.timeout(10):
        while rig.models.assist_engine is not None:
            await asyncio.sleep(0.01)
    events = [event async for event in backend.chat(ChatRequest((), 1))]
    assert events[0] == TextDelta("http://127.0.0.1:2")
    assert [one.closed for one in made] == [True, False]
    await backend.aclose()
    await rig.models.aclose()
    assert made[1].closed


@pytest.mark.parametrize(
    ("layers", "free_gib", "fitting"),
    [(28, 0, 0), (28, 16, 29), (28, 2, 12), (0, 16, 1)],
)
def test_layers_on_the_gpu(layers: int, free_gib: int, fitting: int) -> None:
    assert gpu_layers_that_fit(layers, 4 << 30, 0, free_gib << 30) == fitting


def timings(tokens_per_s: float, drafts: int = 0, tokens: int = 60) -> Timings:
    predicted_ms = 1_000 * (tokens - 1) / tokens_per_s
    return Timings(50, 0, 500.0, tokens, predicted_ms, draft_tokens=drafts)


@pytest.mark.parametrize(
    ("answers", "speculates"),
    [
        ([timings(10)], [False, True]),
        ([timings(10), timings(15, drafts=40)], [False, True, True]),
        ([timings(10), timings(10.3, drafts=40)], [False, True, False]),
        ([timings(10, tokens=12)], [False, False]),  # too short to measure
        ([timings(10), timings(10)], [False, True, True]),  # nothing was drafted, so drafts are not measured yet
    ],
    ids=["measured without", "drafts are faster", "drafts gain too little", "short", "nothing drafted"],
)
async def test_the_engine_of_actions_drafts_where_that_is_faster(
    tmp_path: Path, answers: list[Timings], speculates: list[bool]
) -> None:
    rig, settings = Rig(tmp_path), settings_for(tmp_path)
    await rig.models.address(settings)
    for answer in [*answers, None]:
        async with rig.models.use_for_actions(settings):
            if answer is not None:
                rig.models.observe_action(answer)
        for _ in range(1_000):
            if rig.models.assist_engine is None:
                break
            await asyncio.sleep(0.01)
    completion, *assist = rig.engines
    assert not completion.parameters.speculates
    assert [engine.parameters.speculates for engine in assist] == speculates
    await rig.models.aclose()


@pytest.mark.parametrize(("setting", "expected"), [("off", False), ("ngram", True)])
async def test_the_setting_decides_before_the_measurement(tmp_path: Path, setting: str, expected: bool) -> None:
    rig, settings = Rig(tmp_path), settings_for(tmp_path, assist_speculation=setting)
    for _ in range(2):
        async with rig.models.use_for_actions(settings):
            rig.models.observe_action(timings(10))
        await rig.models.aclose()
    assert [engine.parameters.speculates for engine in rig.engines] == [expected, expected]


async def test_the_timings_of_each_chat_are_observed() -> None:
    seen: list[Timings] = []
    spent = timings(10)
    inner = ScriptedBackend([], chat=lambda _: ["answer", Finished("stop", timings=spent)])

    @contextlib.asynccontextmanager
    async def use() -> AsyncIterator[EngineAddress]:
        yield EngineAddress("http://127.0.0.1:1", "key")

    backend = AssistModelBackend(use, lambda _: inner, seen.append)
    async for _ in backend.chat(ChatRequest((), 8)):
        pass
    assert seen == [spent]


@pytest.mark.parametrize(
    "content", [b"PK a zip", b"GGUF", b"GGUF\x03\0\0\0\x01"], ids=["no GGUF", "no header", "truncated"]
)
async def test_a_broken_model_for_actions_leaves_keystrokes_alone(tmp_path: Path, content: bytes) -> None:
    rig, settings = Rig(tmp_path), settings_for(tmp_path)
    (tmp_path / "large.gguf").write_bytes(content)
    with pytest.raises(ModelError, match=r"large\.gguf"):
        async with rig.models.use_for_actions(settings):
            pass
    assert (await rig.models.address(settings)).url == rig.engines[0].url
    assert not rig.engines[0].stopped
    await rig.models.aclose()
