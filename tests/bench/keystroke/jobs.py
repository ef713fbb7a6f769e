"""What one completion request came to at the model server: when, how much it computed, what it said, how it ended."""

from __future__ import annotations

from attrs import define

MOST_WARM_TOKENS = 1  # a request for no more than this is a warm-up: nothing of it can be shown


@define
class Job:
    """All times are ``time.perf_counter()``. ``None`` where it did not come to that."""

    arrived_s: float
    is_warm_up: bool = False
    first_s: float | None = None
    finished_s: float | None = None
    closed_s: float | None = None  # the client hung up before the last piece
    computed_tokens: int | None = None  # of the prompt: not found in the cache. None: this server does not count
    computed_ms: float = 0.0  # what that took
    said: str = ""
