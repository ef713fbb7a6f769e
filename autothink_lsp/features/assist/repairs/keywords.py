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
_LUA = _words(
    "and break do else elseif end false for function if in local nil not or repeat return then true until while"
)
_RUBY = _words(
    "alias attr_accessor attr_reader attr_writer begin break case class def do else elsif end ensure false for if "
    "in include module next nil raise rescue require require_relative return self super then true unless until when "
    "while yield"
)
_PHP = _words(
    "abstract as break case catch class const continue default do echo else elseif extends final finally fn for "
    "foreach function if implements instanceof interface match namespace new private protected public readonly "
    "return static switch throw trait try use while yield"
)
_CSHARP = _words(
    "abstract async await base bool break case catch char class const continue decimal default do double else enum "
    "event false finally float for foreach get if in int interface internal is long namespace new null object out "
    "override params private protected public readonly record ref return sealed set static string struct switch this "
    "throw true try using var virtual void while yield"
)
_BASH = _words("case do done elif else esac fi for function if in then until while")

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
        "lua": _LUA,
        "ruby": _RUBY,
        "php": _PHP,
        "csharp": _CSHARP,
        "bash": _BASH,
        "json": _words("true false null"),
        "toml": _words("true false"),
    }
)
