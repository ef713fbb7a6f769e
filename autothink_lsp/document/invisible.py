"""Characters that make code look like other code: writing direction, invisible ones, controls, lone surrogates.

A model that follows a hostile file may put them into an answer ("Trojan Source", CVE-2021-42574; text hidden in
variation selectors and tag characters). Joiners and variation selectors count as visible where a script or an emoji
needs them (UAX 31, section 2.3; UTS 51). Characters that a text already contains are allowed in it. Pure.
"""

from __future__ import annotations

import re

# Unicode 16: Default_Ignorable_Code_Point, Bidi_Control, Cc but for \t \n \r, Zl, Zp, Cs, noncharacters, and those that
# are blank by design (U+2800, U+3164, U+FFA0). \f counts: Python takes it for the beginning of a line.
_CHARACTERS = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u2800\u3164\ud800-\udfff\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    + "".join(f"{chr(plane * 0x10000 + 0xFFFE)}{chr(plane * 0x10000 + 0xFFFF)}" for plane in range(1, 17))
)
_PICTURES = (
    "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u231a-\u23ff\u24c2\u25aa-\u25fe\u2600-\u27bf\u2934\u2935"
    "\u2b05-\u2b55\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
)
# Arabic to N'Ko, the scripts of India, Tibet, Burma, Cambodia and Mongolia: a joiner changes how letters are drawn.
_JOINING = (
    "\u0620-\u07ff\u0840-\u0e00\u0f00-\u109f\u1780-\u17b3\u17b6-\u17ff\u1820-\u18aa"
    "\ufb50-\ufdcf\ufdf0-\ufdff\ufe70-\ufefc"
)
_AT_HOME = (
    f"(?<=[{_PICTURES}])[\ufe0e\ufe0f](?![\ufe00-\ufe0f])"
    "|(?<=[0-9#*])\ufe0f(?=\u20e3)"
    f"|(?<=[{_PICTURES}\ufe0f])\u200d(?=[{_PICTURES}])"
    f"|(?<=[{_JOINING}])[\u200c\u200d](?![\u200b-\u200f\ufe00-\ufe0f])"
    "|(?<=[\u1820-\u18aa])[\u180b-\u180d\u180f](?![\u180b-\u180f])"
)
_INVISIBLE = re.compile(f"[{_CHARACTERS}]")
_SEEN = re.compile(f"(?P<at_home>{_AT_HOME})|[{_CHARACTERS}]")
_LINE_BREAKS = frozenset("\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")


def brings_invisible(new: str, *present: str) -> bool:
    """Whether ``new`` has such a character that none of ``present`` has."""
    if _INVISIBLE.search(new) is None:  # nearly always, and this is asked of every suggestion
        return False
    found = _invisible(new)
    return bool(found) and not found <= set().union(*map(_invisible, present))


def without_invisible(text: str) -> str:
    """``text`` for display: characters that break lines become a blank, the others are removed."""
    return _SEEN.sub(lambda found: found.group() if found["at_home"] else _shown(found.group()), text)


def _invisible(text: str) -> set[str]:
    return {found.group() for found in _SEEN.finditer(text) if not found["at_home"]}


def _shown(character: str) -> str:
    return " " if character in _LINE_BREAKS else ""
