from __future__ import annotations

import pytest

from autothink_lsp.document.kinds import HUGE_BYTES, HUGE_LINES, DocumentKind, kind_of
from autothink_lsp.document.text import Text

RANDOM_BYTES = bytes((n * n * 31 + n * 7) % 251 + 1 for n in range(4000))  # no NUL
CYRILLIC = ("# комментарий на русском\nvalue = compute(1)\n" * 20).encode("cp1251")


@pytest.mark.parametrize(
    ("text", "binary"),
    [
        ("", False),
        ("x = 1\n", False),
        ("\x7fELF\x02\x01\x01\0\0", True),
        ("x" * 8191 + "\0", True),
        ("x" * 8192 + "\0", False),
        (RANDOM_BYTES.decode("utf-8", "replace"), True),
        (CYRILLIC.decode("utf-8", "replace"), False),
        ("replacement = '\ufffd'\n", False),
        ("😀é€" * 100, False),
    ],
)
def test_a_control_character_near_the_start_means_binary(text: str, binary: bool) -> None:
    assert (kind_of(Text.from_str(text)) is DocumentKind.BINARY) is binary


@pytest.mark.parametrize("lines", [1, 200, 500, 5_000, 60_000])
def test_an_edit_near_the_start_changes_the_kind_and_one_behind_it_does_not(lines: int) -> None:
    text = Text.from_str("value = 1\n" * lines)
    assert kind_of(text) is DocumentKind.ORDINARY
    for at in (0, 5, 8_191, 8_192, text.char_length):
        later = text.replace_offsets(min(at, text.char_length), min(at, text.char_length), "\0")
        expected = DocumentKind.BINARY if min(at, text.char_length) < 8_192 else DocumentKind.ORDINARY
        assert kind_of(later) is expected
        assert kind_of(text) is DocumentKind.ORDINARY


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("x" * HUGE_BYTES, DocumentKind.ORDINARY),
        ("x" * (HUGE_BYTES + 1), DocumentKind.HUGE),
        ("\n" * (HUGE_LINES - 1), DocumentKind.ORDINARY),
        ("\n" * HUGE_LINES, DocumentKind.HUGE),
        ("\0" * (HUGE_BYTES + 1), DocumentKind.BINARY),
    ],
    ids=["20 MiB", "more", "300,000 lines", "one more", "binary and huge"],
)
def test_size_and_long_lines_decide_the_kind(text: str, kind: DocumentKind) -> None:
    assert kind_of(Text.from_str(text)) is kind
