"""The embedded engine as the product runs it: the server starts llama.cpp itself, with the settings' defaults.

Its requests go through a proxy that keeps account, which is all that differs from a session (``embedded_server.py``).
Nothing is fetched. In the ``cold`` column typing begins a second after the file was opened, while the engine starts; in
the other one it has been asked once, and all that it began to read is read.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from attrs import evolve

from autothink_lsp.engines.models.store import ModelStore
from autothink_lsp.errors import ModelError
from autothink_lsp.features.embedded import EmbeddedModels
from autothink_lsp.settings.model import Settings
from tests.bench.keystroke.oracle import Oracle
from tests.bench.keystroke.proxy import AccountingProxy
from tests.bench.keystroke.tally import Tally
from tests.bench.keystroke.trial import Target, Trial, run_against

EMBEDDED_SERVER = Path(__file__).with_name("embedded_server.py")


async def run_embedded(trial: Trial) -> Tally:
    """Type in front of it. Raises ``ModelError`` where it is not installed."""
    model = _installed_model()
    with tempfile.TemporaryDirectory(prefix="autothink-embedded-") as folder:
        engine = Path(folder) / "engine.json"
        async with AccountingProxy(lambda: _address(engine)) as proxy:
            command = (sys.executable, "-P", str(EMBEDDED_SERVER), str(engine), proxy.url, "serve")
            server = evolve(trial, target=Target(trial.target.name, command), api="embedded", model_path=str(model))
            return await run_against(server, proxy, Oracle(trial.file.text, trial.seed))


def _installed_model() -> Path:
    """The model file that ``serve`` would choose."""
    settings, store = Settings(), ModelStore.default()
    models = EmbeddedModels(consent=lambda _entry, _why: _no(), working=lambda _text, _fraction: None, store=store)
    name = models.choice(settings.embedded, settings.completion.deadline_ms).name
    path = store.path(name)
    if path is None:
        raise ModelError(f"The model {name} is not installed.", hint=f"`autothink-lsp model pull {name}` fetches it.")
    return path


def _address(file: Path) -> tuple[str, str]:
    """The engine's address and key, as the server wrote them down."""
    said = json.loads(file.read_text(encoding="utf-8"))
    return said["url"], said["api_key"]


async def _no() -> bool:
    return False
