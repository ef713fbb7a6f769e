"""No FIM tokens at all: the model goes on from the text before the cursor and sees nothing behind it."""

from __future__ import annotations

from autothink_lsp.prompt.family import FimFamily

PLAIN = FimFamily(
    name="plain",
    prefix="",
    suffix="",
    middle="",
    orders=("plain",),
    stop=("<|endoftext|>", "<|im_end|>", "</s>", "<think>"),
    names=(),
)
