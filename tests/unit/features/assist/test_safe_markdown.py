"""Whatever a model writes, a reader of Markdown finds no link, image or tag in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from autothink_lsp.features.assist.safe_markdown import inert, safe_markdown

PIECES = (
    *(
        "[a]",
        "(command:x)",
        "![",
        "](",
        "]:",
        " command:y",
        "<img src=x>",
        "<a href='c'>",
        "</a>",
        "<http://x>",
        "[",
        "]",
    ),
    *("`", "``", "```", "````", "~~~", "\n", "\n\n", "    ", "> ", "- ", "1. ", "\\", "&lt;", "&#91;", "a", " ", "\t"),
    *("<!--", "-->", "<![CDATA[", "<?", "[^1]: ", "|", "---", "# ", "(", ")", '"', "\r", "\u2028", "\x0c", "<b", ">"),
)


def active(markdown: str) -> list[str]:
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    tokens = [one for token in parser.parse(markdown) for one in (token, *(token.children or ()))]
    return [one.type for one in tokens if one.type in {"image", "html_inline", "html_block", "link_open"}]


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_nothing_acts(text: str) -> None:
    assert active(safe_markdown(text)) == []


@given(st.text(alphabet="[]()!<>`~\\:\n a#&;-", max_size=80))
def test_nothing_acts_whatever_the_signs(text: str) -> None:
    assert active(safe_markdown(text)) == []


@pytest.mark.parametrize(
    "text",
    [
        "Plain words, *emphasis*, a list:\n- one\n- two",
        "Use `a[0](x)` and `x < y`.",
        "```python\nif a < b:\n    c[0](d)\n```",
        "~~~\n```\n~~~",
    ],
)
def test_ordinary_explanations_read_the_same(text: str) -> None:
    parser = MarkdownIt("commonmark")
    assert parser.render(safe_markdown(text)).replace("````", "```") == parser.render(text)


def test_messages() -> None:
    assert inert("[x](command:y) \x1b]8;;z\u202e") == "[x] (command:y) ]8;;z"
