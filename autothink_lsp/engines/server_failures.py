"""From a model server's last words to a sentence and a hint for the user. Pure.

Phrases (in lower case) of vLLM 0.32, transformers 5.19, torch and huggingface_hub, as seen in their logs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from attrs import frozen

from autothink_lsp.engines.failures import how_it_ended
from autothink_lsp.engines.server_spec import ServerSpec
from autothink_lsp.errors import EngineError


@frozen
class _Reason:
    phrases: tuple[str, ...]
    sentence: str
    hint: str


_PORT = ("address already in use", "error while attempting to bind on address")
_REASONS = (
    _Reason(_PORT, "The port of {label} is taken by another program.", "Set {kind}.port to another one, or to 0."),
    _Reason(
        ("no available memory for the cache blocks", "larger than the maximum number of tokens that can be stored"),
        "There is not enough memory for the asked context of {model} beside its weights.",
        "Lower {kind}.context_tokens, raise {kind}.gpu_memory_percent, or take a quantised model.",
    ),
    _Reason(
        ("less than desired", "less than requested memory", "free memory on device"),
        "Other programs use the memory that {label} wants.",
        "End them, or lower {kind}.gpu_memory_percent (on a CPU: the variable VLLM_CPU_KVCACHE_SPACE, in GiB).",
    ),
    _Reason(
        ("out of memory", "outofmemoryerror", "cannot allocate memory", "memoryerror", "bad_alloc"),
        "There is not enough memory for {model}.",
        "Take a smaller or quantised model, or lower {kind}.context_tokens.",
    ),
    _Reason(
        (
            "repo id must be in the form",
            "is not a local folder and is not a valid model identifier",
            "repositorynotfound",
        ),
        "{label} finds no model {model}.",
        "It has to be a folder that is there, or a name on the model hub such as Kwaipilot/HiPO-8B.",
    ),
    _Reason(
        ("cannot find an appropriate cached snapshot", "localentrynotfound", "we couldn't connect to", "offline mode"),
        "The model {model} is not on this machine and cannot be downloaded now.",
        "Is the network there? HF_HUB_OFFLINE and HF_ENDPOINT have a say in it; a folder needs no network.",
    ),
    _Reason(
        ("gated repo", "401 client error", "403 client error"),
        "The model hub does not let you download {model}.",
        "Accept its licence on its page and set HF_TOKEN (`hf auth login`).",
    ),
    _Reason(
        ("no space left on device",),
        "The disk is full.",
        "A model and its cache take many gigabytes: HF_HOME moves them.",
    ),
    _Reason(
        (
            "does not recognize this architecture",
            "are not supported for now",
            "not supported by vllm",
            "no model architectures",
        ),
        "This version of {label} does not know the kind of model in {model}.",
        "A newer version may; or serve it with the other engine (vllm, transformers).",
    ),
    _Reason(
        ("failed to infer device type", "no cuda gpus are available", "nvidia driver on your system is too old"),
        "{label} finds no GPU that it can use.",
        "Is the driver there (nvidia-smi)? Without a GPU the embedded engine is the better choice.",
    ),
    _Reason(
        ("unrecognized arguments", "no such option", "invalid choice", "error: argument"),
        "{label} does not take an argument of its command line.",
        "Look at {kind}.extra_args, and whether this version of {label} is too old.",
    ),
    _Reason(
        ("no module named",),
        "{label} is not complete in that Python.",
        "Install it again: pip install 'autothink-lsp[{kind}]'.",
    ),
)
_ERROR_LINE = re.compile(r"(?:^|\s)((?:[\w.]*Error|[\w.]*Exception|error): .{3,})")


def failure_of(spec: ServerSpec, log: Sequence[str], returncode: int) -> EngineError:
    """Why it ended with ``returncode`` (as in ``subprocess``)."""
    names = {"label": spec.label, "kind": spec.kind, "model": spec.model}
    text = "\n".join(log).lower()
    for reason in _REASONS:
        if any(phrase in text for phrase in reason.phrases):
            return EngineError(reason.sentence.format(**names), hint=reason.hint.format(**names))
    how = how_it_ended(returncode)
    if how == "SIGKILL":
        return EngineError(
            f"{spec.label} was ended by the system ({how}).",
            hint="Most often because memory is short: take a smaller model.",
        )
    said = next((found.group(1) for line in reversed(log) if (found := _ERROR_LINE.search(line))), "")
    return EngineError(
        f"{spec.label} ended before it was ready ({how}){': ' + said[:200] if said else ''}.", hint="Its log says more."
    )


def is_port_taken(log: Sequence[str]) -> bool:
    """Whether it could not listen on its port."""
    text = "\n".join(log).lower()
    return any(phrase in text for phrase in _PORT)
