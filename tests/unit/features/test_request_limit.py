"""The user's limit of requests a minute: what is sent, what is not, and what each role does then."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest
from attrs import evolve

from autothink_lsp.backends.base import ChatRequest, FimRequest
from autothink_lsp.context.redaction import SecretNames
from autothink_lsp.errors import RequestLimitReached
from autothink_lsp.features.chat_completion import ChatCompletionBackend
from autothink_lsp.features.completion import endpoint as endpoint_module
from autothink_lsp.features.completion.endpoint import LIMIT_SHOWN_MS, CompletionEndpoint
from autothink_lsp.features.connector import BackendConnector
from autothink_lsp.features.endpoints import endpoint_key
from autothink_lsp.features.redacting_backend import RedactingBackend
from autothink_lsp.features.request_limit import LimitedBackend, RequestBudget
from autothink_lsp.settings.model import AssistSettings, CompletionSettings, Settings
from autothink_lsp.settings.next_edit import NextEditSettings
from tests.support.completion_harness import Quiet
from tests.support.scripted_backend import ScriptedBackend

URL = "https://models.example/v1"
LIMITED = Settings(
    completion=CompletionSettings(backend="openai", url=URL, requests_per_minute=2),
    assist=AssistSettings(backend="openai", url=URL, requests_per_minute=3),
    next_edit=NextEditSettings(backend="openai", url=URL, requests_per_minute=4),
)


class Clock:
    now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


async def read(events: AsyncGenerator[object, None]) -> None:
    async for _ in events:
        pass


@pytest.mark.parametrize(
    ("sent_s", "now_s", "per_minute", "free_in_s"),
    [
        ([0, 1], 2, 2, 58),
        ([0, 30], 32, 2, 28),
        ([0, 30], 32, 3, None),
        ([0, 1, 2], 4, 2, 57),  # the limit was lowered: the oldest of the last two counts
        ([0, 30], 61, 2, None),
        ([], 0, 1, None),
    ],
)
def test_the_last_minute_counts(sent_s: list[float], now_s: float, per_minute: int, free_in_s: int | None) -> None:
    clock = Clock()
    budget = RequestBudget("assist", clock)
    for at_s in sent_s:
        clock.now_s = at_s
        budget.spend(100)
    clock.now_s = now_s
    if free_in_s is None:
        budget.spend(per_minute)
        return
    with pytest.raises(RequestLimitReached) as caught:
        budget.spend(per_minute)
    assert caught.value.for_user() == (
        f"The limit of {per_minute} requests a minute (assist.requests_per_minute) is reached. "
        f"The next request is possible in {free_in_s} s."
    )
    clock.now_s += free_in_s
    budget.spend(per_minute)


async def test_a_request_over_the_limit_is_not_sent() -> None:
    clock, inner = Clock(), ScriptedBackend(["text"], chat=lambda _: ["answer"])
    backend = LimitedBackend(inner, RequestBudget("completion", clock), 2)
    await read(backend.stream(FimRequest("a", 8)))
    await read(backend.chat(ChatRequest((), 8)))
    for events in (backend.stream(FimRequest("b", 8)), backend.chat(ChatRequest((), 8))):
        with pytest.raises(RequestLimitReached):
            await read(events)
    assert (len(inner.requests), len(inner.chats)) == (1, 1)
    clock.now_s += 61
    await read(backend.stream(FimRequest("b", 8)))


async def test_the_answer_to_a_thought_is_not_held_back_but_counts() -> None:
    """A thought that was ended ("answer now", its budget) is paid for: its answer follows."""
    clock, inner = Clock(), ScriptedBackend([], chat=lambda _: ["answer"])
    backend = LimitedBackend(inner, RequestBudget("assist", clock), 1)
    await read(backend.chat(ChatRequest((), 8)))
    clock.now_s += 30
    await read(backend.chat(ChatRequest((), 8, is_follow_up=True)))
    clock.now_s += 31
    with pytest.raises(RequestLimitReached, match="reached") as caught:
        await read(backend.chat(ChatRequest((), 8)))
    assert caught.value.hint == "The next request is possible in 29 s."
    assert len(inner.chats) == 2


class NoEngines:
    async def address(self, *_: object) -> None:
        raise AssertionError


async def test_each_role_has_its_own_limit_which_a_new_connection_does_not_reset() -> None:
    connector = BackendConnector(NoEngines(), NoEngines(), SecretNames())  # pyright: ignore[reportArgumentType]
    limits: list[LimitedBackend] = []
    for connect in (connector.completion, connector.completion, connector.assist, connector.next_edit):
        backend = await connect(LIMITED)
        assert isinstance(backend, RedactingBackend)
        inner = backend.inner.inner if isinstance(backend.inner, ChatCompletionBackend) else backend.inner
        assert isinstance(inner, LimitedBackend)
        limits.append(inner)
        await backend.aclose()
    assert [one.per_minute for one in limits] == [2, 2, 3, 4]
    assert limits[0].budget is limits[1].budget
    assert len({id(one.budget) for one in limits}) == 3


def test_another_limit_is_another_endpoint() -> None:
    more = evolve(LIMITED, completion=evolve(LIMITED.completion, requests_per_minute=9))
    assert endpoint_key(LIMITED, "completion") != endpoint_key(more, "completion")


class Warnings(Quiet):
    def __init__(self) -> None:
        self.shown: list[str] = []

    def endpoint_failed(self, error: object) -> None:
        raise AssertionError(error)

    def endpoint_warning(self, warning: str) -> None:
        self.shown.append(warning)


async def test_completion_keeps_its_connection_and_warns_once() -> None:
    listener, clock = Warnings(), Clock()

    async def connect(_: Settings) -> ScriptedBackend:
        return ScriptedBackend(["text"])

    endpoint = CompletionEndpoint(LIMITED, connect, listener, lambda: clock.now_s * 1_000)
    connection = await endpoint.connect()
    for _ in range(5):
        endpoint.on_failed(RequestLimitReached("the limit"))
        clock.now_s += 5
        endpoint.on_success()
    assert await endpoint.connect() is connection
    assert len(listener.shown) == 1
    assert "2 requests a minute (completion.requests_per_minute)" in listener.shown[0]
    clock.now_s += LIMIT_SHOWN_MS / 1_000
    endpoint.on_success()
    assert listener.shown[1:] == [""]
    await endpoint.aclose()
    await asyncio.sleep(0)


async def test_the_warning_ends_without_another_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint_module, "LIMIT_SHOWN_MS", 1)
    listener = Warnings()

    async def connect(_: Settings) -> ScriptedBackend:
        return ScriptedBackend(["text"])

    endpoint = CompletionEndpoint(LIMITED, connect, listener, Clock())
    endpoint.on_failed(RequestLimitReached("the limit"))
    async with asyncio.timeout(20):
        while len(listener.shown) < 2:
            await asyncio.sleep(0.001)
    assert listener.shown[1:] == [""]
    await endpoint.aclose()
