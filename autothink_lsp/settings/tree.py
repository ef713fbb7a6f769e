"""The settings' tree as a list of keys: what the loader, the schema and the messages walk over."""

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
        """As users write it."""
        return f"{self.section}.{self.name}"

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return f"AUTOTHINK_{self.section}__{self.name}".upper()


@cache
def section_classes() -> Mapping[str, type]:
    """Name of each section and the class that holds it, in the tree's order."""
    defaults = Settings()
    return MappingProxyType({section.name: type(getattr(defaults, section.name)) for section in fields(Settings)})


@cache
def all_keys() -> Mapping[str, Key]:
    """Every setting by its dotted name, in the tree's order."""
    keys = [
        Key(section, leaf.name, leaf.default, leaf.metadata[SPEC])
        for section, section_class in section_classes().items()
        for leaf in fields(section_class)
    ]
    return MappingProxyType({key.dotted: key for key in keys})
