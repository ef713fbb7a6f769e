"""What the sessions of ``parallel_pytest`` share or leave out, so that a case costs less.

Most of the cases are rows of tables that need less time than pytest needs around them. No outcome and no report of a
failure is another one here.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import _pytest.fixtures
import _pytest.logging
import pytest

# No progress in percent, for which each letter is measured: no terminal shows it.
OPTIONS = ("-o", "console_output_style=classic")
BYTECODE = Path(".pytest_cache/bytecode")


def keep_bytecode() -> None:
    """Keep the compiled modules (those of tests with pytest's assertions) for the next run, also where
    ``PYTHONDONTWRITEBYTECODE`` is set: then not beside the sources."""
    if sys.dont_write_bytecode:
        sys.dont_write_bytecode = False
        sys.pycache_prefix = str(BYTECODE.absolute())


def preset_request_signature() -> None:
    """Spare pytest an inspection of the fixture ``request``, which has no arguments: it makes one for each argument of
    each case. Where a version has no such function, nothing changes."""
    inspect: Callable[..., tuple[str, ...]] | None = getattr(_pytest.fixtures, "getfuncargnames", None)
    if inspect is None:
        return

    def arguments(function: Callable[..., object], name: str = "", cls: type | None = None) -> tuple[str, ...]:
        return () if name == "request" else inspect(function, name=name, cls=cls)

    _pytest.fixtures.getfuncargnames = arguments


def look_at_few_loggers() -> None:
    """Let pytest's capture of logs know the loggers that do not propagate, for which it looks at all loggers six times
    for each case. They are looked for when there is a new logger."""
    capture: Any = getattr(_pytest.logging, "catching_logs", None)
    if capture is None:
        return
    begin = capture.__enter__
    state: dict[str, Any] = {"known": -1, "apart": False}

    def attach(self: Any) -> Any:
        loggers = logging.root.manager.loggerDict
        if len(loggers) != state["known"]:
            state["known"] = len(loggers)
            state["apart"] = any(not getattr(one, "propagate", True) for one in loggers.values())
        if state["apart"]:
            return begin(self)
        if self.level is not None:
            self.handler.setLevel(self.level)
        logging.root.addHandler(self.handler)
        self.attached_loggers.append(logging.root)
        if self.level is not None:
            self.orig_level = logging.root.level
            logging.root.setLevel(min(self.orig_level, self.level))
        return self.handler

    capture.__enter__ = attach


class KnownConftests:
    """A plugin that finds out once which ``conftest.py`` count for a file, and not for each call of a hook. When the
    tests are collected, no more of them are loaded."""

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        session.gethookproxy = cache(session.gethookproxy)


class SharedLocations:
    """A plugin that looks for the source line of a test function once, and not for each of its cases."""

    def __init__(self) -> None:
        self._function: object = None
        self._path, self._line, self._scope = "", None, ""

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        function: Any = getattr(item, "function", None)
        if function is None:
            return
        if function is self._function:
            item.location = (self._path, self._line, self._scope + item.name)
            return
        self._path, self._line, named = item.location
        self._scope = named.removesuffix(item.name)
        self._function = function if named.endswith(item.name) else None
