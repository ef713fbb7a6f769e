"""Renders messages and a thinking policy into one chat request. The part that forces the mode comes last, so that all
modes share the server's prefix cache.

``render_chat_prompt`` never changes the messages; it adds a prefill, fields, stop strings, the token limit, and the
state in which the stream parser starts. Invariants: mode off sends no budget; effort and budget are never sent
together.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from attrs import evolve, field, frozen

from autothink_lsp.prompt.think.profile import ThinkControl, ThinkProfile
from autothink_lsp.stream.segments import StartState, TagStyle
from autothink_lsp.thinking.mode import Effort, ThinkMode, ThinkPolicy
from autothink_lsp.values import ChatMessage

# A judge output is one to three sentences; the parser stops a longer one.
JUDGE_TOKENS = 160
# For models that cannot be stopped from thinking: the answer still needs its own tokens.
UNASKED_THINKING_TOKENS = 1024
# Thinking budgets as effort levels: litellm 1.109's constants (``docs/reference/autothink-format.md``, 8).
_EFFORTS = ((128, Effort.MINIMAL), (1024, Effort.LOW), (2048, Effort.MEDIUM))


@frozen(kw_only=True)
class ChatPrompt:
    """One chat request. ``mode`` is the mode that the model can be switched to; it may differ from the policy's."""

    messages: tuple[ChatMessage, ...] = field(repr=False)
    prefill: str
    fields: Mapping[str, object]
    stop: tuple[str, ...]
    max_tokens: int
    start_state: StartState
    tag_style: TagStyle
    mode: ThinkMode
    answer_tokens: int
    is_follow_up: bool = False


def effort_for(budget_tokens: int) -> Effort:
    """The effort level for a thinking budget."""
    return next((effort for limit, effort in _EFFORTS if budget_tokens <= limit), Effort.HIGH)


def render_chat_prompt(
    messages: tuple[ChatMessage, ...], policy: ThinkPolicy, profile: ThinkProfile, *, answer_tokens: int
) -> ChatPrompt:
    """The request for ``policy``, as far as the profile can express it."""
    mode = _requested_mode(policy.mode, profile)
    fields: dict[str, object] = dict(profile.fields)
    prefill, stop = "", ()
    start = profile.start_state
    budget = policy.budget_tokens if mode is ThinkMode.ON else 0
    if mode is ThinkMode.OFF:
        fields |= profile.off_fields
        prefill, stop = profile.prefill_off, profile.stop_off
        if prefill:
            start = StartState.ANSWER
    elif mode is ThinkMode.ON:
        fields |= profile.on_fields
        fields |= _amount(policy, profile)
        prefill = profile.prefill_on
        if prefill:
            start = StartState.THINK
    return ChatPrompt(
        messages=messages,
        prefill=prefill,
        fields=MappingProxyType(fields),
        stop=stop,
        max_tokens=_max_tokens(mode, profile, budget, answer_tokens),
        start_state=start,
        tag_style=profile.tag_style,
        mode=mode,
        answer_tokens=answer_tokens,
    )


def resend_with_thinking_closed(prompt: ChatPrompt, profile: ThinkProfile, partial_thought: str) -> ChatPrompt | None:
    """The same request with the partial thought closed in the prefill, so that the model continues with the answer.

    Used for "answer now", for an exhausted budget, and after a reply without an answer. If a prefill cannot express it
    (hidden reasoning, or a server that does not continue an assistant message), thinking is switched off instead.
    Returns ``None`` if it cannot be switched off.
    """
    thought = partial_thought.strip("\n")
    if not profile.can_prefill and profile.off_fields == profile.on_fields:
        return None
    if (
        not profile.can_prefill
        or profile.control is ThinkControl.EFFORT
        or profile.tag_style in {TagStyle.HARMONY, TagStyle.NONE}
    ):
        if prompt.mode is ThinkMode.OFF:
            return None
        return evolve(prompt, fields=_off_fields(profile), mode=ThinkMode.OFF)
    # A continued turn has no generation prompt, so the template does not add its own opener.
    opener = profile.prefill_on or profile.think_opener
    return evolve(
        prompt,
        prefill=f"{opener}{thought}{profile.think_closer}",
        fields=_off_fields(profile),
        stop=profile.stop_off,
        max_tokens=prompt.answer_tokens,
        start_state=StartState.ANSWER,
        mode=ThinkMode.OFF,
    )


def _off_fields(profile: ThinkProfile) -> MappingProxyType[str, object]:
    """The fields of a request without thinking: no switch, budget or effort is left in them."""
    return MappingProxyType({**profile.fields, **profile.off_fields})


def _requested_mode(mode: ThinkMode, profile: ThinkProfile) -> ThinkMode:
    if mode is ThinkMode.ON and not profile.can_on:
        return ThinkMode.OFF
    if mode is ThinkMode.AUTO and not profile.can_auto:
        return ThinkMode.OFF
    return mode


def _amount(policy: ThinkPolicy, profile: ThinkProfile) -> dict[str, object]:
    """The amount of thinking as the one field that the profile supports."""
    effort = policy.effort or effort_for(policy.budget_tokens)
    if effort is Effort.MINIMAL and not profile.takes_minimal:
        effort = Effort.LOW
    if profile.off_effort is not None:
        effort = _above(effort, profile.off_effort)
    if profile.control is ThinkControl.EFFORT:
        return {"reasoning_effort": effort.value}
    if profile.control is ThinkControl.REASONING_OBJECT:
        return {"reasoning": {"max_tokens": policy.budget_tokens} if policy.budget_tokens else {"effort": effort.value}}
    return dict.fromkeys(profile.budget_fields, policy.budget_tokens) if policy.budget_tokens else {}


def _above(effort: Effort, off: Effort) -> Effort:
    """``effort`` raised by the number of levels that "off" is above the lowest. Different budgets stay different
    requests, and none of them equals the request without thinking."""
    levels = tuple(Effort)
    return levels[min(len(levels) - 1, max(levels.index(effort) + levels.index(off), levels.index(off) + 1))]


def _max_tokens(mode: ThinkMode, profile: ThinkProfile, budget: int, answer_tokens: int) -> int:
    judge = JUDGE_TOKENS if mode is ThinkMode.AUTO and profile.judges else 0
    unasked = UNASKED_THINKING_TOKENS if mode is ThinkMode.OFF and not profile.can_off else 0
    thinking = budget if mode is ThinkMode.ON else 4 * UNASKED_THINKING_TOKENS if mode is ThinkMode.AUTO else unasked
    return answer_tokens + judge + thinking
