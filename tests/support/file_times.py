"""How long each test file takes, and which files ``parallel_pytest`` runs together, in which order.

Each run remembers its times in pytest's cache folder. A fresh clone, which CI always is, has the table in
``file_times.json``; a file that is in neither is short or new. Where there are no times at all, files are estimated by
their sizes. A wrong time makes a run slower and nothing else: the plan always has each file once.

Times are kept for each selection (folders and options), as ``make unit`` runs other tests of a file than ``make test``.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pytest

TABLE = Path(__file__).with_suffix(".json")
CACHE = Path(".pytest_cache/file_times.json")
# Of files with no time: about what 790 s of CPU time are, by the bytes of all test files, and end-to-end tests take
# eight times as long as others.
SECONDS_PER_BYTE = 1e-4
END_TO_END = ("tests/e2e/", 8)
SHORTEST_BATCH_S = 3.0  # a session takes 0.2 s to start
LEAST_KEPT_S = 0.5  # files below it are not in the committed table


class Seconds(NamedTuple):
    """What a file took: time on the clock, and CPU time of the tests and of processes that they waited for."""

    wall: float
    cpu: float

    @property
    def waits(self) -> bool:
        """Whether another process could have used the core for most of the time. Of a short file that is noise."""
        return self.wall >= LEAST_KEPT_S and self.cpu < self.wall / 2


UNLISTED = Seconds(LEAST_KEPT_S / 2, LEAST_KEPT_S / 2)  # a file that is missing in a table is short, or new


@dataclass(frozen=True)
class Batch:
    """Files, or ids of tests, for one session. ``waits``: they wait for processes and clocks most of the time."""

    tests: Sequence[str]
    waits: bool = False


class FileTimer:
    """A pytest plugin that measures the files of a session: their import and their tests."""

    def __init__(self) -> None:
        self.times: dict[str, Seconds] = {}
        self._began: Seconds | None = None
        """When the first of the tests began that are not in ``times`` yet."""

    @contextmanager
    def _measured(self, nodeid: str) -> Iterator[None]:
        began = self._now()
        try:
            yield
        finally:
            self._add(nodeid, began)

    @staticmethod
    def _now() -> Seconds:
        return Seconds(time.monotonic(), _cpu_s())

    def _add(self, nodeid: str, began: Seconds) -> None:
        file = nodeid.partition("::")[0]
        before, now = self.times.get(file, Seconds(0.0, 0.0)), self._now()
        self.times[file] = Seconds(before.wall + now.wall - began.wall, before.cpu + now.cpu - began.cpu)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
        """The tests of a file that follow each other are measured as one: the system's clocks cost as much as a tenth
        of a quick test."""
        began = self._began = self._began or self._now()
        try:
            return (yield)
        finally:
            if nextitem is None or nextitem.path != item.path:
                self._add(item.nodeid, began)
                self._began = None

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Iterator[None]:
        if not isinstance(collector, pytest.Module):
            return (yield)
        with self._measured(collector.nodeid):
            return (yield)


def _cpu_s() -> float:
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def planned(sizes: Mapping[str, int], times: Mapping[str, Seconds], workers: int) -> list[Batch]:
    """The files (with their sizes in bytes) in batches, those that take longest first.

    Each batch is a part of what is left, so that the last ones are short and all workers end at about the same time.
    Files that wait are in batches of their own.
    """
    estimated = {
        file: times.get(file) or (UNLISTED if times else _estimated(file, size)) for file, size in sizes.items()
    }
    order = sorted(estimated, key=lambda file: (-estimated[file].wall, file))
    waiting = [file for file in order if estimated[file].waits]
    busy = [file for file in order if not estimated[file].waits]
    found = [Batch(tests, waits=True) for tests in _cut(waiting, estimated, 2 * workers)]
    found += [Batch(tests) for tests in _cut(busy, estimated, 2 * workers)]
    return found


def next_of(left: Sequence[Batch], running: Sequence[Batch], cores: int) -> int:
    """Which batch to start now: the first of those that compute if fewer of them are running than there are cores, else
    the first of those that wait.

    So each core has something to do, all other processes wait, and no long wait is left for the end.
    """
    waits = sum(not batch.waits for batch in running) >= cores
    return next((number for number, batch in enumerate(left) if batch.waits == waits), 0)


def _cut(order: Sequence[str], times: Mapping[str, Seconds], divisor: int) -> Iterator[list[str]]:
    left_s = sum(times[file].wall for file in order)
    batch: list[str] = []
    batch_s, full_s = 0.0, max(SHORTEST_BATCH_S, left_s / divisor)
    for file in order:
        batch.append(file)
        batch_s += times[file].wall
        if batch_s >= full_s:
            yield batch
            left_s -= batch_s
            batch, batch_s, full_s = [], 0.0, max(SHORTEST_BATCH_S, left_s / divisor)
    if batch:
        yield batch


def _estimated(file: str, size: int) -> Seconds:
    folder, weight = END_TO_END
    seconds = size * SECONDS_PER_BYTE * (weight if file.startswith(folder) else 1)
    return Seconds(seconds, seconds)


def selection_of(folders: Sequence[str], options: Sequence[str]) -> str:
    """The name of what is run: folders and pytest's options, without those that choose no tests."""
    chosen = [one for number, one in enumerate(options) if "-p" not in {one, *options[number - 1 : number]}]
    return " ".join([*folders, *(one for one in chosen if one != "-q")])


def known_times(selection: str) -> dict[str, Seconds]:
    """The times of the last run of this selection here; those of the committed table for other files."""
    return {**_read(TABLE).get(selection, {}), **_read(CACHE).get(selection, {})}


def remember(selection: str, times: Mapping[str, Seconds]) -> None:
    """Keep the times for the next run here."""
    with suppress(OSError):  # the folder may be read-only
        CACHE.parent.mkdir(exist_ok=True)
        _write(CACHE, selection, {**_read(CACHE).get(selection, {}), **times})


def save(selection: str, times: Mapping[str, Seconds]) -> None:
    """Put the times into the table for fresh clones, instead of all that are there for the selection."""
    _write(TABLE, selection, {file: one for file, one in times.items() if one.wall >= LEAST_KEPT_S})


def _read(file: Path) -> dict[str, dict[str, Seconds]]:
    """Selection -> file -> times. Empty if there is no such file, or it cannot be read."""
    try:
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return {
            selection: {name: Seconds(float(wall), float(cpu)) for name, (wall, cpu) in times.items()}
            for selection, times in found.items()
        }
    except (OSError, ValueError, TypeError, AttributeError, OverflowError):
        return {}


def _write(file: Path, selection: str, times: Mapping[str, Seconds]) -> None:
    tables = {**_read(file), selection: dict(times)}
    lines = [
        f"  {json.dumps(name)}: {{\n"
        + ",\n".join(f"    {json.dumps(path)}: [{one.wall:.1f}, {one.cpu:.1f}]" for path, one in sorted(table.items()))
        + "\n  }"
        for name, table in sorted(tables.items())
    ]
    file.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
