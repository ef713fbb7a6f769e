"""Fixtures that tests of several packages share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

from autothink_lsp.engines.models.catalogue import QWEN_CODER_05B
from autothink_lsp.engines.models.store import ModelStore
from autothink_lsp.settings.paths import data_dir

# CI proves the same examples for everybody; new ones are found where somebody can look at them.
settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("here", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "here")


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
