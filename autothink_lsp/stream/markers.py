"""Marks of prompts, chats and thinking that never belong into a document.

One list for early stop and for the filter that looks again at the end. Sources: the families' own pages and the clients
named in ``shared/facts/fim.md`` sections 1 and 3, and the chat templates of Qwen, DeepSeek, Llama, Gemma and gpt-oss.
"""

from __future__ import annotations

import re
from functools import lru_cache

MARKERS: tuple[str, ...] = (
    "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|fim_pad|>", "<|repo_name|>", "<|file_sep|>",
    "<|endoftext|>", "<|end_of_text|>", "<|im_start|>", "<|im_end|>", "<|cursor|>", "<|file_separator|>",
    "<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<fim_pad>", "<file_sep>", "<repo_name>", "<reponame>",
    "<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>", "<｜end▁of▁sentence｜>", "<|EOT|>", "<EOT>",
    "<|code_prefix|>", "<|code_suffix|>", "<|code_middle|>", "[PREFIX]", "[SUFFIX]", "[MIDDLE]",
    "<[fim-prefix]>", "<[fim-suffix]>", "<[fim-middle]>", "<[end▁of▁sentence]>",
    "<AIX-SPAN-PRE>", "<AIX-SPAN-POST>", "<AIX-SPAN-MIDDLE>",
    "<end_of_turn>", "<start_of_turn>", "<eos>", "<|eot_id|>", "<|start_header_id|>",
    "<think>", "</think>", "<think_on>", "<think_off>", "<judge>", "</judge>",
    "<|channel|>", "<|message|>", "<|start|>", "<|end|>",
)  # fmt: skip


_ANY_MARKER = re.compile("|".join(re.escape(marker) for marker in MARKERS))


def markers_for(*document_texts: str) -> tuple[str, ...]:
    """The markers that the document does not itself contain: what a file is about is content, not a leak."""
    present = {marker for text in document_texts for marker in _markers_in(text)}
    return tuple(marker for marker in MARKERS if marker not in present) if present else MARKERS


@lru_cache(maxsize=8)  # the text below the cursor stays from key to key, and each is asked about several times
def _markers_in(text: str) -> frozenset[str]:
    return frozenset(_ANY_MARKER.findall(text))
