"""``python -m autothink_lsp``."""

import sys

from autothink_lsp.cli import main

sys.exit(main())
