"""Limits how many requests a minute a role sends to a server (``requests_per_minute``), for endpoints that are paid.

A request over the limit is refused here with ``RequestLimitReached`` and never sent, because a keystroke that waits for
a minute is worthless. What follows is decided by the roles: completion and next edits go on when a request is free, an
action tells the user when that is."""

from __future__ import annotations

import contextlib
import math
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable

from attrs import define, field

from autothink_lsp.backends.base import ChatEvent, ChatRequest, FimRequest, StreamEvent
from autothink_lsp.errors import RequestLimitReached
from autothink_lsp.features.forwarding_backend import ForwardingBackend

WINDOW_S = 60.0


@define(eq=False)
class RequestBudget:
    """The requests of a role to a server in the last minute. ``section`` is the settings section of the role."""

    section: str
    now_s: Callable[[], float] = time.monotonic
    _sent_s: deque[float] = field(factory=deque, init=False)

    def spend(self, per_minute: int, *, is_follow_up: bool = False) -> None:
        """Count a request that is about to be sent. Raises ``RequestLimitReached`` if ``per_minute`` were sent, but not
        for a follow-up: without it what an earlier request has cost would be lost."""
        now_s = self.now_s()
        while self._sent_s and self._sent_s[0] <= now_s - WINDOW_S:
            self._sent_s.popleft()
        if len(self._sent_s) >= per_minute and not is_follow_up:
            free_in_s = self._sent_s[-per_minute] + WINDOW_S - now_s
            raise RequestLimitReached(
                f"The limit of {per_minute} requests a minute ({self.section}.requests_per_minute) is reached.",
                hint=f"The next request is possible in {math.ceil(free_in_s)} s.",
                retry_after_s=free_in_s,
            )
        self._sent_s.append(now_s)


@define(eq=False)
class LimitedBackend(ForwardingBackend):
    """A ``Backend`` that sends at most ``per_minute`` requests a minute to ``inner``. ``budget`` outlives a connection
    and changed settings. Identifying the server is not counted: servers do not charge for it."""

    budget: RequestBudget
    per_minute: int

    async def stream(self, request: FimRequest) -> AsyncGenerator[StreamEvent, None]:
        """The completion of ``inner``. Raises ``RequestLimitReached``."""
        self.budget.spend(self.per_minute)
        async with contextlib.aclosing(self.inner.stream(request)) as events:
            async for event in events:
                yield event

    async def chat(self, request: ChatRequest) -> AsyncGenerator[ChatEvent, None]:
        """The chat of ``inner``. Raises ``RequestLimitReached``."""
        self.budget.spend(self.per_minute, is_follow_up=request.is_follow_up)
        async with contextlib.aclosing(self.inner.chat(request)) as events:
            async for event in events:
                yield event
