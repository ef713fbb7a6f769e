"""``autothink-lsp`` with one difference: its embedded engine is asked through a proxy, which is told where it is.

    python -P tests/bench/keystroke/embedded_server.py FILE URL serve

The engine's address is written to FILE, and URL is used in its place.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from attrs import evolve

from autothink_lsp.cli import main
from autothink_lsp.engines.base import EngineAddress
from autothink_lsp.engines.llama import LlamaEngine


def ask_through(url: str, file: Path) -> None:
    """Have the engine's address replaced by ``url``."""
    ensure_ready = LlamaEngine.ensure_ready

    async def through_proxy(self: LlamaEngine) -> EngineAddress:
        address = await ensure_ready(self)
        written = file.with_suffix(".new")
        with os.fdopen(os.open(written, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
            json.dump({"url": address.url, "api_key": address.api_key}, out)
        written.replace(file)
        return evolve(address, url=url)

    LlamaEngine.ensure_ready = through_proxy


if __name__ == "__main__":
    ask_through(sys.argv[2], Path(sys.argv[1]))
    sys.exit(main(sys.argv[3:]))
