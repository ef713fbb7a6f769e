"""The parser of judging, thinking and answering: what each style means, and that no cut of a stream changes it."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from attrs import frozen
from hypothesis import example, given
from hypothesis import strategies as st

from autothink_lsp.stream.segments import SegmentKind, StartState, TagStyle
from autothink_lsp.stream.think_parser import ThinkParser
from autothink_lsp.stream.think_tags import ANSWER_CLOSE, ANSWER_OPEN, JUDGE_CLOSE, JUDGE_OPEN, MODE_TAGS, THINK_PAIRS
from tests.support.example_counts import cut_places, examples

Merged = tuple[tuple[str, str], ...]
PREFILL_OFF = "<judge>\nTrivial edit.\n</judge>\n\n<think_off>\n<answer>\n"
# Code that holds everything that could be taken for a tag.
HOSTILE = (
    "TAGS = [\n"
    + "".join(f"    '{pair.opener}', '{pair.closer}',\n" for pair in THINK_PAIRS)
    + f"    '{JUDGE_OPEN}', '{JUDGE_CLOSE}', '{ANSWER_OPEN}', '{ANSWER_CLOSE}',\n"
    + "    '<|channel|>final<|message|>', '<|end|>',\n"
    + "".join(f"{tag}\n" for tag in MODE_TAGS)
    + "</answer>\n<answer>\n</think>\n]  # end"
)


@frozen
class Style:
    """``expected`` are the merged segments."""

    text: str
    expected: Merged
    style: TagStyle = TagStyle.ANY
    start: StartState = StartState.HEAD
    prefill: str = ""


def kat(text: str, *expected: tuple[str, str]) -> Style:
    return Style(text, expected, start=StartState.JUDGE)


STYLES = {
    "KAT off": kat(
        "A rename.\n</judge>\n\n<think_off>\n<answer>\nx = 1\n</answer>",
        ("judge", "A rename.\n"),
        ("mode", "off"),
        ("answer", "x = 1"),
    ),
    "KAT on": kat(
        "A bug.\n</judge>\n\n<think_on>\n<think>\nHm, <answer> no.\n</think>\n\n<answer>\nx = 1\n</answer>\n",
        ("judge", "A bug.\n"),
        ("mode", "on"),
        ("think", "Hm, <answer> no.\n"),
        ("answer", "x = 1"),
    ),
    "KAT, the judge's opener repeated in HEAD": Style(
        "<judge>\nq</judge><think_off><answer>a</answer>", (("judge", "q"), ("mode", "off"), ("answer", "a"))
    ),
    "capitals": Style(
        "<JUDGE>q</Judge><Think_On><THINK>t</THINK>a", (("judge", "q"), ("mode", "on"), ("think", "t"), ("answer", "a"))
    ),
    "preview off": Style(
        "<judge>\nq\n</judge>\n\n<think off>\n\nprint(1)\n",
        (("judge", "q\n"), ("mode", "off"), ("answer", "print(1)\n")),
    ),
    "judge not closed": kat(
        "It says <think_on> here\n<think_off>\n<answer>a</answer>",
        ("judge", "It says <think_on> here\n"),
        ("mode", "off"),
        ("answer", "a"),
    ),
    "thinking not closed before the answer": kat(
        "q</judge><think_on><think>so <answer> is a tag\n<answer>\na\n</answer>",
        ("judge", "q"),
        ("mode", "on"),
        ("think", "so <answer> is a tag\n"),
        ("answer", "a"),
    ),
    "a judge that answers at once": kat("\n```py\nx\n```", ("answer", "```py\nx\n```")),
    "R1": Style("hm\n</think>\n\nx <think> y", (("think", "hm\n"), ("answer", "x <think> y")), start=StartState.THINK),
    "R1 with its opener": Style("<think>\nhm</think>a", (("think", "hm"), ("answer", "a")), start=StartState.THINK),
    "Qwen3": Style("<think>\nhm\n</think>\n\nx", (("think", "hm\n"), ("answer", "x"))),
    "Qwen3, empty thinking": Style("<think>\n\n</think>\n\nx", (("think", "\n"), ("answer", "x"))),
    "thinking only": Style("<think>\nhm", (("think", "hm"),)),
    "Mistral": Style("[THINK]hm[/THINK]x[THINK]", (("think", "hm"), ("answer", "x[THINK]"))),
    "Kimi": Style("◁think▷hm◁/think▷x", (("think", "hm"), ("answer", "x"))),
    "MiniMax": Style("<mm:think>hm</mm:think>x", (("think", "hm"), ("answer", "x"))),
    "Seed": Style("<seed:think>hm</think></seed:think>x", (("think", "hm</think>"), ("answer", "x"))),
    "Cohere": Style(
        "<|START_THINKING|>hm<|END_THINKING|><|START_RESPONSE|>x<|END_RESPONSE|>", (("think", "hm"), ("answer", "x"))
    ),
    "Apertus": Style("<|inner_prefix|>hm<|inner_suffix|>x", (("think", "hm"), ("answer", "x"))),
    "Gemma 4": Style("<|channel>hm<channel|>x", (("think", "hm"), ("answer", "x"))),
    "Granite": Style(
        "Here is my thought process:\nhm\nHere is my response:\nx",
        (("think", "hm\n"), ("answer", "x")),
        style=TagStyle.GRANITE,
    ),
    "Granite's words elsewhere": Style("Here is my response: x", (("answer", "Here is my response: x"),)),
    "harmony": Style(
        "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>x<|return|>",
        (("think", "hm"), ("answer", "x")),
        style=TagStyle.HARMONY,
    ),
    "harmony, already split": Style("x <|end|> y", (("answer", "x <|end|> y"),), style=TagStyle.HARMONY),
    "harmony, only analysis": Style("<|channel|>analysis<|message|>hm", (("think", "hm"),), style=TagStyle.HARMONY),
    "plain": Style("    return 1\n", (("answer", "    return 1\n"),)),
    "plain, tags later": Style("x\n<think>y</think>", (("answer", "x\n<think>y</think>"),)),
    "a fence first": Style("```\n<judge>\n```\n<think>", (("answer", "```\n<judge>\n```\n<think>"),)),
    "an unknown tag": Style("<b>x</b>", (("answer", "<b>x</b>"),)),
    "an answer's indentation": Style("<think>a</think>\n\n    x", (("think", "a"), ("answer", "    x"))),
    "no style": Style("<think>a</think>", (("answer", "<think>a</think>"),), style=TagStyle.NONE),
    "prefilled off": Style("x\n</answer>\n", (("answer", "x"),), start=StartState.ANSWER, prefill=PREFILL_OFF),
    "prefilled off, echoed": Style(
        PREFILL_OFF + "x\n</answer>", (("answer", "x"),), start=StartState.ANSWER, prefill=PREFILL_OFF
    ),
    "prefilled off, begun anew with half of it": Style(
        PREFILL_OFF[:20] + "!", (("judge", "Trivial edit!"),), start=StartState.ANSWER, prefill=PREFILL_OFF
    ),
    "a closer whose opener stood in the prompt": Style(
        "hm\n</think>\n\nx", (("answer", "hm\n</think>\n"), ("retract", "hm\n</think>\n"), ("answer", "x"))
    ),
    "nothing": Style("", ()),
    "hostile code, plain": Style("x = 1\n" + HOSTILE, (("answer", "x = 1\n" + HOSTILE),)),
    "hostile code, KAT": kat(
        f"q</judge><think_off>\n<answer>\n{HOSTILE}\n</answer>", ("judge", "q"), ("mode", "off"), ("answer", HOSTILE)
    ),
    "hostile code, harmony": Style(
        f"<|channel|>final<|message|>{HOSTILE}<|return|>", (("answer", HOSTILE),), style=TagStyle.HARMONY
    ),
    "hostile code, R1": Style(f"t</think>{HOSTILE}", (("think", "t"), ("answer", HOSTILE)), start=StartState.THINK),
}


EMPTY_THINKING = "<think>\n\n</think>\n\n"


def block(opener: str, closer: str, text: str = "It was <b>x = 1</b>.\n") -> Style:
    return Style(f"{opener}\n{text}{closer}\n\nThe sign.", (("think", text), ("answer", "The sign.")))


def untouched(text: str, **more: object) -> Style:
    return Style(text, (("answer", text),), **more)  # pyright: ignore[reportArgumentType]


def unopened(thought: str, answer: str, **more: object) -> Style:
    """``thought`` ends with its closer; the rest of its line, if any, begins ``answer``."""
    at = (thought + answer).find("\n", len(thought))
    seen = thought + answer if at < 0 else (thought + answer)[: at + 1]
    return Style(
        thought + answer,
        (("answer", seen), ("retract", seen), *((("answer", answer.lstrip()),) if answer.strip() else ())),
        **more,  # pyright: ignore[reportArgumentType]
    )


# Tags that no table names, tags in other spellings, and begun answers that the server ignored.
KINDS = {
    "thought": block("<thought>", "</thought>"),
    "thinking": block("<thinking>", "</thinking>"),
    "reasoning": block("<reasoning>", "</reasoning>"),
    "reflection": block("<reflection>", "</reflection>"),
    "scratchpad": block("<scratchpad>", "</scratchpad>"),
    "analysis": block("<analysis>", "</analysis>"),
    "inner_monologue": block("<inner_monologue>", "</inner_monologue>"),
    "chain_of_thought": block("<chain_of_thought>", "</chain_of_thought>"),
    "thought_process": block("<thought_process>", "</thought_process>"),
    "plan": block("<plan>", "</plan>"),
    "capitals": block("<THOUGHT>", "</Thought>"),
    "attributes": block('<thinking effort="high" lang="en">', "</thinking>"),
    "namespace": block("<acme:thinking>", "</acme:thinking>"),
    "seed": block("<seed:think>", "</seed:think>"),
    "Mistral's brackets": block("[THINK]", "[/THINK]"),
    "brackets, another name": block("[REASONING]", "[/REASONING]"),
    "triangles": block("◁thinking▷", "◁/thinking▷"),
    "begin_of_thought": block("<|begin_of_thought|>", "<|end_of_thought|>"),
    "begin_of_reasoning": block("<|begin_of_reasoning|>", "<|end_of_reasoning|>"),
    "full-width": block("<｜begin▁of▁thought｜>", "<｜end▁of▁thought｜>"),
    "pipes": block("<|thinking|>", "<|/thinking|>"),
    "pipes, end_": block("<|thinking|>", "<|end_thinking|>"),
    "pipes, _start": block("<|reasoning_start|>", "<|reasoning_end|>"),
    "pipes, a plain closer": block("<|think|>", "</think>"),
    # Other forms of the mode, and what follows the answer.
    **{
        f"KAT, {mode}": kat(
            f"q</judge>\n{mode}\n<answer>\nx\n</answer>", ("judge", "q"), ("mode", "off"), ("answer", "x")
        )
        for mode in ("<think-off>", "<think_off/>", "<think_off />", "<think_off></think_off>", "<Think_Off>")
    },
    "KAT, the mode closed with a line between": kat(
        "q</judge>\n<think_on>\n</think_on>\n<think>\nhm\n</think>\n<answer>\nx\n</answer>",
        *(("judge", "q"), ("mode", "on"), ("think", "hm\n"), ("answer", "x")),
    ),
    **{
        f"KAT, {token!r} behind the answer": kat(
            f"q</judge><think_off>\n<answer>\nx\n</answer>{token}", ("judge", "q"), ("mode", "off"), ("answer", "x")
        )
        for token in ("<|im_end|>", "\n<|im_end|>\n", "<|endoftext|>", "</s>", " <|im_end|><|endoftext|>")
    },
    "KAT, more behind the answer": kat(
        "q</judge><think_off><answer>x</answer><|x y|>",
        *(("judge", "q"), ("mode", "off")),
        ("answer", "x</answer><|x y|>"),
    ),
    # Thinking within thinking: the first closer is that of the inner block.
    "nested": Style(
        "<think>\nhm\n<think>\ninner\n</think>\nouter\n</think>\n\nx\n",
        (
            *(("think", "hm\n<think>\ninner\n"), ("answer", "outer\n</think>\n"), ("retract", "outer\n</think>\n")),
            ("answer", "x\n"),
        ),
    ),
    "nested, one opener repeated": Style(
        "<think>\n<think>\nhm\n</think>\n\nx\n", (("think", "<think>\nhm\n"), ("answer", "x\n"))
    ),
    "nested, a tag mentioned": Style(
        "<think>\nThe tag <think> opens.\n</think>\n\nx\n</think>\n",
        (("think", "The tag <think> opens.\n"), ("answer", "x\n</think>\n")),
    ),
    "another closer": Style("<thinking>\nhm\n</think>\nx", (("think", "hm\n"), ("answer", "x"))),
    "another closer, R1": Style("<think>\nhm\n</thinking>\n\nx", (("think", "hm\n"), ("answer", "x"))),
    "another closer within the thinking": Style(
        "<think>\nhm\n</thinking>\nis a tag\n</think>\nx",
        (
            *(("think", "hm\n"), ("answer", "is a tag\n</think>\n"), ("retract", "is a tag\n</think>\n")),
            ("answer", "x"),
        ),
    ),
    "another closer, mentioned": Style(
        "<thinking>\nso </think> is a tag\n</thinking>\nx", (("think", "so </think> is a tag\n"), ("answer", "x"))
    ),
    "behind a byte order mark": Style("\ufeff<think>\nhm\n</think>\nx", (("think", "hm\n"), ("answer", "x"))),
    "behind an invisible blank": Style("\u200b\n<think>hm</think>x", (("think", "hm"), ("answer", "x"))),
    "an invisible blank alone": untouched("\u200bx"),
    "two blocks": Style("<thought>a</thought>\n<reflection>b</reflection>\nx", (("think", "ab"), ("answer", "x"))),
    "a marked solution": Style(
        "<|begin_of_thought|>\nhm\n<|end_of_thought|>\n\n<|begin_of_solution|>\nx\n<|end_of_solution|>\n",
        (("think", "hm\n"), ("answer", "x")),
    ),
    "a marked response": Style("<thought>hm</thought><response>\nx\n</response>", (("think", "hm"), ("answer", "x"))),
    "harmony, an unknown model": Style(
        "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>x<|return|>",
        (("think", "hm"), ("answer", "x")),
    ),
    "harmony, from its start token": Style(
        "<|start|>assistant<|channel|>analysis<|message|>hm<|end|><|channel|>final<|message|>x",
        (("think", "hm"), ("answer", "x")),
    ),
    "harmony without its special tokens": Style(
        "analysisWe need x.assistantfinalThe sign.",
        (("think", "We need x."), ("answer", "The sign.")),
        style=TagStyle.HARMONY,
    ),
    # Begun answers.
    "ignored, <think>": Style(
        "<think>\nhm\n</think>\n\nx",
        (("think", "hm\n"), ("answer", "x")),
        start=StartState.ANSWER,
        prefill=EMPTY_THINKING,
    ),
    "ignored, <thought>": Style(
        "\n<thought>hm</thought>x", (("think", "hm"), ("answer", "x")), start=StartState.ANSWER, prefill=EMPTY_THINKING
    ),
    "ignored, the opener in the template": unopened(
        "hm\n</think>", "\n\nx", start=StartState.ANSWER, prefill=EMPTY_THINKING
    ),
    "ignored, harmony": Style(
        "<|channel|>analysis<|message|>hm<|end|><|channel|>final<|message|>x",
        (("think", "hm"), ("answer", "x")),
        start=StartState.ANSWER,
        prefill=EMPTY_THINKING,
    ),
    "heeded": untouched("x = '<think>'\n", start=StartState.ANSWER, prefill=EMPTY_THINKING),
    "heeded, indented": untouched("    x\n", start=StartState.ANSWER, prefill=EMPTY_THINKING),
    "begun thinking, opened again": Style(
        "<think>\nhm</think>x", (("think", "hm"), ("answer", "x")), start=StartState.THINK, prefill="<think>\n"
    ),
    # A closer alone.
    "unopened": unopened("hm.\nSo x.\n</think>", "\n\nThe sign.\n"),
    "unopened, CRLF": unopened("hm.\r\n</think>", "\r\n\r\nThe sign."),
    "unopened, at a line's end": unopened("hm, so x.</think>", "\n\nThe sign."),
    "unopened, the answer on its line": unopened("hm\n</think>", "The sign.\nMore."),
    "unopened, nothing behind": unopened("hm\n</think>", ""),
    "unopened, the answer at once": unopened("hm\n</think>", "x"),
    "unopened, other names": unopened("hm\n</thought>", "\nx"),
    "unopened, brackets": unopened("hm\n[/THINK]", "\nx"),
    "unopened, Gemma's token": unopened("hm\n<unused95>", "\nx"),
    "unopened, gpt-oss's channel": unopened("hm\n<|channel|>final<|message|>", "\nx"),
    "unopened, gpt-oss's turn": unopened("hm\n<|end|><|start|>assistant<|channel|>final<|message|>", "The sign.\n"),
    "unopened, end_of_thought": unopened("hm\n<|end_of_thought|>", "\nx"),
    "unopened, behind an apostrophe": unopened("That's it.</think>", "Yes\n"),
    "unopened, behind quotes": unopened("It's 'x.' So 'y'.<|channel|>final<|message|>", "The sign.\n"),
    "a closer in a string": untouched("x = 1\nx = f'a.</think>Paris'\ny\n"),
    "gpt-oss's channel in a string": untouched("x = '<|start|>assistant<|channel|>final<|message|>Paris'\ny\n"),
    "gpt-oss's turns in a text": untouched(
        "P = f'''\n<|start|>user<|message|>{q}<|end|>\n<|start|>assistant<|channel|>final<|message|>\n'''\n"
    ),
    "Gemma's tokens in a list": untouched("<unused93>\n<unused94>\n<unused95>\n<unused96>\n"),
    "unopened, with code in it": unopened("hm\n```py\nx = 2\n```\nno.\n</think>", "\nThe sign.\n```\ny\n```"),
    "unopened, blocks rehearsed": unopened(
        "<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE\nno.\n</think>", "\nThe sign."
    ),
    # Headers of turns, which a server passed on.
    **{
        f"behind the header {header!r}": Style(
            f"{header}<think>\nhm\n</think>\n\nx", (("think", "hm\n"), ("answer", "x"))
        )
        for header in (
            *(
                "<|im_start|>assistant\n",
                "<s>",
                "<bos>",
                "<s> <|im_start|>assistant\n",
                "<｜begin▁of▁sentence｜>",
                "assistant\n",
            ),
            *(
                "<｜Assistant｜>",
                "<|start_header_id|>assistant<|end_header_id|>\n\n",
                "<start_of_turn>model\n",
                "<|assistant|>\n",
            ),
            *(
                "<|start_of_role|>assistant<|end_of_role|>",
                "<role>ASSISTANT</role>",
                "[gMASK]<sop><|assistant|>",
                "<|turn>model\n",
            ),
            *("<|im_start|>assistant<|im_sep|>", "assistant:\n", "<|begin_of_text|>"),
            *("[|assistant|]\n", "<｜hy_Assistant｜>", "]~b]ai\n", "<|im_assistant|>assistant<|im_middle|>"),
            *("<seed:bos>assistant\n", "<SPECIAL_11>Assistant\n", "<extra_id_1>Assistant\n", "Assistant: "),
            *("Assistant:", "### Assistant:\n"),
        )
    },
    "a header alone": Style("<|im_start|>assistant\nx", (("answer", "x"),)),
    "a header and indentation": Style("<|im_start|>assistant\n    x", (("answer", "    x"),)),
    "a header behind thinking": Style(
        "<think>\nhm\n</think>\n<|im_end|>\n<|im_start|>assistant\nx", (("think", "hm\n"), ("answer", "x"))
    ),
    "the end of a turn behind thinking": Style("<think>hm</think></s>\nx", (("think", "hm"), ("answer", "x"))),
    "Solar": Style(
        "<|begin|>assistant<|think|>hm<|end|><|begin|>assistant<|content|>x", (("think", "hm"), ("answer", "x"))
    ),
    "Solar's colons": Style("<|think:begin|>hm<|think:end|><|content:begin|>x", (("think", "hm"), ("answer", "x"))),
    "GLM's box": Style("<think>hm</think><|begin_of_box|>x<|end_of_box|>", (("think", "hm"), ("answer", "x"))),
    "a role in an answer": untouched("assistant\nx"),
    "a role behind thinking": Style(
        "<think>\nhm\n</think>\n\nmodel:\n  name: x", (("think", "hm\n"), ("answer", "model:\n  name: x"))
    ),
    "an element behind thinking": Style(
        "<think>hm</think>\n<s>\nold</s>", (("think", "hm"), ("answer", "<s>\nold</s>"))
    ),
    "an element that is a token": untouched("<s>old</s> x"),
    "a token in a sentence": untouched("<|im_start|> begins a turn."),
    # Other spellings of tags.
    "a blank in the opener": Style("<think >\nhm\n</think >\nx", (("think", "hm\n"), ("answer", "x"))),
    "a line end in the closer": Style("<think>\nhm\n</think\n>\nx", (("think", "hm\n"), ("answer", "x"))),
    "a blank behind the slash": Style("<think>\nhm\n</ think>\nx", (("think", "hm\n"), ("answer", "x"))),
    "an escaped slash": Style("<think>\nhm\n<\\/think>\nx", (("think", "hm\n"), ("answer", "x"))),
    "in HTML escapes": Style("&lt;think&gt;\nhm\n&lt;/think&gt;\nx", (("think", "hm\n"), ("answer", "x"))),
    "a fence": Style("```think\nhm\n```\nx", (("think", "hm"), ("answer", "x"))),
    "Open WebUI": block('<details type="reasoning" done="true">', "</details>"),
    "a word before": block("<longcat_think>", "</longcat_think>"),
    "Anthropic's word before": block("<antThinking>", "</antThinking>"),
    "a word behind": block("<think_fast>", "</think_fast>"),
    "a number behind": block("<think_never_used_51bce0c785ca2f68>", "</think_never_used_51bce0c785ca2f68>"),
    "Pangu": block("[unused16]", "[unused17]"),
    "MedGemma": block("<unused94>thought", "<unused95>"),
    "Gemma's half pipes": block("<|think>", "<think|>"),
    "an affix": block("<start_thinking>", "<end_thinking>"),
    "an affix of two words": block("<begin_of_thought>", "<end_of_thought>"),
    "an affix, a plain closer": block("<begin_thinking>", "</thinking>"),
    "words in brackets": block("[BEGIN THINKING]", "[END THINKING]"),
    "two slashes": Style("<think>\nhm\n<//think>\nx", (("think", "hm\n"), ("answer", "x"))),
    "a summary": Style(
        "<details><summary>Thinking</summary>\nhm\n</details>\n\nx", (("think", "hm\n"), ("answer", "x"))
    ),
    "a summary on a line of its own": Style(
        "<details>\n<summary>💭 Reasoning</summary>\nhm\n</details>\n\nx", (("think", "hm\n"), ("answer", "x"))
    ),
    "Seed's budget": Style(
        "<seed:cot_budget_reflect>The budget is 0.</seed:cot_budget_reflect>\n\nx",
        (("think", "The budget is 0."), ("answer", "x")),
    ),
    "thinking behind the mode": Style(
        "<judge>\nq\n</judge>\n\n<think on>\nhm\n</think>\nx",
        (
            *(("judge", "q\n"), ("mode", "on"), ("answer", "hm\n</think>\n"), ("retract", "hm\n</think>\n")),
            ("answer", "x"),
        ),
    ),
    "unopened, between two sentences": unopened("hm.</think>", "The sign.\nMore."),
    "unopened, a blank before it": unopened("hm. </think>", "\nThe sign."),
    "unopened, behind code in a list": unopened("1. try\n\n    ```py\n    x\n    ```\nno.\n</think>", "\nThe sign."),
    # A closer that the thinking mentions.
    "a closer in the thinking's quotes": Style(
        "<think>\nIt ends with `</think>` so\n</think>\nx\n",
        (
            *(("think", "It ends with `"), ("answer", "` so\n</think>\n"), ("retract", "` so\n</think>\n")),
            ("answer", "x\n"),
        ),
    ),
    "a closer in the thinking's code": Style(
        "<think>\n```html\n</think>\n```\nhm\n</think>\nx\n",
        (
            *(("think", "```html\n"), ("answer", "```\nhm\n</think>\n"), ("retract", "```\nhm\n</think>\n")),
            ("answer", "x\n"),
        ),
    ),
    "code in the thinking": Style(
        "<think>\n```py\na\n```\n</think>\nx\n</think>\n",
        (("think", "```py\na\n```\n"), ("answer", "x\n</think>\n")),
    ),
    # Words around the thinking, and harmony without its tokens, of a model whose name says nothing.
    "analysis and assistantfinal": unopened("analysisWe need x.assistantfinal", "The sign."),
    "analysis, with code": unopened("analysisWe try\n```py\ny\n```\nno.assistantfinal", "The sign.\n"),
    "harmony without its first token": Style(
        "analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>x", (("think", "hm"), ("answer", "x"))
    ),
    "Granite's words": unopened("Here is my thought process: hm\nHere is my response:", "x"),
    "Granite's words, shortened": unopened("Here's my thought process:\nhm\nHere's my response:", "\nx"),
    "Ollama's words": unopened("Thinking...\nhm\n...done thinking.", "\n\nx"),
    "Apriel": Style(
        "Here are my reasoning steps:\nhm\n[BEGIN FINAL RESPONSE]\nx\n[END FINAL RESPONSE]",
        (
            ("answer", "Here are my reasoning steps:\nhm\n[BEGIN FINAL RESPONSE]\n"),
            ("retract", "Here are my reasoning steps:\nhm\n[BEGIN FINAL RESPONSE]\n"),
            ("answer", "x"),
        ),
    ),
    "analysis, a call": untouched("analysis(assistantfinal)\n"),
    "analysis, no end": untouched("analysisWe need x.\n"),
    "no analysis": untouched("The word assistantfinal is odd.\n"),
    "Granite's words, no end": untouched("Here is my thought process: it adds.\n"),
    # Whatever name the model is served under.
    "another model as gpt-oss": Style(
        "<think>\nhm\n</think>\n\nx", (("think", "hm\n"), ("answer", "x")), style=TagStyle.HARMONY
    ),
    "another model as gpt-oss, brackets": Style(
        "[THINK]hm[/THINK]x", (("think", "hm"), ("answer", "x")), style=TagStyle.HARMONY
    ),
    "gpt-oss, a server's fence": untouched("```py\nx\n```\n", style=TagStyle.HARMONY),
    # What is an answer.
    "a closer in code": untouched("The tag:\n```html\n</think>\n```\nDone."),
    "a closer in tildes": untouched("~~~\n</think>\n~~~\n"),
    "a closer in a block": untouched("<<<<<<< SEARCH\n</think>\n=======\nx\n>>>>>>> REPLACE\n"),
    "a closer in quotes": untouched("The template ends with `</think>`\nand more."),
    "a closer in a sentence": untouched("The text behind </think> counts.\n"),
    "a closer in a sentence that goes on below": untouched("It splits at </think>\nand goes on."),
    "a closer in a list": untouched("Stop strings:\n- </think>\n- </answer>\n1. </think>\n"),
    "a closer in code of a list": untouched("1. Fix:\n\n    ```xml\n    </think>\n    ```\n"),
    "a closer in a code span": untouched("Use `a</think>b` there.\n"),
    "an element with a longer name": untouched("<reasoning_config>\n  <a/>\n</reasoning_config>"),
    "a list of thoughts": untouched("<thought_list>\n</thought_list>"),
    "a section": untouched("[reasoning]\neffort = 1\n"),
    "another section": untouched("[thinking]\nmode=on\n"),
    "a role as a key": untouched("assistant: yes\n"),
    "details of something else": untouched("<details>\n<summary>Thinking about it</summary>\nx\n</details>\n"),
    "both in an answer": untouched("Use <think> first.\nThen\n</think>\nx\n"),
    "an element": untouched("<details>\n<summary>x</summary>\n</details>\n"),
    "a component": untouched("<ThinkingDots />\n"),
    "an element that closes itself": untouched("<thinking/>\nx"),
    "a link": untouched("[reasoning](https://example.org) is here"),
    "an index": untouched("[thought][0]"),
    "a Haskell operator": untouched("<|> empty\n"),
    "an F# pipe": untouched("<| reason |> f\n"),
    "a comparison": untouched("<thinking and more"),
    "a response that is no wrapper": untouched("<response>x</response>"),
    "a word": untouched("Thinking: the sign is wrong."),
    "analysis as a word": untouched("analysis: the sign is wrong.", style=TagStyle.HARMONY),
}


def parse(style: Style, pieces: list[str]) -> Merged:
    parser = ThinkParser(style.style, style.start, prefill=style.prefill)
    segments = [segment for piece in pieces for segment in parser.feed(piece)]
    return merged([*segments, *parser.finish()])


def merged(segments: list) -> Merged:
    out: list[tuple[str, str]] = []
    for segment in segments:
        assert segment.text
        if out and out[-1][0] == segment.kind.value:
            out[-1] = (segment.kind.value, out[-1][1] + segment.text)
        else:
            out.append((segment.kind.value, segment.text))
    return tuple(out)


@pytest.mark.parametrize("name", STYLES)
def test_what_a_style_means(name: str) -> None:
    assert parse(STYLES[name], [STYLES[name].text]) == STYLES[name].expected


@pytest.mark.parametrize("name", KINDS)
def test_kinds_of_tags_however_the_stream_is_cut(name: str) -> None:
    style, rng = KINDS[name], random.Random(name)
    text = style.text
    cuts: list[tuple[int, ...]] = [(), tuple(range(1, len(text))), *((i,) for i in cut_places(len(text)))]
    cuts += [tuple(sorted(rng.sample(range(1, len(text)), min(5, len(text) - 1)))) for _ in range(examples(60))]
    for cut in cuts:
        pieces = [text[a:b] for a, b in pairwise((0, *cut, len(text)))]
        assert parse(style, pieces) == style.expected, pieces


@pytest.mark.parametrize("name", [name for name in KINDS if name.startswith(("ignored", "heeded"))])
def test_an_ignored_prefill_is_reported(name: str) -> None:
    style = KINDS[name]
    parser = ThinkParser(style.style, style.start, prefill=style.prefill)
    parser.feed(style.text)
    parser.finish()
    assert parser.flags.prefill_ignored == name.startswith("ignored")


@pytest.mark.exhaustive
def test_every_split_gives_the_same() -> None:
    """More than 50,000 splits: every one and two cuts of the short ones, single characters, and random ones."""
    rng = random.Random(7)
    splits = 0
    for name, style in STYLES.items():
        text = style.text
        cuts: list[tuple[int, ...]] = [tuple(range(1, len(text)))]
        cuts += [(i,) for i in cut_places(len(text))]
        if len(text) <= 110:
            cuts += [(i, j) for i in range(1, len(text)) for j in range(i, len(text))]
        cuts += [
            tuple(sorted(rng.sample(range(1, len(text)), rng.randint(2, min(12, len(text) - 1)))))
            for _ in range(min(2_000, 20 * len(text)))
            if len(text) > 3
        ]
        for cut in cuts:
            pieces = [text[a:b] for a, b in pairwise((0, *cut, len(text)))]
            assert parse(style, pieces) == style.expected, (name, pieces)
            splits += 1
    assert splits >= 50_000


@pytest.mark.parametrize("name", STYLES)
def test_broken_off_anywhere_thinking_is_no_answer(name: str) -> None:
    style = STYLES[name]
    answers = "".join(text for kind, text in style.expected if kind == "answer")
    for end in range(len(style.text)):
        got = parse(style, [style.text[:end]])
        answer_text = "".join(text for kind, text in got if kind == "answer")
        # What is cut may end in the beginning of a tag; before that it is a beginning of the whole.
        common = (
            len(answer_text)
            if answers.startswith(answer_text)
            else max(n for n in range(len(answer_text) + 1) if answers.startswith(answer_text[:n]))
        )
        assert len(answer_text) - common <= len("here is my thought process:") + len(style.prefill), (end, answer_text)


@example("</reason>", StartState.HEAD, 1)
@example("a\n</reason> b", StartState.ANSWER, 7)
@given(st.text(alphabet="<>/_ \nabthinkjudgeoswer|[]"), st.sampled_from(list(StartState)), st.integers(1, 7))
def test_nothing_is_lost_or_invented(text: str, start: StartState, size: int) -> None:
    whole = parse(Style(text, (), start=start), [text])
    assert parse(Style(text, (), start=start), [text[i : i + size] for i in range(0, len(text), size)]) == whole
    kept: list[tuple[str, str]] = []
    for kind, segment in whole:
        if kind == "retract":
            assert segment == "".join(former for one, former in kept if one == "answer")
            kept = [one for one in kept if one[0] != "answer"]
        elif kind != "mode":
            kept.append((kind, segment))
    rest = iter(text)
    remaining = "".join(segment for _, segment in kept)
    assert all(character in rest for character in remaining), "the segments are what remains when tags are taken out"


def test_a_long_judge_is_noticed() -> None:
    parser = ThinkParser(TagStyle.ANY, StartState.JUDGE, judge_cap_characters=20)
    parser.feed("a" * 20)
    assert not parser.flags.judge_overflow
    parser.feed("b")
    assert parser.flags.judge_overflow


@pytest.mark.parametrize(
    ("start", "text", "state"),
    [
        (StartState.JUDGE, "never closed", "judge"),
        (StartState.THINK, "never closed", "think"),
        (StartState.HEAD, "plain", ""),
    ],
)
def test_an_unterminated_block_is_reported(start: StartState, text: str, state: str) -> None:
    parser = ThinkParser(TagStyle.ANY, start)
    parser.feed(text)
    parser.finish()
    assert parser.flags.unterminated == state


def test_reasoning_in_a_field_and_what_the_server_left_in_the_content() -> None:
    parser = ThinkParser(TagStyle.ANY, StartState.JUDGE)
    segments = [
        *parser.feed_reasoning("hm"),
        *parser.feed("\n</think>\n<think_"),
        *parser.feed("on>\n<answer>\nx</ans"),
    ]
    segments += [*parser.feed("wer>"), *parser.finish()]
    assert merged(segments) == (("think", "hm"), ("mode", "on"), ("answer", "x"))
    assert parser.flags.reasoning_field
    assert parser.mode == "on"


def test_reasoning_in_a_field_and_code_at_once() -> None:
    parser = ThinkParser(TagStyle.ANY, StartState.THINK)
    segments = [*parser.feed_reasoning("hm"), *parser.feed("x </think> y"), *parser.finish()]
    assert merged(segments) == (("think", "hm"), ("answer", "x </think> y"))


@pytest.mark.parametrize("start", [StartState.HEAD, StartState.JUDGE, StartState.THINK, StartState.ANSWER])
def test_no_more_is_held_back_than_a_tag(start: StartState) -> None:
    """So that feeding is linear: a megabyte in single characters never piles up."""
    parser = ThinkParser(TagStyle.ANY, start, prefill="<answer>" if start is StartState.ANSWER else "")
    for character in ("x = '<think'\n" * 400) + "</answer" + "\n" * 400 + "y":
        parser.feed(character)
        assert len(parser._buffer) <= 24


def test_kinds_are_complete() -> None:
    assert {kind for style in STYLES.values() for kind, _ in style.expected} == {kind.value for kind in SegmentKind}
