"""The parser that vLLM loads. vLLM itself is stood in for here by its two names; tests/engines has the real one."""

from __future__ import annotations

import importlib.util
import random
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

import autothink_lsp

FILE = Path(autothink_lsp.__file__).parent / "vllm_plugin" / "autothink_reasoning_parser.py"


class Base:
    def __init__(self, tokenizer, *args, **kwargs) -> None:
        self.model_tokenizer = tokenizer


class Manager:
    registered: dict[str, type] = {}  # noqa: RUF012

    @classmethod
    def register_module(cls, name):
        return lambda found: cls.registered.setdefault(name, found)


class Tokenizer:
    """A token is a character."""

    def decode(self, ids) -> str:
        return "".join(map(chr, ids))


@pytest.fixture(scope="module")
def plugin():
    names = {
        "vllm": {},
        "vllm.reasoning": {"ReasoningParser": Base, "ReasoningParserManager": Manager},
        "vllm.entrypoints": {},
        "vllm.entrypoints.openai": {},
        "vllm.entrypoints.openai.protocol": {"DeltaMessage": SimpleNamespace},
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, values in names.items():
            module = ModuleType(name)
            module.__dict__.update(values)
            module.__path__ = []  # type: ignore[attr-defined]
            patch.setitem(sys.modules, name, module)
        spec = importlib.util.spec_from_file_location("plugin_under_test", FILE)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield module


CODE = (
    "def tags():\n    return ['<judge>', '</judge>', '<think_on>', '<think off>',\n"
    "            '<think>', '</think>', '<answer>', '</answer>']\n\nprint('</answer>' in tags())"
)
# Name, how the prompt ends, what the model writes, reasoning, content.
SAMPLES = [
    ("off", "<judge>\n", "Easy.\n</judge>\n\n<think_off>\n<answer>\n10\n</answer>", "Easy.", "10"),
    (
        "on",
        "<judge>\n",
        "Hard.\n</judge>\n\n<think_on>\n<think>\nstep 1\nstep 2\n</think>\n\n<answer>\n42\n</answer>\n",
        "Hard.step 1\nstep 2",
        "42",
    ),
    (
        "indented answer",
        "<judge>\n",
        "E.\n</judge>\n<think_off>\n<answer>\n    return x\n</answer>",
        "E.",
        "    return x",
    ),
    ("code with every tag", "<judge>\n", f"E.\n</judge>\n<think_off>\n<answer>\n{CODE}\n</answer>", "E.", CODE),
    ("preview off", "", "<judge>\nTrivial.\n</judge>\n\n<think off>\nx = 1\ny = 2", "Trivial.", "x = 1\ny = 2"),
    ("preview on", "", "<judge>a</judge><think on><think>b</think>\n\n  c\n", "ab", "  c\n"),
    ("preview, code with every tag", "", f"<judge>a</judge><think off>\n{CODE}", "a", CODE),
    ("prefilled off", "<judge>\nT.\n</judge>\n\n<think_off>\n<answer>\n", "x\n</answer>", None, "x"),
    (
        "prefilled on",
        "<judge>\nT.\n</judge>\n\n<think_on>\n<think>\n",
        "hm\n</think>\n<answer>\nx\n</answer>",
        "hm",
        "x",
    ),
    ("closed thought", "<think>\nhm\n</think>\n\n<answer>\n", "a < b\n</answer>", None, "a < b"),
    ("answer opens itself", "<judge>\n", "E.\n</judge>\n<think_off>\nplain text <b>", "E.", "plain text <b>"),
    ("no closer of the judge", "<judge>\n", "Trivial edit.\n<think_off>\n<answer>\nx\n</answer>", "Trivial edit.", "x"),
    ("no closer of the thought", "<think>\n", "hm\nhm\n<answer>\nx\n</answer>", "hm\nhm", "x"),
    ("cut in thinking", "<think>\n", "so we need", "so we need", None),
    ("cut in the answer", "<answer>\n", "def f():\n    pass\n</ans", None, "def f():\n    pass\n</ans"),
    ("capitals", "<judge>\n", "E.</JUDGE><THINK_OFF><ANSWER>x</ANSWER>", "E.", "x"),
]


def streamed(plugin, prompt: str, pieces) -> tuple[str, str, object]:
    parser = plugin.AutoThinkReasoningParser(Tokenizer())
    parser.adjust_initial_state_from_prompt([ord(c) for c in f"<|im_start|>assistant\n{prompt}"])
    reasoning = content = ""
    for piece in pieces:
        delta = parser.extract_reasoning_streaming("", "", piece, (), (), ())
        assert not parser.is_reasoning_end_streaming((), ())
        if delta is not None:
            reasoning += delta.reasoning or ""
            content += delta.content or ""
    return reasoning, content, parser


@pytest.mark.parametrize(("name", "prompt", "text", "reasoning", "content"), SAMPLES, ids=[s[0] for s in SAMPLES])
def test_whole_and_every_split_are_the_same(plugin, name, prompt, text, reasoning, content) -> None:
    parser = plugin.AutoThinkReasoningParser(Tokenizer())
    assert not parser.is_reasoning_end([ord(c) for c in f"<answer>\n<|im_start|>assistant\n{prompt}"])
    assert parser.extract_reasoning(text, SimpleNamespace()) == (reasoning, content)
    chance = random.Random(5)
    for _ in range(200):
        cuts = sorted(chance.sample(range(len(text) + 1), k=min(len(text), chance.randint(0, 9))))
        pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
        seen = streamed(plugin, prompt, pieces)
        # vLLM does not mark its last call, so a tag that had begun and white space at the very end stay behind.
        assert seen[0].strip() == (reasoning or "")
        assert (content or "").startswith(seen[1])
        assert (content or "")[len(seen[1]) :].strip() in {"", "</ans"}
    assert streamed(plugin, prompt, list(text))[:2] == streamed(plugin, prompt, [text])[:2]


def test_tags_in_a_system_prompt_change_nothing(plugin) -> None:
    system = "<|im_start|>system\nUse <answer> and <think>.<|im_end|>\n<|im_start|>assistant\n<judge>\n"
    assert plugin.state_after(system) == ("judge", False)
    assert plugin.state_after("<answer><|im_start|>assistant\n") == ("head", False)


def test_a_model_that_does_not_judge_keeps_its_answer(plugin) -> None:
    parser = plugin.AutoThinkReasoningParser(Tokenizer())
    assert parser.extract_reasoning("just an answer", SimpleNamespace(messages=[])) == (None, "just an answer")
    long = "word " * 400
    reasoning, content, _ = streamed(plugin, "<judge>\n", [long[i : i + 7] for i in range(0, len(long), 7)])
    assert len(reasoning) < 600, "a judge that never ends is cut"
    assert (reasoning + content).strip() == long.strip(), "and nothing is lost"


def test_without_the_prompt_the_given_beginning_counts(plugin) -> None:
    parser = plugin.AutoThinkReasoningParser(Tokenizer())
    begun = [
        {"role": "user", "content": "q"},
        {"role": "assistant", "content": "<judge>a</judge><think_off><answer>\n"},
    ]
    request = SimpleNamespace(messages=begun, continue_final_message=True)
    assert parser.extract_reasoning("x\n</answer>", request) == (None, "x")


def test_it_is_registered_by_name(plugin) -> None:
    assert Manager.registered["autothink"] is plugin.AutoThinkReasoningParser
