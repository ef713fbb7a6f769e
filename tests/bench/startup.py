"""From the start of the process to the answer to ``initialize``, against the least that a server on pygls can be."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence

from tests.bench.editor import CAPABILITIES, SERVE, clean_environment
from tests.support.lsp_client import LspClient

BARE_SERVER = """
from lsprotocol import types
from pygls.lsp.server import LanguageServer
server = LanguageServer("bare", "1")
@server.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION, types.InlineCompletionOptions())
def complete(params: types.InlineCompletionParams) -> types.InlineCompletionList:
    return types.InlineCompletionList(items=[])
server.start_io()
"""


async def startup_ms(runs: int) -> tuple[list[float], list[float]]:
    """Milliseconds of each start: ours, and a bare pygls server's. In turns, after one uncounted start of each."""
    ours: list[float] = []
    bare: list[float] = []
    for run in range(runs + 1):
        for command, times in ((SERVE, ours), ((sys.executable, "-P", "-c", BARE_SERVER), bare)):
            spent = await _start(command)
            if run > 0:  # the first one finds neither byte code nor a warm file cache
                times.append(spent)
    return ours, bare


async def _start(command: Sequence[str]) -> float:
    began = time.perf_counter()
    client = await LspClient.start(command, inherited=clean_environment(), stderr=asyncio.subprocess.DEVNULL)
    try:
        await client.request("initialize", {"processId": None, "rootUri": None, "capabilities": CAPABILITIES})
        return (time.perf_counter() - began) * 1_000
    finally:
        await client.kill()
