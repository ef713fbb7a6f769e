"""The JSON schema of the settings tree."""

from __future__ import annotations

from typing import Any

from autothink_lsp.settings.tree import Key, all_keys, section_classes


def json_schema() -> dict[str, Any]:
    """JSON schema (draft 7, which TOML and JSON editors understand) of ``config.toml`` and ``autothink.toml``.

    ``x-trust`` says what a key may do in a project that the user does not trust, in the words of ``spec.Trust``;
    ``x-alias-of`` names the key that another name stands for.
    """
    sections: dict[str, Any] = {}
    for section, section_class in section_classes().items():
        sections[section] = {
            "type": "object",
            "description": _first_line(section_class.__doc__),
            "additionalProperties": False,
            "properties": {
                name: value
                for key in all_keys().values()
                if key.section == section
                for name, value in _properties(key).items()
            },
        }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Settings of autothink-lsp",
        "type": "object",
        "additionalProperties": False,
        "properties": sections,
    }


def _properties(key: Key) -> dict[str, dict[str, Any]]:
    """The schema property of the key, and one for each of its other names."""
    own = _property(key)
    other = {**own, "description": f"Another name of `{key.dotted}`.", "x-alias-of": key.name}
    return {key.name: own, **dict.fromkeys(key.spec.other_names, other)}


def _property(key: Key) -> dict[str, Any]:
    return {
        **key.spec.type.schema(),
        "default": key.spec.type.masked(key.default),
        "description": key.spec.description,
        "x-trust": key.spec.trust,
    }


def _first_line(text: str | None) -> str:
    return (text or "").strip().partition("\n")[0]
