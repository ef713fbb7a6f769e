"""From what llama.cpp writes to its log, or from how its process ended, to a sentence and a hint for the user. Pure."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from pathlib import Path

from autothink_lsp.errors import EngineError

_REFUSALS: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (
        ("failed to allocate", "unable to allocate", "out of memory", "bad_alloc"),
        "There is not enough memory for {model} with this context.",
        "Lower `embedded.context_tokens`, or choose a smaller model with `embedded.model`.",
    ),
    (
        ("unknown model architecture", "unknown pre-tokenizer", "unsupported model"),
        "This llama.cpp does not know the kind of model in {model}.",
        "Choose another model, or a newer version of the package xllamacpp.",
    ),
    (
        ("corrupted or incomplete", "not within the file bounds", "failed to read header", "invalid magic"),
        "The model's file {path} is damaged.",
        (
            "Fetch it again (`autothink-lsp model remove NAME`, then `autothink-lsp model pull NAME`), or let "
            "`embedded.model_path` name another file."
        ),
    ),
    (
        ("couldn't bind",),
        "llama.cpp could not listen on the loopback address 127.0.0.1.",
        "Something forbids programs to listen there: a firewall, a sandbox, or too many open sockets.",
    ),
)
"""Phrases of llama.cpp's log (in lower case), as seen with xllamacpp 2026.10.11549, and what they mean."""

_MISSING_PACKAGE = "No module named 'xllamacpp'"


def refusal(message: str, log: Sequence[str], model_path: Path) -> EngineError:
    """Why the engine said that it cannot serve. ``message`` is its exception's text, ``log`` the end of its log."""
    if _MISSING_PACKAGE in message:
        return EngineError(
            "The package xllamacpp is not installed, so there is no embedded engine.",
            hint="Install it with `pip install 'autothink-lsp[embedded]'`, or set `completion.backend` to another.",
        )
    names = {"model": model_path.name, "path": str(model_path)}
    text = "\n".join([message, *log]).lower()
    for phrases, sentence, hint in _REFUSALS:
        if any(phrase in text for phrase in phrases):
            return EngineError(sentence.format(**names), hint=hint)
    cause = next((line.partition(" E ")[2].strip() for line in log if " E " in line), message)
    return EngineError(
        f"llama.cpp could not load {model_path.name}: {cause}", hint="`autothink-lsp doctor` checks the model's file."
    )


def not_ready(model_path: Path) -> EngineError:
    """It stayed silent for too long while loading."""
    return EngineError(
        f"The embedded engine did not get ready with {model_path.name}.",
        hint="The disk may be too slow or the memory too small; the log has its last words.",
    )


def gave_up(returncode: int, deaths: int) -> EngineError:
    """It died again and again. ``returncode`` as in ``subprocess``: minus the signal's number."""
    hint = "Its last words are in the log; `autothink-lsp doctor` tries it once more."
    how = how_it_ended(returncode)
    if how == "SIGKILL":
        hint = "Most often the system ends it because memory is short: choose a smaller model or context."
    elif how == "SIGILL":
        hint = "This processor lacks instructions that xllamacpp's wheel was built for; use a llama-server of your own."
    return EngineError(f"The embedded engine ended {deaths} times in a row ({how}).", hint=hint)


def how_it_ended(returncode: int) -> str:
    """``returncode`` (as in ``subprocess``) in words: an exit status, or the signal's name."""
    if returncode >= 0:
        return f"exit status {returncode}"
    try:
        return signal.Signals(-returncode).name
    except ValueError:
        return f"signal {-returncode}"
