"""Every file of ``tests/scenarios/fixes`` and ``clients``, at a real server process.

See ``tests/scenarios/README.md``.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.conftest import Start
from tests.support import scenario_file
from tests.support.fault_server import FaultServer
from tests.support.server_scenario import ServerPlayer

pytestmark = pytest.mark.usefixtures("without_checkers")


@pytest.mark.parametrize(
    "path",
    [*scenario_file.paths("fixes"), *scenario_file.paths("clients")],
    ids=lambda path: f"{path.parent.name}-{path.stem}",
)
async def test_server_behaves_as_the_scenario_says(
    start: Start, backend: FaultServer, tmp_path: Path, path: Path, update_scenarios: bool
) -> None:
    scenario = scenario_file.load(path)
    observed = await ServerPlayer(scenario, start, backend, tmp_path).play()
    scenario_file.check(scenario, observed, update=update_scenarios)
