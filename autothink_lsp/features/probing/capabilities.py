"""The result of a probe: capabilities for the features, findings for the user, and the think profile that the
capabilities allow. Pure."""

from __future__ import annotations

from typing import Any, Literal

from attrs import asdict, evolve, field, frozen

from autothink_lsp.prompt.think.choose import ProfileChoice
from autothink_lsp.prompt.think.profile import ThinkControl, without_prefill

Verdict = Literal["yes", "no", "unknown"]


@frozen
class ProbeFinding:
    """One line of the report. ``loses`` is what the user does without, ``remedy`` the flag or setting that helps."""

    subject: str
    verdict: Verdict
    text: str
    loses: str = ""
    remedy: str = ""


@frozen(kw_only=True)
class Capabilities:
    """What the endpoint can do; ``None`` where that is unknown."""

    server: str = ""
    version: str = ""
    model: str = ""
    context_tokens: int | None = None
    fim: bool | None = None
    prefill: bool | None = None
    echoes_prefill: bool | None = None
    off_honoured: bool | None = None  # "off" gives no thinking
    on_honoured: bool | None = None  # "on" gives thinking
    budget_honoured: bool | None = None
    reasoning_field: str = ""
    prefix_cache: bool | None = None
    aborts: bool | None = None
    structured: bool | None = None
    priority: bool | None = None
    stop_limit: int | None = None
    prefill_tokens_per_s: float | None = None
    decode_tokens_per_s: float | None = None


@frozen
class ProbeReport:
    """The result of one probe. ``at_s`` is its time in seconds since 1970."""

    url: str
    capabilities: Capabilities
    findings: tuple[ProbeFinding, ...] = ()
    at_s: float = 0.0
    requests: int = field(default=0)

    def to_json(self) -> dict[str, Any]:
        """The report as plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> ProbeReport:
        """The report from the value of ``to_json``. Raises ``TypeError`` or ``KeyError`` for anything else."""
        findings = tuple(ProbeFinding(**each) for each in value["findings"])
        return cls(
            value["url"], Capabilities(**value["capabilities"]), findings, float(value["at_s"]), int(value["requests"])
        )


def as_probed(choice: ProfileChoice, facts: Capabilities) -> ProfileChoice:
    """The profile with the abilities that the endpoint honours: the probe overrides what the model's name promises."""
    profile = choice.profile
    if facts.prefill is False:
        choice = prefill_lost(choice)
        if profile.control is ThinkControl.PREFILL:
            return choice
        profile = choice.profile
    if facts.budget_honoured is False and profile.budget_fields:
        # What has no effect is not sent; the thinking is cut here.
        profile = evolve(profile, budget_fields=())
        choice = ProfileChoice(profile, f"{choice.reason}; its server has no budget for thinking")
    if facts.off_honoured is False and profile.can_off:
        # Its answers need room for the thinking that was not asked for.
        return ProfileChoice(evolve(profile, can_off=False), f"{choice.reason}; it thinks although thinking is off")
    if facts.on_honoured is False and profile.can_on:
        return ProfileChoice(
            evolve(profile, can_on=False), f"{choice.reason}; it does not think although thinking is on"
        )
    return choice


def prefill_lost(choice: ProfileChoice) -> ProfileChoice:
    """The profile for an endpoint that refuses or ignores a begun answer. Idempotent."""
    if not choice.profile.can_prefill:
        return choice
    decides = "" if choice.profile.control is not ThinkControl.PREFILL else ", so the model decides itself"
    reason = f"{choice.reason}; its server does not continue a begun answer{decides}"
    return ProfileChoice(without_prefill(choice.profile), reason)
