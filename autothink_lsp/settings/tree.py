"""The settings' tree as a list of keys, for the loader, the schema and the messages."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from attrs import fields, frozen

from autothink_lsp.settings.model import Settings
from autothink_lsp.settings.spec import SPEC, SettingSpec


@frozen
class Key:
    """One setting: ``completion.url`` is the name ``url`` in the section ``completion``."""

    section: str
    name: str
    default: object
    spec: SettingSpec

    @property
    def dotted(self) -> str:
        """The name as users write it."""
        return f"{self.section}.{self.name}"

    @property
    def variable(self) -> str:
        """The environment variable that sets the key."""
        return f"AUTOTHINK_{self.section}__{self.name}".upper()


def find_key(dotted: str) -> Key | None:
    """The key with this dotted name or alias."""
    return _keys_by_any_name().get(dotted)


@cache
def section_classes() -> Mapping[str, type]:
    """Maps the name of each section to its class, in the tree's order."""
    defaults = Settings()
    return MappingProxyType({section.name: type(getattr(defaults, section.name)) for section in fields(Settings)})


@cache
def all_keys() -> Mapping[str, Key]:
    """All keys by their dotted names, in the tree's order."""
    keys = [
        Key(section, leaf.name, leaf.default, leaf.metadata[SPEC])
        for section, section_class in section_classes().items()
        for leaf in fields(section_class)
    ]
    return MappingProxyType({key.dotted: key for key in keys})


@cache
def _keys_by_any_name() -> Mapping[str, Key]:
    others = {f"{key.section}.{name}": key for key in all_keys().values() for name in key.spec.other_names}
    return MappingProxyType({**others, **all_keys()})
