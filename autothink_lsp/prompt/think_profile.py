"""How a model is told to think or not to, as data: one profile for each way, chosen by what the model is called.

Sources: ``docs/reference/autothink-format.md``, sections 1 to 8. A profile says what to send and where the stream
starts; whether a server honours it is found out by its effect, not by its status code. "KAT" in a name does not mean
judge output: the agentic KAT models have none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from attrs import evolve, field, frozen

from autothink_lsp.stream.segments import StartState, TagStyle


class ThinkControl(StrEnum):
    """How a mode is forced."""

    NONE = "none"  # it cannot be: the model does what it does
    PREFILL = "prefill"  # the beginning of the assistant's turn is given
    TEMPLATE_KWARG = "template_kwarg"  # variables of the server's chat template
    EFFORT = "effort"  # a word: none, minimal, low, medium, high
    REASONING_OBJECT = "reasoning_object"  # {"reasoning": {...}} of gateways


@frozen(kw_only=True)
class ThinkProfile:
    """One way. ``fields`` go into every request, ``off_fields`` and ``on_fields`` by mode."""

    name: str
    control: ThinkControl
    start_state: StartState = StartState.HEAD  # without a prefill
    tag_style: TagStyle = TagStyle.ANY
    can_off: bool = True
    can_auto: bool = False
    can_on: bool = True
    judges: bool = False  # trained to decide by itself whether to think
    prefill_off: str = ""
    prefill_on: str = ""
    think_opener: str = "<think>\n"
    think_closer: str = "\n</think>\n\n"  # ends a partial thought in a prefill
    stop_off: tuple[str, ...] = ()
    fields: Mapping[str, object] = field(default=MappingProxyType({}), repr=False)
    off_fields: Mapping[str, object] = field(default=MappingProxyType({}), repr=False)
    on_fields: Mapping[str, object] = field(default=MappingProxyType({}), repr=False)
    can_prefill: bool = True  # the server continues an assistant message that was begun
    takes_minimal: bool = True  # the effort "minimal"
    budget_field: str = ""  # top-level field that takes tokens; never sent together with an effort
    names: tuple[str, ...] = ()  # regular expressions, searched in the lower-case model name
    unless: tuple[str, ...] = ()  # ... but not where one of these is found


@frozen
class ProfileChoice:
    """A profile and why it was taken, for ``doctor`` and the log."""

    profile: ThinkProfile
    reason: str


PLAIN = ThinkProfile(name="plain", control=ThinkControl.NONE, can_on=False)
"""An instruct model that was not trained to think: "on" means a check and a retry, never a prompt that asks for it."""


def choose_profile(
    model: str, server: str, *, configured: str = "auto", embedded: bool = False, host: str = ""
) -> ProfileChoice:
    """The profile of the model, as its server takes it (``families/think/gateways.py``); see ``_of_model``."""
    from autothink_lsp.prompt.families.think.gateways import for_gateway

    choice = _of_model(model, server, configured=configured, embedded=embedded)
    profile, gateway = for_gateway(choice.profile, server, host)
    return ProfileChoice(profile, f"{choice.reason}, in the fields of {gateway}" if gateway else choice.reason)


def without_prefill(profile: ThinkProfile) -> ThinkProfile:
    """The profile at a server that refuses or ignores a begun answer.

    A model that is told its mode only by a begun answer then decides itself, and its answers need space for thinking.
    """
    bare = evolve(profile, can_prefill=False, prefill_off="", prefill_on="")
    if profile.control is not ThinkControl.PREFILL:
        return bare
    return evolve(bare, control=ThinkControl.NONE, can_off=False, can_on=False, stop_off=())


def _of_model(model: str, server: str, *, configured: str, embedded: bool) -> ProfileChoice:
    """The profile by its configured name, else by the model's name; ``PLAIN`` where nothing fits.

    ``server`` is what the server says it is; the catalogue of the embedded engine holds plain models only, but a GGUF
    of the user's own may be any.
    """
    from autothink_lsp.prompt.families.think.table import PROFILES

    if configured != "auto":
        found = next((profile for profile in PROFILES if profile.name == configured), None)
        if found is not None:
            return ProfileChoice(found, f"{found.name}, as assist.think_profile says")
        known = ", ".join(profile.name for profile in PROFILES)
        return ProfileChoice(PLAIN, f"plain, since assist.think_profile {configured!r} is none of {known}")
    low = model.lower()
    for profile in PROFILES:
        if any(re.search(name, low) for name in profile.names):
            if any(re.search(name, low) for name in profile.unless):
                continue
            return ProfileChoice(profile, f"{profile.name}, by the model's name {model!r}")
    where = "the embedded model" if embedded else server or "the server"
    return ProfileChoice(PLAIN, f"plain: {model or where} is not known to think")
