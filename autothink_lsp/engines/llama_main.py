"""The main module of the embedded engine's process, which ``llama.py`` starts.

Standard input   one line, ``{"parent_pid": …, "api_key": "…", "parameters": {…}}``, then nothing; the process ends when
                 it ends. The key is sent this way because other users can read command lines and environments.
Standard output  one JSON object a line: ``{"event": "reading", "fraction": 0.25}`` while the model's file is read,
                 then ``{"event": "ready", "url": "http://127.0.0.1:PORT"}`` or ``{"event": "failed", "message": "…"}``.
Standard error   llama.cpp's log, and what native code prints to standard output.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

from autothink_lsp.engines.llama_build import gpu_free_bytes
from autothink_lsp.engines.llama_parameters import LlamaParameters, gpu_layers_that_fit
from autothink_lsp.engines.models.gguf import read_gguf
from autothink_lsp.processes.parent_death import exit_when_parent_exits, read_start_message

_LOG_WARNINGS = 2
_NGRAM_TOKENS, _DRAFT_TOKENS = 4, 7
_READ_BYTES = 8 << 20
_NICENESS = 10
_BELOW_NORMAL_PRIORITY_CLASS = 0x4000


def main() -> None:
    """Serve until standard input ends."""
    events = _redirect_standard_output()
    start = read_start_message()
    exit_when_parent_exits(start["parent_pid"], death_signal=True)
    parameters = LlamaParameters.from_message(start["parameters"])
    if parameters.is_background:
        _lower_priority()
    try:
        _read_file(parameters.model_path, events)
        server = _serve(parameters, start["api_key"])
    except (RuntimeError, OSError, ImportError) as error:
        _send_event(events, event="failed", message=str(error))
        sys.exit(1)
    _send_event(events, event="ready", url=server.listening_address)
    threading.Event().wait()


def _redirect_standard_output() -> int:
    """Redirect standard output to standard error, for prints of native code. Returns a descriptor of the original."""
    events = os.dup(1)
    os.dup2(2, 1)
    return events


def _send_event(events: int, **event: object) -> None:
    os.write(events, json.dumps(event).encode() + b"\n")


def _lower_priority() -> None:
    """Let the scheduler prefer other processes, among them the engine that answers keystrokes."""
    if sys.platform == "win32":
        import ctypes

        kernel = ctypes.windll.kernel32
        kernel.SetPriorityClass(kernel.GetCurrentProcess(), _BELOW_NORMAL_PRIORITY_CLASS)
    else:
        os.nice(_NICENESS)


def _gpu_layers(xllamacpp: Any, parameters: LlamaParameters) -> int | None:
    """Return the number of layers to put on the GPU; ``None`` without a GPU that this build supports."""
    if parameters.gpu_layers is not None:
        return parameters.gpu_layers
    free_bytes = gpu_free_bytes(xllamacpp.get_device_info())
    if not free_bytes:
        return None
    model = read_gguf(parameters.model_path)
    cache_bytes = parameters.context_tokens * parameters.parallel * model.kv_bytes_per_token
    return gpu_layers_that_fit(model.layers, model.size_bytes, cache_bytes, free_bytes)


def _read_file(path: Path, events: int) -> None:
    """Read the whole file once and report the progress; this also fills the page cache.

    llama.cpp maps the file and reports nothing while a slow disk reads it. Takes 200 ms for 490 MB in the page cache.
    """
    buffer = bytearray(_READ_BYTES)
    with path.open("rb", buffering=0) as file:
        total_bytes = os.fstat(file.fileno()).st_size
        done_bytes, reported = 0, 0.0
        while count := file.readinto(buffer):
            done_bytes += count
            fraction = done_bytes / total_bytes
            if fraction - reported >= 0.05:
                _send_event(events, event="reading", fraction=round(fraction, 2))
                reported = fraction


def _serve(parameters: LlamaParameters, api_key: str) -> Any:
    """Start the server's threads. Holds Python's global lock until the model is loaded. Raises ``RuntimeError``."""
    xllamacpp = importlib.import_module("xllamacpp")  # compiled, without types

    values = xllamacpp.CommonParams()
    values.model.path = str(parameters.model_path)
    values.model_alias = {parameters.model_name}
    values.n_ctx = parameters.context_tokens * parameters.parallel
    values.n_parallel = parameters.parallel
    values.n_batch = values.n_ubatch = parameters.batch_tokens
    values.cpuparams.n_threads = values.cpuparams_batch.n_threads = parameters.threads
    values.cache_prompt = True
    values.cache_ram_mib = parameters.prompt_cache_mib
    if (gpu_layers := _gpu_layers(xllamacpp, parameters)) is not None:
        values.n_gpu_layers = gpu_layers
    values.fit_params = False  # it would load the model twice to choose parameters that are already chosen
    values.hostnames = ["127.0.0.1"]
    values.port = 0
    values.api_keys = [api_key]
    values.endpoint_slots = True  # reports whether a cancelled request has ended
    if parameters.speculates:
        values.speculative.types = [xllamacpp.common_speculative_type.COMMON_SPECULATIVE_TYPE_NGRAM_SIMPLE]
        # A batch must hold a token and its draft for each slot, else llama.cpp aborts (measured).
        values.n_batch = values.n_ubatch = max(values.n_batch, parameters.parallel * (1 + _DRAFT_TOKENS))
        values.speculative.ngram_simple.size_n, values.speculative.ngram_simple.size_m = (
            _NGRAM_TOKENS,
            _DRAFT_TOKENS,
        )
    if parameters.chat_template:
        values.use_jinja = True
        values.chat_template = parameters.chat_template
    values.ui = False
    values.offline = True
    values.verbosity = _LOG_WARNINGS
    return xllamacpp.Server(values)
