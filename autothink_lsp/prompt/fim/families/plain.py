"""No FIM tokens: the model continues the text before the cursor and does not see the text after it."""

from __future__ import annotations

from autothink_lsp.prompt.fim.family import FimFamily

PLAIN = FimFamily(
    name="plain",
    prefix="",
    suffix="",
    middle="",
    orders=("plain",),
    stop=("<|endoftext|>", "<|im_end|>", "</s>", "<think>"),
    names=(),
)
