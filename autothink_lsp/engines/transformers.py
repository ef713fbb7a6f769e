"""Hugging Face's server (``transformers serve``), started from settings: for Macs, CPUs and models that vLLM lacks.

transformers 5.19 streams ``/v1/completions`` and chats, stops when the client disconnects, checks no API key and has no
endpoint to tokenize. It runs one request at a time unless ``--continuous-batching`` is in ``extra_args``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from autothink_lsp.engines.packages import installed_versions, is_older
from autothink_lsp.engines.server_process import PORT_PLACEHOLDER, ServerSpec
from autothink_lsp.engines.supervised import SupervisedEngine
from autothink_lsp.engines.supervisor_files import SupervisorFiles, supervisor_folder
from autothink_lsp.errors import EngineError

if TYPE_CHECKING:
    from autothink_lsp.settings.engines import TransformersSettings

MINIMUM_VERSION = (5, 0)
# Not the script beside the interpreter: a Python given by a link may have none there.
_MAIN = "import sys; sys.argv[0] = 'transformers'; from transformers.cli.transformers import main; main()"
_REQUIRED_PACKAGES = ("transformers", "torch", "fastapi", "uvicorn", "openai")


def transformers_engine(settings: TransformersSettings, model: str, folder: Path | None = None) -> SupervisedEngine:
    """Return the engine for one model, not started. ``folder`` holds the files of supervisors."""
    spec = transformers_spec(settings, model)

    async def prepare() -> None:
        await check_installed(settings.python)

    return SupervisedEngine(spec, SupervisorFiles(folder or supervisor_folder(), spec.key), prepare)


def transformers_spec(settings: TransformersSettings, model: str) -> ServerSpec:
    """Return how the server is started. The model is loaded at the start, so that no request waits for it."""
    command = [settings.python or sys.executable, "-P", "-c", _MAIN, "serve", model]
    command += [
        "--host",
        "127.0.0.1",
        "--port",
        PORT_PLACEHOLDER,
        "--device",
        settings.device,
        "--dtype",
        settings.dtype,
    ]
    return ServerSpec(
        kind="transformers",
        label="transformers serve",
        model=model,
        command=(*command, *settings.extra_args),
        environment={"DO_NOT_TRACK": "1"},
        port=settings.port,
        idle_s=settings.idle_minutes * 60.0,
    )


async def check_installed(python: str) -> str:
    """Return the version of transformers in that Python. Raises ``EngineError`` if a package is missing or too old."""
    found = await installed_versions(python, _REQUIRED_PACKAGES)
    where = python or sys.executable
    missing = [name for name in _REQUIRED_PACKAGES if name not in found]
    if missing:
        raise EngineError(
            f"`transformers serve` needs packages that {where} lacks: {', '.join(missing)}.",
            hint=f"Install them with {where} -m pip install 'autothink-lsp[transformers]', or set transformers.python "
            "to a Python that has them.",
        )
    version = found["transformers"]
    if is_older(version, MINIMUM_VERSION):
        raise EngineError(
            f"transformers {version} is too old: {MINIMUM_VERSION[0]}.{MINIMUM_VERSION[1]} or later is required.",
            hint=f"{where} -m pip install --upgrade 'transformers[serving]'",
        )
    return version
