"""A unit test starts no process and opens no connection, unless its module or the test is marked ``process``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from autothink_lsp.verify import checkers
from tests.support import fork_server

fork_server.install()

# Audit events of CPython (see "Audit events table" in its documentation).
COUNTED = frozenset(
    {"subprocess.Popen", "os.posix_spawn", "os.fork", "os.exec", "os.system", "socket.bind", "socket.connect"}
)
_events: list[str] = []


def _hook(event: str, _arguments: tuple[Any, ...]) -> None:
    if event in COUNTED:
        _events.append(event)


sys.addaudithook(_hook)


# Hooks and no fixture: one that each test uses, and that needs the test's request, is a quarter of a quick test's cost.
@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    _events.clear()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    if _events and item.get_closest_marker("process") is None:
        pytest.fail(f"The test does {_events[0]}: mark it with @pytest.mark.process.", pytrace=False)


@pytest.fixture
def only_programs_on_the_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The checkers of the environment that runs the tests are not found. Its type checker needs two seconds of CPU a
    run, and has nothing to say of the code of most tests."""
    monkeypatch.setattr(checkers, "OWN_PROGRAMS", str(tmp_path / "own"))


@pytest.fixture
def of_own_programs_only_ruff(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """As ``only_programs_on_the_path``, with the ruff of the environment that runs the tests."""
    own = tmp_path_factory.mktemp("own")
    (own / "ruff").symlink_to(Path(checkers.OWN_PROGRAMS) / "ruff")
    monkeypatch.setattr(checkers, "OWN_PROGRAMS", str(own))
