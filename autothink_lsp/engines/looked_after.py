"""An engine's address for somebody who may be asking because a request failed."""

from __future__ import annotations

from autothink_lsp.engines.base import Engine, EngineAddress, EngineState


async def address_of(engine: Engine) -> EngineAddress:
    """One that failed is tried anew, one that hangs is started anew. Raises ``EngineError``."""
    if engine.state is EngineState.FAILED:
        await engine.start()
    elif engine.state is EngineState.READY:
        await engine.check()
    return await engine.address()
