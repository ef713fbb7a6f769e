"""Which settings of a role mean another connection."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from autothink_lsp.errors import BackendUnavailable
from autothink_lsp.features.assist.endpoint import AssistEndpoint, assist_endpoints
from autothink_lsp.features.endpoints import Role, endpoint_key
from autothink_lsp.settings.engines import EmbeddedSettings, VllmSettings
from autothink_lsp.settings.model import AssistSettings, CompletionSettings, PrivacySettings, Settings
from tests.support.scripted_backend import ScriptedBackend

REMOTE: dict[str, Any] = {"backend": "openai", "url": "http://127.0.0.1:1", "model": "m"}
BASE: dict[Role, Settings] = {
    "completion": Settings(completion=CompletionSettings(**REMOTE)),
    "assist": Settings(assist=AssistSettings(**REMOTE)),
}
ROLES: list[Role] = ["completion", "assist"]


def changed(settings: Settings, role: Role, **values: Any) -> Settings:
    return evolve(settings, **{role: evolve(getattr(settings, role), **values)})


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    "values",
    [
        {"url": "http://127.0.0.1:2"},
        {"model": "n"},
        {"backend": "llama-server"},
        {"allow_http": True},
        {"api_key_env": "KEY"},
        {"api_key_command": ("pass", "key")},
        {"api_key_keyring": "service"},
    ],
    ids=lambda values: next(iter(values)),
)
def test_another_server_or_key_is_another_connection(role: Role, values: dict[str, Any]) -> None:
    assert endpoint_key(changed(BASE[role], role, **values), role) != endpoint_key(BASE[role], role)


@pytest.mark.parametrize("role", ROLES)
def test_what_the_role_does_not_use_changes_nothing(role: Role) -> None:
    other: Role = "assist" if role == "completion" else "completion"
    key = endpoint_key(BASE[role], role)
    for settings in (
        changed(BASE[role], role, max_tokens=100),
        changed(BASE[role], other, url="http://127.0.0.1:3", model="o"),
        evolve(BASE[role], vllm=VllmSettings(port=7)),
        evolve(BASE[role], embedded=EmbeddedSettings(threads=3)),
    ):
        assert endpoint_key(settings, role) == key


@pytest.mark.parametrize("role", ROLES)
def test_what_another_use_of_the_server_depends_on(role: Role) -> None:
    key = endpoint_key(BASE[role], role)
    assert endpoint_key(evolve(BASE[role], privacy=PrivacySettings(redact_for="remote")), role) != key
    assert endpoint_key(changed(BASE[role], "completion", fim_family="qwen2.5"), "completion") != key
    assert endpoint_key(changed(BASE["assist"], "assist", think_profile="qwen3"), "assist") != key
    assert endpoint_key(changed(BASE["assist"], "assist", deadline_s=7), "assist") != key


@pytest.mark.parametrize("role", ROLES)
def test_an_engine_of_ours_depends_on_its_own_settings(role: Role) -> None:
    started = changed(BASE[role], role, backend="vllm", url="")
    assert endpoint_key(evolve(started, vllm=VllmSettings(port=7)), role) != endpoint_key(started, role)
    embedded = changed(BASE[role], role, backend="embedded")
    other = evolve(embedded, embedded=EmbeddedSettings(threads=3))
    assert endpoint_key(other, role) != endpoint_key(embedded, role)
    assert endpoint_key(changed(embedded, role, url="http://127.0.0.1:9"), role) == endpoint_key(embedded, role)


class Unidentified(ScriptedBackend):
    closed = 0

    async def describe(self) -> Any:
        raise BackendUnavailable("nothing listens")

    async def aclose(self) -> None:
        self.closed += 1


async def test_a_server_that_cannot_be_identified_is_closed_and_asked_again() -> None:
    backends: list[Unidentified] = []

    async def connect(_settings: Settings) -> Unidentified:
        backends.append(Unidentified([]))
        return backends[-1]

    pool = assist_endpoints(connect)
    endpoint = pool.get(BASE["assist"])
    assert isinstance(endpoint, AssistEndpoint)
    for _ in range(2):
        with pytest.raises(BackendUnavailable):
            await endpoint.connect()
    assert [backend.closed for backend in backends] == [1, 1]
    assert pool.get(BASE["assist"]) is endpoint
    await pool.aclose()
    assert pool.get(BASE["assist"]) is not endpoint
