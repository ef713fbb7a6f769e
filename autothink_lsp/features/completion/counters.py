"""What the keystroke path counts. Kept in memory, sent nowhere; each run's part of it is in the log at debug level."""

from __future__ import annotations

from attrs import define


@define
class Counters:
    """Since the start of the server."""

    queries: int = 0
    sent: int = 0
    from_cache: int = 0
    from_running: int = 0
    aborted: int = 0
    shown: int = 0
    accepted: int = 0
