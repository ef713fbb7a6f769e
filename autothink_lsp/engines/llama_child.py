"""The embedded engine's process (``child_command.py`` starts it). The language server never imports it.

Standard input   one line, ``{"parent_pid": …, "api_key": "…", "parameters": {…}}``, then nothing; its end is our end.
                 The key comes this way because a command line and an environment can be read by others.
Standard output  one JSON object a line: ``{"event": "reading", "fraction": 0.25}`` while the model's file is read,
                 then ``{"event": "ready", "url": "http://127.0.0.1:PORT"}`` or ``{"event": "failed", "message": "…"}``.
Standard error   llama.cpp's log. Whatever native code prints to standard output goes there too.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

from autothink_lsp.engines.parameters import LlamaParameters
from autothink_lsp.engines.tied_child import exit_when_parent_exits, read_line_from_parent

_LOG_WARNINGS = 2
_GUESS_AFTER_TOKENS, _GUESS_TOKENS = 4, 7
_READ_BYTES = 8 << 20


def main() -> None:
    """Serve until standard input ends."""
    events = _take_standard_output()
    start = json.loads(read_line_from_parent())
    exit_when_parent_exits(start["parent_pid"], death_signal=True)
    parameters = LlamaParameters.from_message(start["parameters"])
    try:
        _read_through(parameters.model_path, events)
        server = _serve(parameters, start["api_key"])
    except (RuntimeError, OSError, ImportError) as error:
        _tell(events, event="failed", message=str(error))
        sys.exit(1)
    _tell(events, event="ready", url=server.listening_address)
    threading.Event().wait()


def _take_standard_output() -> int:
    """Keep the real standard output for ourselves and send native code's prints to standard error."""
    events = os.dup(1)
    os.dup2(2, 1)
    return events


def _tell(events: int, **event: object) -> None:
    os.write(events, json.dumps(event).encode() + b"\n")


def _read_through(path: Path, events: int) -> None:
    """Read the whole file once. llama.cpp maps it and says nothing while the disk is slow; this says how far it is,
    and leaves the file in the page cache (200 ms for 490 MB that are there already)."""
    buffer = bytearray(_READ_BYTES)
    with path.open("rb", buffering=0) as file:
        total_bytes = os.fstat(file.fileno()).st_size
        done_bytes, told = 0, 0.0
        while count := file.readinto(buffer):
            done_bytes += count
            fraction = done_bytes / total_bytes
            if fraction - told >= 0.05:
                _tell(events, event="reading", fraction=round(fraction, 2))
                told = fraction


def _serve(parameters: LlamaParameters, api_key: str) -> Any:
    """Start the server's own threads. Holds Python's lock until the model is loaded; raises ``RuntimeError``."""
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
    values.fit_params = False  # it would load the model twice to find what we have decided already
    values.hostnames = ["127.0.0.1"]
    values.port = 0
    values.api_keys = [api_key]
    values.endpoint_slots = True  # tells whether a cancelled request has ended
    if parameters.guesses:
        values.speculative.types = [xllamacpp.common_speculative_type.COMMON_SPECULATIVE_TYPE_NGRAM_SIMPLE]
        # A batch has to hold a token and its guesses for each slot: llama.cpp aborts where it does not (measured).
        values.n_batch = values.n_ubatch = max(values.n_batch, parameters.parallel * (1 + _GUESS_TOKENS))
        values.speculative.ngram_simple.size_n, values.speculative.ngram_simple.size_m = (
            _GUESS_AFTER_TOKENS,
            _GUESS_TOKENS,
        )
    if parameters.chat_template:
        values.use_jinja = True
        values.chat_template = parameters.chat_template
    values.ui = False
    values.offline = True
    values.verbosity = _LOG_WARNINGS
    return xllamacpp.Server(values)
