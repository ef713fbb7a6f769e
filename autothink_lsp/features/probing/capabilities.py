"""The result of a probe: capabilities for the features, findings for the user. Values only."""

from __future__ import annotations

from typing import Any, Literal

from attrs import asdict, field, frozen

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
    on_honoured: bool | None = None  # "on" gives some
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
