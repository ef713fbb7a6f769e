"""When to hang up on a run whose request was cancelled: at once, unless what was typed is what it is saying.

Editors cancel a request with the very key that may type along its answer, tell of the edit with it, and ask again some
50 ms later (VS Code). Hanging up at the cancel would throw away what the next request wants, going on without a sign of
that request would keep the engine busy for nobody. So a cancelled run lives for two milliseconds, in which the edit
comes if there is one, and where it agrees until the next request should be here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from attrs import define, field

EDIT_COMES_S = 0.002
QUERY_COMES_S = 0.250
_JUST_NOW_S = 0.020  # an edit so long before the cancel is the one that made the editor cancel


@define(eq=False)
class Reprieve:
    """``hang_up`` is called once the time is over. Belongs to one event loop."""

    hang_up: Callable[[], None]
    _timer: asyncio.TimerHandle | None = field(default=None, init=False)
    _agreed_s: float = field(default=float("-inf"), init=False)

    def cancelled(self) -> None:
        """Nobody waits for the run any more."""
        loop = asyncio.get_running_loop()
        self._begin(QUERY_COMES_S if loop.time() - self._agreed_s < _JUST_NOW_S else EDIT_COMES_S)

    def agreed(self) -> None:
        """An edit types along the run's answer."""
        self._agreed_s = asyncio.get_running_loop().time()
        if self._timer is not None:
            self._begin(QUERY_COMES_S)

    def over(self) -> None:
        """Somebody waits for the run again, or it has ended."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _begin(self, duration_s: float) -> None:
        self.over()
        self._timer = asyncio.get_running_loop().call_later(duration_s, self._end)

    def _end(self) -> None:
        self._timer = None
        self.hang_up()
