"""What each kind of server is sent for each mode. Off means no budget; effort and budget never go together."""

from __future__ import annotations

import json

import pytest

from autothink_lsp.prompt.chat import render_chat_prompt
from autothink_lsp.prompt.think.choose import choose_profile
from autothink_lsp.prompt.think.profiles import PROFILES
from autothink_lsp.thinking.mode import ThinkMode, ThinkPolicy
from autothink_lsp.values import ChatMessage

ASK = (ChatMessage("user", "q"),)

# Model, what the server says, the URL's host, fields when off, fields when on with 1000 tokens.
SENT = [
    ("qwen/qwen3-32b", "x", "openrouter.ai", {"reasoning": {"enabled": False}}, {"reasoning": {"max_tokens": 1000}}),
    (
        "deepseek/deepseek-r1",
        "x",
        "openrouter.ai",
        {"reasoning": {"enabled": False}},
        {"reasoning": {"max_tokens": 1000}},
    ),
    (
        "deepseek-v3.2",
        "deepseek",
        "api.deepseek.com",
        {"thinking": {"type": "disabled"}},
        {"thinking": {"type": "enabled"}},
    ),
    ("qwen3:8b", "library", "127.0.0.1", {"reasoning_effort": "none"}, {"reasoning_effort": "low"}),
    (
        "Qwen3-8B-GGUF",
        "llama.cpp b1",
        "127.0.0.1",
        {"chat_template_kwargs": {"enable_thinking": False, "thinking": False}},
        {
            "chat_template_kwargs": {"enable_thinking": True, "thinking": True},
            "thinking_budget_tokens": 1000,
            "reasoning_budget_tokens": 1000,
        },
    ),
    (
        "Qwen/Qwen3-8B",
        "sglang",
        "127.0.0.1",
        {"chat_template_kwargs": {"enable_thinking": False, "thinking": False}},
        {"chat_template_kwargs": {"enable_thinking": True, "thinking": True}},
    ),
    (
        "Qwen/Qwen3-8B",
        "vllm",
        "10.0.0.1",
        {"chat_template_kwargs": {"enable_thinking": False, "thinking": False}},
        {"chat_template_kwargs": {"enable_thinking": True, "thinking": True}, "thinking_token_budget": 1000},
    ),
    ("o3-mini", "system", "api.openai.com", {"reasoning_effort": "minimal"}, {"reasoning_effort": "low"}),
    ("gpt-4.1", "system", "api.openai.com", {}, {}),
]


@pytest.mark.parametrize(("model", "server", "host", "off", "on"), SENT)
def test_the_fields_of_each_server(model: str, server: str, host: str, off: dict, on: dict) -> None:
    profile = choose_profile(model, server, host=host).profile
    asked_off = render_chat_prompt(ASK, ThinkPolicy(mode=ThinkMode.OFF), profile, answer_tokens=64)
    asked_on = render_chat_prompt(ASK, ThinkPolicy(mode=ThinkMode.ON, budget_tokens=1000), profile, answer_tokens=64)
    assert json.loads(json.dumps(dict(asked_off.fields))) == off
    assert json.loads(json.dumps(dict(asked_on.fields))) == on


def test_sglang_must_not_part_what_its_parsers_do_not_know() -> None:
    choice = choose_profile("Kwaipilot/KAT-V1-40B", "sglang")
    assert choice.profile.fields["separate_reasoning"] is False
    assert choice.profile.fields["skip_special_tokens"] is False
    assert "SGLang" in choice.reason


def test_a_stranger_host_that_looks_like_a_gateway_is_none() -> None:
    assert choose_profile("qwen3", "x", host="notopenrouter.ai").profile == choose_profile("qwen3", "x").profile


@pytest.mark.parametrize("host", ["", "openrouter.ai", "api.z.ai"])
@pytest.mark.parametrize("server", ["vllm", "sglang", "library", "llama.cpp"])
@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_off_sends_no_budget_and_effort_never_goes_with_one(profile, server: str, host: str) -> None:
    found = choose_profile("m", server, configured=profile.name, host=host).profile
    off = render_chat_prompt(ASK, ThinkPolicy(mode=ThinkMode.OFF), found, answer_tokens=64).fields
    assert not {"thinking_token_budget", "thinking_budget_tokens"} & set(off)
    on = render_chat_prompt(ASK, ThinkPolicy(mode=ThinkMode.ON, budget_tokens=512), found, answer_tokens=64).fields
    both = {"reasoning_effort"} & set(on) and {"thinking_token_budget", "thinking_budget_tokens"} & set(on)
    assert not both
