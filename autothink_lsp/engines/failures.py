"""Translates the log and the exit status of a model server to a message and a hint for the user. Pure.

Phrases are in lower case, as seen in the logs of xllamacpp 2026.10.11549, vLLM 0.32, transformers 5.19, torch and
huggingface_hub.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Sequence
from pathlib import Path

from attrs import frozen

from autothink_lsp.engines.server_process import ServerSpec
from autothink_lsp.errors import EngineError


@frozen
class _KnownFailure:
    """``message`` and ``hint`` are templates. They apply if the log contains one of ``phrases``."""

    phrases: tuple[str, ...]
    message: str
    hint: str


_LLAMA_FAILURES = (
    _KnownFailure(
        ("failed to allocate", "unable to allocate", "out of memory", "bad_alloc"),
        "There is not enough memory for {model} with this context length.",
        "Lower `embedded.context_tokens`, or choose a smaller model with `embedded.model`.",
    ),
    _KnownFailure(
        ("unknown model architecture", "unknown pre-tokenizer", "unsupported model"),
        "This version of llama.cpp does not support the architecture of {model}.",
        "Choose another model, or a newer version of the package xllamacpp.",
    ),
    _KnownFailure(
        ("corrupted or incomplete", "not within the file bounds", "failed to read header", "invalid magic"),
        "The model file {path} is damaged.",
        "Download it again (`autothink-lsp model remove NAME`, then `autothink-lsp model pull NAME`), or set "
        "`embedded.model_path` to another file.",
    ),
    _KnownFailure(
        ("couldn't bind",),
        "llama.cpp could not listen on the loopback address 127.0.0.1.",
        "A firewall or a sandbox forbids it, or there are too many open sockets.",
    ),
)
_PORT_PHRASES = ("address already in use", "error while attempting to bind on address")
_SERVER_FAILURES = (
    _KnownFailure(
        _PORT_PHRASES, "The port of {label} is in use by another program.", "Set {kind}.port to another port, or to 0."
    ),
    _KnownFailure(
        ("no available memory for the cache blocks", "larger than the maximum number of tokens that can be stored"),
        "There is not enough memory for the weights of {model} and this context length.",
        "Lower {kind}.context_tokens, raise {kind}.gpu_memory_percent, or use a quantized model.",
    ),
    _KnownFailure(
        ("less than desired", "less than requested memory", "free memory on device"),
        "Other programs use the memory that {label} needs.",
        "End them, or lower {kind}.gpu_memory_percent (on a CPU: the variable VLLM_CPU_KVCACHE_SPACE, in GiB).",
    ),
    _KnownFailure(
        ("out of memory", "outofmemoryerror", "cannot allocate memory", "memoryerror", "bad_alloc"),
        "There is not enough memory for {model}.",
        "Use a smaller or quantized model, or lower {kind}.context_tokens.",
    ),
    _KnownFailure(
        (
            "repo id must be in the form",
            "is not a local folder and is not a valid model identifier",
            "repositorynotfound",
        ),
        "{label} cannot find the model {model}.",
        "Use an existing folder, or a name on the Hugging Face Hub such as Kwaipilot/HiPO-8B.",
    ),
    _KnownFailure(
        ("cannot find an appropriate cached snapshot", "localentrynotfound", "we couldn't connect to", "offline mode"),
        "The model {model} is not on this machine and cannot be downloaded now.",
        "Check the network, HF_HUB_OFFLINE and HF_ENDPOINT; a model in a local folder needs no network.",
    ),
    _KnownFailure(
        ("gated repo", "401 client error", "403 client error"),
        "The Hugging Face Hub does not allow the download of {model}.",
        "Accept its licence on its page and set HF_TOKEN (`hf auth login`).",
    ),
    _KnownFailure(
        ("no space left on device",),
        "The disk is full.",
        "A model and its cache need many gigabytes; HF_HOME moves them to another disk.",
    ),
    _KnownFailure(
        (
            "does not recognize this architecture",
            "are not supported for now",
            "not supported by vllm",
            "no model architectures",
        ),
        "This version of {label} does not support the architecture of {model}.",
        "Try a newer version, or serve the model with the other engine (vllm, transformers).",
    ),
    _KnownFailure(
        ("failed to infer device type", "no cuda gpus are available", "nvidia driver on your system is too old"),
        "{label} finds no GPU that it can use.",
        "Check the driver with nvidia-smi. Without a GPU the embedded engine is the better choice.",
    ),
    _KnownFailure(
        ("unrecognized arguments", "no such option", "invalid choice", "error: argument"),
        "{label} does not accept an argument of its command line.",
        "Check {kind}.extra_args, and whether this version of {label} is too old.",
    ),
    _KnownFailure(
        ("no module named",),
        "The installation of {label} in that Python is incomplete.",
        "Reinstall it: pip install 'autothink-lsp[{kind}]'.",
    ),
)
_ERROR_LINE = re.compile(r"(?:^|\s)((?:[\w.]*Error|[\w.]*Exception|error): .{3,})")
_MISSING_XLLAMACPP = "No module named 'xllamacpp'"


def load_failure(message: str, log: Sequence[str], model_path: Path) -> EngineError:
    """Return why llama.cpp cannot serve. ``message`` is the text of its exception, ``log`` the end of its log."""
    if _MISSING_XLLAMACPP in message:
        return EngineError(
            "The package xllamacpp is not installed, so the embedded engine is not available.",
            hint="Install it with `pip install 'autothink-lsp[embedded]'`, or set `completion.backend` to another.",
        )
    known = _find_failure(_LLAMA_FAILURES, [message, *log])
    if known is not None:
        names = {"model": model_path.name, "path": str(model_path)}
        return EngineError(known.message.format(**names), hint=known.hint.format(**names))
    cause = next((line.partition(" E ")[2].strip() for line in log if " E " in line), message)
    return EngineError(
        f"llama.cpp could not load {model_path.name}: {cause}", hint="`autothink-lsp doctor` checks the model file."
    )


def ready_timeout(model_path: Path) -> EngineError:
    """Return the error for a llama.cpp that reported nothing for too long while it loaded the model."""
    return EngineError(
        f"llama.cpp did not become ready with {model_path.name}.",
        hint="The disk may be too slow, or the memory too small; see the log.",
    )


def crash_failure(returncode: int, exits: int) -> EngineError:
    """Return the error for a llama.cpp that ended ``exits`` times in a row. ``returncode`` is as in ``subprocess``."""
    how = describe_exit(returncode)
    hint = "See the log; `autothink-lsp doctor` starts it once more."
    if how == "SIGKILL":
        hint = "The system probably ended it because memory is low: choose a smaller model or context length."
    elif how == "SIGILL":
        hint = "This processor lacks instructions that xllamacpp's wheel needs; run your own llama-server instead."
    return EngineError(f"llama.cpp crashed {exits} times in a row ({how}).", hint=hint)


def server_failure(spec: ServerSpec, log: Sequence[str], returncode: int) -> EngineError:
    """Return why a third-party server ended with ``returncode`` (as in ``subprocess``)."""
    known = _find_failure(_SERVER_FAILURES, log)
    if known is not None:
        names = {"label": spec.label, "kind": spec.kind, "model": spec.model}
        return EngineError(known.message.format(**names), hint=known.hint.format(**names))
    how = describe_exit(returncode)
    if how == "SIGKILL":
        return EngineError(
            f"{spec.label} was killed by the system ({how}).",
            hint="Memory is probably low: use a smaller model.",
        )
    error = next((found.group(1) for line in reversed(log) if (found := _ERROR_LINE.search(line))), "")
    return EngineError(
        f"{spec.label} ended before it was ready ({how}){': ' + error[:200] if error else ''}.", hint="See its log."
    )


def is_port_conflict(log: Sequence[str]) -> bool:
    """Return whether the server could not listen on its port."""
    text = "\n".join(log).lower()
    return any(phrase in text for phrase in _PORT_PHRASES)


def describe_exit(returncode: int) -> str:
    """Return ``returncode`` (as in ``subprocess``) in words: an exit status, or the name of the signal."""
    if returncode >= 0:
        return f"exit status {returncode}"
    try:
        return signal.Signals(-returncode).name
    except ValueError:
        return f"signal {-returncode}"


def _find_failure(failures: Sequence[_KnownFailure], log: Sequence[str]) -> _KnownFailure | None:
    text = "\n".join(log).lower()
    return next((failure for failure in failures if any(phrase in text for phrase in failure.phrases)), None)
