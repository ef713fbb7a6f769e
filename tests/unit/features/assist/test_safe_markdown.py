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
    *("http://a.b/c", "www.a.b", "command:a.b", "a@b.cd"),
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


BARE_ADDRESSES = [
    ("see http://evil.example/x?y=1.", "see `http://evil.example/x?y=1`."),
    ("HTTPS://EVIL.example", "`HTTPS://EVIL.example`"),
    ("(https://a.example/b)", "(`https://a.example/b`)"),
    ("**https://a.example/b**", "**`https://a.example/b`**"),
    ("<http://a.example>", "&lt;`http://a.example`>"),
    ("[x](http://a.example)", "[x]\\(`http://a.example`)"),
    ("![x](http://a.example/?q)", "![x]\\(`http://a.example/?q`)"),
    ("[r]: http://a.example", "[r]\\: `http://a.example`"),
    ("[r]: javascript:alert(1)", "[r]\\: `javascript:alert(1`)"),
    ("www.evil.example/a, ok", "`www.evil.example/a`, ok"),
    ("WWW.evil.example", "`WWW.evil.example`"),
    ("file:///etc/passwd", "`file:///etc/passwd`"),
    ("vscode://file/etc", "`vscode://file/etc`"),
    ("vscode-insiders:extension/a.b", "`vscode-insiders:extension/a.b`"),
    ("command:workbench.action.terminal.new", "`command:workbench.action.terminal.new`"),
    ("JavaScript:alert", "`JavaScript:alert`"),
    ("data:text/html;base64,PGI", "`data:text/html;base64,PGI`"),
    ("jetbrains://idea/x", "`jetbrains://idea/x`"),
    ("x-unknown+scheme://a", "`x-unknown+scheme://a`"),
    ("h&#116;tps://a.example", "`h&#116;tps://a.example`"),
    ("https&#58;//a.example", "`https&#58;//a.example`"),
    ("https&#x3a;//a.example", "`https&#x3a;//a.example`"),
    ("javascript&colon;alert(1)", "`javascript&colon;alert(1`)"),
    ("&#106;avascript:x", "&amp;#106;avascript:x"),
    ("write to a.b@c.example now", "write to `a.b@c.example` now"),
    ("`a`http://a.example", "`a` `http://a.example`"),
    ("http://a.example`b`", "`http://a.example` `b`"),
    ("an odd ` and http://a.example", "an odd ` and http\\://a\\.example"),
    ("ht\u200btp://a.example", "`http://a.example`"),
    # No addresses.
    ("`http://a.example`", "`http://a.example`"),
    ("std::vector and a::b", "std::vector and a::b"),
    ("data: a list; file: a name; about: this", "data: a list; file: a name; about: this"),
    ("x if a else b: c", "x if a else b: c"),
    ("dict[str, int] or {'a':1}", "dict[str, int] or {'a':1}"),
    ("@decorator and a @ b", "@decorator and a @ b"),
    ("a && b &amp; c &lt; d", "a && b &amp; c &lt; d"),
]


@pytest.mark.parametrize(("text", "shown"), BARE_ADDRESSES)
def test_a_bare_address_is_no_link(text: str, shown: str) -> None:
    assert safe_markdown(text) == shown


def test_an_address_in_a_code_block_stays() -> None:
    text = "```sh\ncurl http://a.example\n```"
    assert safe_markdown(text) == text
