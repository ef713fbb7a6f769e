"""Copied code as context: what is taken, for which models, where it stands in the prompt, and that it is forgotten."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve

from autothink_lsp.context.context_provider import PAUSE_MS
from autothink_lsp.context.sources.clipboard import KEPT_MS, MOST_CHARS, looks_like_code
from autothink_lsp.settings.model import Settings
from tests.support.context_harness import REMOTE, ContextHarness, settings

LOCAL = "http://127.0.0.1:8080"
TEXT = "import lib\n\n\ndef first():\n    lib.parse(1)\n    \n"
COPIED = "def charge(basket):\n    return basket.total()\n"
SECRET = "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc"


@pytest.fixture
def harness(tmp_path: Path) -> ContextHarness:
    (tmp_path / "project").mkdir()
    harness = ContextHarness(tmp_path / "project", tmp_path / "cache")
    harness.open("a.py", TEXT)
    return harness


def shown(harness: ContextHarness, wanted: Settings | None = None, *, tokens: int = 1_000) -> list[tuple[str, str]]:
    """The copied code in the next prompt after a pause, with its path."""
    harness.now_ms += PAUSE_MS
    wanted = settings("clipboard", url=LOCAL, tokens=tokens) if wanted is None else wanted
    return [(block.path, block.text) for block in harness.gather("a.py", 5, 4, wanted).blocks]


def copy(harness: ContextHarness, text: str, uri: str = "") -> None:
    shown(harness)
    harness.context_provider.learn_clipboard(text, uri)


def test_copied_code_is_shown_after_a_pause_and_stays_unchanged_while_one_types(harness: ContextHarness) -> None:
    copy(harness, COPIED)
    assert shown(harness) == [("clipboard.py", COPIED.rstrip("\n"))]
    gathered = harness.context_provider.gathered
    harness.context_provider.learn_clipboard(COPIED)  # the same one at the next rest
    assert shown(harness) == [("clipboard.py", COPIED.rstrip("\n"))]
    assert harness.context_provider.gathered == gathered


@pytest.mark.parametrize(
    ("clipboard_for", "url", "is_shown"),
    [
        ("none", LOCAL, False),
        ("local", LOCAL, True),
        ("local", REMOTE, False),
        ("everywhere", REMOTE, True),
        ("none", REMOTE, False),
    ],
)
def test_which_models_get_it(harness: ContextHarness, clipboard_for: str, url: str, is_shown: bool) -> None:
    plain = settings("clipboard", "similar", url=url)
    wanted = evolve(plain, completion=evolve(plain.completion, clipboard_for=clipboard_for))
    shown(harness, wanted)
    assert harness.context_provider.wants_clipboard(harness.uri("a.py")) is is_shown
    harness.context_provider.learn_clipboard(COPIED)
    assert bool(shown(harness, wanted)) is is_shown


def test_what_a_model_here_got_is_not_kept_for_one_elsewhere(harness: ContextHarness) -> None:
    copy(harness, COPIED)
    assert shown(harness)
    assert shown(harness, settings("clipboard", "similar")) == []


def test_it_is_forgotten_after_some_time_and_when_something_else_is_copied(harness: ContextHarness) -> None:
    copy(harness, COPIED)
    assert shown(harness)
    harness.now_ms += KEPT_MS
    shown(harness)  # notices that it is too old
    assert shown(harness) == []
    assert COPIED.strip() not in repr(vars_of(harness))
    copy(harness, COPIED + "\n\n" + COPIED)
    assert shown(harness)
    harness.context_provider.learn_clipboard("one word")
    assert shown(harness) == []


def test_the_same_text_is_taken_again_only_if_it_was_copied_again(harness: ContextHarness) -> None:
    harness.context_provider.learn_clipboard(COPIED, "", 1)
    assert shown(harness)
    harness.now_ms += KEPT_MS
    assert shown(harness) == []
    harness.context_provider.learn_clipboard(COPIED, "", 1)  # it is still in the clipboard
    assert shown(harness) == []
    harness.context_provider.learn_clipboard(COPIED, "", 2)
    assert shown(harness)


def vars_of(harness: ContextHarness) -> object:
    copied = harness.context_provider._copied
    return [getattr(copied, name) for name in ("_latest", "_told")]


@pytest.mark.parametrize(
    ("text", "origin", "why"),
    [
        (f"def pay(customer):\n    return charge('{SECRET}')\n", "", "it holds a secret"),
        ("def pay(customer):\n    return charge()\n", ".env", "its file is kept from the model"),
    ],
)
def test_what_is_left_out_and_why(harness: ContextHarness, text: str, origin: str, why: str) -> None:
    copy(harness, text, harness.uri(origin) if origin else "")
    assert shown(harness) == []
    ((_, reason),) = harness.why("a.py")
    assert why in reason


def test_the_document_that_it_was_copied_from_is_found(harness: ContextHarness) -> None:
    harness.open("shop/cart.py", f"import x\r\n\r\n{COPIED}\n".replace("\n", "\r\n"))
    copy(harness, COPIED.replace("\n", "\r\n"))
    assert shown(harness) == [("shop/cart.py", COPIED.rstrip("\n"))]


def test_code_that_was_copied_from_an_excluded_document_is_not_shown(harness: ContextHarness) -> None:
    harness.open("secrets/.env.py", COPIED)
    harness.write(".autothinkignore", "secrets/\n")
    copy(harness, COPIED)
    assert shown(harness) == []


def test_a_part_of_a_secret_is_recognised_in_its_document(harness: ContextHarness) -> None:
    body = "".join(f"{'MIIEpAIBAAKCAQEA7bq' * 3}{n}a=\n" for n in range(4))
    harness.open("key.py", f'KEY = """-----BEGIN RSA PRIVATE KEY-----\n{body}-----END RSA PRIVATE KEY-----"""\n')
    copy(harness, body)
    assert shown(harness) == []


def test_what_the_window_shows_is_not_shown_again(harness: ContextHarness) -> None:
    copy(harness, "  def first():\n      lib.parse(1)\n")
    assert shown(harness) == []


def test_long_code_loses_its_last_lines_and_its_indentation(harness: ContextHarness) -> None:
    copy(harness, "".join(f"        self.number_{n} = {n}\n" for n in range(100)))
    ((_, text),) = shown(harness)
    assert text.split("\n") == [f"self.number_{n} = {n}" for n in range(len(text.split("\n")))]
    assert 1 < len(text.split("\n")) <= 40


def test_it_stands_behind_what_changes_less_often(harness: ContextHarness) -> None:
    cart = "class Cart:\n    def parse(self, lib):\n        lib.parse(self)\n        return lib.parse\n"
    harness.open("cart.py", cart)
    wanted = settings("similar", "clipboard", url=LOCAL)
    shown(harness, wanted)
    before = shown(harness, wanted)
    harness.context_provider.learn_clipboard(COPIED)
    assert shown(harness, wanted) == [*before, ("clipboard.py", COPIED.rstrip("\n"))]


CODE = [
    "def f(a):\n    return a",
    "    if ready:\n        start()\n    else:\n        stop()",
    "for (const x of xs) {\n  use(x);\n}",
    "func add(a int, b int) int {\n\treturn a + b\n}",
    "SELECT name\nFROM users\nWHERE id = 3;",
    "name: deploy\non:\n  push:\n    branches: [main]",
    "<div>\n  <p>text</p>\n</div>",
    "module A\n  def b\n    c.each do |x|\n  end\nend",
    "#include <stdio.h>\nint main(void)\n{",
    'import os\nfrom a import b\nimport "c"',
    '{\n  "name": "x",\n  "version": "1"\n}',
    "[tool.ruff]\nline-length = 120",
    ".card {\n  color: red;\n}",
]
OTHER = [
    "",
    "word",
    "https://example.org/a?b=c",
    "hunter2",
    "x = compute(1)",  # one line is shown in the window, or a password
    "Dear Ada,\nthe meeting is on Monday. Please bring the report with you.\nBest regards\nBob",
    "Milk\nEggs\nBread",
    "The quick brown fox jumps over the lazy dog.\nIt did so (as far as is known) twice.\nNothing else happened.",
    "今天天气很好。\n我们去公园吧。",
    "ada@example.org\nCorrect horse battery staple",
    "\0\0\n\0;",
    "x = 1\n" * MOST_CHARS,
]


@pytest.mark.parametrize("text", CODE)
def test_code(text: str) -> None:
    assert looks_like_code(text)


@pytest.mark.parametrize("text", OTHER)
def test_what_is_no_code(text: str) -> None:
    assert not looks_like_code(text)
