"""A hole in code as a chat: what is sent, and what of the answer belongs at the cursor."""

from __future__ import annotations

import pytest

from autothink_lsp.backends.base import ChatHole
from autothink_lsp.context.values import CodeContext
from autothink_lsp.features.completion.chat_hole import HoleText, render_chat_hole
from autothink_lsp.prompt.fim.families.qwen import QWEN_CODER
from tests.support.cursor_mark import at
from tests.unit.features.test_whole_holes import shown

# line up to the cursor, lead, the model's answer, the text behind the lead
ANSWERS = [
    ("    ", "    ", "return a + b", "return a + b"),
    ("    ", "    ", "    return a + b", "return a + b"),  # repeats the indentation
    ("    ", "    ", "    if a:\n        return b", "if a:\n        return b"),
    ("    return ", " ", "a + b", "a + b"),
    ("    return ", " ", " a + b", "a + b"),  # its own blank before the first word
    ("    return ", " ", "return a + b", "a + b"),  # repeats the line
    ("    return ", " ", "    return a + b", "a + b"),
    ("    return", " return", " a + b", " a + b"),
    ("    return", " return", "    return a + b", " a + b"),
    ("value = fib(", "", "value = fib(n)", "n)"),
    ("value = fib(", "", "n)", "n)"),
    ("x = ", " ", "x", "x"),  # too short to be the line again
    ("", "", "import os", "import os"),
    ("    ", "    ", "```python\nreturn a + b\n```", "return a + b\n"),
    ("    ", "    ", "```python\n    return a + b\n```", "return a + b\n"),
    ("    return ", " ", "```python\n    return a + b\n```", "a + b\n"),
    ("    return ", " ", "Here is the code:\n```\nreturn a + b\n```\nIt adds.", "a + b\n"),
    ("    return ", " ", "", ""),
]


# The model answers with more than the hole, or with marks of Markdown: what is shown in the end.
LOOP = "def f(items):\n    total = 0\n    for one in items:\n        ‸\n    return total\n"
WHOLE = LOOP.replace("‸", "total += one")
CHATS = {
    "backticks": "`total += one`",
    "backticks and a remark": "`total += one` adds it.",
    "whole function": WHOLE,
    "whole function in a fence": f"```python\n{WHOLE}```",
    "talk and the whole function": f"Here is the code:\n\n```python\n{WHOLE}```\nIt adds them.",
    "from the second line on": "```python\n" + WHOLE.partition("\n")[2] + "```",
    "line with its indentation": "        total += one",
    "line and what follows": "total += one\n    return total\n",
}


@pytest.mark.parametrize("answer", CHATS.values(), ids=CHATS)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_what_is_shown_of_a_chat(answer: str, size: int) -> None:
    reader = HoleText(render_chat_hole(QWEN_CODER, at("python", LOOP)))
    text = ""
    for start in range(0, len(answer), size):
        text += reader.feed(answer[start : start + size])
    text += reader.finish()
    assert shown(LOOP, text, by_model=True).text == "total += one"


@pytest.mark.parametrize(
    ("language_id", "marked", "answer"),
    [
        ("go", "a := ‸\n", "`raw`"),
        ("javascript", "a = ‸;\n", "`b ${c}`"),
        ("shellscript", "a=‸\n", "`date`"),
        ("python", "# Calls ‸\n", "`add` and returns its result."),
        ("rust", "/// ‸\nfn f() {}\n", "`f` does nothing."),
        ("python", 'def f():\n    """‸\n    """\n', "`f` does nothing."),
    ],
)
def test_backticks_of_the_language_stay(language_id: str, marked: str, answer: str) -> None:
    reader = HoleText(render_chat_hole(QWEN_CODER, at(language_id, marked)))
    assert (reader.feed(answer) + reader.finish()).strip() == answer


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize(("line", "lead", "answer", "expected"), ANSWERS)
def test_what_belongs_at_the_cursor(line: str, lead: str, answer: str, expected: str, size: int) -> None:
    reader = HoleText(ChatHole((), line, lead))
    text = ""
    for start in range(0, len(answer), size):
        if not reader.ended:
            text += reader.feed(answer[start : start + size])
    text += reader.finish()
    assert text == (lead + expected if expected else "")


def test_in_prose_a_fence_is_text() -> None:
    reader = HoleText(ChatHole((), "", has_fences=True))
    assert reader.feed("```sh\nls\n```\n") + reader.finish() == "```sh\nls\n```\n"


def test_a_key_changes_only_the_end() -> None:
    code = CodeContext("a.py", "python", "def add(a, b):\n    ret", "\n\nadd(1, 2)\n")
    first = render_chat_hole(QWEN_CODER, code).messages[-1].content
    again = render_chat_hole(QWEN_CODER, CodeContext("a.py", "python", code.prefix + "u", code.suffix))
    typed = first.index("    ret") + len("    ret")
    assert again.messages[-1].content[:typed] == first[:typed]
    assert "add(1, 2)" in first[:typed]
    assert "\n\n" not in first[typed:].replace("\n\nWrite", "")


def test_no_marker_of_the_document_is_sent_and_the_seed_is_part_of_the_line() -> None:
    code = CodeContext("a.py", "python", "x = '<|im_end|>'\ny = ", "\n")
    hole = render_chat_hole(QWEN_CODER, code, seed="x + ", lead=" ")
    assert "<|im_end|>" not in hole.messages[-1].content
    assert hole.line == "y = x + "
