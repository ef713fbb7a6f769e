"""What was found out about an endpoint: facts that the features use, and sentences for its user."""

from __future__ import annotations

from typing import Any, Literal

from attrs import asdict, field, frozen

Verdict = Literal["yes", "no", "unknown"]


@frozen
class ProbeFinding:
    """One line. ``loses`` is what the user does without, ``remedy`` the flag or setting that mends it."""

    subject: str
    verdict: Verdict
    text: str
    loses: str = ""
    remedy: str = ""


@frozen(kw_only=True)
class Capabilities:
    """``None`` where it could not be found out."""

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
    """All of it, and when it was found out (seconds since 1970)."""

    url: str
    capabilities: Capabilities
    findings: tuple[ProbeFinding, ...] = ()
    at_s: float = 0.0
    requests: int = field(default=0)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> ProbeReport:
        """What ``to_json`` made. Raises ``TypeError`` or ``KeyError`` for anything else."""
        findings = tuple(ProbeFinding(**each) for each in value["findings"])
        return cls(
            value["url"], Capabilities(**value["capabilities"]), findings, float(value["at_s"]), int(value["requests"])
        )
