"""Removes an API key from a server's text, in any of the forms in which servers repeat it. Pure.

Servers and gateways repeat the key of a refused request: unchanged, in JSON or percent escapes, as the Base64 of a
Basic header, broken into lines or groups, in capitals, or partly masked (OpenAI shows the first eight and the last four
characters). The text is therefore compared with its escapes decoded and only its letters and digits; a match of a part
of the key is replaced together with the characters between.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from itertools import takewhile

MASK = "[key]"
SHORTEST_PART = 8
"""So many letters and digits in a row count as a part of the key. Shorter keys count as a whole."""

_SHOWN_ENDS = 3
"""So many characters of the key before or behind a mask make it the masked key."""

_ESCAPE = re.compile(
    r"%([0-9A-Fa-f]{2})|\\u([0-9A-Fa-f]{4})|\\x([0-9A-Fa-f]{2})|&#x([0-9A-Fa-f]{1,6});|=([0-9A-F]{2})(?![0-9A-F])"
    r"|&#([0-9]{1,7});"
)
# Masks that servers insert: "sk-abc...wxyz", "sk-abc********", "sk-abc[REDACTED]wxyz".
_MASK = re.compile(
    r"[*•●·#…█]{3,}|x{3,}|\.{2,}|…|[\[<({](?:redacted|hidden|masked|removed|\.{1,9}|\*{1,99})[\])}>]", re.IGNORECASE
)
_LONGEST_WORD = 200
_PASSES = 2  # a gateway may escape what another one has escaped


def mask_key(text: str, key: str) -> str:
    """``text`` with ``MASK`` in place of the key, its parts and its encodings."""
    if not key:
        return text
    exact = [(found.start(), found.end()) for found in re.finditer(re.escape(key), text)]
    spans = [*exact, *_parts(text, key), *_masked_forms(text, key)]
    return _replaced(text, spans) if spans else text


def _needles(key: str) -> set[str]:
    """The key and its encodings, only letters and digits, in lower case."""
    data = key.encode()
    forms = {key, key[::-1], data.hex()}
    # Base64 of the key after 0, 1 and 2 other bytes: the part that does not depend on them.
    forms |= {b64encode(b"\0" * before + data).decode()[-(-before * 8 // 6) :].rstrip("=")[:-1] for before in range(3)}
    return {found for form in forms if (found := _bare(form))}


def _bare(text: str) -> str:
    return "".join(character for character in text.lower() if character.isascii() and character.isalnum())


def _parts(text: str, key: str) -> Iterator[tuple[int, int]]:
    """The spans of ``text`` that contain the key or a part of it."""
    characters = [(character, at, at + 1) for at, character in enumerate(text)]
    for _ in range(_PASSES + 1):
        kept = [
            (character.lower(), start, end)
            for character, start, end in characters
            if character.isascii() and character.isalnum()
        ]
        bare = "".join(character for character, _, _ in kept)
        for needle in _needles(key):
            for first, last in _common_runs(bare, needle):
                yield kept[first][1], kept[last][2]
        unescaped = _unescaped(characters)
        if len(unescaped) == len(characters):
            return
        characters = unescaped


def _common_runs(bare: str, needle: str) -> Iterator[tuple[int, int]]:
    """The first and last index of each run of ``bare`` that is a sufficiently long part of ``needle``."""
    size = min(SHORTEST_PART, len(needle))
    pieces = {needle[at : at + size] for at in range(len(needle) - size + 1)}
    first: int | None = None
    last = 0
    for at in range(len(bare) - size + 1):
        if bare[at : at + size] in pieces:
            if first is not None and at > last + 1:
                yield first, last
                first = None
            first = at if first is None else first
            last = at + size - 1
    if first is not None:
        yield first, last


def _unescaped(characters: list[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    """``characters`` with one level of escapes decoded; each keeps its span in the text."""
    joined = "".join(character for character, _, _ in characters)
    result: list[tuple[str, int, int]] = []
    done = 0
    for found in _ESCAPE.finditer(joined):
        result += characters[done : found.start()]
        number = int(found[6]) if found[6] else int(next(group for group in found.groups()[:5] if group), 16)
        character = chr(number) if 0 < number < 0xD800 else " "
        result.append((character, characters[found.start()][1], characters[found.end() - 1][2]))
        done = found.end()
    return result + characters[done:]


def _masked_forms(text: str, key: str) -> Iterator[tuple[int, int]]:
    """The spans of words that consist of the key with a mask in it."""
    begins, ends = key[:_SHOWN_ENDS], key[-_SHOWN_ENDS:]
    if len(key) < 2 * _SHOWN_ENDS:
        return
    for found in _MASK.finditer(text):
        before = _word(text[max(0, found.start() - _LONGEST_WORD) : found.start()][::-1])[::-1]
        after = _word(text[found.end() : found.end() + _LONGEST_WORD])
        shows_beginning = begins in before and key.startswith(before[before.index(begins) :])
        shows_end = ends in after and key.endswith(after[: after.rindex(ends) + len(ends)])
        if shows_beginning or shows_end:
            yield found.start() - len(before), found.end() + len(after)


def _word(text: str) -> str:
    """The beginning of ``text`` up to a character that cannot be part of a key."""
    return "".join(takewhile(lambda character: character.isalnum() or character in "_./+=-", text))


def _replaced(text: str, spans: list[tuple[int, int]]) -> str:
    pieces: list[str] = []
    done = 0
    for start, end in sorted(spans):
        if start >= done:
            pieces += (text[done:start], MASK)
        done = max(done, end)
    return "".join((*pieces, text[done:]))
