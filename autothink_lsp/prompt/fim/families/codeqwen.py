"""CodeQwen1.5: StarCoder's spelling on a Qwen 1.5 vocabulary."""

from __future__ import annotations

from autothink_lsp.prompt.fim.family import FimFamily

CODEQWEN = FimFamily(
    name="codeqwen",
    prefix="<fim_prefix>",
    suffix="<fim_suffix>",
    middle="<fim_middle>",
    orders=("psm",),
    stop=("<|endoftext|>", "<|im_end|>", "<file_sep>", "<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<reponame>"),
    names=(r"codeqwen",),
    signs=("<|im_start|>",),
)
