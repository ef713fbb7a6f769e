"""How a field of the settings tree is declared: its type from the annotation, its description, and its trust rule.

``x: bool`` and ``x: Literal[...]`` need nothing else. A type with bounds or a special meaning is in the annotation,
``Annotated[int, IntegerType(1, 64)]``, or is one of the annotations of this module (``Url``, ``Command``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, TypeVar, cast, dataclass_transform, get_args, get_origin, get_type_hints

from attrs import Attribute, evolve, field, frozen

from autothink_lsp.settings.types.address import CommandTableType, CommandType, FilePathType, UrlType, VariableNameType
from autothink_lsp.settings.types.base import SettingType
from autothink_lsp.settings.types.collection import IgnorePatternsType, LanguageSwitchesType, SubsetType
from autothink_lsp.settings.types.scalar import BooleanType, ChoiceType

T = TypeVar("T")
Trust = Literal["always", "narrows", "trusted"]

Url = Annotated[str, UrlType()]
VariableName = Annotated[str, VariableNameType()]
FilePath = Annotated[str, FilePathType()]
Command = Annotated[tuple[str, ...], CommandType()]
CommandTable = Annotated[Mapping[str, tuple[str, ...]], CommandTableType()]
IgnorePatterns = Annotated[tuple[str, ...], IgnorePatternsType()]
LanguageSwitches = Annotated[Mapping[str, bool], LanguageSwitchesType()]

SPEC = "autothink_lsp.settings"
"""The key of a field's ``SettingSpec`` in its attrs metadata."""
_SPEC_OF_ANNOTATION = "autothink_lsp.settings.spec_of_annotation"


@frozen
class SettingSpec:
    """The declaration of a setting besides its default.

    ``other_names`` are accepted in place of the setting's name; ``suggested_for`` are names in other tools, for which a
    message suggests this setting. ``narrowest`` is the value that forbids most.
    """

    type: SettingType[Any]
    description: str
    trust: Trust
    narrowest: object = None
    other_names: tuple[str, ...] = ()
    suggested_for: tuple[str, ...] = ()


def setting(
    default: T,
    description: str,
    *,
    trust: Trust = "always",
    narrowest: T | None = None,
    other_names: str = "",
    suggested_for: str = "",
    choices: Mapping[str, str] | None = None,
    is_ranked: bool = False,
) -> T:
    """A field of a ``settings_section``. ``choices`` describes each word of a ``Literal``; ``is_ranked``: its words are
    ordered by cost, the cheapest first."""

    def typed(annotation: Any) -> SettingSpec:
        return SettingSpec(
            type=setting_type(annotation, choices or {}, is_ranked=is_ranked),
            description=description,
            trust=trust,
            narrowest=narrowest,
            other_names=tuple(other_names.split()),
            suggested_for=tuple(suggested_for.split()),
        )

    return cast("T", field(default=default, metadata={_SPEC_OF_ANNOTATION: typed}))


@dataclass_transform(frozen_default=True, kw_only_default=True)
def settings_section(cls: type[T]) -> type[T]:
    """Make a frozen class of settings. Raises ``TypeError`` for an annotation without a setting type."""
    return frozen(kw_only=True, field_transformer=_with_types)(cls)


@dataclass_transform(frozen_default=True, kw_only_default=True)
def settings_section_with(descriptions: Mapping[str, str]) -> Callable[[type[T]], type[T]]:
    """As ``settings_section``, with ``descriptions`` of inherited settings by name; these follow the section's own.
    Raises ``TypeError`` for a name that is not inherited."""

    def transformer(cls: type, fields: list[Attribute[Any]]) -> list[Attribute[Any]]:
        typed, inherited = _with_types(cls, fields), _inherited(cls)
        if unknown := descriptions.keys() - set(inherited):
            raise TypeError(f"{sorted(unknown)} are not inherited")
        described = [_described(each, descriptions.get(each.name)) for each in typed if each.name in inherited]
        return [*(each for each in typed if each.name not in inherited), *described]

    return frozen(kw_only=True, field_transformer=transformer)


def setting_type(annotation: Any, choices: Mapping[str, str], *, is_ranked: bool) -> SettingType[Any]:
    """The setting type for an annotation. Raises ``TypeError`` if there is none."""
    if get_origin(annotation) is Annotated:
        named = [each for each in get_args(annotation)[1:] if isinstance(each, SettingType)]
        if named and isinstance(named[0], SubsetType):
            return evolve(named[0], descriptions=_descriptions(named[0].words, choices))
        if named:
            return named[0]
        annotation = get_args(annotation)[0]
    if annotation is bool:
        return BooleanType()
    words = _literal_words(annotation)
    if words:
        return ChoiceType(words, is_ranked, _descriptions(words, choices))
    if get_origin(annotation) is tuple and get_args(annotation)[1:] == (...,):
        words = _literal_words(get_args(annotation)[0])
        if words:
            return SubsetType(words, descriptions=_descriptions(words, choices))
    raise TypeError(f"no setting type for {annotation!r}")


def _with_types(cls: type, fields: list[Attribute[Any]]) -> list[Attribute[Any]]:
    """The fields with their specs, inherited ones first and in the order that they have in the base class."""
    hints, inherited = get_type_hints(cls, include_extras=True), _inherited(cls)
    ordered = sorted(fields, key=lambda each: inherited.index(each.name) if each.name in inherited else len(inherited))
    return [_with_type(each, hints[each.name]) if _SPEC_OF_ANNOTATION in each.metadata else each for each in ordered]


def _inherited(cls: type) -> list[str]:
    """The names of the settings that the class does not declare itself, in the base class's order."""
    return [each.name for each in getattr(cls.__base__, "__attrs_attrs__", ()) if each.name not in cls.__annotations__]


def _with_type(attribute: Attribute[Any], annotation: Any) -> Attribute[Any]:
    spec: SettingSpec = attribute.metadata[_SPEC_OF_ANNOTATION](annotation)
    return attribute.evolve(metadata={SPEC: spec}, repr=lambda value: repr(spec.type.masked(value)))


def _described(attribute: Attribute[Any], description: str | None) -> Attribute[Any]:
    if description is None:
        return attribute
    return attribute.evolve(metadata={SPEC: evolve(attribute.metadata[SPEC], description=description)})


def _literal_words(annotation: Any) -> tuple[str, ...]:
    """The words of a string ``Literal``; empty for any other annotation."""
    words = get_args(annotation) if get_origin(annotation) is Literal else ()
    return words if all(isinstance(word, str) for word in words) else ()


def _descriptions(words: tuple[str, ...], choices: Mapping[str, str]) -> tuple[str, ...]:
    if choices and set(choices) != set(words):
        raise TypeError(f"descriptions of {sorted(choices)} for the words {sorted(words)}")
    return tuple(choices[word] for word in words) if choices else ()
