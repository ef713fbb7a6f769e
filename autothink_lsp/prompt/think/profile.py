"""Think profiles: how a model is switched to think or not, as data.

Sources: ``docs/reference/autothink-format.md``, sections 1 to 8. A profile holds the fields and prefills to send and
the state in which the stream starts. Whether a server honours it is checked by its effect, not by its status code.
"KAT" in a name does not mean judge output: the agentic KAT models have none. ``profiles.py`` is the table,
``choose.py`` selects from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from attrs import evolve, field, frozen

from autothink_lsp.stream.segments import StartState, TagStyle
from autothink_lsp.thinking.mode import Effort


class ThinkControl(StrEnum):
    """The mechanism that forces a mode."""

    NONE = "none"  # no mechanism: the model decides
    PREFILL = "prefill"  # the beginning of the assistant's turn is given
    TEMPLATE_KWARG = "template_kwarg"  # variables of the server's chat template
    EFFORT = "effort"  # a word: none, minimal, low, medium, high
    REASONING_OBJECT = "reasoning_object"  # {"reasoning": {...}} of gateways


@frozen(kw_only=True)
class ThinkProfile:
    """How one kind of model is switched. ``fields`` go into every request, ``off_fields`` and ``on_fields`` by mode."""

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
    can_prefill: bool = True  # the server continues an assistant message that the request begins
    takes_minimal: bool = True  # the effort "minimal"
    off_effort: Effort | None = None  # the lowest effort, for "off" if thinking cannot be switched off
    # Used while thinking and in attempts after a failed one. From the model cards of Qwen3, QwQ and HiPO, which warn of
    # endless repetition under greedy decoding.
    sampling_temperature: float = 0.6
    sampling_top_p: float = 0.95
    # Top-level fields that take a number of tokens; never sent together with an effort. A server knows one of them.
    budget_fields: tuple[str, ...] = ()
    names: tuple[str, ...] = ()  # regular expressions, searched in the lower-case model name
    unless: tuple[str, ...] = ()  # exceptions: names that match one of these


PLAIN = ThinkProfile(name="plain", control=ThinkControl.NONE, can_on=False)
"""An instruct model without trained thinking: "on" then means a check and a retry, never a prompt for thinking."""


def without_prefill(profile: ThinkProfile) -> ThinkProfile:
    """The profile for a server that rejects or ignores a prefill.

    A model whose mode is set by a prefill then decides by itself, and its answers need tokens for thinking.
    """
    bare = evolve(profile, can_prefill=False, prefill_off="", prefill_on="")
    if profile.control is not ThinkControl.PREFILL:
        return bare
    return evolve(bare, control=ThinkControl.NONE, can_off=False, can_on=False, stop_off=())
