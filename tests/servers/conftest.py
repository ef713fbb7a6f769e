"""Real language servers. ``make test-servers`` makes the environment."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from autothink_lsp.verify.language_servers.pool import LanguageServerPool


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("servers")


@pytest.fixture(scope="session")
def environment() -> Path:
    """The folder that ``environment.py`` has made."""
    found = os.environ.get("AUTOTHINK_SERVERS")
    if not found:
        pytest.skip("needs language servers: make test-servers")
    return Path(found).absolute()


@pytest_asyncio.fixture
async def pool(tmp_path: Path) -> AsyncIterator[LanguageServerPool]:
    made = LanguageServerPool(home=tmp_path / "home")
    yield made
    await made.aclose()
