"""Qwen2.5-Coder, Qwen3-Coder and the general Qwen models since 2.5. Tokens and layouts: QwenLM/Qwen3-Coder, README.md
and examples/Qwen2.5-Coder-repolevel-fim.py.
"""

from __future__ import annotations

from attrs import evolve

from autothink_lsp.prompt.fim.family import FimFamily

QWEN_CODER = FimFamily(
    name="qwen-coder",
    prefix="<|fim_prefix|>",
    suffix="<|fim_suffix|>",
    middle="<|fim_middle|>",
    # docs/measurements/layouts.md: of 304 holes the 0.5B model fills 116 with joined, 104 with ctx and 83 with psm; of
    # 100 holes the 1.5B model fills 46, 38 and 46. "joined" also evaluates the fewest tokens per keystroke. "spm" is
    # not listed: with it this family begins a new line or returns nothing.
    orders=("joined", "ctx", "psm"),
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
