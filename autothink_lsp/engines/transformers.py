"""Hugging Face's own server (``transformers serve``), started from settings: for Macs, CPUs and what vLLM lacks.

Facts on transformers 5.19: it streams ``/v1/completions`` and chats, stops when the client hangs up, checks no API key
and has no path to tokenize. Requests follow one another unless ``--continuous-batching`` is given in ``extra_args``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from autothink_lsp.engines.keeper_files import KeeperFiles
from autothink_lsp.engines.packages import is_older, versions
from autothink_lsp.engines.server_spec import PORT, ServerSpec
from autothink_lsp.engines.shared import SharedEngine, engine_folder
from autothink_lsp.errors import EngineError

if TYPE_CHECKING:
    from autothink_lsp.settings.engines import TransformersSettings

OLDEST = (5, 0)
# Not the script beside the interpreter: a Python given by its link may have none there.
_MAIN = "import sys; sys.argv[0] = 'transformers'; from transformers.cli.transformers import main; main()"
_NEEDED = ("transformers", "torch", "fastapi", "uvicorn", "openai")


def transformers_engine(settings: TransformersSettings, model: str, folder: Path | None = None) -> SharedEngine:
    """The engine for one model; nothing is started yet."""
    spec = transformers_spec(settings, model)

    async def prepare() -> None:
        await check_installed(settings.python)

    return SharedEngine(spec, KeeperFiles(folder or engine_folder(), spec.key), prepare)


def transformers_spec(settings: TransformersSettings, model: str) -> ServerSpec:
    """The command line. The model is loaded at the start and stays: no request waits for it at the first key."""
    command = [settings.python or sys.executable, "-P", "-c", _MAIN, "serve", model]
    command += ["--host", "127.0.0.1", "--port", PORT, "--device", settings.device, "--dtype", settings.dtype]
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
    """The version of transformers in that Python. Raises ``EngineError`` where something is missing or too old."""
    found = await versions(python, _NEEDED)
    where = python or sys.executable
    missing = [name for name in _NEEDED if name not in found]
    if missing:
        raise EngineError(
            f"{where} lacks {', '.join(missing)}, which `transformers serve` needs.",
            hint=f"Install them there: {where} -m pip install 'autothink-lsp[transformers]'. Or let "
            "transformers.python name a Python that has them.",
        )
    version = found["transformers"]
    if is_older(version, OLDEST):
        raise EngineError(
            f"transformers {version} is too old: {OLDEST[0]}.{OLDEST[1]} is the least.",
            hint=f"{where} -m pip install --upgrade 'transformers[serving]'",
        )
    return version
