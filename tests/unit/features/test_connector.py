"""From settings to a backend: what is refused before anything is sent, and what is sent along."""

from __future__ import annotations

import pytest

from autothink_lsp.backends.llama_server import LlamaServerBackend
from autothink_lsp.backends.openai import OpenAIBackend
from autothink_lsp.context.redaction import SecretNames
from autothink_lsp.engines.base import EngineAddress
from autothink_lsp.errors import SettingsError
from autothink_lsp.features.chat_completion import ChatCompletionBackend
from autothink_lsp.features.connector import BackendConnector
from autothink_lsp.features.redacting_backend import RedactingBackend
from autothink_lsp.settings.model import AssistSettings, CompletionSettings, Settings
from tests.support.fault_server import FaultServer


class Engines:
    """Gives one address for everything, and notes who asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def address(self, settings, role=None, section="") -> EngineAddress:
        self.asked.append(section)
        return EngineAddress("http://127.0.0.1:1", "key")


def remote(url: str, **more) -> Settings:
    return Settings(completion=CompletionSettings(backend="openai", url=url, **more))


async def test_plain_http_to_another_machine_is_refused_unless_allowed() -> None:
    connect = BackendConnector(Engines(), Engines(), SecretNames())
    with pytest.raises(SettingsError, match="plain http to another machine") as caught:
        await connect.completion(remote("http://models.example.org/v1"))
    assert "completion.allow_http" in caught.value.hint
    for settings in (
        remote("http://models.example.org/v1", allow_http=True),
        remote("https://models.example.org/v1"),
        remote("http://127.0.0.1:8000"),
        remote("http://localhost:8000"),
    ):
        await (await connect.completion(settings)).aclose()


async def test_an_engine_is_started_only_where_no_url_says_that_one_runs() -> None:
    engines = Engines()
    connect = BackendConnector(Engines(), engines, SecretNames())
    started = Settings(assist=AssistSettings(backend="vllm", model="m"))
    backend = await connect.assist(started)
    assert isinstance(backend, RedactingBackend)
    assert isinstance(backend.inner, OpenAIBackend)
    assert engines.asked == ["assist"]
    await backend.aclose()
    attached = Settings(assist=AssistSettings(backend="vllm", model="m", url="http://127.0.0.1:8000"))
    await (await connect.assist(attached)).aclose()
    assert engines.asked == ["assist"]


@pytest.mark.process
async def test_one_session_word_for_both_roles_and_none_about_the_user() -> None:
    connect = BackendConnector(Engines(), Engines(), SecretNames())
    async with FaultServer() as server:
        both = Settings(
            completion=CompletionSettings(backend="openai", url=server.url),
            assist=AssistSettings(backend="openai", url=server.url),
        )
        completion, assist = await connect.completion(both), await connect.assist(both)
        assert isinstance(completion.inner, ChatCompletionBackend)  # type: ignore[attr-defined]
        assert isinstance(assist.inner, OpenAIBackend)  # type: ignore[attr-defined]
        backends = (completion.inner.inner, assist.inner)  # type: ignore[attr-defined]
        words = [backend._http.endpoint.session for backend in backends]
        await completion.aclose()
        await assist.aclose()
    assert words[0] == words[1]
    assert len(words[0]) == 16
    assert words[0] != BackendConnector(Engines(), Engines(), SecretNames())._session


@pytest.mark.parametrize(("place", "places", "slots"), [(0, 1, (0, 1)), (0, 2, (0, 2)), (1, 2, (1, 3))])
async def test_windows_that_share_the_embedded_engine_have_slots_of_their_own_completion_first(
    place: int, places: int, slots: tuple[int, int]
) -> None:
    class Embedded(Engines):
        async def address(self, settings, role=None, section="") -> EngineAddress:
            return EngineAddress("http://127.0.0.1:1", "key", place, places)

        def is_shared(self, _settings: Settings) -> bool:
            return True

    connect = BackendConnector(Embedded(), Engines(), SecretNames())
    settings = Settings(assist=AssistSettings(backend="embedded"))
    found = []
    for backend in (await connect.completion(settings), await connect.assist(settings)):
        inner = backend.inner if isinstance(backend, RedactingBackend) else backend
        assert isinstance(inner, LlamaServerBackend)
        found.append(inner._slot)
        await backend.aclose()
    assert tuple(found) == slots
