"""Tables of the delimiters around judge output, thinking and answers.

Sources: ``docs/reference/autothink-format.md``, section 4. Which tags count at a position is decided by
``think_parser.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from autothink_lsp.stream.segments import TagStyle
from autothink_lsp.values import frozen


@frozen
class ThinkPair:
    """The opener and closer of thinking in one model family, in lower case."""

    opener: str
    closer: str


JUDGE_OPEN, JUDGE_CLOSE = "<judge>", "</judge>"
# The preview model writes a blank in place of the underscore; quantized models write other forms, too.
MODE_TAGS: Mapping[str, str] = MappingProxyType(
    {f"<think{joint}{mode}{end}>": mode for mode in ("off", "on") for joint in "_ -" for end in ("", "/", " /")}
)
MODE_CLOSERS = tuple(f"</think{joint}{mode}>" for mode in ("off", "on") for joint in "_ -")
ANSWER_OPEN, ANSWER_CLOSE = "<answer>", "</answer>"

THINK_PAIRS = (
    ThinkPair("<think>", "</think>"),
    ThinkPair("<thinking>", "</thinking>"),
    ThinkPair("[think]", "[/think]"),  # Mistral
    ThinkPair("◁think▷", "◁/think▷"),  # Kimi
    ThinkPair("<mm:think>", "</mm:think>"),  # MiniMax
    ThinkPair("<seed:think>", "</seed:think>"),
    ThinkPair("<seed:cot_budget_reflect>", "</seed:cot_budget_reflect>"),
    ThinkPair("<thought>", "</thought>"),  # EXAONE Deep
    ThinkPair("<reasoning>", "</reasoning>"),
    ThinkPair("<|begin_of_thought|>", "<|end_of_thought|>"),  # Sky-T1, OpenThinker
    ThinkPair("<|start_thinking|>", "<|end_thinking|>"),  # Cohere
    ThinkPair("<|inner_prefix|>", "<|inner_suffix|>"),  # Apertus
    ThinkPair("<|channel>", "<channel|>"),  # Gemma 4
    ThinkPair("[unused16]", "[unused17]"),  # openPangu
    ThinkPair("<unused94>thought", "<unused95>"),  # MedGemma
)
GRANITE_THINK = ThinkPair("here is my thought process:", "here is my response:")
# Marks around an answer in the families that have them; they carry no information.
ANSWER_MARKS: Mapping[str, str] = MappingProxyType(
    {
        "<answer>": "</answer>",
        "<|start_response|>": "<|end_response|>",
        "<|start_text|>": "<|end_text|>",
        "<|begin_of_solution|>": "<|end_of_solution|>",
        "<|begin_of_answer|>": "<|end_of_answer|>",
        "<|begin_of_box|>": "<|end_of_box|>",  # GLM
    }
)
# The same, valid only after thinking: elsewhere they may be text of the answer.
ANSWER_MARKS_BEHIND_THINKING: Mapping[str, str] = MappingProxyType(
    {
        "[begin final response]": "[end final response]",  # Apriel
    }
    | {
        f"<{name}>": f"</{name}>"
        for name in ("response", "solution", "output", "final", "final_answer", "final_response", "result")
    }
)

HARMONY_CHANNEL, HARMONY_MESSAGE = "<|channel|>", "<|message|>"
HARMONY_ENDS = ("<|end|>", "<|return|>", "<|call|>")
HARMONY_START = "<|start|>"


# ASCII only: str.lower() changes the length of some texts, and no tag contains other capitals.
_LOWER = {capital: capital + 32 for capital in range(ord("A"), ord("Z") + 1)}


def lowered(text: str) -> str:
    """``text`` with ASCII capitals in lower case; the length is unchanged."""
    return text.translate(_LOWER)


def held_back(text: str, tags: tuple[str, ...]) -> int:
    """The number of characters at the end of ``text`` (lowered) that may be the beginning of one of ``tags``."""
    beginnings, longest = _beginnings(tags)
    for length in range(min(longest, len(text)), 0, -1):
        if text[len(text) - length :] in beginnings:
            return length
    return 0


@lru_cache(maxsize=64)
def _beginnings(tags: tuple[str, ...]) -> tuple[frozenset[str], int]:
    """The proper prefixes of the tags, and the length of the longest one."""
    beginnings = frozenset(tag[:length] for tag in tags for length in range(1, len(tag)))
    return beginnings, max(map(len, beginnings), default=0)


@lru_cache(maxsize=64)
def spellings(closers: tuple[str, ...]) -> tuple[str, ...]:
    """``closers`` and other spellings of them: with white space, and with a slash that is escaped as in JSON."""
    found = dict.fromkeys(closers)
    for closer in closers:
        if closer.startswith("</") and "|" not in closer:
            name = closer[2:-1]
            found |= dict.fromkeys(
                (f"</{name} >", f"</{name}\n>", f"</ {name}>", f"< /{name}>", f"<//{name}>", f"<\\/{name}>")
            )
    return tuple(found)


@lru_cache(maxsize=64)
def other_closers(closers: tuple[str, ...]) -> tuple[str, ...]:
    """The closers of thinking besides ``closers``."""
    return tuple(pair.closer for pair in THINK_PAIRS if pair.closer not in closers)


@frozen
class HeadTags:
    """The tags that may stand at the head of a message in one style."""

    thinks: tuple[ThinkPair, ...]
    judge: bool

    @property
    def openers(self) -> tuple[str, ...]:
        """All tags that may open or mark a block at the head, longest first."""
        tags = [pair.opener for pair in self.thinks]
        if self.judge:
            tags += [JUDGE_OPEN, *MODE_TAGS, *ANSWER_MARKS]
        return tuple(sorted(tags, key=len, reverse=True))


HEADS: Mapping[TagStyle, HeadTags] = MappingProxyType(
    {
        TagStyle.NONE: HeadTags((), judge=False),
        TagStyle.ANY: HeadTags(THINK_PAIRS, judge=True),
        TagStyle.HARMONY: HeadTags(THINK_PAIRS, judge=True),  # another model may be served under that name
        TagStyle.GRANITE: HeadTags((GRANITE_THINK, *THINK_PAIRS), judge=True),
    }
)
