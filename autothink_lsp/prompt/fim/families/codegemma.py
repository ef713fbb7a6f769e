"""CodeGemma: Qwen's spelling of the FIM tokens on Gemma's vocabulary."""

from __future__ import annotations

from autothink_lsp.prompt.fim.family import FimFamily

CODEGEMMA = FimFamily(
    name="codegemma",
    prefix="<|fim_prefix|>",
    suffix="<|fim_suffix|>",
    middle="<|fim_middle|>",
    orders=("psm",),
    stop=(
        "<|file_separator|>",
        "<end_of_turn>",
        "<eos>",
        "<|fim_prefix|>",
        "<|fim_suffix|>",
        "<|fim_middle|>",
    ),
    names=(r"codegemma",),
    signs=("<|file_separator|>",),
    file="{path}\n",
    file_end="<|file_separator|>",
    special=("<bos>", "<start_of_turn>"),
)
