"""Reads what a checker says: which name is undefined, which is meant. Pure; each pattern names whose sentence it is."""

from __future__ import annotations

import re
from typing import Literal

from attrs import frozen

_QUOTED = r"[`'\"‘“]([^`'\"’”\s]{1,200})[`'\"’”]"
_NAME = r"[`'\"‘“]?([\w$]+)[`'\"’”]?"

# What is undefined, by checker. The first group is the name.
_UNDEFINED = tuple(
    re.compile(pattern)
    for pattern in (
        rf"^{_QUOTED} is not defined",  # pyright, basedpyright
        rf"^(?:F821 )?[Uu]ndefined name {_QUOTED}",  # ruff, flake8, pyflakes
        rf"^Name {_QUOTED} is not defined",  # mypy
        rf"^(?:NameError: )?name {_QUOTED} is not defined",  # Python
        rf"^Undefined variable {_QUOTED}",  # pylint
        rf"^Cannot find (?:name|namespace) {_QUOTED}",  # tsc 2304, 2552, 2503
        rf"^{_QUOTED} is not defined",  # eslint no-undef
        r"^(?:undefined|undeclared name): (\w+)(?![.\w])",  # go, gopls
        # rustc E0425, E0412, E0422
        rf"^cannot find (?:value|function|type|macro|trait|(?:tuple )?struct[\w, ]*) {_QUOTED} in this scope",
        rf"^(?:use of )?undeclared (?:identifier|function) {_QUOTED}",  # clang
        rf"^call to undeclared function {_QUOTED}",  # clang
        rf"^unknown type name {_QUOTED}",  # clang
        rf"^implicit declaration of function {_QUOTED}",  # clang, gcc
    )
)
# An attribute, member or property that is not there; taken only with the checker's own suggestion.
_NO_MEMBER = tuple(
    re.compile(pattern)
    for pattern in (
        rf"^Property {_QUOTED} does not exist on type",  # tsc 2551
        rf"has no exported member (?:named )?{_QUOTED}",  # tsc 2724
        rf"known properties, but {_QUOTED} does not exist",  # tsc 2561
        rf"has no attribute {_QUOTED}",  # mypy, Python
        rf"^no (?:member|field|method) (?:named )?{_QUOTED}",  # clang, rustc
        r"has no field or method (\w+)",  # gopls
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
    """A name that a checker does not know, and what it believes was meant, if it says exactly one."""

    name: str
    meant: str | None
    kind: Literal["name", "member"]


def unknown_name(message: str) -> Unknown | None:
    """None when the message is about something else."""
    message = message.strip()[:2_000]
    for kind, patterns in (("name", _UNDEFINED), ("member", _NO_MEMBER)):
        for pattern in patterns:
            if found := pattern.search(message):
                member = kind == "member"
                return Unknown(found[1], suggestion(message[found.end() :]), "member" if member else "name")
    return None


def suggestion(message: str) -> str | None:
    """What the checker believes was meant; None when it says nothing or more than one."""
    if _SEVERAL.search(message):
        return None
    found = {match[1].rpartition(".")[2] for match in _SUGGESTED.finditer(message)}
    return found.pop() if len(found) == 1 else None


def offers_several(message: str) -> bool:
    """Whether the checker itself is in doubt."""
    return _SEVERAL.search(message) is not None
