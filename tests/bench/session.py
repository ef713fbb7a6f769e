"""A typing session with everything at its defaults: what it costs the machine, and what the person gets to see."""

from __future__ import annotations

import asyncio
import time

from attrs import frozen

from tests.bench.editor import Asked, Editor, editing
from tests.bench.model_server import ModelServer, Pace
from tests.bench.process_cost import cpu_s, resident_mib
from tests.bench.source_text import source
from tests.bench.typist import Key, Model, keys

WARM_KEYS = 10  # not counted: the first keys import and compile what all later ones use
SETTLE_S = 0.5
IDLE_S = 2.0  # before idle memory is read


@frozen
class Session:
    """Counts over the counted keys. ``None`` where the machine cannot measure it."""

    key_count: int
    requests: int
    key_to_backend_ms: tuple[float, ...]  # the delay included
    shown_in_time: int  # keys with a suggestion before the next key
    pause_to_suggestion_ms: tuple[float, ...]
    unanswered: int
    recognised: float  # share of the prompts, in per cent, in which the made-up model found the key's line
    cpu_s: float | None
    idle_mib: float | None
    peak_mib: float | None


async def typing_session(line_count: int, key_count: int, seed: int) -> Session:
    """Type at a person's pace into a file of ``line_count`` lines."""
    trace = keys(WARM_KEYS + key_count, seed)
    model = Model(trace[0])
    async with (
        ModelServer(model.answer, Pace()) as models,
        editing(source(line_count), models, debounce_ms="auto") as editor,
    ):
        pid = editor.client.process.pid
        await asyncio.sleep(IDLE_S)
        idle_mib = resident_mib(pid)
        await _type(editor, model, trace[:WARM_KEYS])
        before_s, sent = cpu_s(pid), len(models.arrivals_s)
        model.asked = model.lost = 0
        asked = await _type(editor, model, trace[WARM_KEYS:])
        after_s = cpu_s(pid)
        return Session(
            key_count=key_count,
            requests=len(models.arrivals_s) - sent,
            key_to_backend_ms=_key_to_backend_ms(asked, models.arrivals_s[sent:]),
            shown_in_time=sum(_shown_in_time(a, after) for a, after in zip(asked, [*asked[1:], None], strict=True)),
            pause_to_suggestion_ms=_pause_to_suggestion_ms(asked, trace[WARM_KEYS:]),
            unanswered=len(editor.client.unanswered()),
            recognised=100 * (1 - model.lost / model.asked) if model.asked else 100.0,
            cpu_s=None if before_s is None or after_s is None else after_s - before_s,
            idle_mib=idle_mib,
            peak_mib=resident_mib(pid, peak=True),
        )


async def _type(editor: Editor, model: Model, trace: list[Key]) -> list[Asked]:
    """Press the keys at their times; give the last one the time that it needs."""
    asked: list[Asked] = []
    due_s = time.perf_counter()
    for key in trace:
        due_s = max(due_s + key.gap_ms / 1_000, time.perf_counter())
        await asyncio.sleep(due_s - time.perf_counter())
        model.key = key
        asked.append(editor.press(key))
    await asyncio.sleep(SETTLE_S)
    return asked


def _shown_in_time(asked: Asked, after: Asked | None) -> bool:
    if asked.answered_s is None or not asked.items:
        return False
    return after is None or asked.answered_s <= after.written_s


def _key_to_backend_ms(asked: list[Asked], arrivals_s: list[float]) -> tuple[float, ...]:
    """Each request of the server belongs to the newest key before it."""
    spent_ms: list[float] = []
    for arrived_s in arrivals_s:
        key = max((a.written_s for a in asked if a.written_s <= arrived_s), default=None)
        if key is not None:
            spent_ms.append((arrived_s - key) * 1_000)
    return tuple(spent_ms)


def _pause_to_suggestion_ms(asked: list[Asked], trace: list[Key]) -> tuple[float, ...]:
    """For keys that a pause follows and that brought a suggestion within it."""
    rested = [a for a, after in zip(asked, trace[1:], strict=False) if after.after_pause]
    return tuple((a.answered_s - a.written_s) * 1_000 for a in rested if a.answered_s is not None and a.items)
