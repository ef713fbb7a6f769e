"""Notes that an answer was of use to somebody, once however often it is shown again."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from attrs import define, field


@define
class FirstUse:
    """Call it at every use: ``heard`` are told of the first."""

    _heard: Iterable[Callable[[], None]]
    _used: bool = field(default=False, init=False)

    def __call__(self) -> None:
        """Somebody was answered with it."""
        if not self._used:
            self._used = True
            for tell in self._heard:
                tell()
