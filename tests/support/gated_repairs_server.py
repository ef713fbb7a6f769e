"""Our server with repairs that wait: ``python gated_repairs_server.py serve``.

Each search for a repair makes the file ``entered`` in the folder ``GATE``, waits until there is a file ``open``, and
makes the file ``left`` when it stops before that.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from autothink_lsp import cli
from autothink_lsp.features.assist.repairs import rules
from autothink_lsp.features.assist.repairs.repair import Repair, RepairContext, RepairStopped

GATE = "AUTOTHINK_TEST_GATE"


def wait_for_the_gate(case: RepairContext) -> Repair | None:
    folder = Path(os.environ[GATE])
    (folder / "entered").touch()
    try:
        while not (folder / "open").exists():
            case.check_stop()
            time.sleep(0.002)
    except RepairStopped:
        (folder / "left").touch()
        raise
    return None


if __name__ == "__main__":
    rules.RULES = (wait_for_the_gate, *rules.RULES)
    sys.exit(cli.main())
