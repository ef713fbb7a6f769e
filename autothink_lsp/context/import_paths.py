"""Finds the project file that an import refers to. Pure; no language is named here."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import takewhile

_NO_NAMES = frozenset({"crate", "super", "self", "mod", "src", "index"})


def names_in(source: str) -> list[str]:
    """The parts of an import's source that may be names of folders or files."""
    return [part for part in re.split(r"[./\\:]+|\s+", source.strip("\"'<>")) if part and part not in _NO_NAMES]


def leads_to(source: str, path: str) -> bool:
    """Whether an import's source may refer to the file ``path``: ``a.b.c`` or ``./b/c`` to ``x/a/b/c.py`` or
    ``b/c/mod.rs``."""
    names = names_in(source)
    folders, _, name = path.rpartition("/")
    stem = name.split(".", 1)[0]
    if not names:  # ``from . import x``
        return True
    places = [*folders.split("/"), stem]
    # The last part may be a name defined in the file, or the file's extension, as in "point.h".
    for end in (len(names), len(names) - 1):
        tail = names[max(0, end - 2) : end]
        if tail and (places[-len(tail) :] == tail or (places[-len(tail) - 1 : -1] == tail)):
            return True
    return False


def nearest(paths: Iterable[str], path: str) -> str | None:
    """The path that shares the most leading folders with ``path``: a module name may occur several times in a
    project."""
    here = path.split("/")

    def shared(one: str) -> int:
        return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(here, one.split("/"), strict=False)))

    return max(paths, key=shared, default=None)
