"""Return a healthy engine's address; restart the engine if its health check fails."""

from __future__ import annotations

from autothink_lsp.engines.base import Engine, EngineAddress, EngineState


async def address_of(engine: Engine) -> EngineAddress:
    """One that failed is tried anew, one that hangs is started anew. Raises ``EngineError``."""
    if engine.state is EngineState.FAILED:
        await engine.start()
    elif engine.state is EngineState.READY:
        await engine.check()
    return await engine.address()
