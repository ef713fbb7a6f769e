"""CodeLlama. The blanks belong to the template; tokenizers store the tokens with a blank in front, so that asking a
server for them proves nothing.
"""

from __future__ import annotations

from autothink_lsp.prompt.family import FimFamily

CODELLAMA = FimFamily(
    name="codellama",
    prefix="<PRE> ",
    suffix=" <SUF>",
    middle=" <MID>",
    orders=("psm",),
    stop=("<EOT>", "</s>", "<PRE>", "<SUF>", "<MID>"),
    names=(r"code-?llama",),
    by_name_only=True,
    special=("<s>",),
)
