"""What a probe changes in how a model is told to think. Pure."""

from __future__ import annotations

from attrs import evolve

from autothink_lsp.features.probing.values import Capabilities
from autothink_lsp.prompt.think_profile import ProfileChoice, ThinkControl


def as_probed(choice: ProfileChoice, facts: Capabilities) -> ProfileChoice:
    """The profile as far as the endpoint honours it: what was seen goes before what the model's name promises."""
    profile = choice.profile
    if profile.control is ThinkControl.PREFILL and facts.prefill is False:
        bare = evolve(profile, control=ThinkControl.NONE, can_off=False, can_on=False, prefill_off="", prefill_on="")
        return ProfileChoice(
            bare, f"{choice.reason}; its server does not continue a begun answer, so it decides itself"
        )
    if facts.off_honoured is False and profile.can_off:
        # Its answers need room for the thinking that nobody asked for.
        return ProfileChoice(evolve(profile, can_off=False), f"{choice.reason}; it thinks though told not to")
    if facts.on_honoured is False and profile.can_on:
        return ProfileChoice(evolve(profile, can_on=False), f"{choice.reason}; it does not think though told to")
    return choice
