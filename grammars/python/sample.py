"""A module docstring."""

from __future__ import annotations

import os
import os.path as osp, json, shutil as sh
from collections.abc import Iterable, Mapping as M
from . import sibling

LIMIT: int = 10
names = ["a", "b"]  # a trailing comment


class Point(Base):
    """Where something is."""

    origin = (0, 0)

    def __init__(self, x: int) -> None:
        self.x = x

    @property
    def norm(self) -> float:
        return abs(self.x)


@decorated
async def fetch(url: str, *rest: str) -> str:
    def inner(value):
        return f"got {value!r} from {url}"

    for part in rest:
        if part:
            inner(part)
    return url


type Pair = tuple[int, int]
