"""IBM's Granite: the 3.x code models spell the tokens like StarCoder, Granite 4 like Qwen. Both end with
``<|end_of_text|>``.
"""

from __future__ import annotations

from autothink_lsp.prompt.fim.family import FimFamily

GRANITE3 = FimFamily(
    name="granite-3",
    prefix="<fim_prefix>",
    suffix="<fim_suffix>",
    middle="<fim_middle>",
    orders=("psm",),
    stop=(
        "<|end_of_text|>",
        "<|endoftext|>",
        "<fim_prefix>",
        "<fim_suffix>",
        "<fim_middle>",
        "<fim_pad>",
        "<reponame>",
    ),
    names=(r"granite",),
    signs=("<|end_of_text|>",),
)

GRANITE4 = FimFamily(
    name="granite-4",
    prefix="<|fim_prefix|>",
    suffix="<|fim_suffix|>",
    middle="<|fim_middle|>",
    orders=("psm",),
    stop=("<|end_of_text|>", "<|fim_pad|>", "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"),
    names=(r"granite[\w.\-]*4",),
    signs=("<|end_of_text|>",),
)
