"""Notice that the editor is gone even when it left standard input open (a wrapper in between, or TCP).

LSP gives the editor's process id in ``initialize`` for this. End of input is the normal way and is seen by the transport.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable

INTERVAL_S = 2.0


async def watch_parent(process_id: int, gone: Callable[[], None]) -> None:
    """Call ``gone`` once the process has ended. Returns at once where it cannot be told (Windows: end of input does it)."""
    if sys.platform == "win32" or process_id <= 0:
        return
    if not _alive(process_id):
        # The client lives in another process namespace (a container): its id says nothing here.
        return
    while _alive(process_id):
        await asyncio.sleep(INTERVAL_S)
    gone()


def _alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # there, but somebody else's
    return True
