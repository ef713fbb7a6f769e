"""Notice that the editor is gone even when it left standard input open (a wrapper in between, or TCP).

LSP gives the editor's process id in ``initialize`` for this. End of input is the normal way and is seen by the
transport.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable

INTERVAL_S = 2.0


def watchable(process_id: int | None) -> bool:
    """Whether the end of this process can be noticed.

    Not on Windows (end of input does it there), and not when it seems to be gone already: then the client lives in
    another process namespace (a container) and its id says nothing here.
    """
    return sys.platform != "win32" and process_id is not None and process_id > 0 and _alive(process_id)


async def watch_parent(process_id: int, gone: Callable[[], None]) -> None:
    """Call ``gone`` once the process has ended."""
    while _alive(process_id):  # noqa: ASYNC110 - the system tells nobody but the parent of a process's end
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
