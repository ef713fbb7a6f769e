"""What each profile sends in each mode, and which profile a model gets."""

from __future__ import annotations

import pytest

from autothink_lsp.prompt.chat import effort_for, render_chat_prompt, resend_with_thinking_closed
from autothink_lsp.prompt.think.choose import StreamForm, choose_profile, profile_of_stream
from autothink_lsp.prompt.think.profile import PLAIN
from autothink_lsp.prompt.think.profiles import PROFILES
from autothink_lsp.stream.segments import SegmentKind, StartState
from autothink_lsp.stream.think_parser import ThinkParser
from autothink_lsp.thinking.mode import OFF, Effort, ThinkMode, ThinkPolicy
from autothink_lsp.values import ChatMessage

MESSAGES = (ChatMessage("system", "s"), ChatMessage("user", "u"))
ON = ThinkPolicy(mode=ThinkMode.ON, budget_tokens=700)
AUTO = ThinkPolicy(mode=ThinkMode.AUTO)

NAMES = [
    ("Kwaipilot/KAT-V1-40B", "kat-v1"),
    ("QuantTrio/KAT-V1-40B-AWQ", "kat-v1"),
    ("Kwaipilot/KAT-Dev", "plain"),
    ("KAT-Dev-72B-Exp", "plain"),
    ("kat-coder-pro", "plain"),
    ("Kwaipilot/HiPO-8B", "hipo"),
    ("Kwaipilot/KwaiCoder-AutoThink-preview", "kwaicoder-autothink-preview"),
    ("Qwen/Qwen3-8B", "qwen3"),
    ("qwen3-coder-30b-a3b-instruct", "plain"),
    ("Qwen3-30B-A3B-Thinking-2507", "qwen3-thinking"),
    ("Qwen2.5-Coder-1.5B-Instruct", "plain"),
    ("deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", "deepseek-r1"),
    ("QwQ-32B", "deepseek-r1"),
    ("deepseek-ai/DeepSeek-V3.1", "deepseek-v3.1"),
    ("zai-org/GLM-4.5-Air", "glm-4.5"),
    ("ibm-granite/granite-3.2-8b-instruct", "granite-3.2"),
    ("openai/gpt-oss-20b", "gpt-oss"),
    ("gpt-5-mini", "openai-reasoning"),
    ("o3-mini", "openai-reasoning"),
    ("gpt-4o", "plain"),
    ("gpt-5-chat", "plain"),
    ("azure/gpt-5", "openai-reasoning"),
    ("models/o4-mini", "openai-reasoning"),
    ("Qwen-3-Coder-30B", "plain"),
    ("HiPO_8B", "hipo"),
    ("hipo8b", "hipo"),
    ("kat_v1_40b", "kat-v1"),
    ("glm4.5-air", "glm-4.5"),
    ("granite3.3:8b", "granite-3.2"),
    ("deepseek_r1", "deepseek-r1"),
    ("", "plain"),
]


@pytest.mark.parametrize(("model", "profile"), NAMES)
def test_a_profile_by_the_models_name(model: str, profile: str) -> None:
    assert choose_profile(model, "vLLM").profile.name == profile


def test_the_users_word_counts_and_a_wrong_one_is_told() -> None:
    assert choose_profile("x", "", configured="hipo").profile.name == "hipo"
    choice = choose_profile("x", "", configured="nope")
    assert choice.profile is PLAIN
    assert "'nope'" in choice.reason


KAT_END = "{% if add_generation_prompt %}{{'<|im_start|>assistant\\n<judge>\\n'}}{% endif %}"
TEMPLATES = [
    (KAT_END, "kat-v1"),
    ("<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n<judge>\n", "kat-v1"),
    ("{%- if enable_thinking is defined and enable_thinking is false %}<think>\n\n</think>", "qwen3"),
    ("{% if thinking %}<think>{% endif %}", "deepseek-v3.1"),
    ("{{'<|Assistant|><think>\\n'}}", "deepseek-r1"),
    ("<|im_start|>assistant\n<think>\n", "deepseek-r1"),
    ("<|start|>system<|message|>Reasoning: {{ reasoning_effort }} <|channel|>analysis", "gpt-oss"),
    ("[SYSTEM_PROMPT] [THINK]", "magistral"),
    ("<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n", "plain"),
    ("{%- if tools %}<tools></tools>{% endif %}{# no thinking here #}", "plain"),
    ("", "plain"),
]


@pytest.mark.parametrize(("template", "profile"), TEMPLATES)
def test_a_model_under_another_name_is_known_by_its_template(template: str, profile: str) -> None:
    assert choose_profile("team-model", "vllm", chat_template=template).profile.name == profile
    assert choose_profile("team-model", "vllm", chat_template=template, configured="plain").profile is PLAIN
    judges = profile == "kat-v1"
    assert choose_profile("Qwen3-8B", "vllm", chat_template=template).profile.name == ("kat-v1" if judges else "qwen3")


FORMS = [
    (StreamForm(has_mode_tag=True, has_thinking=True, is_opened_in_prompt=True), "kat-v1", StartState.JUDGE),
    (StreamForm(has_thinking=True, is_opened_in_prompt=True), "deepseek-r1", StartState.THINK),
    (StreamForm(has_thinking=True), "deepseek-r1", StartState.HEAD),
    (StreamForm(has_thinking=True, is_in_field=True), "qwen3", StartState.HEAD),
]


@pytest.mark.parametrize(("form", "name", "start"), FORMS)
def test_a_model_is_known_by_its_first_stream(form: StreamForm, name: str, start: StartState) -> None:
    found = profile_of_stream(form, "vllm", "127.0.0.1")
    assert found is not None
    assert (found.profile.name, found.profile.start_state) == (name, start)


def test_a_stream_without_thinking_tells_nothing() -> None:
    assert profile_of_stream(StreamForm(), "vllm", "") is None


def test_off_and_each_budget_are_different_requests() -> None:
    for name in ("gpt-oss", "openai-reasoning"):
        profile = choose_profile("", "", configured=name).profile
        modes = [OFF, *(ThinkPolicy(mode=ThinkMode.ON, budget_tokens=tokens) for tokens in (1024, 2048))]
        sent = [
            render_chat_prompt(MESSAGES, mode, profile, answer_tokens=100).fields["reasoning_effort"] for mode in modes
        ]
        assert len(set(sent)) == 3, sent


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
@pytest.mark.parametrize("policy", [OFF, AUTO, ON], ids=lambda policy: policy.mode)
def test_all_modes_share_their_messages(profile, policy) -> None:
    prompt = render_chat_prompt(MESSAGES, policy, profile, answer_tokens=100)
    assert prompt.messages is MESSAGES
    sent = {"reasoning_effort", "thinking_token_budget"} & set(prompt.fields)
    assert len(sent) <= 1, "effort and budget never go together"
    if policy is OFF:
        assert "thinking_token_budget" not in prompt.fields
        assert prompt.mode is ThinkMode.OFF
    assert prompt.max_tokens >= 100 + (700 if prompt.mode is ThinkMode.ON else 0)


SENT = [
    ("kat-v1", OFF, {"skip_special_tokens": False}, "<think_off>\n<answer>\n", StartState.ANSWER),
    ("kat-v1", AUTO, {"skip_special_tokens": False}, "", StartState.JUDGE),
    ("kat-v1", ON, {"skip_special_tokens": False}, "<think_on>\n<think>\n", StartState.THINK),
    ("qwen3", OFF, {"chat_template_kwargs": {"enable_thinking": False, "thinking": False}}, "", StartState.HEAD),
    (
        "qwen3",
        ON,
        {"chat_template_kwargs": {"enable_thinking": True, "thinking": True}, "thinking_token_budget": 700},
        "",
        StartState.HEAD,
    ),
    ("deepseek-r1", OFF, {}, "</think>\n\n", StartState.ANSWER),
    ("deepseek-r1", ON, {"thinking_token_budget": 700}, "", StartState.THINK),
    ("gpt-oss", OFF, {"reasoning_effort": "low"}, "", StartState.HEAD),
    ("gpt-oss", ON, {"reasoning_effort": "medium"}, "", StartState.HEAD),
    ("openai-reasoning", OFF, {"reasoning_effort": "minimal"}, "", StartState.HEAD),
    ("openrouter", ON, {"reasoning": {"max_tokens": 700}}, "", StartState.HEAD),
    ("plain", ON, {}, "", StartState.HEAD),
]


@pytest.mark.parametrize(("name", "policy", "fields", "prefill_end", "start"), SENT)
def test_mode_and_profile_decide_fields_and_prefill(
    name: str, policy, fields: dict, prefill_end: str, start: StartState
) -> None:
    prompt = render_chat_prompt(MESSAGES, policy, choose_profile("", "", configured=name).profile, answer_tokens=100)
    assert dict(prompt.fields) == fields
    assert prompt.prefill.endswith(prefill_end)
    assert bool(prompt.prefill) == bool(prefill_end)
    assert prompt.start_state is start


def test_a_plain_model_is_never_asked_to_think() -> None:
    assert render_chat_prompt(MESSAGES, ON, PLAIN, answer_tokens=9) == render_chat_prompt(
        MESSAGES, OFF, PLAIN, answer_tokens=9
    )


@pytest.mark.parametrize("name", ["kat-v1", "hipo", "qwen3", "deepseek-r1", "deepseek-v3.1", "openrouter", "glm-4.5"])
def test_a_closed_thought_is_followed_by_the_answer(name: str) -> None:
    profile = choose_profile("", "", configured=name).profile
    prompt = render_chat_prompt(MESSAGES, ON, profile, answer_tokens=100)
    again = resend_with_thinking_closed(prompt, profile, "half a thought")
    assert again is not None
    assert "half a thought" in again.prefill
    assert again.prefill.rstrip().endswith(("</think>", "<answer>"))
    assert (again.mode, again.max_tokens) == (ThinkMode.OFF, 100)
    assert dict(again.fields) == dict(render_chat_prompt(MESSAGES, OFF, profile, answer_tokens=100).fields), (
        "no budget is left"
    )
    assert "<think>" in again.prefill
    parser = ThinkParser(again.tag_style, again.start_state, prefill=again.prefill)
    segments = [*parser.feed("x = 1\n</answer>" if "<answer>" in again.prefill else "x = 1"), *parser.finish()]
    assert [(segment.kind, segment.text) for segment in segments] == [(SegmentKind.ANSWER, "x = 1")]


def test_hidden_thinking_is_switched_down_instead() -> None:
    profile = choose_profile("gpt-5", "").profile
    prompt = render_chat_prompt(MESSAGES, ON, profile, answer_tokens=100)
    again = resend_with_thinking_closed(prompt, profile, "")
    assert again is not None
    assert again.fields["reasoning_effort"] == "minimal"
    assert resend_with_thinking_closed(again, profile, "") is None


@pytest.mark.parametrize(
    ("budget", "effort"), [(1, Effort.MINIMAL), (129, Effort.LOW), (2048, Effort.MEDIUM), (2049, Effort.HIGH)]
)
def test_a_budget_maps_to_an_effort(budget: int, effort: Effort) -> None:
    assert effort_for(budget) is effort
