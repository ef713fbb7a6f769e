"""Characters that make code look like other code: controls of writing direction, invisible ones, terminal escapes.

A model that repeats what a hostile file told it may put them into an answer ("Trojan Source", CVE-2021-42574). A text
that has them already may keep them. Pure.
"""

from __future__ import annotations

import re

_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e"
    "\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e007f]"
)


def brings_invisible(new: str, *present: str) -> bool:
    """Whether ``new`` has such a character that none of the texts at hand has."""
    found = set(_INVISIBLE.findall(new))
    return bool(found) and not found <= set(_INVISIBLE.findall("".join(present)))


def without_invisible(text: str) -> str:
    """For what is only read."""
    return _INVISIBLE.sub("", text)
