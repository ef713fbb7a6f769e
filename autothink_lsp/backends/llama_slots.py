"""Keeps llama.cpp's queue empty: a request is sent only if a slot is free, the newest first.

Reason, measured with a burst of 20 keys on the embedded engine: the server checks a connection only when it writes to
it, and it writes nothing to a request that waits for a slot. Each superseded request that had been sent was therefore
started anyway, one after another, and the engine was busy for 2 to 3 s after the last one was cancelled. Requests
therefore wait here, where cancelling is free; and after a request was aborted, ``GET /slots`` shows when the server has
noticed.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from autothink_lsp.backends.http import HttpClient
from autothink_lsp.errors import BackendAuthError, BackendError, BadResponse

IDLE_WAIT_S = 1.0
"""Then the request is sent anyhow: a server that others use too may never be idle, and it has a queue of its own."""

_FIRST_PAUSE_S = 0.002
_LONGEST_PAUSE_S = 0.02


class Turn:
    """The permission to have one request at the server."""

    def __init__(self) -> None:
        self.answered = False
        """Set when the server has ended the request by itself: then it computes nothing any more."""


class SlotGate:
    """Limits the requests of one backend. With ``slot`` only that slot is considered: the others belong to other
    requests. ``keep_free`` of several slots are reserved for completion."""

    def __init__(
        self,
        http: HttpClient,
        slots_url: str,
        *,
        idle_wait_s: float = IDLE_WAIT_S,
        slot: int | None = None,
        keep_free: int = 0,
    ) -> None:
        self._http = http
        self._slots_url = slots_url
        self._slot = slot
        self._keep_free = keep_free
        self._idle_wait_s = idle_wait_s
        self._slots = 1
        self._tells_slots = True
        self._in_flight = 0
        self._abandoned = False
        self._waiting: list[asyncio.Future[None]] = []  # the newest last

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[Turn]:
        """Wait for a free slot, then hold it."""
        if self._in_flight >= self._slots:
            place = asyncio.get_running_loop().create_future()
            self._waiting.append(place)
            try:
                await place
            except asyncio.CancelledError:
                if place in self._waiting:
                    self._waiting.remove(place)
                elif not place.cancelled():  # resolved and cancelled at the same moment
                    self._release()
                raise
        else:
            self._in_flight += 1
        turn = Turn()
        try:
            if self._abandoned:
                await self._until_idle()
            yield turn
        finally:
            self._abandoned |= not turn.answered
            self._release()

    def _release(self) -> None:
        """Pass the place to the newest waiter."""
        while self._waiting:
            place = self._waiting.pop()
            if not place.done():  # cancelled, but its task has not run yet
                place.set_result(None)
                return
        self._in_flight -= 1

    async def _until_idle(self) -> None:
        pause_s = _FIRST_PAUSE_S
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._idle_wait_s):
                while self._tells_slots and not await self._has_idle_slot():
                    await asyncio.sleep(pause_s)
                    pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
        self._abandoned = False

    async def _has_idle_slot(self) -> bool:
        try:
            answer = await self._http.fetch_json("GET", self._slots_url)
        except (BadResponse, BackendAuthError):  # switched off, or access denied
            self._tells_slots = False
            return True
        except BackendError:
            return True  # the request itself will report the error
        if not isinstance(answer.value, list) or not answer.value:
            self._tells_slots = False
            return True
        ours = answer.value if self._slot is None else answer.value[self._slot : self._slot + 1]
        kept = min(self._keep_free, len(ours) - 1)
        self._slots = max(1, len(ours) - kept)
        return sum(isinstance(slot, dict) and slot.get("is_processing") is False for slot in ours) > kept
