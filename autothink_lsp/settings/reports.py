"""Origins of values and warnings, as values."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

OriginKind = Literal["default", "user file", "project file", "environment", "client"]

ClientTrust = Literal["user", "token", "none"]
"""Whose settings a client sends. ``user``: the program that started the server over standard input and output.
``token``: a TCP client with the server's token, whose commands, addresses and engines count as much as an untrusted
project's. ``none``: any TCP client, all of whose settings count as much as an untrusted project's."""


@frozen
class Origin:
    """The origin of a value.

    ``where`` is the file's path, the variable's name or the name of the editor's message; empty for defaults. ``also``
    has the origins of lower layers that the value was combined with (lists are concatenated).
    """

    kind: OriginKind
    where: str = ""
    also: tuple[Origin, ...] = ()

    def __str__(self) -> str:
        own = f"{self.kind} {self.where}".rstrip()
        return " + ".join([own, *(str(origin) for origin in self.also)])


@frozen
class SettingWarning:
    """A part of the settings that is not used. ``message`` is a full sentence for the user, without secrets.

    ``key`` is the dotted key as it was written, empty if a whole file is meant; ``where`` is ``path:line``, a
    variable's name or the name of the editor's message.
    """

    key: str
    where: str
    message: str
