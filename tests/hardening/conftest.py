"""The same server processes as in the end-to-end tests, and a table of what was counted at the end of the run."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.conftest import backend, start

__all__ = ["backend", "start"]

COUNTED = "counted"
Count = Callable[[str, object], None]


@pytest.fixture
def count(request: pytest.FixtureRequest) -> Count:
    """``count(what, number)``: a line of the table. Properties of a test reach the table from parallel workers, too."""

    def add(what: str, number: object) -> None:
        request.node.user_properties.append((COUNTED, (what, str(number))))

    return add


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, [])]
    rows = sorted(tuple(value) for report in reports for name, value in report.user_properties if name == COUNTED)
    if rows:
        terminalreporter.section("what was counted")
        width = max(len(what) for what, _ in rows)
        for what, number in rows:
            terminalreporter.write_line(f"{what.ljust(width)}  {number}")
