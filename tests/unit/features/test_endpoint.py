"""An endpoint that fails: reported once, left alone for a while, tried again by itself."""

from __future__ import annotations

import asyncio

from attrs import define, field

from autothink_lsp.backends.base import ServerDescription
from autothink_lsp.errors import AutothinkError, BackendAuthError, BackendRateLimited, BackendUnavailable
from autothink_lsp.features.completion.endpoint import (
    FIRST_PAUSE_MS,
    LONGEST_PAUSE_MS,
    CompletionConnection,
    CompletionEndpoint,
)
from autothink_lsp.settings.model import Settings
from tests.support.scripted_backend import ScriptedBackend


@define
class World:
    """A clock, a connector that fails on demand, and a listener."""

    now: float = 0.0
    fault: AutothinkError | None = None
    attempts: int = 0
    reported: list[str] = field(factory=list)
    ready: int = 0
    recovered: int = 0
    backend: ScriptedBackend = field(factory=lambda: ScriptedBackend([], description=ServerDescription("x", "qwen")))

    async def connect(self, _settings: Settings) -> ScriptedBackend:
        self.attempts += 1
        if self.fault is not None:
            raise self.fault
        return self.backend

    def endpoint_ready(self, _connected: CompletionConnection) -> None:
        self.ready += 1

    def endpoint_failed(self, error: AutothinkError) -> None:
        self.reported.append(error.message)

    def endpoint_recovered(self) -> None:
        self.recovered += 1

    def endpoint_reading(self, *, is_reading: bool) -> None: ...

    def endpoint_warning(self, warning: str) -> None: ...

    def endpoint(self) -> CompletionEndpoint:
        return CompletionEndpoint(Settings(), self.connect, self, lambda: self.now)


async def test_many_keys_connect_once() -> None:
    world = World()
    endpoint = world.endpoint()
    first, second = await asyncio.gather(endpoint.connect(), endpoint.connect())
    assert first is second is not None
    assert (world.attempts, world.ready) == (1, 1)


async def test_a_problem_is_reported_once_and_tried_again_after_growing_pauses() -> None:
    world = World(fault=BackendUnavailable("connection refused"))
    endpoint = world.endpoint()
    pauses = []
    for _ in range(10):
        assert await endpoint.connect() is None
        before = world.attempts
        assert await endpoint.connect() is None  # at once: not tried
        assert world.attempts == before
        start = world.now
        while world.attempts == before:
            world.now += 50
            await endpoint.connect()
        pauses.append(world.now - start)
    assert world.reported == ["connection refused"]
    assert pauses == sorted(pauses)
    assert pauses[0] >= FIRST_PAUSE_MS
    assert pauses[-1] <= 2_000 + 50  # so its return is noticed within two seconds


async def test_an_error_that_the_user_has_to_mend_is_retried_less_often() -> None:
    world = World(fault=BackendAuthError("no"))
    endpoint = world.endpoint()
    for _ in range(10):
        await endpoint.connect()
        world.now += LONGEST_PAUSE_MS
    await endpoint.connect()
    world.now += LONGEST_PAUSE_MS - 100
    before = world.attempts
    await endpoint.connect()
    assert world.attempts == before


async def test_two_problems_in_turn_are_reported_once_each_and_the_recovery_once() -> None:
    world = World()
    endpoint = world.endpoint()
    await endpoint.connect()
    for _ in range(3):
        endpoint.on_failed(BackendUnavailable("refused"))
        endpoint.on_failed(BackendUnavailable("reset"))
    assert world.reported == ["refused", "reset"]
    endpoint.on_success()
    endpoint.on_success()
    assert world.recovered == 1


async def test_one_trial_at_a_time_while_it_is_down() -> None:
    """The breaker is half open: many keys, one request."""
    world = World(fault=BackendUnavailable("connection refused"))
    endpoint = world.endpoint()
    await endpoint.connect()
    world.now += LONGEST_PAUSE_MS
    before = world.attempts
    await asyncio.gather(*(endpoint.connect() for _ in range(20)))
    assert world.attempts == before + 1


async def test_a_server_that_wishes_for_ever_is_asked_again_after_ten_minutes() -> None:
    world = World(fault=BackendRateLimited("slow down", retry_after_s=1e9))
    endpoint = world.endpoint()
    await endpoint.connect()
    world.fault = None
    world.now += 600_000
    assert await endpoint.connect() is not None


async def test_it_comes_back_by_itself_and_the_next_problem_is_reported_again() -> None:
    world = World(fault=BackendUnavailable("connection refused"))
    endpoint = world.endpoint()
    await endpoint.connect()
    world.fault = None
    world.now += LONGEST_PAUSE_MS
    assert await endpoint.connect() is not None
    endpoint.on_success()
    endpoint.on_failed(BackendUnavailable("connection refused"))
    assert world.reported == ["connection refused"] * 2


async def test_the_server_s_wish_to_wait_is_kept() -> None:
    world = World(fault=BackendRateLimited("slow down", retry_after_s=7))
    endpoint = world.endpoint()
    await endpoint.connect()
    world.fault = None
    world.now += 6_900
    assert await endpoint.connect() is None
    world.now += 200
    assert await endpoint.connect() is not None


async def test_a_cancelled_key_does_not_stop_the_connecting() -> None:
    world = World()
    endpoint = world.endpoint()
    key = asyncio.ensure_future(endpoint.connect())
    await asyncio.sleep(0)
    key.cancel()
    await asyncio.gather(key, return_exceptions=True)
    assert await endpoint.connect() is not None
    assert world.attempts == 1


async def test_closing_ends_a_connecting_that_hangs() -> None:
    world = World()

    async def never(_settings: Settings) -> ScriptedBackend:
        await asyncio.Event().wait()
        raise AssertionError

    endpoint = CompletionEndpoint(Settings(), never, world, lambda: world.now)
    key = asyncio.ensure_future(endpoint.connect())
    await asyncio.sleep(0)
    await endpoint.aclose()
    await asyncio.gather(key, return_exceptions=True)
    assert key.done()
