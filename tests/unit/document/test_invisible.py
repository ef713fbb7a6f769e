"""Characters that are not seen: which count, where they are at home, and what a text that has them may keep."""

from __future__ import annotations

import json

import pytest

from autothink_lsp.document.invisible import brings_invisible, without_invisible

HIDDEN = {
    "variation selector 1": "\ufe00",
    "variation selector 16 behind a letter": "\ufe0f",
    "variation selector 17": "\U000e0100",
    "variation selector 256": "\U000e01ef",
    "line separator": "\u2028",
    "paragraph separator": "\u2029",
    "zero width space": "\u200b",
    "zero width non-joiner between Latin letters": "\u200c",
    "zero width joiner between Latin letters": "\u200d",
    "left-to-right mark": "\u200e",
    "right-to-left mark": "\u200f",
    "Arabic letter mark": "\u061c",
    "left-to-right embedding": "\u202a",
    "right-to-left override": "\u202e",
    "word joiner": "\u2060",
    "function application": "\u2061",
    "invisible times": "\u2062",
    "invisible separator": "\u2063",
    "invisible plus": "\u2064",
    "left-to-right isolate": "\u2066",
    "pop directional isolate": "\u2069",
    "nominal digit shapes": "\u206f",
    "byte order mark": "\ufeff",
    "language tag": "\U000e0001",
    "tag A": "\U000e0041",
    "cancel tag": "\U000e007f",
    "Hangul choseong filler": "\u115f",
    "Hangul jungseong filler": "\u1160",
    "Hangul filler": "\u3164",
    "half-width Hangul filler": "\uffa0",
    "Braille blank": "\u2800",
    "soft hyphen": "\u00ad",
    "combining grapheme joiner": "\u034f",
    "Khmer vowel inherent aq": "\u17b4",
    "Khmer vowel inherent aa": "\u17b5",
    "Mongolian variation selector 1": "\u180b",
    "Mongolian variation selector 3": "\u180d",
    "Mongolian vowel separator": "\u180e",
    "interlinear annotation anchor": "\ufff9",
    "musical null notehead": "\U0001d159",
    "musical begin beam": "\U0001d173",
    "shorthand overlap": "\U0001bca0",
    "noncharacter U+FDD0": "\ufdd0",
    "noncharacter U+FFFE": "\ufffe",
    "noncharacter U+FFFF": "\uffff",
    "noncharacter U+1FFFE": "\U0001fffe",
    "noncharacter U+10FFFF": "\U0010ffff",
    "lone high surrogate": "\ud800",
    "lone low surrogate": "\udfff",
    "null": "\0",
    "backspace": "\b",
    "vertical tab": "\v",
    "form feed": "\f",
    "escape": "\x1b",
    "file separator": "\x1c",
    "delete": "\x7f",
    "next line": "\x85",
    "control sequence introducer": "\x9b",
}


@pytest.mark.parametrize("character", HIDDEN.values(), ids=HIDDEN.keys())
def test_each_counts_in_code_and_leaves_what_is_read(character: str) -> None:
    code = f"is_ad{character}min = True\n"
    assert brings_invisible(code, "is_admin = False\n")
    assert not brings_invisible(code, f"x = '{character}'\n"), "the document has it already"
    shown = without_invisible(code)
    assert character not in shown
    shown.encode("utf-8")
    json.dumps(shown, ensure_ascii=False).encode("utf-8")


VISIBLE = {
    "heart with a variation selector": "\u2764\ufe0f",
    "text style": "\u2600\ufe0e",
    "keycap": "1\ufe0f\u20e3",
    "family": "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "pirate flag": "\U0001f3f4\u200d\u2620\ufe0f",
    "rainbow flag": "\U0001f3f3\ufe0f\u200d\U0001f308",
    "woman technician, dark skin": "\U0001f469\U0001f3ff\u200d\U0001f4bb",
    "Persian with a non-joiner": "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    "Hindi with a joiner": "\u0915\u094d\u200d\u0937",
    "Sinhala": "\u0dc1\u0dca\u200d\u0dbb\u0dd3",
    "Mongolian": "\u1820\u180b\u1821",
    "tab, line ends": "\ta\r\nb\n",
    "no-break space": "a\u00a0b",
    "ideographic space": "a\u3000b",
    "replacement character": "\ufffd",
    "private use": "\ue0b0",
    "combining accents": "e\u0301",
    "Thai, Hebrew, Korean": "\u0e01\u0e33 \u05d0 \ud55c",
}


@pytest.mark.parametrize("text", VISIBLE.values(), ids=VISIBLE.keys())
def test_what_scripts_and_emoji_need_stays(text: str) -> None:
    assert not brings_invisible(f"# {text}\n", "")
    assert without_invisible(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "\u2764\ufe0f\ufe0f",  # one is enough: further ones carry hidden text
        "\u2764\ufe0e\ufe0f",
        "\U0001f468\u200d",  # joins nothing
        "\U0001f468\u200d\u200d\U0001f469",
        "\U0001f3f4\U000e0067\U000e0062\U000e007f",  # tags, even in a flag
        "a\u200d\u0915",
        "\u0645\u200c\u200c\u062e",
        "1\ufe0fx",
        "a\u180b",
    ],
)
def test_they_count_where_they_are_not_needed(text: str) -> None:
    assert brings_invisible(
        f"# {text}\n", "# \u2764\ufe0f \U0001f468\u200d\U0001f469 1\ufe0f\u20e3 \u0645\u200c\u062e\n"
    )
