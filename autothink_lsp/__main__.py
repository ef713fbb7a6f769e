"""``python -m autothink_lsp``."""

import os
import sys

# ``python -m`` puts the current folder first on the import path, and that may be a stranger's project.
if not sys.flags.safe_path and sys.path and (sys.path[0] == "" or sys.path[0] == os.getcwd()):  # noqa: PTH109
    del sys.path[0]

from autothink_lsp.cli import main

sys.exit(main())
