"""Codestral and other Mistral models with FIM: suffix first, no token for the middle."""

from __future__ import annotations

from autothink_lsp.prompt.fim.family import FimFamily

CODESTRAL = FimFamily(
    name="codestral",
    prefix="[PREFIX]",
    suffix="[SUFFIX]",
    middle="",
    orders=("spm",),
    stop=("</s>", "[PREFIX]", "[SUFFIX]", "[MIDDLE]"),
    names=(r"codestral", r"devstral", r"mistral"),
    file="+++++ {path}\n",
    file_end="\n\n",
    files_in_prefix=True,
    special=("<s>", "[INST]", "[/INST]"),
)
