"""The real small model behind a proxy that keeps account: llama.cpp as ``serve`` starts it, nothing is fetched."""

from __future__ import annotations

from autothink_lsp.engines.models.catalogue import ModelEntry
from autothink_lsp.features.embedded import EmbeddedModels
from autothink_lsp.settings.model import Settings
from tests.bench.keystroke.oracle import Oracle
from tests.bench.keystroke.proxy import AccountingProxy
from tests.bench.keystroke.tally import Tally
from tests.bench.keystroke.trial import Trial, run_against


async def run_embedded(trial: Trial) -> Tally:
    """Type in front of it. Raises ``ModelError`` where it is not installed."""
    models = EmbeddedModels(consent=_no, working=lambda _text, _fraction: None)
    try:
        address = await models.address(Settings())
        async with AccountingProxy(address.url, address.api_key) as proxy:
            return await run_against(trial, proxy, Oracle(trial.file.text, trial.seed))
    finally:
        await models.aclose()


async def _no(_entry: ModelEntry, _why: str) -> bool:
    return False
