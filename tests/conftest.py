"""Fixtures that tests of several packages share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from autothink_lsp.engines.models.catalogue import QWEN_CODER_05B
from autothink_lsp.engines.models.store import ModelStore
from autothink_lsp.settings.paths import data_dir
from tests.support import fork_server
from tests.support.ci_summary import record
from tests.support.example_counts import FULL_EXAMPLES, QUICK, QUICK_EXAMPLES
from tests.support.hypothesis_constants import draw_constants_of

# In CI the examples are the same in each run; on a developer's machine new ones are found. `make unit` tries fewer.
settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True, max_examples=FULL_EXAMPLES)
settings.register_profile("full", deadline=None, max_examples=FULL_EXAMPLES)
settings.register_profile(QUICK, deadline=None, max_examples=QUICK_EXAMPLES)
settings.load_profile(os.environ.get("AUTOTHINK_HYPOTHESIS") or ("ci" if os.environ.get("CI") else "full"))
draw_constants_of("" if os.environ.get("AUTOTHINK_HYPOTHESIS") == QUICK else "autothink_lsp")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-scenarios",
        action="store_true",
        help="rewrite what stands behind the arrows in tests/scenarios",
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    record(terminalreporter, tuple(config.invocation_params.args))


def pytest_unconfigure() -> None:
    if fork_server.SERVER is not None:
        fork_server.SERVER.stop()


@pytest.fixture
def true_start() -> Iterator[None]:
    """Servers and commands start as a user's do, without the fork server: the start is what is tested."""
    with fork_server.true_starts():
        yield


@pytest.fixture
def update_scenarios(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-scenarios"))


@pytest.fixture(scope="session")
def embedded_model() -> Path:
    """The 0.5B model's file: in the home that ``AUTOTHINK_TEST_HOME`` names, else where the server would find it.

    ``make model`` fetches it; with a copy at hand, ``autothink-lsp model pull --from FILE`` takes that. Where it is
    absent the test is skipped, but not in CI: there it would prove nothing.
    """
    home = os.environ.get("AUTOTHINK_TEST_HOME")
    store = ModelStore(data_dir({"AUTOTHINK_HOME": home}) / "models") if home else ModelStore.default()
    path = store.path(QWEN_CODER_05B.name)
    if path is None:
        reason = f"{QWEN_CODER_05B.name} is not installed in {store.directory} (make model)"
        if os.environ.get("CI"):
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    return path
