"""The parameters of the embedded engine, and their form in the start message of its process.

The numbers were measured with xllamacpp 2026.10.11549 on 2 cores (``tests/engines/`` measures the main ones again):

``batch_tokens``      decides how soon a cancelled request ends: llama.cpp checks a connection only when it writes to
                      it, which is once a batch. Evaluating 400 new tokens on one thread, by tokens in a batch:
                      512: 65-79 tokens a second, cancelled only at the end; 32: 65, within 870 ms;
                      8: 52, within 110-160 ms; 4: 43, within 100 ms.
``parallel``          is 2: one slot for completion and one for the assistant, so that neither evicts the other's prompt
                      from the cache and a keystroke does not wait for a fix. A new request of one role replaces the
                      last one of that role. ``context_tokens`` is the context of each slot. Windows that share an
                      engine have two slots each (``shared_llama.py``), those of completion first: llama.cpp fills a
                      batch in the order of the slots, so no keystroke waits for the prompt of a fix.
``prompt_cache_mib``  evicted prompts stay in RAM: returning to a file evaluates 1 token instead of all.
                      llama.cpp's default of 8 GiB is too much for a laptop.
``speculates``        n-gram speculation: after 4 tokens that occur in the prompt, the 7 tokens that follow there are
                      evaluated as a draft. Paired with none (``tests/bench/speculation.py`` with 8; CPU time, 0.5B,
                      one thread): 8 edits 1.22 times as fast (worst 0.91), 16 completions 1.04 times (worst 0.51):
                      too short to gain, long enough to lose. It applies to both roles of an engine or to none (a
                      request cannot switch it, measured). An engine of actions alone drafts where that is faster
                      (``speed.uses_drafts``).
``is_background``     a model for actions beside one for keystrokes gets the processor time that keystrokes leave.
``gpu_layers``        the number of layers on the GPU; ``None`` means as many as fit.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import asdict, frozen

SMALLEST_BATCH_TOKENS = 4
LARGEST_BATCH_TOKENS = 512
_GPU_RESERVE = 0.1
_BATCH_S = 0.08
"""The evaluation time of one batch, of the 100 ms within which the engine is idle after a cancelled request."""


SLOTS_OF_ROLES = 2
WINDOWS_WITH_OWN_SLOTS = 2
"""At a shared engine; more windows share these. A user types in one window at a time. The second costs 50 MB (0.5B)."""


@frozen(kw_only=True)
class LlamaParameters:
    """Start parameters. ``model_name`` is the model's name in the server's responses."""

    model_path: Path
    model_name: str
    threads: int
    context_tokens: int
    batch_tokens: int = SMALLEST_BATCH_TOKENS
    parallel: int = SLOTS_OF_ROLES
    prompt_cache_mib: int = 256
    speculates: bool = False
    gpu_layers: int | None = None
    is_background: bool = False
    chat_template: str = ""  # Jinja source; empty uses the template in the model's file

    def to_message(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {**asdict(self), "model_path": str(self.model_path.absolute())}

    @classmethod
    def from_message(cls, message: Mapping[str, Any]) -> LlamaParameters:
        """Build it from the values of ``to_message``."""
        return cls(**{**message, "model_path": Path(message["model_path"])})


def completion_slots(*, is_shared: bool) -> int:
    """Return the slots of the engine of completion, each with a context of its own: one for each role, and for each
    window with own slots if windows share the engine."""
    return SLOTS_OF_ROLES * (WINDOWS_WITH_OWN_SLOTS if is_shared else 1)


def batch_tokens_for(prefill_tokens_per_s: float | None) -> int:
    """Return the largest batch (a power of two) that is evaluated within 80 ms; the smallest for an unknown speed."""
    if prefill_tokens_per_s is None:
        return SMALLEST_BATCH_TOKENS
    batch = SMALLEST_BATCH_TOKENS
    while batch < LARGEST_BATCH_TOKENS and batch * 2 <= prefill_tokens_per_s * _BATCH_S:
        batch *= 2
    return batch


def gpu_layers_that_fit(layers: int, model_bytes: int, cache_bytes: int, free_bytes: int) -> int:
    """Return how many of a model's ``layers`` fit into ``free_bytes`` of GPU memory, besides buffers of 10 percent.

    The output layer counts as one more layer (llama.cpp's count). Every layer is taken to be equally large.
    """
    each_bytes = (model_bytes + cache_bytes) / max(1, layers)
    return max(0, min(layers + 1, int(free_bytes * (1 - _GPU_RESERVE) / max(1, each_bytes))))
