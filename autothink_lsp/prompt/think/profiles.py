"""The table of all think profiles, the more specific names first. To add one: an entry here, a row in its test."""

from __future__ import annotations

from types import MappingProxyType

from autothink_lsp.prompt.think.profile import PLAIN, ThinkControl, ThinkProfile
from autothink_lsp.stream.segments import StartState, TagStyle
from autothink_lsp.thinking.mode import Effort

_SPECIALS_KEPT = MappingProxyType({"skip_special_tokens": False})
"""Should the tokenizer list the tags as special tokens, vLLM and SGLang would drop them from the text."""
_VLLM_BUDGET = ("thinking_token_budget",)  # at the top of the body, not inside another field
_JUDGE_OFF = "<judge>\nTrivial edit. Requires think-off mode.\n</judge>\n\n<think_off>\n<answer>\n"
_JUDGE_ON = "<judge>\nThis needs care. Requires think-on mode.\n</judge>\n\n<think_on>\n<think>\n"


def _kwargs(**values: object) -> MappingProxyType[str, object]:
    return MappingProxyType({"chat_template_kwargs": dict(values)})


def _judging(name: str, start: StartState, names: tuple[str, ...], unless: tuple[str, ...] = ()) -> ThinkProfile:
    return ThinkProfile(
        name=name,
        control=ThinkControl.PREFILL,
        start_state=start,
        can_auto=True,
        judges=True,
        prefill_off=_JUDGE_OFF,
        prefill_on=_JUDGE_ON,
        think_closer="\n</think>\n\n<answer>\n",
        fields=_SPECIALS_KEPT,
        names=names,
        unless=unless,
    )


_AGENTIC = (r"kat-dev", r"kat-coder")

# The preview's spelling. Its template is not known, so nothing is prefilled (unverified).
PREVIEW = ThinkProfile(
    name="kwaicoder-autothink-preview",
    control=ThinkControl.PREFILL,
    can_auto=True,
    judges=True,
    prefill_off="<judge>\nTrivial edit.\n</judge>\n\n<think off>\n",
    prefill_on="<judge>\nThis needs care.\n</judge>\n\n<think on>\n<think>\n",
    fields=_SPECIALS_KEPT,
    names=(r"kwaicoder-autothink", r"autothink-preview"),
)
KAT = _judging("kat-v1", StartState.JUDGE, (r"kat[-_]?v1", r"\bkat[-_]?40b"), _AGENTIC)
HIPO = _judging("hipo", StartState.JUDGE, (r"\bhipo(?![a-z])",))
# SGLang and the DeepSeek templates read ``thinking``, the others ``enable_thinking``; each ignores the other field.
QWEN3 = ThinkProfile(
    name="qwen3",
    control=ThinkControl.TEMPLATE_KWARG,
    off_fields=_kwargs(enable_thinking=False, thinking=False),
    on_fields=_kwargs(enable_thinking=True, thinking=True),
    budget_fields=_VLLM_BUDGET,
    names=(r"qwen-?3", r"kat-coder-v2\.5-dev"),
    unless=(r"qwen-?3.*(coder|instruct)", r"-thinking"),
)
QWEN3_THINKING = ThinkProfile(
    name="qwen3-thinking",
    control=ThinkControl.PREFILL,
    start_state=StartState.THINK,
    prefill_off="<think>\n\n</think>\n\n",
    budget_fields=_VLLM_BUDGET,
    names=(r"qwen-?3.*-thinking",),
)
R1 = ThinkProfile(
    name="deepseek-r1",
    control=ThinkControl.PREFILL,
    start_state=StartState.THINK,
    prefill_off="<think>\n\n</think>\n\n",
    budget_fields=_VLLM_BUDGET,
    names=(r"deepseek[-_]r1", r"\br1-distill", r"\bqwq\b", r"deepseek-reasoner", r"openthinker", r"srpo"),
)
DEEPSEEK_V3 = ThinkProfile(
    name="deepseek-v3.1",
    control=ThinkControl.TEMPLATE_KWARG,
    off_fields=_kwargs(thinking=False, enable_thinking=False),
    on_fields=_kwargs(thinking=True, enable_thinking=True),
    budget_fields=_VLLM_BUDGET,
    names=(r"deepseek.*v3\.[1-9]", r"deepseek.*v4"),
)
GLM = ThinkProfile(
    name="glm-4.5",
    control=ThinkControl.TEMPLATE_KWARG,
    off_fields=MappingProxyType({"chat_template_kwargs": {"enable_thinking": False}, "thinking": {"type": "disabled"}}),
    on_fields=MappingProxyType({"chat_template_kwargs": {"enable_thinking": True}, "thinking": {"type": "enabled"}}),
    budget_fields=_VLLM_BUDGET,
    names=(r"glm-?4[.-][5-9]", r"glm-?5"),
)
GRANITE = ThinkProfile(
    name="granite-3.2",
    control=ThinkControl.TEMPLATE_KWARG,
    tag_style=TagStyle.GRANITE,
    off_fields=_kwargs(thinking=False),
    on_fields=_kwargs(thinking=True),
    names=(r"granite-?3[.-][23]",),
)
GPT_OSS = ThinkProfile(
    name="gpt-oss",
    control=ThinkControl.EFFORT,
    tag_style=TagStyle.HARMONY,
    can_off=False,  # "low" is the lowest level
    off_fields=MappingProxyType({"reasoning_effort": "low"}),
    takes_minimal=False,
    off_effort=Effort.LOW,
    sampling_temperature=1.0,
    sampling_top_p=1.0,
    names=(r"gpt-oss",),
)
OPENAI = ThinkProfile(
    name="openai-reasoning",
    control=ThinkControl.EFFORT,
    can_off=False,
    off_fields=MappingProxyType({"reasoning_effort": "minimal"}),
    off_effort=Effort.MINIMAL,
    sampling_temperature=1.0,
    sampling_top_p=1.0,
    names=(r"(?:^|/)o[1-9]\b", r"(?:^|/)gpt-5(?!-chat)"),
)
MAGISTRAL = ThinkProfile(
    name="magistral",
    control=ThinkControl.NONE,
    can_off=False,
    think_opener="[THINK]",
    think_closer="[/THINK]",
    sampling_temperature=0.7,
    names=(r"magistral",),
)
OPENROUTER = ThinkProfile(
    name="openrouter",
    control=ThinkControl.REASONING_OBJECT,
    off_fields=MappingProxyType({"reasoning": {"enabled": False}}),
)

PROFILES: tuple[ThinkProfile, ...] = (
    PREVIEW,
    KAT,
    HIPO,
    QWEN3_THINKING,
    R1,
    QWEN3,
    DEEPSEEK_V3,
    GLM,
    GRANITE,
    GPT_OSS,
    OPENAI,
    MAGISTRAL,
    OPENROUTER,
    PLAIN,
)
