"""The assistant in this process, with a scripted model and the event loop's clock."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from autothink_lsp.features.assist.endpoint import assist_endpoints
from autothink_lsp.features.assist.service import AssistService
from autothink_lsp.features.assist.think_decider import ThinkDecider
from autothink_lsp.features.statistics.store import Statistics
from autothink_lsp.settings.model import Settings
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.verify.service import Verifier
from tests.support.scripted_backend import ScriptedBackend


def scripted_assistant(backend: ScriptedBackend, syntax: Syntax, statistics: Path, **parts: Any) -> AssistService:
    """An assistant that asks ``backend`` in each role. ``statistics`` is the file for them; ``parts`` are fields of
    ``AssistService`` that differ."""

    async def connect(_settings: Settings) -> ScriptedBackend:
        return backend

    usual = {"verifier": Verifier(syntax.grammars), "think_decider": ThinkDecider()}
    return AssistService(
        endpoints=assist_endpoints(connect),
        syntax=syntax,
        statistics=Statistics(statistics),
        now_ms=lambda: asyncio.get_running_loop().time() * 1_000,
        **{**usual, **parts},
    )
