"""An embedded engine beside completion's and of lower priority: whether the memory is enough, and its parameters."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable
from pathlib import Path

from autothink_lsp.engines.choice import needed_memory_bytes
from autothink_lsp.engines.llama_parameters import LlamaParameters, batch_tokens_for
from autothink_lsp.engines.models.gguf import read_gguf
from autothink_lsp.engines.speed import SpeedRecord, speed_key
from autothink_lsp.errors import EngineError
from autothink_lsp.quantities import megabytes
from autothink_lsp.settings.engines import EmbeddedSettings

LEAST_BATCH_TOKENS = 32  # a cancelled answer may end later than a cancelled keystroke


async def context_that_fits(
    name: str, path: Path, context_tokens: int, free_bytes: int | None, running: Iterable[Path], hint: str
) -> int:
    """The context length for the model in ``path``, at most the model's own.

    ``running`` are the files of the models that run: their weights are in memory as cached pages, which count as free.
    Raises ``EngineError`` with ``hint`` if the memory is not enough.
    """
    model = await asyncio.to_thread(read_gguf, path)
    context_tokens = min(context_tokens, model.context_tokens or context_tokens)
    if free_bytes is None:
        return context_tokens
    for file in running:
        with contextlib.suppress(OSError):
            free_bytes -= file.stat().st_size
    needed_bytes = needed_memory_bytes(model.size_bytes, model.kv_bytes_per_token, context_tokens)
    if needed_bytes > free_bytes:
        raise EngineError(
            f"{name} needs about {megabytes(needed_bytes)} MB of memory for {context_tokens} tokens of context, "
            f"but only {megabytes(max(0, free_bytes))} MB are free.",
            hint=hint,
        )
    return context_tokens


def background_parameters(
    name: str,
    path: Path,
    embedded: EmbeddedSettings,
    context_tokens: int,
    threads: int,
    speeds: SpeedRecord,
    *,
    speculates: bool,
) -> LlamaParameters:
    """The parameters of an engine with one slot for the model in ``path``. Its measured speed decides the batches."""
    speed = speeds.speed(speed_key(name, threads))
    return LlamaParameters(
        model_path=path,
        model_name=name,
        threads=threads,
        context_tokens=context_tokens,
        batch_tokens=max(LEAST_BATCH_TOKENS, batch_tokens_for(speed.prefill_tokens_per_s)),
        parallel=1,
        speculates=speculates,
        gpu_layers=None if embedded.gpu_layers == "auto" else embedded.gpu_layers,
        is_background=True,
    )
