"""What the keystroke path counts. Kept in memory, sent nowhere; each run's part of it is in the log at debug level."""

from __future__ import annotations

from attrs import define


@define
class Counters:
    """Since the start of the server. ``finished`` and ``used`` count answers that came to their end, and those of them
    that answered somebody, be it with nothing to show."""

    queries: int = 0
    sent: int = 0
    from_cache: int = 0
    from_running: int = 0
    aborted: int = 0
    finished: int = 0
    used: int = 0
    speculative: int = 0  # sent before anybody asked; part of ``sent``
    speculative_used: int = 0
    shown: int = 0
    accepted: int = 0

    def answer_used(self) -> None:
        """For the first time."""
        self.used += 1

    @property
    def wasted(self) -> int:
        """Computed to the end for nobody, as far as is known yet: a later key may still use it."""
        return self.finished - self.used
