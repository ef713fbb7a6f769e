"""Prompts as whole strings: what each family's template puts where."""

from __future__ import annotations

import re
from functools import partial

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from autothink_lsp.context.values import CodeContext
from autothink_lsp.prompt.fim.families.table import FAMILIES
from autothink_lsp.prompt.fim.family import FimFamily, Order
from autothink_lsp.prompt.fim.render import ContextBlock, render_fim_prompt, restore, restore_partial

whole = partial(render_fim_prompt, healing="nothing")  # layouts are easier to read with all of the text in them
BY_NAME = {family.name: family for family in FAMILIES}
QWEN = BY_NAME["qwen-coder"]
HERE = CodeContext("src/a.py", "python", "def f(x):\n    return ", "\n\nprint(f(1))\n", comment_line="#")

TEMPLATES: list[tuple[str, Order, str]] = [
    ("qwen-coder", "psm", "<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>"),
    ("qwen-coder", "joined", "<|fim_prefix|><|fim_suffix|>S<|fim_middle|>P"),
    ("qwen-coder", "ctx", "<|fim_prefix|># S\nP<|fim_suffix|><|fim_middle|>"),
    ("qwen3", "psm", "<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>"),
    ("codeqwen", "psm", "<fim_prefix>P<fim_suffix>S<fim_middle>"),
    ("deepseek", "psm", "<｜fim▁begin｜>P<｜fim▁hole｜>S<｜fim▁end｜>"),
    ("starcoder", "psm", "<fim_prefix>P<fim_suffix>S<fim_middle>"),
    ("stable-code", "psm", "<fim_prefix>P<fim_suffix>S<fim_middle>"),
    ("codellama", "psm", "<PRE> P <SUF>S <MID>"),
    ("codestral", "spm", "[SUFFIX]S[PREFIX]P"),
    ("codegemma", "psm", "<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>"),
    ("granite-3", "psm", "<fim_prefix>P<fim_suffix>S<fim_middle>"),
    ("granite-4", "psm", "<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>"),
    ("seed-coder", "spm", "<[fim-suffix]>S<[fim-prefix]>P<[fim-middle]>"),
    ("mellum", "spm", "<fim_suffix>S<fim_prefix>P<fim_middle>"),
    ("glm-4", "psm", "<|code_prefix|>P<|code_suffix|>S<|code_middle|>"),
    (
        "codegeex-4",
        "spm",
        (
            "<|user|>\n###PATH:a.py\n###LANGUAGE:python\n###MODE:BLOCK\n"
            "<|code_suffix|>S<|code_prefix|>P<|code_middle|><|assistant|>\n"
        ),
    ),
    (
        "aixcoder",
        "psm",
        (
            "▁<AIX-SPAN-PRE># the file path is: a.py\n# the code file is written by python\n"
            "P▁<AIX-SPAN-POST>S▁<AIX-SPAN-MIDDLE>"
        ),
    ),
    ("plain", "plain", "P"),
]


@pytest.mark.parametrize(("name", "order", "expected"), TEMPLATES)
def test_a_family_renders_its_template(name: str, order: Order, expected: str) -> None:
    prompt = whole(BY_NAME[name], CodeContext("a.py", "python", "P", "S", comment_line="#"), order)
    assert (prompt.text, prompt.family, prompt.order) == (expected, name, order)


def test_every_family_has_a_template_above() -> None:
    assert {name for name, _, _ in TEMPLATES} == set(BY_NAME)


@pytest.mark.parametrize("order", ["ctx", "joined"])
def test_typing_only_appends_to_what_comes_before_the_last_tokens(order: Order) -> None:
    before = whole(QWEN, HERE, order)
    after = whole(QWEN, evolve(HERE, prefix=HERE.prefix + "x"), order)
    tail = QWEN.suffix + QWEN.middle if order == "ctx" else ""
    assert after.text.removesuffix(tail) == before.text.removesuffix(tail) + "x"


CTX = [
    # (suffix, comment_line, comment_block, what stands between the prefix token and P)
    ("", "#", None, ""),
    ("\n", "#", None, ""),
    ("\n\nprint(1)\n", "#", None, "# print(1)\n"),
    (")\n\n    b\n", "//", None, "// )\n//\n//     b\n"),
    ("\n  b: c\n}", None, ("/*", "*/"), "/*\n  b: c\n}\n*/\n"),
    ("\n/* x */\ny", None, ("/*", "*/"), "/*\n/* x * /\ny\n*/\n"),
    ("\n<p>--></p>", None, ("<!--", "-->"), "<!--\n<p>- -></p>\n-->\n"),
]


@pytest.mark.parametrize(("suffix", "line", "block", "expected"), CTX)
def test_ctx_writes_the_suffix_as_comments(
    suffix: str, line: str | None, block: tuple[str, str] | None, expected: str
) -> None:
    context = CodeContext("a", "x", "P", suffix, comment_line=line, comment_block=block)
    prompt = whole(QWEN, context, "ctx")
    assert prompt.text == f"<|fim_prefix|>{expected}P<|fim_suffix|><|fim_middle|>"


def test_ctx_without_comments_takes_another_order() -> None:
    prompt = whole(QWEN, CodeContext("a.json", "json", "{", "}"), "ctx")
    assert prompt.order == next(order for order in QWEN.orders if order != "ctx")
    assert "}" in prompt.text


def test_an_order_that_the_family_does_not_know_is_refused() -> None:
    with pytest.raises(ValueError, match="codestral cannot be asked in order 'ctx'"):
        whole(BY_NAME["codestral"], HERE, "ctx")


def test_the_order_may_depend_on_the_place_in_the_line() -> None:
    family = evolve(QWEN, line_start_order="joined")
    assert whole(family, evolve(HERE, prefix="x\n    ")).order == "joined"
    assert whole(family, evolve(HERE, prefix="x\n    y")).order == family.orders[0]


def test_single_line_stops_at_the_newline_first() -> None:
    assert whole(QWEN, HERE, single_line=True).stop == ("\n", *QWEN.stop)
    assert whole(QWEN, HERE).stop == QWEN.stop


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_the_end_of_text_is_the_first_stop(family: FimFamily) -> None:
    """Servers may take four: the ones that matter come first, FIM tokens are in the list at all."""
    assert not set(family.stop[:1]) & set(family.markers)
    assert set(family.markers) <= {*family.stop, *(f"▁{stop}" for stop in family.stop)}
    assert len(set(family.stop)) == len(family.stop)


# --- other files

BLOCKS = (ContextBlock("b.py", "B = 1\n"), ContextBlock("c.py", "C = 2"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "qwen-coder",
            (
                "<|repo_name|>shop\n<|file_sep|>b.py\nB = 1\n<|file_sep|>c.py\nC = 2\n<|file_sep|>a.py\n"
                "<|fim_prefix|><|fim_suffix|>S<|fim_middle|>P"
            ),
        ),
        ("starcoder", "<file_sep>B = 1<file_sep>C = 2<file_sep><fim_prefix>P<fim_suffix>S<fim_middle>"),
        ("codestral", "[SUFFIX]S[PREFIX]+++++ b.py\nB = 1\n\n+++++ c.py\nC = 2\n\n+++++ a.py\nP"),
        (
            "mellum",
            "<filename>b.py\nB = 1\n<filename>c.py\nC = 2\n<filename>a.py\n<fim_suffix>S<fim_prefix>P<fim_middle>",
        ),
        (
            "deepseek",
            "<｜fim▁begin｜># b.py\n# B = 1\n# c.py\n# C = 2\nP<｜fim▁hole｜>S<｜fim▁end｜>",
        ),
    ],
)
def test_blocks_of_other_files_are_rendered_as_the_family_does(name: str, expected: str) -> None:
    context = CodeContext("a.py", "python", "P", "S", comment_line="#")
    assert whole(BY_NAME[name], context, blocks=BLOCKS, repository="shop").text == expected


def test_what_lasts_stands_before_what_changes() -> None:
    context = CodeContext("a.py", "python", "P", "S", comment_line="#", head="class A:\n", blocks=BLOCKS[:1])
    comments = evolve(QWEN, file="")
    assert whole(QWEN, context, "ctx").text == (
        "<|file_sep|>b.py\nB = 1\n<|file_sep|>a.py\n<|fim_prefix|># S\nclass A:\nP<|fim_suffix|><|fim_middle|>"
    )
    assert whole(QWEN, context, "joined").text == (
        "<|file_sep|>b.py\nB = 1\n<|file_sep|>a.py\n<|fim_prefix|><|fim_suffix|>S<|fim_middle|>class A:\nP"
    )
    assert whole(comments, context, "ctx").text == (
        "<|fim_prefix|># b.py\n# B = 1\n# S\nclass A:\nP<|fim_suffix|><|fim_middle|>"
    )
    assert whole(comments, context, "psm").text == (
        "<|fim_prefix|># b.py\n# B = 1\nclass A:\nP<|fim_suffix|>S<|fim_middle|>"
    )


def test_what_stands_above_the_window_is_no_control_token() -> None:
    context = CodeContext("a.py", "python", "P", "S", comment_line="#", head="<|fim_middle|>\n")
    assert whole(QWEN, context).text.count("<|fim_middle|>") == 1


# --- text that looks like control tokens


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_no_control_token_comes_out_of_a_document(family: FimFamily) -> None:
    tokens = [*family.markers, *family.stop, *family.signs, *family.special, "<|im_start|>", "<|python_tag|>"]
    tokens = [token for token in tokens if "think" not in token]
    evil = " ".join(tokens) + "\n" + "".join(tokens)
    harmless = CodeContext("a.py", "python", "P", "S", comment_line="#")
    context = CodeContext(f"{tokens[0]}\n.py", "python", evil, evil, comment_line="#")
    blocks = [ContextBlock(evil, evil)]
    for order in family.orders:
        clean = whole(family, harmless, order, blocks=[ContextBlock("b", "B")], repository="r").text
        dirty = whole(family, context, order, blocks=blocks, repository=evil).text
        for token in tokens:
            assert dirty.count(token) == clean.count(token), token


@given(st.lists(st.sampled_from([*QWEN.stop, "<|im_start|>", "<", "|", "a", " ", "\n", "<|x y|>"])).map("".join))
def test_restore_gives_the_documents_spelling_back(text: str) -> None:
    context = CodeContext("a.py", "python", "", text, comment_line="#")
    shown = whole(QWEN, context, "psm").text
    shown = shown.removeprefix("<|fim_prefix|><|fim_suffix|>").removesuffix("<|fim_middle|>")
    assert not re.search(r"<\|[a-z]\w*\|>", shown)
    assert restore(QWEN, shown) == text


@given(st.text(), st.text(), st.text())
def test_any_text_is_rendered(prefix: str, suffix: str, path: str) -> None:
    for family in FAMILIES:
        for order in family.orders:
            context = CodeContext(path, "x", prefix, suffix, comment_line="{}", comment_block=None)
            whole(family, context, order, blocks=[ContextBlock(path, suffix)])


@given(
    st.lists(st.sampled_from([*QWEN.stop, "<|im_start|>", "<", "|", "a", " ", "\n", "<|x y|>", "< |", "< "])).map(
        "".join
    )
)
def test_a_partial_answer_is_never_shown_in_the_spelling_of_the_prompt(text: str) -> None:
    """What is shown of a part is a beginning of what the whole answer is restored to."""
    context = CodeContext("a.py", "python", "", text, comment_line="#")
    answer = whole(QWEN, context, "psm").text.removeprefix("<|fim_prefix|><|fim_suffix|>")
    answer = answer.removesuffix("<|fim_middle|>")
    for end in range(len(answer) + 1):
        assert restore(QWEN, answer).startswith(restore_partial(QWEN, answer[:end]))
