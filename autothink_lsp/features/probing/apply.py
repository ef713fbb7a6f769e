"""What a probe changes in how a model is told to think. Pure."""

from __future__ import annotations

from attrs import evolve

from autothink_lsp.features.probing.values import Capabilities
from autothink_lsp.prompt.think_profile import ProfileChoice, ThinkControl, without_prefill


def as_probed(choice: ProfileChoice, facts: Capabilities) -> ProfileChoice:
    """The profile as far as the endpoint honours it: what was seen goes before what the model's name promises."""
    profile = choice.profile
    if facts.prefill is False:
        choice = prefill_lost(choice)
        if profile.control is ThinkControl.PREFILL:
            return choice
        profile = choice.profile
    if facts.off_honoured is False and profile.can_off:
        # Its answers need room for the thinking that was not asked for.
        return ProfileChoice(evolve(profile, can_off=False), f"{choice.reason}; it thinks though told not to")
    if facts.on_honoured is False and profile.can_on:
        return ProfileChoice(evolve(profile, can_on=False), f"{choice.reason}; it does not think though told to")
    return choice


def prefill_lost(choice: ProfileChoice) -> ProfileChoice:
    """The profile at an endpoint that was seen to refuse or ignore a begun answer. Idempotent."""
    if not choice.profile.can_prefill:
        return choice
    decides = "" if choice.profile.control is not ThinkControl.PREFILL else ", so the model decides itself"
    reason = f"{choice.reason}; its server does not continue a begun answer{decides}"
    return ProfileChoice(without_prefill(choice.profile), reason)
