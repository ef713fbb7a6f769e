"""What the keystroke path counts. Read by ``autothink/status``, the benchmark and the tests; kept in memory, sent
nowhere."""

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
