"""Qwen2.5-Coder, Qwen3-Coder and the general Qwen models since 2.5. Tokens and layouts: QwenLM/Qwen3-Coder, README.md
and examples/Qwen2.5-Coder-repolevel-fim.py.
"""

from __future__ import annotations

from attrs import evolve

from autothink_lsp.prompt.family import FimFamily

QWEN_CODER = FimFamily(
    name="qwen-coder",
    prefix="<|fim_prefix|>",
    suffix="<|fim_suffix|>",
    middle="<|fim_middle|>",
    # Holes passed with the 0.5B (tests/bench/fim_orders.py), 100 at the start of a line and 100 inside one: ctx 70 and
    # 85, joined 78 and 81, psm 59 and 76. Over all 200 ctx beats psm (p = 0.004) and ties with joined (p = 0.6). Taking
    # the better one at each place would cost the KV cache at every change of place. joined is what a language without
    # comments gets. Not spm: on this family it begins a new line or answers nothing.
    orders=("ctx", "joined", "psm"),
    stop=(
        "<|endoftext|>",
        "<|im_end|>",
        "<|file_sep|>",
        "<|fim_prefix|>",
        "<|fim_suffix|>",
        "<|fim_middle|>",
        "<|fim_pad|>",
        "<|repo_name|>",
        "<think>",
    ),
    names=(r"qwen[\w.\-]*coder", r"qwen2\.5"),
    signs=("<|repo_name|>", "<|file_sep|>"),
    repository="<|repo_name|>{repository}\n",
    file="<|file_sep|>{path}\n",
)

QWEN3 = evolve(
    QWEN_CODER,
    name="qwen3",
    names=(r"qwen-?3",),
    signs=(*QWEN_CODER.signs, "<think>", "</think>"),
    stop=("<|endoftext|>", "<|im_end|>", "<think>", *QWEN_CODER.stop[2:-1]),
)
