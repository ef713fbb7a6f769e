"""A key that a server repeats, in whatever form, is not shown; what is no key stays."""

from __future__ import annotations

import base64
import json
import urllib.parse

import pytest

from autothink_lsp.backends.key_masking import MASK, mask_key

KEY = "sk-proj-Zq7+w/Xk29LmTr4_vB8nYd3Hf6=Jc"
PIECES = [KEY[at : at + 9] for at in range(len(KEY) - 8)]


def grouped(key: str, size: int, between: str) -> str:
    return between.join(key[at : at + size] for at in range(0, len(key), size))


FORMS = {
    "as it is": KEY,
    "in quotes": f'"{KEY}"',
    "Bearer": f"Authorization: Bearer {KEY}",
    "percent": urllib.parse.quote(KEY, safe=""),
    "percent, all": "".join(f"%{byte:02x}" for byte in KEY.encode()),
    "percent, twice": urllib.parse.quote(urllib.parse.quote(KEY, safe=""), safe=""),
    "JSON": json.dumps({"message": f"bad key {KEY}"}),
    "JSON with escapes": "".join(f"\\u{ord(character):04x}" for character in KEY),
    "JSON in JSON": json.dumps(json.dumps({"a": KEY.replace("/", "\\/")})),
    "Python bytes": "".join(f"\\x{byte:02x}" for byte in KEY.encode()),
    "HTML, decimal": "".join(f"&#{ord(character)};" for character in KEY),
    "HTML, hexadecimal": "".join(f"&#x{ord(character):x};" for character in KEY),
    "quoted-printable": KEY.replace("=", "=3D"),
    "Base64": base64.b64encode(KEY.encode()).decode(),
    "Base64 for URLs": base64.urlsafe_b64encode(KEY.encode()).decode(),
    "Base64 of Basic": "Basic " + base64.b64encode(f":{KEY}".encode()).decode(),
    "Base64 of user and key": "Basic " + base64.b64encode(f"me:{KEY}".encode()).decode(),
    "Base64 of Bearer": base64.b64encode(f"Bearer {KEY}".encode()).decode(),
    "hexadecimal": KEY.encode().hex(),
    "hexadecimal, grouped": KEY.encode().hex(" "),
    "capitals": KEY.upper(),
    "small letters": KEY.lower(),
    "backwards": KEY[::-1],
    "lines": grouped(KEY, 10, "\n"),
    "groups of four": grouped(KEY, 4, " "),
    "groups of four with hyphens": grouped(KEY, 4, "-"),
    "each character": grouped(KEY, 1, " "),
    "zero-width": grouped(KEY, 5, "\u200b"),
    "soft hyphens": grouped(KEY, 5, "\u00ad"),
    "cut at the end": KEY[:20],
    "cut at the beginning": KEY[-20:],
    "masked as OpenAI does": f"{KEY[:8]}{'*' * 24}{KEY[-4:]}",
    "masked with dots": f"{KEY[:7]}...{KEY[-4:]}",
    "masked with an ellipsis": f"{KEY[:7]}…{KEY[-4:]}",
    "masked in words": f"{KEY[:7]}[REDACTED]{KEY[-4:]}",
    "the beginning only": f"{KEY[:7]}********",
    "the end only": f"****{KEY[-4:]}",
    "x": f"{KEY[:8]}xxxxxxxx{KEY[-4:]}",
    "long ends": f"{KEY[:15]}***{KEY[-12:]}",
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize(
    "around", ["{}", "Incorrect API key provided: {}. See the docs.", '{{"error": "{}"}}', "<b>{}</b>"]
)
def test_a_key_in_any_form_is_masked(form: str, around: str) -> None:
    masked = mask_key(around.format(form), KEY)
    assert MASK in masked
    for piece in PIECES:
        assert piece not in masked
        assert piece.lower() not in masked.lower()
    assert form not in masked
    assert KEY[-4:] not in masked.replace(MASK, "")
    assert KEY[:8] not in masked.replace(MASK, "")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "The model `qwen2.5-coder` does not exist.",
        "Invalid API key. See https://example.org/keys...",
        "project not found: sk-proj",
        "Rate limit reached for gpt-4o in organization org-123 on tokens per min: Limit 30000, Used 29500.",
        "loading model *** 50% ***",
        "unexpected token '}' at 1:57 in {\\u0041 %20 &#65;}",
        "xxxx ---- .... ####",
        "ä𝕏 %ff \\ud800 &#0; &#9999999;",
    ],
)
def test_what_is_no_key_stays(text: str) -> None:
    assert mask_key(text, KEY) == text


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        ("", "anything", "anything"),
        ("abc123", "bad key abc123!", f"bad key {MASK}!"),
        ("abc123", "bad key ABC-123!", f"bad key {MASK}!"),
        ("abc123", "abc124", "abc124"),
        ("a", "a cat", f"{MASK} c{MASK}t"),
        ("---", "a --- b", f"a {MASK} b"),
    ],
)
def test_short_keys(key: str, text: str, expected: str) -> None:
    assert mask_key(text, key) == expected


@pytest.mark.exhaustive
def test_it_takes_time_in_proportion_to_the_text() -> None:
    """64 KiB is the most of an error that is read."""
    for text in ("a" * 65_536, "%61" * 20_000, "sk-" * 20_000, "*" * 65_536, KEY[:-1] * 2_000, "sk.x" * 16_000):
        mask_key(text, KEY)
