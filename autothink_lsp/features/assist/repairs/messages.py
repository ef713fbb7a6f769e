"""Parses a checker's message: the undefined name and the suggested one. Pure; each pattern names its checker.

The patterns are English: for a localised message (Pyright and TypeScript translate theirs) there is no repair, and the
model is asked. A translation is added here as another pattern of the same checker. Repairs of one kind of message
(`misspelt_member.py`, `immutable_binding.py`, `method_self.py` and others) have its patterns in their own files.
Outside of this package `thinking/diagnostic_family.py`, which also knows codes, `features/assist/edit_verifier.py` and
`verify/syntax_checks.py` match words of messages.
"""

from __future__ import annotations

import re
from typing import Literal

from attrs import frozen

_QUOTED = r"[`'\"‘“]([^`'\"’”\s]{1,200})[`'\"’”]"
_NAME = r"[`'\"‘“]?([\w$]+)[`'\"’”]?"

# Messages about undefined names, by checker. The first group is the name.
_UNDEFINED = tuple(
    re.compile(pattern)
    for pattern in (
        rf"^{_QUOTED} is not defined",  # pyright, basedpyright
        rf"^(?:F821 )?[Uu]ndefined name {_QUOTED}",  # ruff, flake8, pyflakes
        rf"^Name {_QUOTED} is not defined",  # mypy
        rf"^(?:NameError: )?name {_QUOTED} is not defined",  # Python
        rf"^Undefined variable {_QUOTED}",  # pylint
        rf"^Cannot find (?:name|namespace) {_QUOTED}",  # tsc 2304, 2552, 2503
        rf"^Name {_QUOTED} used when not defined",  # ty
        rf"^{_QUOTED} undeclared",  # gcc
        rf"^cannot find macro {_QUOTED} in this scope",  # rustc
        r"^(\w+) cannot be resolved",  # Eclipse's Java compiler
        r"^cannot find symbol\s+symbol:\s+(?:variable|class) (\w+)",  # javac
        rf"^The name {_QUOTED} does not exist in the current context",  # Roslyn
        r"^[Uu]nresolved reference:? '?(\w+)",  # kotlinc
        rf"^Undefined global {_QUOTED}",  # lua_ls
        r"^(?:undefined|undeclared name): (\w+)(?![.\w])",  # go, gopls
        # rustc E0425, E0412, E0422
        rf"^cannot find (?:value|function|type|macro|trait|(?:tuple )?struct[\w, ]*) {_QUOTED} in this scope",
        rf"^(?:failed to resolve: )?use of undeclared (?:type|crate or module|module) {_QUOTED}",  # rustc E0433
        rf"^cannot find (?:module or crate|type) {_QUOTED} in this scope",  # rustc E0433 of later versions
        rf"^(?:[Uu]se of )?undeclared (?:identifier|function) {_QUOTED}",  # clang, clangd
        rf"^[Cc]all to undeclared (?:library )?function {_QUOTED}",  # clang, clangd
        rf"^[Uu]nknown type name {_QUOTED}",  # clang
        rf"^[Ii]mplicit declaration of function {_QUOTED}",  # clang, gcc
    )
)
# Messages about a missing attribute, member or property; used only with the checker's suggestion.
_NO_MEMBER = tuple(
    re.compile(pattern)
    for pattern in (
        rf"^Property {_QUOTED} does not exist on type",  # tsc 2551
        rf"has no exported member (?:named )?{_QUOTED}",  # tsc 2724
        rf"known properties, but {_QUOTED} does not exist",  # tsc 2561
        rf"has no attribute {_QUOTED}",  # mypy, ty, Python
        rf"^no {_QUOTED} in `",  # rustc E0432
        rf"has no {_QUOTED} member",  # pylint
        rf"has no member named {_QUOTED}",  # gcc
        rf"^[Nn]o (?:member|field|method) (?:named )?{_QUOTED}",  # clang, rustc
        r"has no field or method (\w+)",  # gopls
        r"^undefined: \w+\.(\w+) \(but have",  # go
    )
)
_SUGGESTED = re.compile(
    r"(?:[Dd]id you mean(?: to write)?|maybe|there is an? \w+ with a similar name,? \w+|"
    r"similar name exists|but (?:does )?have(?: (?:field|method))?):?\s*"
    r"(?:the (?:instance member|static member) )?" + _NAME + r"(?! or |, )"
)
_SEVERAL = re.compile(rf"(?:maybe|[Dd]id you mean)[^.;\n]{{0,200}}{_QUOTED}(?:,| or) ")


@frozen
class Unknown:
    """An undefined name, and the checker's suggestion if there is exactly one."""

    name: str
    meant: str | None
    kind: Literal["name", "member"]


def unknown_name(message: str) -> Unknown | None:
    """The undefined name of a diagnostic; ``None`` for other messages."""
    message = message.strip()[:2_000]
    for kind, patterns in (("name", _UNDEFINED), ("member", _NO_MEMBER)):
        for pattern in patterns:
            if found := pattern.search(message):
                member = kind == "member"
                return Unknown(found[1], suggestion(message[found.end() :]), "member" if member else "name")
    return None


def suggestion(message: str) -> str | None:
    """The name that the checker suggests; ``None`` if it suggests none or several."""
    if _SEVERAL.search(message):
        return None
    found = {match[1].rpartition(".")[2] for match in _SUGGESTED.finditer(message)}
    return found.pop() if len(found) == 1 else None


def offers_several(message: str) -> bool:
    """Whether the checker suggests more than one name."""
    return _SEVERAL.search(message) is not None
