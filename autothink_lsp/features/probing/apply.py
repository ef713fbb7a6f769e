"""Applies a probe's results to the think profile of a model. Pure."""

from __future__ import annotations

from attrs import evolve

from autothink_lsp.features.probing.capabilities import Capabilities
from autothink_lsp.prompt.think.choose import ProfileChoice
from autothink_lsp.prompt.think.profile import ThinkControl, without_prefill


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
