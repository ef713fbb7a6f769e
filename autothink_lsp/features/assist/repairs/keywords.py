"""The keywords of languages in which misspelt keywords are corrected. Data."""

from __future__ import annotations

import keyword
from collections.abc import Mapping
from types import MappingProxyType


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SCRIPT = _words(
    "abstract async await break case catch class const continue default delete do else enum export "
    "extends finally for from function if implements import in interface let new of private protected "
    "public readonly return static super switch this throw try type typeof var void while with yield"
)
_C = _words(
    "break case char const continue default do double else enum extern float for goto if int long "
    "return short signed sizeof static struct switch typedef union unsigned void volatile while"
)
_CPP = _words(
    "break case char class const continue default do double else enum extern float for goto if int "
    "long namespace new private protected public return short signed sizeof static struct switch "
    "template typedef typename union unsigned using virtual void volatile while"
)
_RUST = _words(
    "as async await break const continue crate else enum extern fn for if impl in let loop match mod "
    "move mut pub ref return static struct super trait type unsafe use where while"
)
_GO = _words(
    "break case chan const continue default defer else fallthrough for func go goto if import "
    "interface map package range return select struct switch type var"
)
_JAVA = _words(
    "abstract boolean break case catch char class continue default do double else enum extends final "
    "finally float for if implements import instanceof int interface long new package private "
    "protected public return short static super switch this throw throws try void while"
)

KEYWORDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "python": frozenset(keyword.kwlist) - {"False", "None", "True"},
        "javascript": _SCRIPT,
        "typescript": _SCRIPT,
        "tsx": _SCRIPT,
        "rust": _RUST,
        "go": _GO,
        "c": _C,
        "cpp": _CPP,
        "java": _JAVA,
    }
)
