"""From what was pressed and what the model server did to the numbers of the table. Pure.

A key is any stroke of the person; a suggestion is in time when it came before the next key. A request whose connection
the client closed is *aborted*, unless something of it was shown: then it was *cut short*. A request that the server
finished and of which nothing was shown is *wasted*. What is shown belongs to the newest request that said it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from statistics import median
from typing import Any

from attrs import asdict, frozen

from tests.bench.keystroke.jobs import Job
from tests.bench.keystroke.person import Pressed

IN_PLACE = frozenset({"key", "typo", "backspace", "delete word", "undo"})
AT_NEW_LINE = frozenset({"newline"})


@frozen
class Tally:
    """Shares are of 100. ``None`` where there was nothing to count, or this server or machine does not tell."""

    keys: int
    requests: int
    requests_per_100_keys: float
    keys_without_request: float
    warm_ups: int
    aborted_per_100_keys: float
    cut_short_per_100_keys: float
    wasted_per_100_keys: float
    tokens_per_key: float | None
    tokens_per_key_in_place: float | None
    tokens_per_key_at_new_line: float | None
    tokens_per_request: float | None
    key_to_backend_ms: float | None
    pauses: int
    pause_to_suggestion_ms: float | None
    pauses_with_suggestion: float | None
    open_pauses_with_suggestion: float | None
    keys_with_suggestion_in_time: float
    suggestions: int
    suggestions_right: float | None
    accepted: int
    unanswered: int
    prompts_found: float | None = None  # share in which the made-up model found the place, in per cent
    own_part_ms: float | None = None
    cpu_s_per_1000_keys: float | None = None
    peak_mib: float | None = None
    start_ms: float | None = None

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {name: round(value, 3) if isinstance(value, float) else value for name, value in asdict(self).items()}


def tally(pressed: Sequence[Pressed], jobs: Sequence[Job], unanswered: int) -> Tally:
    """The numbers that do not need the process's."""
    real = [job for job in jobs if not job.is_warm_up]
    count = max(1, len(pressed))
    owners = [_owner(pressed, job) for job in jobs]
    waits = [
        (job.arrived_s - key.written_s) * 1_000
        for job, key in zip(jobs, owners, strict=True)
        if key is not None and key.asked is not None and not job.is_warm_up
    ]
    used = _used(pressed, real)
    pauses = [key for key in pressed if key.before_pause and key.asked is not None]
    brought = [_shown_ms(key) for key in pauses]
    in_time = [key for key in pressed if _in_time(key)]
    busy = {id(key) for job, key in zip(jobs, owners, strict=True) if key is not None and not job.is_warm_up}
    return Tally(
        keys=len(pressed),
        requests=len(real),
        requests_per_100_keys=100 * len(real) / count,
        keys_without_request=100 * sum(id(key) not in busy for key in pressed) / count,
        warm_ups=len(jobs) - len(real),
        aborted_per_100_keys=100 * sum(_closed(job) and id(job) not in used for job in real) / count,
        cut_short_per_100_keys=100 * sum(_closed(job) and id(job) in used for job in real) / count,
        wasted_per_100_keys=100 * sum(job.finished_s is not None and id(job) not in used for job in real) / count,
        tokens_per_key=_tokens(pressed, jobs, owners, None),
        tokens_per_key_in_place=_tokens(pressed, jobs, owners, IN_PLACE),
        tokens_per_key_at_new_line=_tokens(pressed, jobs, owners, AT_NEW_LINE),
        tokens_per_request=_median([job.computed_tokens for job in real if job.computed_tokens is not None]),
        key_to_backend_ms=_median(waits),
        pauses=len(pauses),
        pause_to_suggestion_ms=_median([ms for ms in brought if ms is not None]),
        pauses_with_suggestion=_share([ms is not None for ms in brought]),
        open_pauses_with_suggestion=_share(
            [ms is not None for ms, key in zip(brought, pauses, strict=True) if key.is_open]
        ),
        keys_with_suggestion_in_time=100 * len(in_time) / count,
        suggestions=len(in_time),
        suggestions_right=_share([is_right(key) for key in in_time]),
        accepted=sum(key.kind == "accept" for key in pressed),
        unanswered=unanswered,
    )


def is_right(key: Pressed) -> bool:
    """Whether the first line of what was shown is what is typed next."""
    if key.asked is None or key.rest is None:
        return False
    shown = key.asked.shown
    begin = len(shown) - len(shown.lstrip("\n"))
    line = shown[:begin] + shown[begin:].partition("\n")[0]
    return bool(line.strip()) and key.rest.startswith(line.rstrip())


def _owner(pressed: Sequence[Pressed], job: Job) -> Pressed | None:
    """The newest key when the request arrived."""
    at = bisect_right([key.written_s for key in pressed], job.arrived_s)
    return pressed[at - 1] if at else None


def _closed(job: Job) -> bool:
    return job.closed_s is not None


def _in_time(key: Pressed) -> bool:
    asked = key.asked
    if asked is None or asked.answered_s is None or not asked.shown:
        return False
    return key.next_s is None or asked.answered_s <= key.next_s


def _shown_ms(key: Pressed) -> float | None:
    asked = key.asked
    if asked is None or asked.answered_s is None or not _in_time(key):
        return None
    return (asked.answered_s - asked.written_s) * 1_000


def _used(pressed: Sequence[Pressed], jobs: Sequence[Job]) -> set[int]:
    """Ids of the jobs of which something was shown."""
    used: set[int] = set()
    squeezed = [("".join(job.said.split()), job) for job in jobs if job.first_s is not None]
    for key in pressed:
        if key.asked is None or key.asked.answered_s is None or not key.asked.shown.strip():
            continue
        line = "".join(key.asked.shown.strip().partition("\n")[0].split())
        for said, job in reversed(squeezed):
            if job.first_s is not None and job.first_s <= key.asked.answered_s and line in said:
                used.add(id(job))
                break
    return used


def _tokens(
    pressed: Sequence[Pressed], jobs: Sequence[Job], owners: Sequence[Pressed | None], kinds: frozenset[str] | None
) -> float | None:
    """Tokens computed for keys of these kinds, for each of them. The first key at a place counts among all only."""
    counted = [job for job in jobs if job.computed_tokens is not None]
    if not counted:
        return None

    def belongs(key: Pressed | None) -> bool:
        return key is not None and (kinds is None or (key.kind in kinds and not key.after_move))

    computed = sum(job.computed_tokens or 0 for job, key in zip(jobs, owners, strict=True) if belongs(key))
    return computed / max(1, sum(belongs(key) for key in pressed))


def _median(values: Sequence[float]) -> float | None:
    return median(values) if values else None


def _share(values: Sequence[bool]) -> float | None:
    return 100 * sum(values) / len(values) if values else None
