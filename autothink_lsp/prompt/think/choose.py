"""Chooses the think profile of a model by the setting, its chat template, its name or its first stream, and adapts it
to the gateway.

Pure. The profiles are data (``profiles.py``, ``gateways.py``); this module only looks them up.
"""

from __future__ import annotations

import re

from attrs import evolve, frozen

from autothink_lsp.prompt.think.gateways import for_gateway
from autothink_lsp.prompt.think.profile import PLAIN, ThinkProfile
from autothink_lsp.prompt.think.profiles import (
    DEEPSEEK_V3,
    GPT_OSS,
    KAT,
    MAGISTRAL,
    PROFILES,
    QWEN3,
    R1,
)
from autothink_lsp.stream.segments import StartState

# Patterns in a chat template or in a chat that it rendered. A tag in the vocabulary alone proves nothing: Qwen3's
# instruct models have <think> in theirs and never write it.
_TEMPLATES: tuple[tuple[str, ThinkProfile], ...] = (
    (r"<judge>", KAT),
    (r"<\|channel\|>(?:(?!<\|tool).)*analysis|Reasoning: (?:low|medium|high)", GPT_OSS),
    (r"\[THINK\]", MAGISTRAL),
    (r"enable_thinking", QWEN3),
    (r"\bthinking\b(?: is (?:not )?defined| ==|\s*%\}|\s+(?:and|or|else))", DEEPSEEK_V3),
    (r"<think>(?:\\n|\n)?(?:['\"]\s*[-}%]|\s*\Z)", R1),  # in the generation prompt
)


@frozen
class ProfileChoice:
    """A profile and why it was chosen, for ``doctor`` and the log."""

    profile: ThinkProfile
    reason: str


def choose_profile(
    model: str,
    server: str,
    *,
    configured: str = "auto",
    embedded: bool = False,
    host: str = "",
    chat_template: str = "",
) -> ProfileChoice:
    """The profile of the model with the fields of its server (``gateways.py``). The configured profile applies first,
    then a chat template's form that only one kind of model has, then the model's name, then any other form of the
    template."""
    choice = _of_model(model, server, configured=configured, embedded=embedded)
    found = _of_template(chat_template) if configured == "auto" else None
    if found is not None and (choice.profile is PLAIN or (found.judges and not choice.profile.judges)):
        choice = ProfileChoice(found, f"{found.name}, by its chat template")
    profile, gateway = for_gateway(choice.profile, server, host)
    return ProfileChoice(profile, f"{choice.reason}, in the fields of {gateway}" if gateway else choice.reason)


@frozen
class StreamForm:
    """The forms found in the first stream of a model that was not known to think."""

    has_mode_tag: bool = False  # a tag of the judge form
    has_thinking: bool = False
    is_in_field: bool = False  # the server sent the thinking in a separate field
    is_opened_in_prompt: bool = False  # a closer without an opener


def profile_of_stream(form: StreamForm, server: str, host: str) -> ProfileChoice | None:
    """The profile of a model whose first stream contained thinking; ``None`` if it contained none."""
    if form.has_mode_tag:
        found = KAT
    elif form.has_thinking:
        found = (
            QWEN3 if form.is_in_field else R1 if form.is_opened_in_prompt else evolve(R1, start_state=StartState.HEAD)
        )
    else:
        return None
    profile, gateway = for_gateway(found, server, host)
    return ProfileChoice(
        profile, f"{found.name}, by its first answer" + (f", in the fields of {gateway}" if gateway else "")
    )


def _of_template(template: str) -> ThinkProfile | None:
    """The profile by the patterns found in a chat template, the most specific pattern first."""
    return next((profile for form, profile in _TEMPLATES if re.search(form, template)), None) if template else None


def _of_model(model: str, server: str, *, configured: str, embedded: bool) -> ProfileChoice:
    """The profile by its configured name, else by the model's name; ``PLAIN`` if none matches.

    ``server`` is the server's own name. The embedded engine's catalogue has plain models only, but a user's GGUF file
    may be any model.
    """
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
