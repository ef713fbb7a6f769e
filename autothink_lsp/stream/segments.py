"""The segments of a stream from a model that may think, as values. ``think_parser.py`` makes them."""

from __future__ import annotations

from enum import StrEnum

from autothink_lsp.values import frozen


class SegmentKind(StrEnum):
    """The kind of a segment. ``MODE`` has the text "on" or "off". ``RETRACT``: the text, which was emitted as
    ``ANSWER`` and is the whole answer so far, was thinking."""

    JUDGE = "judge"
    MODE = "mode"
    THINK = "think"
    ANSWER = "answer"
    RETRACT = "retract"


@frozen
class StreamSegment:
    """A piece of one kind, never empty. Adjacent segments of the same kind belong together, because segments end with
    chunks."""

    kind: SegmentKind
    text: str


class StartState(StrEnum):
    """The state in which the model continues its message: profile data, because the opener may be in the prompt."""

    HEAD = "head"
    JUDGE = "judge"
    THINK = "think"
    ANSWER = "answer"


class TagStyle(StrEnum):
    """A table of delimiters in ``stream/think_tags.py``; ``ANY`` has all that can be combined at the head."""

    NONE = "none"  # everything is the answer
    ANY = "any"  # judge form, <think> and the other inline delimiters
    HARMONY = "harmony"  # gpt-oss channels
    GRANITE = "granite"  # prose markers of Granite 3.2


@frozen
class ParseFlags:
    """Irregularities of a stream."""

    unterminated: str = ""  # the state in which it ended before its closer: "judge", "think", or nothing
    judge_overflow: bool = False  # more than the cap: cancel and resend with a prefilled mode
    reasoning_field: bool = False  # reasoning came in a separate field
    prefill_ignored: bool = False  # the model started its message from scratch in spite of the prefill
    tagless: bool = True  # neither a tag nor a reasoning field was seen
