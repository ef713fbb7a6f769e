"""What a field of the settings tree says of itself: its kind, its documentation and how far a project may set it."""

from __future__ import annotations

from typing import Any, Literal, TypeVar, cast

from attrs import field, frozen

from autothink_lsp.settings.kinds import Kind

T = TypeVar("T")
Trust = Literal["always", "narrows", "trusted"]

SPEC = "autothink_lsp.settings"
"""The key of a field's ``SettingSpec`` in its attrs metadata."""


@frozen
class SettingSpec:
    """What a field says of itself besides its default. ``aliases`` are names of other tools, for suggestions only."""

    kind: Kind[Any]
    doc: str
    trust: Trust
    narrowest: object = None
    aliases: tuple[str, ...] = ()


def setting(
    kind: Kind[T], default: T, doc: str, *, trust: Trust = "always", narrowest: T | None = None, aliases: str = ""
) -> T:
    """A field of the tree. The type checker compares the field's annotation with the kind."""
    spec = SettingSpec(kind, doc, trust, narrowest, tuple(aliases.split()))
    return cast("T", field(default=default, metadata={SPEC: spec}, repr=lambda value: repr(kind.shown(value))))
