"""From messages and a policy to one request: what forces the mode stands at the end, so that all modes share the cache.

``render`` never changes the messages; it adds a prefill, fields, stops and the tokens that may be generated. The parser
of the stream is told where it starts. Invariants: off means no budget is sent; effort and budget never go together.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from attrs import evolve, field, frozen

from autothink_lsp.prompt.think_profile import ThinkControl, ThinkProfile
from autothink_lsp.stream.segments import StartState, TagStyle
from autothink_lsp.thinking.values import Effort, ThinkMode, ThinkPolicy
from autothink_lsp.values import ChatMessage

# A judge is one to three sentences; the parser stops a longer one.
JUDGE_TOKENS = 160
# Where a model thinks whatever we ask, and its answer must not be starved.
UNASKED_THINKING_TOKENS = 1024
# From a budget to a word: litellm 1.109's constants (``docs/reference/autothink-format.md``, 8).
_EFFORTS = ((128, Effort.MINIMAL), (1024, Effort.LOW), (2048, Effort.MEDIUM))


@frozen(kw_only=True)
class ChatPrompt:
    """``mode`` is what is effectively asked of this model, whatever the policy wanted."""

    messages: tuple[ChatMessage, ...] = field(repr=False)
    prefill: str
    fields: Mapping[str, object]
    stop: tuple[str, ...]
    max_tokens: int
    start_state: StartState
    tag_style: TagStyle
    mode: ThinkMode
    answer_tokens: int


def effort_for(budget_tokens: int) -> Effort:
    """The word for a number of tokens."""
    return next((effort for limit, effort in _EFFORTS if budget_tokens <= limit), Effort.HIGH)


def render(
    messages: tuple[ChatMessage, ...], policy: ThinkPolicy, profile: ThinkProfile, *, answer_tokens: int
) -> ChatPrompt:
    """The request for ``policy``, as far as the profile can express it."""
    mode = _asked(policy.mode, profile)
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
    """The same request with the thought so far given and closed, so that the answer comes next.

    For "answer now", a used-up budget, and a reply that was nothing but thinking. Where a prefill cannot express
    it (reasoning that the server keeps to itself, a server that continues no begun answer), thinking is switched off
    instead; ``None`` where it cannot.
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
    # The template's own opener comes with the generation prompt, which a continued turn does not get.
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
    """No switch, budget or effort of thinking is left in a request that asks for none."""
    return MappingProxyType({**profile.fields, **profile.off_fields})


def _asked(mode: ThinkMode, profile: ThinkProfile) -> ThinkMode:
    if mode is ThinkMode.ON and not profile.can_on:
        return ThinkMode.OFF
    if mode is ThinkMode.AUTO and not profile.can_auto:
        return ThinkMode.OFF
    return mode


def _amount(policy: ThinkPolicy, profile: ThinkProfile) -> dict[str, object]:
    """How much to think, in the one way that the profile takes."""
    effort = policy.effort or effort_for(policy.budget_tokens)
    if effort is Effort.MINIMAL and not profile.takes_minimal:
        effort = Effort.LOW
    if profile.control is ThinkControl.EFFORT:
        return {"reasoning_effort": effort.value}
    if profile.control is ThinkControl.REASONING_OBJECT:
        return {"reasoning": {"max_tokens": policy.budget_tokens} if policy.budget_tokens else {"effort": effort.value}}
    if profile.budget_field and policy.budget_tokens:
        return {profile.budget_field: policy.budget_tokens}
    return {}


def _max_tokens(mode: ThinkMode, profile: ThinkProfile, budget: int, answer_tokens: int) -> int:
    judge = JUDGE_TOKENS if mode is ThinkMode.AUTO and profile.judges else 0
    unasked = UNASKED_THINKING_TOKENS if mode is ThinkMode.OFF and not profile.can_off else 0
    thinking = budget if mode is ThinkMode.ON else 4 * UNASKED_THINKING_TOKENS if mode is ThinkMode.AUTO else unasked
    return answer_tokens + judge + thinking
