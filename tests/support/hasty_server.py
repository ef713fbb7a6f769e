"""Our server with short deadlines for what it asks its client: ``python hasty_server.py serve``.

Only the numbers are changed; that each wait has one is tested in ``tests/unit/lsp/test_client_deadlines.py``.
"""

from __future__ import annotations

import sys

from autothink_lsp import cli
from autothink_lsp.lsp import (
    assist_actions,
    assist_progress,
    configuration,
    edit_delivery,
    messages,
    progress,
    virtual_documents,
)
from autothink_lsp.lsp.handlers import configuration as configuration_handler

SHORT_S = 0.3

if __name__ == "__main__":
    assist_actions._QUESTION_TIMEOUT_S = SHORT_S
    edit_delivery._APPLY_TIMEOUT_S = SHORT_S
    assist_progress._CREATE_TIMEOUT_S = SHORT_S
    configuration._LONGEST_WAIT_S = SHORT_S
    configuration_handler.ANSWER_TIMEOUT_S = SHORT_S
    messages.ANSWER_TIMEOUT_S = SHORT_S
    progress.CREATE_TIMEOUT_S = SHORT_S
    virtual_documents._TIMEOUT_S = SHORT_S
    sys.exit(cli.main())
