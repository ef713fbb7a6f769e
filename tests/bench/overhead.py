"""What the server itself adds to a key: from the editor's write to the request's last byte at the model server.

No delay is asked for, nothing is typed along and nothing is superseded, so that every key is one request and the path
is all there is.
"""

from __future__ import annotations

import asyncio

from attrs import frozen

from tests.bench.editor import editing
from tests.bench.model_server import ModelServer, Pace
from tests.bench.source_text import source
from tests.bench.typist import NO_SURPRISES, Model, keys

WARM_KEYS = 5  # not counted, but for the very first
SETTLE_S = 0.02  # after an answer: shaping and remembering it is not the next key's
ANSWER_TIMEOUT_S = 30.0
AT_ONCE = Pace(first_ms=1.0, last_ms=2.0)


@frozen
class Overhead:
    """Milliseconds; a key that sent nothing has none. ``lost``: prompts that the made-up model did not recognise."""

    first_key_ms: float | None
    key_ms: tuple[float, ...]
    lost: int


async def overhead(line_count: int, key_count: int, seed: int) -> Overhead:
    """Type ``key_count`` keys into a file of ``line_count`` lines, each after the answer to the one before."""
    spent_ms: list[float | None] = []
    trace = keys(WARM_KEYS + key_count, seed, NO_SURPRISES)
    model = Model(trace[0])
    async with (
        ModelServer(model.answer, AT_ONCE) as models,
        editing(source(line_count), models, debounce_ms="0") as editor,
    ):
        model.asked = model.lost = 0
        for key in trace:
            model.key, before = key, len(models.arrivals_s)
            asked = editor.press(key)
            await asyncio.wait_for(asyncio.shield(asked.reply), ANSWER_TIMEOUT_S)
            # The first request since the key: a second one may follow, for the word at the cursor.
            arrived_s = models.arrivals_s[before] if len(models.arrivals_s) > before else None
            spent_ms.append(None if arrived_s is None else (arrived_s - asked.written_s) * 1_000)
            await asyncio.sleep(SETTLE_S)
    return Overhead(spent_ms[0], tuple(ms for ms in spent_ms[WARM_KEYS:] if ms is not None), model.lost)
