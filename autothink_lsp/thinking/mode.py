"""Think mode, policy and outcome of a request. Values only.

Invariants (``docs/reference/autothink-format.md``, section 8): *off* means a budget of 0; a keystroke is always off;
thinking text never enters a document or a later prompt.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from attrs import frozen


class ThinkMode(StrEnum):
    """Whether a request thinks. ``auto`` leaves the choice to the expected values, or to a model that was trained to
    judge."""

    OFF = "off"
    AUTO = "auto"
    ON = "on"


class Effort(StrEnum):
    """The thinking budget as a word, for backends that take no number of tokens."""

    MINIMAL = "minimal"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


Escalate = Literal["never", "on_check_failure"]
Show = Literal["hide", "summary", "full"]
Source = Literal["rule", "user", "value", "model", "escalation"]


@frozen(kw_only=True)
class ThinkPolicy:
    """The thinking that one request asks of the model. ``deadline_ms`` is the remaining time of the request."""

    mode: ThinkMode
    budget_tokens: int = 0
    effort: Effort | None = None
    deadline_ms: float = 60_000.0
    escalate: Escalate = "on_check_failure"
    show: Show = "summary"
    source: Source = "rule"
    rule_id: str = ""
    sentence: str = ""  # the reason, for the user

    def __attrs_post_init__(self) -> None:
        if self.mode is ThinkMode.OFF and self.budget_tokens:
            raise ValueError("off means a budget of 0")


OFF = ThinkPolicy(mode=ThinkMode.OFF, rule_id="always-off", sentence="The model did not think: it was not asked to.")


@frozen(kw_only=True)
class ThinkOutcome:
    """What the model did: whether it thought, who decided that, and the number of tokens of each part."""

    effective: Literal["off", "on", "unknown"]
    decided_by: Literal["rule", "model", "prefill", "server"]
    judge_probability: float | None = None  # of thinking, if the server returned log-probabilities of the mode token
    prompt_tokens: int = 0  # as the server counts them, including cached ones; 0 if it does not report them
    judge_tokens: int = 0
    think_tokens: int = 0
    answer_tokens: int = 0
    truncated: Literal["none", "budget", "deadline", "cancel"] = "none"
