"""How long a model server goes on computing, and how many tokens: seen from outside of the language server."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

import httpx
import psutil
from attrs import define, field

from autothink_lsp.engines.base import EngineAddress

_QUIET_S = 0.1


class EngineLoad(Protocol):
    """``tokens`` were computed between ``begin`` and ``until_idle``, which gives the milliseconds that this took."""

    tokens: float

    async def begin(self) -> None: ...

    async def until_idle(self) -> float: ...


@define
class SlotLoad:
    """By ``/slots``, which llama.cpp answers between two batches: exact."""

    address: EngineAddress
    tokens: float = field(default=0.0, init=False)
    _first: dict[int, int] = field(factory=dict, init=False)  # tokens of each task when it was first seen

    async def begin(self) -> None:
        """What is being computed now was not computed later."""
        async with self._client() as client:
            for slot in await _busy_slots(client):
                self._first[slot["id_task"]] = _tokens_of(slot)

    async def until_idle(self) -> float:
        """Ask again and again."""
        began, latest = time.perf_counter(), dict(self._first)
        async with self._client() as client:
            while busy := await _busy_slots(client):
                latest |= {slot["id_task"]: _tokens_of(slot) for slot in busy}
                await asyncio.sleep(0.002)
        elapsed_ms = 1_000 * (time.perf_counter() - began)
        self.tokens = sum(count - self._first.get(task, 0) for task, count in latest.items())
        return elapsed_ms

    def _client(self) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {self.address.api_key}"}
        return httpx.AsyncClient(base_url=self.address.url, headers=headers, trust_env=False, timeout=60)


async def _busy_slots(client: httpx.AsyncClient) -> list[dict]:
    return [slot for slot in (await client.get("/slots")).json() if slot["is_processing"]]


def _tokens_of(slot: dict) -> int:
    return slot["n_prompt_tokens_processed"] + slot["next_token"][0]["n_decoded"]


@define
class CpuLoad:
    """By CPU time, for an engine whose key only the server knows. ``cpu_s_per_token`` turns it into tokens: a guess."""

    engine: psutil.Process
    cpu_s_per_token: float
    tokens: float = field(default=0.0, init=False)
    _begin_s: float = field(default=0.0, init=False)

    async def begin(self) -> None:
        """From here on."""
        self._begin_s = cpu_s(self.engine)

    async def until_idle(self) -> float:
        """Idle is an engine whose CPU time has stood still for 100 ms; they are not counted."""
        began = changed = time.perf_counter()
        seen_s = self._begin_s
        while time.perf_counter() - changed < _QUIET_S:
            await asyncio.sleep(0.01)
            if (now_s := cpu_s(self.engine)) != seen_s:
                changed, seen_s = time.perf_counter(), now_s
        self.tokens = (seen_s - self._begin_s) / self.cpu_s_per_token
        return 1_000 * (changed - began)


def cpu_s(process: psutil.Process) -> float:
    """CPU time of a process so far."""
    times = process.cpu_times()
    return times.user + times.system
