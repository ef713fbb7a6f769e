"""What loading says besides the values: where each came from, and what was wrong. Values only."""

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
    """Where a value came from.

    ``where`` is the file's path, the variable's name or what the editor sent it in; empty for defaults. ``also`` holds
    the origins of the layers below that the value was combined with (lists add up).
    """

    kind: OriginKind
    where: str = ""
    also: tuple[Origin, ...] = ()

    def __str__(self) -> str:
        own = f"{self.kind} {self.where}".rstrip()
        return " + ".join([own, *(str(origin) for origin in self.also)])


@frozen
class SettingWarning:
    """Something in the settings that was not used. ``message`` is a full sentence for the user, without secrets.

    ``key`` is the dotted key as it was written, empty where a whole file is meant; ``where`` is ``path:line``, a
    variable's name or what the editor sent it in.
    """

    key: str
    where: str
    message: str
