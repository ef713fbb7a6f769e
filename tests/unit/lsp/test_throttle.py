"""Changes are shown at once, then at intervals, and the last one is never left out. Work for the newest value waits for
quiet, with one timer for many values."""

import asyncio

import pytest

from autothink_lsp.lsp.throttle import Throttle, WhenQuiet
from tests.support import virtual_time


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


async def _typed(keys_s: list[float], acted: list[tuple[str, float]], *, closes_s: float | None = None) -> None:
    """Set the value to "1", "2", … at these times."""
    loop = asyncio.get_running_loop()
    quiet = WhenQuiet[str](lambda value: acted.append((value, round(loop.time(), 3))))
    for number, at_s in enumerate(keys_s, 1):
        await asyncio.sleep(at_s - loop.time())
        quiet.set(str(number), 0.2)
    if closes_s is not None:
        await asyncio.sleep(closes_s - loop.time())
        quiet.close()
    await asyncio.sleep(2)


@pytest.mark.parametrize(
    ("keys_s", "expected"),
    [
        ([0.0], [("1", 0.2)]),
        ([0.0, 0.15, 0.3], [("3", 0.5)]),
        ([0.0, 0.3, 0.4], [("1", 0.2), ("3", 0.6)]),
    ],
)
def test_work_is_done_for_the_newest_value_once_it_is_quiet(
    keys_s: list[float], expected: list[tuple[str, float]]
) -> None:
    acted: list[tuple[str, float]] = []
    virtual_time.run(_typed(keys_s, acted))
    assert acted == expected


def test_a_closed_one_does_nothing() -> None:
    acted: list[tuple[str, float]] = []
    virtual_time.run(_typed([0.0], acted, closes_s=0.1))
    assert acted == []


async def _set_and_hastened(
    sets_s: list[tuple[float, float]], hastened_s: list[tuple[float, float]], acted: list[tuple[str, float]]
) -> None:
    """Set the value to "1", "2", … and hasten it; each pair is when, and how long from then."""
    loop = asyncio.get_running_loop()
    quiet = WhenQuiet[str](lambda value: acted.append((value, round(loop.time(), 3))))
    for number, (at_s, quiet_s) in enumerate(sets_s, 1):
        loop.call_at(at_s, quiet.set, str(number), quiet_s)
    for at_s, quiet_s in hastened_s:
        loop.call_at(at_s, quiet.hasten, quiet_s)
    await asyncio.sleep(3)


@pytest.mark.parametrize(
    ("sets_s", "hastened_s", "expected"),
    [
        pytest.param([(0.0, 0.5)], [], [("1", 0.5)], id="longer"),
        pytest.param([(0.0, 0.5), (0.1, 0.2)], [], [("2", 0.3)], id="a newer value that waits less"),
        pytest.param([(0.0, 0.2), (0.1, 0.5)], [], [("2", 0.6)], id="a newer value that waits longer"),
        pytest.param([(0.0, 0.5)], [(0.1, 0.2)], [("1", 0.3)], id="hastened"),
        pytest.param([(0.0, 0.5)], [(0.1, 0.2), (0.2, 0.2)], [("1", 0.3)], id="not put off by the second time"),
        pytest.param([(0.0, 0.2)], [(0.1, 0.2)], [("1", 0.2)], id="not put off"),
        pytest.param([(0.0, 0.2)], [(0.3, 0.2)], [("1", 0.2)], id="nothing waits"),
    ],
)
def test_values_wait_differently_and_may_be_hastened(
    sets_s: list[tuple[float, float]], hastened_s: list[tuple[float, float]], expected: list[tuple[str, float]]
) -> None:
    acted: list[tuple[str, float]] = []
    virtual_time.run(_set_and_hastened(sets_s, hastened_s, acted))
    assert acted == expected


def test_many_values_need_one_timer_in_that_time(monkeypatch: pytest.MonkeyPatch) -> None:
    timers: list[float] = []
    call_at = asyncio.BaseEventLoop.call_at

    def counted(loop: asyncio.BaseEventLoop, when: float, callback: object, *args: object, **kwargs: object) -> object:
        if isinstance(getattr(callback, "__self__", None), WhenQuiet):
            timers.append(when)
        return call_at(loop, when, callback, *args, **kwargs)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType, reportCallIssue]

    monkeypatch.setattr(asyncio.BaseEventLoop, "call_at", counted)
    virtual_time.run(_typed([0.01 * number for number in range(100)], []))
    assert len(timers) <= 7
