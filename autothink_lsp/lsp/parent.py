"""Detects the editor's exit even if its standard input stays open (a wrapper in between, or TCP).

LSP sends the editor's process id in ``initialize`` for this purpose. Normally the transport detects the end of input.

Like vscode-languageserver (``watchDog`` of its ``node/main.ts``), this module checks the process every three seconds,
and the server ends if it does not exist, even if it never existed: LSP says that a server should exit if its parent is
not alive. A client in another process namespace (a container, ssh) sends ``null``.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable

INTERVAL_S = 3.0


def watchable(process_id: int | None) -> bool:
    """Whether the end of this process can be detected: not on Windows, where only the end of input is used, and not for
    ids that do not identify a single process (0 and negative ids are groups)."""
    return sys.platform != "win32" and process_id is not None and process_id > 0


async def watch_parent(process_id: int, gone: Callable[[], None]) -> None:
    """Call ``gone`` when the process does not exist; at the earliest after ``INTERVAL_S`` seconds."""
    while True:
        await asyncio.sleep(INTERVAL_S)
        if not _alive(process_id):
            gone()
            return


def _alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True  # it exists, but belongs to another user
    return True
