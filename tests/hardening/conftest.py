"""The same server processes as in the end-to-end tests, and a table of what was counted at the end of the run."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.conftest import backend, start

__all__ = ["backend", "start"]

COUNTED = pytest.StashKey[list[tuple[str, str]]]()
Count = Callable[[str, object], None]


@pytest.fixture
def count(request: pytest.FixtureRequest) -> Count:
    """``count(what, number)``: a line of the table."""

    def add(what: str, number: object) -> None:
        request.config.stash.setdefault(COUNTED, []).append((what, str(number)))

    return add


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table."""
    rows = terminalreporter.config.stash.get(COUNTED, [])
    if rows:
        terminalreporter.section("what was counted")
        width = max(len(what) for what, _ in rows)
        for what, number in rows:
            terminalreporter.write_line(f"{what.ljust(width)}  {number}")
