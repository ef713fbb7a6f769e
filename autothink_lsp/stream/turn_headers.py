"""Special tokens that begin or end a turn, where a server passed them on as text at the beginning of an answer. Pure.

Sources: the chat templates of ChatML (Qwen and others), Llama 3, Gemma, DeepSeek, GLM, Phi, Granite, Cohere, Ling,
Solar, EXAONE, Hunyuan, MiniMax, Kimi, Seed-OSS and Nemotron. All texts are lower case (``think_tags.lowered``).
"""

from __future__ import annotations

from functools import lru_cache

_ROLES = ("assistant", "model", "chatbot", "bot")
_BEGIN_OF_TEXT = (
    *("<|begin_of_text|>", "<|begin▁of▁sentence|>", "<｜begin▁of▁sentence｜>", "<|startoftext|>", "<|bos|>"),
)
_BEHIND_ROLE = ("<|im_sep|>", "<|end_header_id|>", "<|end_of_role|>", "<|content|>", "<|content:begin|>")
_HEADERS = (
    *(
        f"{opener}{role}"
        for role in _ROLES
        for opener in (
            *("<|im_start|>", "<|start_header_id|>", "<start_of_turn>", "<|turn>", "<|start_of_role|>", "<|begin|>"),
            *("<|header_start|>",),
        )
    ),
    *(f"<|{role}|>" for role in _ROLES),
    *("<｜assistant｜>", "<|start_of_turn_token|><|chatbot_token|>", "<role>assistant</role>"),
    *("[|assistant|]", "<|hy_assistant|>", "<｜hy_assistant｜>", "]~b]ai", "<|im_assistant|>assistant<|im_middle|>"),
    *("<seed:bos>assistant", "<special_11>assistant", "<extra_id_1>assistant"),
)
_ENDS = (
    *(
        "<|im_end|>",
        "<|eot_id|>",
        "<|eom_id|>",
        "<|endoftext|>",
        "<|end|>",
        "<|eot|>",
        "</s>",
        "<end_of_turn>",
        "<turn|>",
    ),
    *("<｜end▁of▁sentence｜>", "<|end_of_text|>", "<|end_of_turn_token|>", "<|endofturn|>"),
)
AT_HEAD = (*_BEGIN_OF_TEXT, *_HEADERS, *_BEHIND_ROLE, "<|header_end|>")
BEHIND_BLOCK = (*AT_HEAD, *_ENDS)
POSSIBLE = (
    *(f"{role}{end}" for role in _ROLES[:2] for end in ("\n", "\r\n", ":\n", ": ", ":")),
    "### assistant:\n",
    *("<s>", "<bos>", "<sop>", "[gmask]"),
)
"""Roles whose special tokens were removed, and tokens that are also elements and names. They may be text of the answer:
a part of the header only in front of an opener of thinking or another header."""


def possible_header(low: str) -> str:
    """That of ``POSSIBLE`` which ``low`` begins with, or an empty text."""
    return next((header for header in POSSIBLE if low.startswith(header)), "")


def header_length(low: str, headers: tuple[str, ...]) -> int:
    """The length of the header at the beginning of ``low``; 0 if there is none."""
    if low[:1] not in _first_characters(headers):
        return 0
    return max((len(header) for header in headers if low.startswith(header)), default=0)


def may_become_header(low: str, headers: tuple[str, ...]) -> bool:
    """Whether all of ``low`` may be the beginning of a header, or of a longer one."""
    return any(header.startswith(low) and header != low for header in (*headers, *POSSIBLE))


def without_header(answer: str, low: str) -> str:
    """``answer`` without the headers at its beginning; ``low`` is the answer in lower case."""
    start = len(low) - len(low.lstrip())
    at = start
    while length := header_length(low[at:], AT_HEAD):
        at += length
        at += len(low[at:]) - len(low[at:].lstrip())
    if at == start:
        return answer
    return answer[max(at - _indentation(low, at), 0) :]


def _indentation(low: str, at: int) -> int:
    """The number of blanks before ``at`` on its line."""
    line = low[low.rfind("\n", 0, at) + 1 : at]
    return len(line) if line and not line.strip(" \t") else 0


@lru_cache(maxsize=4)
def _first_characters(headers: tuple[str, ...]) -> frozenset[str]:
    return frozenset(header[0] for header in headers)
