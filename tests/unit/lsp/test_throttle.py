"""Changes are shown at once, then at intervals, and the last one is never left out."""

import asyncio

from autothink_lsp.lsp.throttle import Throttle


async def test_the_last_change_is_shown() -> None:
    value, seen = 0, []
    throttle = Throttle(0.02, lambda: seen.append(value))
    for value in range(1, 6):  # noqa: B007 - read by the lambda
        throttle.changed()
    assert seen == [1]
    async with asyncio.timeout(20):
        while len(seen) < 2:
            await asyncio.sleep(0.005)
    assert seen == [1, 5]


async def test_what_is_urgent_is_shown_at_once_and_only_once() -> None:
    seen: list[str] = []
    throttle = Throttle(60, lambda: seen.append("x"))
    throttle.changed()
    throttle.changed()
    throttle.changed(at_once=True)
    assert len(seen) == 2
    throttle.changed()
    throttle.close()
    assert throttle._timer is None
