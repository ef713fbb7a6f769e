"""The models of the configured servers, for the model pickers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from attrs import evolve

from autothink_lsp.backends.http import HttpClient, JsonResponse
from autothink_lsp.features.served_models import MOST_MODELS, ROLES, ServedModel, served_models
from autothink_lsp.settings.engines import EmbeddedSettings
from autothink_lsp.settings.load import LoadedSettings
from autothink_lsp.settings.local_only import kept_on_this_machine
from autothink_lsp.settings.model import AssistSettings, CompletionSettings, Settings
from autothink_lsp.settings.next_edit import NextEditSettings
from tests.support.fault_server import FaultServer
from tests.support.wire_format import HttpReply, ReceivedRequest, error_reply, json_reply

pytestmark = pytest.mark.process
LISTED = ["org/large", "small", "text-embedding-3", "whisper-1", "small"]


def listing(names: list[str]) -> Callable[[ReceivedRequest], HttpReply | None]:
    return lambda _: json_reply({"object": "list", "data": [{"id": name} for name in names]})


def settings_for(url: str, other: str = "") -> Settings:
    return Settings(
        completion=CompletionSettings(backend="openai", url=url, model="small"),
        assist=AssistSettings(backend="openai", url=url),
        next_edit=NextEditSettings(backend="llama-server", url=other),
    )


async def test_models_that_generate_text_are_listed_once_with_their_roles() -> None:
    async with FaultServer(respond=listing(LISTED)) as one, FaultServer(respond=listing(["sweep"])) as other:
        found = await served_models(settings_for(one.url, other.url))
        assert found == (
            ServedModel("org/large", one.url, ("completion", "assist"), ()),
            ServedModel("small", one.url, ("completion", "assist"), ("completion",)),
            ServedModel("sweep", other.url, ("next_edit",), ()),
        )


@pytest.mark.parametrize(
    "respond",
    [lambda _: error_reply("broken", 500), lambda _: json_reply({"data": 7}), lambda _: json_reply([])],
    ids=["500", "no list", "another form"],
)
async def test_a_server_without_a_list_hides_nothing(respond: Callable[[ReceivedRequest], HttpReply]) -> None:
    async with FaultServer(respond=respond) as broken, FaultServer(respond=listing(["sweep"])) as other:
        assert [one.name for one in await served_models(settings_for(broken.url, other.url))] == ["sweep"]
    assert await served_models(settings_for(broken.url)) == (), "it is gone"


@pytest.mark.parametrize(
    ("owner", "backends"),
    [
        ("me", ("openai", "openai")),
        ("llamacpp", ("llama-server", "llama-server")),
        ("vllm", ("vllm", "openai")),
    ],
)
async def test_the_server_of_a_role_that_is_embedded_now_is_listed_too(owner: str, backends: tuple[str, str]) -> None:
    entries = [{"id": "large", "owned_by": owner}]
    async with FaultServer(respond=lambda _: json_reply({"object": "list", "data": entries})) as server:
        settings = Settings(
            completion=CompletionSettings(backend="embedded", url=server.url, model="large"),
            assist=AssistSettings(backend="openai", url=server.url, model="large"),
            next_edit=NextEditSettings(backend="embedded", url=server.url),
            embedded=EmbeddedSettings(next_edit_model="sweep"),
        )
        (found,) = await served_models(settings)
        assert (found.roles, found.used_for) == (("completion", "assist", "next_edit"), ("assist",))
        assert found.back_to == {"completion": backends[0], "next_edit": backends[1]}


async def test_no_server_is_asked_that_the_settings_do_not_allow() -> None:
    assert await served_models(Settings()) == ()
    plain = settings_for("http://models.example.org/v1")
    assert await served_models(evolve(plain, assist=AssistSettings())) == ()


async def test_no_server_is_asked_for_a_next_edit_model_that_is_off() -> None:
    async with FaultServer(respond=listing(["sweep"])) as server:
        off = Settings(next_edit=NextEditSettings(backend="none", url=server.url, api_key_env="PATH"))
        assert await served_models(off) == ()
        assert not server.requests


async def test_no_remote_server_is_asked_in_a_workspace_that_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    async def fetch_json(client: HttpClient, *_: object) -> JsonResponse:
        asked.append(client.endpoint.shown_url)
        return JsonResponse({"data": []}, {})

    monkeypatch.setattr(HttpClient, "fetch_json", fetch_json)
    away = settings_for("https://models.example.org/v1", "https://edits.example.org/v1")
    await served_models(away)
    assert len(asked) == len(ROLES)
    asked.clear()
    await served_models(kept_on_this_machine(LoadedSettings(away, {})).settings)
    assert not asked
    embedded = evolve(away, completion=CompletionSettings(backend="embedded", url="https://models.example.org/v1"))
    await served_models(kept_on_this_machine(LoadedSettings(embedded, {})).settings, local_only=True)
    assert not asked
    await served_models(embedded)
    assert len(asked) == len(ROLES)


async def test_a_gateway_with_many_models() -> None:
    async with FaultServer(respond=listing([f"m{number}" for number in range(MOST_MODELS + 9)])) as server:
        assert len(await served_models(settings_for(server.url))) == MOST_MODELS
