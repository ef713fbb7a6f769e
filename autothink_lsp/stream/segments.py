"""What the stream of a model that may think is made of. Values only; ``think_parser.py`` makes them."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen


class SegmentKind(StrEnum):
    """``MODE`` has the text "on" or "off". ``RETRACT``: the text, which was given as ``ANSWER`` and is all of it so
    far, was thinking."""

    JUDGE = "judge"
    MODE = "mode"
    THINK = "think"
    ANSWER = "answer"
    RETRACT = "retract"


@frozen
class Segment:
    """A piece of one kind, never empty. Neighbours of the same kind belong together: borders follow the chunks."""

    kind: SegmentKind
    text: str


class StartState(StrEnum):
    """Where in its message the model goes on writing: profile data, since the opener may stand in the prompt."""

    HEAD = "head"
    JUDGE = "judge"
    THINK = "think"
    ANSWER = "answer"


class TagStyle(StrEnum):
    """A table of delimiters in ``stream/think_tags.py``; ``ANY`` knows all that may stand at the head together."""

    NONE = "none"  # everything is the answer
    ANY = "any"  # judge form, <think> and the other inline delimiters
    HARMONY = "harmony"  # gpt-oss channels
    GRANITE = "granite"  # prose markers of Granite 3.2


@frozen
class ParseFlags:
    """What was odd about a stream."""

    unterminated: str = ""  # the state in which it ended before its closer: "judge", "think", or nothing
    judge_overflow: bool = False  # more than the cap: cancel and resend with a prefilled mode
    echoed_prefill: bool = False
    missing_closer: bool = False
    reasoning_field: bool = False  # reasoning came in a field of its own
    prefill_ignored: bool = False  # the model began its message anew though a beginning was given
    tagless: bool = True  # neither a tag nor a reasoning field was seen
