"""Fixtures that tests of several packages share."""

from __future__ import annotations

from pathlib import Path

import pytest

from autothink_lsp.engines.models.catalogue import QWEN_CODER_05B
from autothink_lsp.engines.models.store import ModelStore


@pytest.fixture(scope="session")
def embedded_model() -> Path:
    """The 0.5B model's file, found as the server finds it: in the user's store, or in the one below ``AUTOTHINK_HOME``.

    ``make model`` fetches it; with a copy at hand, ``autothink-lsp model pull --from FILE`` takes that.
    """
    path = ModelStore.default().path(QWEN_CODER_05B.name)
    if path is None:
        pytest.skip(f"{QWEN_CODER_05B.name} is not installed (make model)")
    return path
