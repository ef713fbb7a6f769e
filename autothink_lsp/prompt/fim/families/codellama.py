"""CodeLlama. The blanks belong to the template. Tokenizers store the tokens with a leading blank, so a token count from
the server does not prove that the vocabulary has them."""

from __future__ import annotations

from autothink_lsp.prompt.fim.family import FimFamily

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
