"""What the embedded engine is started with, and the form in which it crosses to the child process.

The numbers were measured with xllamacpp 2026.10.11549 on 2 cores (tests/engines/ measures the important ones again):

``batch_tokens``      decides how soon a cancelled request ends: llama.cpp looks at a connection only when it writes to
                      it, which is once a batch. Evaluating 400 new tokens on one thread, per tokens in a batch:
                      512: 65-79 tokens a second, cancelled only at the end; 32: 65, within 870 ms;
                      8: 52, within 110-160 ms; 4: 43, within 100 ms.
``parallel``          is 2: one slot for keystrokes and one for the assistant, so that neither throws the other's prompt
                      out of the cache and a keystroke does not wait for a fix. The requests of one role supersede
                      each other. ``context_tokens`` is each slot's own.
``prompt_cache_mib``  evicted prompts stay in RAM: going back to a file evaluates 1 token instead of all.
                      llama.cpp's default of 8 GiB is too much for a laptop.
``guesses``           n-gram speculation: after 4 tokens that the prompt has, its next 7 are evaluated at once. Paired
                      with none (tests/bench/speculation.py with 8; CPU time, 0.5B, one thread): 8 edits 1.22 times
                      as fast (worst 0.91), 16 completions 1.04 times (worst 0.51): too short to win, long enough to
                      lose. A server has it for both roles or for none.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import asdict, frozen

SMALLEST_BATCH_TOKENS = 4
LARGEST_BATCH_TOKENS = 512
_BATCH_S = 0.08
"""A batch's share of the 100 ms within which an engine is idle after the last cancel."""


@frozen(kw_only=True)
class LlamaParameters:
    """``model_name`` is what the server calls the model in its answers, instead of the file's path."""

    model_path: Path
    model_name: str
    threads: int
    context_tokens: int
    batch_tokens: int = SMALLEST_BATCH_TOKENS
    parallel: int = 2
    prompt_cache_mib: int = 256
    guesses: bool = False
    chat_template: str = ""  # Jinja text; empty takes the one in the model's file

    def to_message(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**asdict(self), "model_path": str(self.model_path.absolute())}

    @classmethod
    def from_message(cls, message: Mapping[str, Any]) -> LlamaParameters:
        """What ``to_message`` made."""
        return cls(**{**message, "model_path": Path(message["model_path"])})


def batch_tokens_for(prefill_tokens_per_s: float | None) -> int:
    """The largest power of two whose evaluation takes at most 80 ms; the smallest batch where no speed is known."""
    if prefill_tokens_per_s is None:
        return SMALLEST_BATCH_TOKENS
    batch = SMALLEST_BATCH_TOKENS
    while batch < LARGEST_BATCH_TOKENS and batch * 2 <= prefill_tokens_per_s * _BATCH_S:
        batch *= 2
    return batch
