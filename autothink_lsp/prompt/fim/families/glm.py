"""GLM-4.x, and CodeGeeX4, which has the same vocabulary but expects its FIM tokens inside a chat turn."""

from __future__ import annotations

from autothink_lsp.prompt.fim.family import FimFamily

GLM4 = FimFamily(
    name="glm-4",
    prefix="<|code_prefix|>",
    suffix="<|code_suffix|>",
    middle="<|code_middle|>",
    orders=("psm",),
    stop=("<|endoftext|>", "<|user|>", "<|code_prefix|>", "<|code_suffix|>", "<|code_middle|>", "<think>"),
    names=(r"glm-?4",),
)

CODEGEEX4 = FimFamily(
    name="codegeex-4",
    prefix="<|code_prefix|>",
    suffix="<|code_suffix|>",
    middle="<|code_middle|>",
    orders=("spm",),
    stop=("<|endoftext|>", "<|user|>", "<|code_prefix|>", "<|code_suffix|>", "<|code_middle|>"),
    names=(r"codegeex",),
    by_name_only=True,
    before="<|user|>\n###PATH:{path}\n###LANGUAGE:{language}\n###MODE:BLOCK\n",
    after="<|assistant|>\n",
)
