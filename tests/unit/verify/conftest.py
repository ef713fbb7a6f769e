"""What tests of checks share."""

from __future__ import annotations

from pathlib import Path

import pytest

from autothink_lsp.verify import checkers


@pytest.fixture
def only_programs_on_the_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The checkers of the environment that runs the tests are not found."""
    monkeypatch.setattr(checkers, "_OWN_PROGRAMS", str(tmp_path / "own"))
