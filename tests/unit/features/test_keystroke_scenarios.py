"""Every file of ``tests/scenarios/keystrokes``; see ``tests/scenarios/README.md``."""

from pathlib import Path

import pytest

from tests.support import scenario_file
from tests.support.keystroke_scenario import play


@pytest.mark.parametrize("path", scenario_file.paths("keystrokes"), ids=lambda path: path.stem)
def test_keystrokes(path: Path, update_scenarios: bool) -> None:
    scenario = scenario_file.load(path)
    scenario_file.check(scenario, play(scenario), update=update_scenarios)
