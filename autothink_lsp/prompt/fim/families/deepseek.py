"""DeepSeek-Coder, DeepSeek-Coder-V2 and later DeepSeek models: full-width bars (U+FF5C) and U+2581 for the blank."""

from __future__ import annotations

from autothink_lsp.prompt.fim.family import FimFamily

DEEPSEEK = FimFamily(
    name="deepseek",
    prefix="<｜fim▁begin｜>",
    suffix="<｜fim▁hole｜>",
    middle="<｜fim▁end｜>",
    orders=("psm",),
    stop=(
        "<｜end▁of▁sentence｜>",
        "<|EOT|>",
        "<｜fim▁begin｜>",
        "<｜fim▁hole｜>",
        "<｜fim▁end｜>",
        "<think>",
    ),
    names=(r"deepseek",),
    special=("<｜begin▁of▁sentence｜>",),
)
