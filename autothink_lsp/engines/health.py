"""Whether a model server of ours answers, asked from a thread."""

from __future__ import annotations

import asyncio
import logging
from urllib.parse import urlsplit

logger = logging.getLogger(__name__)

PATIENCE_S = 10.0


async def is_well(url: str, path: str, *, api_key: str = "", patience_s: float = PATIENCE_S) -> bool:
    """Whether the server answers ``path`` with 200."""
    return await asyncio.to_thread(_get, url, path, api_key, patience_s)


def _get(url: str, path: str, api_key: str, patience_s: float) -> bool:
    # Not httpx: importing it here would hold up the event loop for 0.3 s, and a proxy must never see this request.
    import http.client

    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=patience_s)
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {api_key}"} if api_key else {})
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException) as error:
        logger.debug("engine health: %s", error)
        return False
    finally:
        connection.close()
