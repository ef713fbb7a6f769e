"""One query that waits for its answer. Settled once, by whoever comes first: a run's end, a newer query, the
deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Literal

from attrs import define, field

from autothink_lsp.context.values import CodeContext
from autothink_lsp.features.completion.model import CompletionQuery

Verdict = Literal[
    "ended", "soon", "deadline", "superseded", "backend failed", "no backend", "document closed", "shutting down"
]


@define(eq=False)
class Ticket:
    """Belongs to the event loop it was made in."""

    query: CompletionQuery
    context: CodeContext
    _verdict: asyncio.Future[Verdict] = field(factory=lambda: asyncio.get_running_loop().create_future())
    _timers: list[asyncio.TimerHandle] = field(factory=list)

    @property
    def uri(self) -> str:
        """The document's."""
        return self.query.snapshot.uri

    def settle(self, verdict: Verdict) -> None:
        """The first verdict counts."""
        if not self._verdict.done():
            self._verdict.set_result(verdict)

    @property
    def settled(self) -> Verdict | None:
        """The verdict, once there is one."""
        return self._verdict.result() if self._verdict.done() and not self._verdict.cancelled() else None

    def reopen(self) -> None:
        """Wait for another verdict."""
        self._verdict = asyncio.get_running_loop().create_future()

    async def verdict(self) -> Verdict:
        """Wait for it."""
        return await self._verdict

    def after(self, delay_ms: float, call: Callable[[], None]) -> None:
        """Call later, unless the ticket is closed by then."""
        self._timers.append(asyncio.get_running_loop().call_later(max(0.0, delay_ms) / 1_000, call))

    def close(self) -> None:
        """Forget the timers."""
        for timer in self._timers:
            timer.cancel()
