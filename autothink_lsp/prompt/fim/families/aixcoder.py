"""aiXcoder-7B, from README.md and finetune.py of aixcoder-plugin/aiXcoder-7B. The server adds ``<s>`` itself."""

from __future__ import annotations

from autothink_lsp.prompt.fim.family import FimFamily

AIXCODER = FimFamily(
    name="aixcoder",
    prefix="▁<AIX-SPAN-PRE>",
    suffix="▁<AIX-SPAN-POST>",
    middle="▁<AIX-SPAN-MIDDLE>",
    orders=("psm",),
    stop=("</s>", "<AIX-SPAN-PRE>", "<AIX-SPAN-POST>", "<AIX-SPAN-MIDDLE>"),
    names=(r"aixcoder",),
    by_name_only=True,
    header="# the file path is: {path}\n# the code file is written by {language}\n",
    special=("<s>",),
)
