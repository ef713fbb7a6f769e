"""The delimiters between judging, thinking and answering, as tables.

Sources: ``docs/reference/autothink-format.md``, section 4.

A tag counts only where the parser's state says so (``think_parser.py``); nothing here knows states.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from attrs import frozen

from autothink_lsp.stream.segments import TagStyle


@frozen
class ThinkPair:
    """One family's delimiters around thinking, lower case."""

    opener: str
    closer: str


JUDGE_OPEN, JUDGE_CLOSE = "<judge>", "</judge>"
# The preview model writes a blank in place of the underscore.
MODE_TAGS: Mapping[str, str] = MappingProxyType(
    {"<think_off>": "off", "<think off>": "off", "<think_on>": "on", "<think on>": "on"}
)
ANSWER_OPEN, ANSWER_CLOSE = "<answer>", "</answer>"

THINK_PAIRS = (
    ThinkPair("<think>", "</think>"),
    ThinkPair("<thinking>", "</thinking>"),
    ThinkPair("[think]", "[/think]"),  # Mistral
    ThinkPair("◁think▷", "◁/think▷"),  # Kimi
    ThinkPair("<mm:think>", "</mm:think>"),  # MiniMax
    ThinkPair("<seed:think>", "</seed:think>"),
    ThinkPair("<thought>", "</thought>"),  # EXAONE Deep
    ThinkPair("<reasoning>", "</reasoning>"),
    ThinkPair("<|begin_of_thought|>", "<|end_of_thought|>"),  # Sky-T1, OpenThinker
    ThinkPair("<|start_thinking|>", "<|end_thinking|>"),  # Cohere
    ThinkPair("<|inner_prefix|>", "<|inner_suffix|>"),  # Apertus
    ThinkPair("<|channel>", "<channel|>"),  # Gemma 4
)
GRANITE_THINK = ThinkPair("here is my thought process:", "here is my response:")
# Around an answer in families that mark it; they say nothing.
ANSWER_MARKS: Mapping[str, str] = MappingProxyType(
    {
        "<answer>": "</answer>",
        "<|start_response|>": "<|end_response|>",
        "<|start_text|>": "<|end_text|>",
        "<|begin_of_solution|>": "<|end_of_solution|>",
        "<|begin_of_answer|>": "<|end_of_answer|>",
    }
)
# The same where thinking stood before: elsewhere they may be an answer's own text.
ANSWER_MARKS_BEHIND_THINKING: Mapping[str, str] = MappingProxyType(
    {
        f"<{name}>": f"</{name}>"
        for name in ("response", "solution", "output", "final", "final_answer", "final_response", "result")
    }
)

HARMONY_CHANNEL, HARMONY_MESSAGE = "<|channel|>", "<|message|>"
HARMONY_ENDS = ("<|end|>", "<|return|>", "<|call|>")
HARMONY_START = "<|start|>"


# Only ASCII: str.lower() changes the length of some texts, and no tag has other capitals.
_LOWER = {capital: capital + 32 for capital in range(ord("A"), ord("Z") + 1)}


def lowered(text: str) -> str:
    """``text`` with ASCII capitals folded, of the same length."""
    return text.translate(_LOWER)


def held_back(text: str, tags: tuple[str, ...]) -> int:
    """How many characters at the end of ``text`` (lowered) may be the beginning of one of ``tags``."""
    longest = max((len(tag) for tag in tags), default=1) - 1
    for length in range(min(longest, len(text)), 0, -1):
        end = text[len(text) - length :]
        if any(tag.startswith(end) for tag in tags):
            return length
    return 0


@frozen
class HeadTags:
    """What may stand at the head of a message in one style."""

    thinks: tuple[ThinkPair, ...]
    judge: bool

    @property
    def openers(self) -> tuple[str, ...]:
        """Every tag that may open or mark something at the head, longest first."""
        tags = [pair.opener for pair in self.thinks]
        if self.judge:
            tags += [JUDGE_OPEN, *MODE_TAGS, *ANSWER_MARKS]
        return tuple(sorted(tags, key=len, reverse=True))


HEADS: Mapping[TagStyle, HeadTags] = MappingProxyType(
    {
        TagStyle.NONE: HeadTags((), judge=False),
        TagStyle.ANY: HeadTags(THINK_PAIRS, judge=True),
        TagStyle.GRANITE: HeadTags((GRANITE_THINK, *THINK_PAIRS), judge=True),
    }
)
