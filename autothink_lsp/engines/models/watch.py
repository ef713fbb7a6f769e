"""Progress reporting and cancellation of downloads, across threads."""

from __future__ import annotations

import threading
from collections.abc import Callable

from attrs import field, frozen

from autothink_lsp.errors import ModelError


@frozen
class PullProgress:
    """``text`` says what is being done, as a phrase; ``done_bytes`` of ``total_bytes`` are there."""

    done_bytes: int
    total_bytes: int
    text: str


ProgressListener = Callable[[PullProgress], None]


class PullCancelledError(ModelError):
    """The fetch was cancelled. What is worth keeping was kept."""


@frozen
class Watch:
    """The progress and the cancellation of one download. ``cancel`` may be called from any thread, at any time."""

    _listener: ProgressListener
    _cancelled: threading.Event = field(factory=threading.Event, init=False)

    def cancel(self) -> None:
        """End the fetch at its next look."""
        self._cancelled.set()

    def tell(self, done_bytes: int, total_bytes: int, text: str) -> None:
        """Report, and raise ``PullCancelledError`` if the fetch was cancelled."""
        self.look()
        self._listener(PullProgress(min(done_bytes, total_bytes), total_bytes, text))

    def look(self) -> None:
        """Raise ``PullCancelledError`` if the fetch was cancelled."""
        if self._cancelled.is_set():
            raise PullCancelledError("The download was cancelled.", hint="Pulling again goes on where it can.")


def unwatched() -> Watch:
    """A watch without a listener."""
    return Watch(lambda _progress: None)
