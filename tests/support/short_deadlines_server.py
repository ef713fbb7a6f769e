"""Our server with short deadlines for its requests to the client: ``python short_deadlines_server.py serve``.

Only the numbers are changed; that each wait has one is tested in ``tests/unit/lsp/test_client_deadlines.py``.
"""

from __future__ import annotations

import sys

from autothink_lsp import cli
from autothink_lsp.lsp import assist_actions, client, configuration, progress, user_questions

SHORT_S = 0.3

if __name__ == "__main__":
    assist_actions._QUESTION_TIMEOUT_S = SHORT_S
    client.APPLY_TIMEOUT_S = SHORT_S
    client.CONFIGURATION_TIMEOUT_S = SHORT_S
    client.DOCUMENT_TIMEOUT_S = SHORT_S
    client.REGISTRATION_TIMEOUT_S = SHORT_S
    configuration._LONGEST_WAIT_S = SHORT_S
    progress.CREATE_TIMEOUT_S = SHORT_S
    user_questions.ANSWER_TIMEOUT_S = SHORT_S
    sys.exit(cli.main())
