"""Notice that the editor is gone even when it left standard input open (a wrapper in between, or TCP).

LSP gives the editor's process id in ``initialize`` for this. End of input is the normal way and is seen by the
transport.

As vscode-languageserver does (``watchDog`` of its ``node/main.ts``), the process is looked for every three seconds, and
the server ends when it is not there, also where it never was: LSP says that a server should exit when its parent is not
alive. A client in another process namespace (a container, ssh) sends ``null``.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable

INTERVAL_S = 3.0


def watchable(process_id: int | None) -> bool:
    """Whether the end of this process can be noticed: not on Windows, where end of input has to do, and not for ids
    that name no single process (0 and negative ones are groups)."""
    return sys.platform != "win32" and process_id is not None and process_id > 0


async def watch_parent(process_id: int, gone: Callable[[], None]) -> None:
    """Call ``gone`` once the process is not there; at the earliest after ``INTERVAL_S`` seconds."""
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
        return True  # there, but another user's
    return True
