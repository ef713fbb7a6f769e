"""JetBrains' Mellum: StarCoder's spelling, suffix first (arXiv 2510.05788). Only the model's name distinguishes it from
StarCoder."""

from __future__ import annotations

from autothink_lsp.prompt.fim.family import FimFamily

MELLUM = FimFamily(
    name="mellum",
    prefix="<fim_prefix>",
    suffix="<fim_suffix>",
    middle="<fim_middle>",
    orders=("spm",),
    stop=("<|endoftext|>", "<filename>", "<fim_prefix>", "<fim_suffix>", "<fim_middle>"),
    names=(r"mellum",),
    by_name_only=True,
    file="<filename>{path}\n",
    special=("<reponame>", "<gh_stars>"),
)
