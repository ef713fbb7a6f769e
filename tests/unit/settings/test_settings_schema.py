"""The schema and the table say what the tree and the setting types say."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from autothink_lsp.settings.schema import json_schema
from autothink_lsp.settings.tree import Key, all_keys, section_classes
from tests.support.reference_pages import settings_table

KEYS = list(all_keys().values())


def property_of(key: Key) -> dict[str, Any]:
    return json_schema()["properties"][key.section]["properties"][key.name]


def is_valid(value: Any, schema: dict[str, Any]) -> bool:
    """The part of JSON schema (draft 7) that our schema uses."""
    if "anyOf" in schema:
        return any(is_valid(value, option) for option in schema["anyOf"])
    types = {"boolean": bool, "integer": int, "string": str, "array": list, "object": dict}
    if not isinstance(value, types[schema["type"]]) or (schema["type"] == "integer" and isinstance(value, bool)):
        return False
    checks = [
        value in schema.get("enum", [value]),
        schema.get("minimum", value) <= value if isinstance(value, int) else True,
        schema.get("maximum", value) >= value if isinstance(value, int) else True,
        re.search(schema.get("pattern", ""), value) is not None if isinstance(value, str) else True,
        all(is_valid(item, schema["items"]) for item in value) if isinstance(value, list) else True,
        all(is_valid(item, schema["additionalProperties"]) for item in value.values())
        if isinstance(value, dict)
        else True,
    ]
    return all(checks)


def test_the_schema_has_every_key_and_no_other() -> None:
    schema = json.loads(json.dumps(json_schema()))
    sections = schema["properties"]
    names = [
        f"{section}.{name}"
        for section in sections
        for name, value in sections[section]["properties"].items()
        if "x-alias-of" not in value
    ]
    assert names == list(all_keys())
    assert all(section["additionalProperties"] is False and section["description"] for section in sections.values())
    assert list(sections) == list(section_classes())


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.dotted)
def test_every_key_is_documented_and_its_default_is_valid(key: Key) -> None:
    property_schema = property_of(key)
    assert re.fullmatch(r"[A-Z][^\n|]+\.", property_schema["description"])
    assert property_schema["default"] == key.spec.type.masked(key.default)
    assert is_valid(property_schema["default"], property_schema)
    assert property_schema["x-trust"] in {"always", "narrows", "local", "trusted"}
    parsed = key.spec.type.parse(property_schema["default"], None)
    assert (parsed.value, parsed.problems) == (key.default, ())


def test_another_name_of_a_setting_has_its_schema() -> None:
    properties = json_schema()["properties"]["completion"]["properties"]
    alias = properties["suppress_in"]
    assert alias["x-alias-of"] == "silent_in"
    assert {**alias, "description": ""} == {**properties["silent_in"], "description": "", "x-alias-of": "silent_in"}


VALUES: list[Any] = [
    True,
    -1,
    0,
    1,
    512,
    2048,
    10_001,
    10**9,
    "",
    "auto",
    "openai",
    "ask",
    "info",
    "psm",
    "http://127.0.0.1:8000/v1",
    "MY_KEY",
    "sk-x",
    "pass show",
    [],
    ["a"],
    ["a", 1],
    {},
    {"go": True},
    {"go": 1},
]


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.dotted)
def test_the_schema_and_the_type_agree(key: Key) -> None:
    property_schema = property_of(key)
    for value in VALUES:
        if value == "AUTO" if isinstance(value, str) else False:
            continue  # words are taken in any case; an editor may still underline them
        parsed = key.spec.type.parse(value, None)
        assert is_valid(value, property_schema) == (parsed.value is not None and not parsed.problems), value


def test_the_table_has_a_row_for_every_key() -> None:
    lines = settings_table().splitlines()
    assert [line.split("`")[1] for line in lines[2:]] == list(all_keys())
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines} == {6}
    cells = [cell.strip() for cell in lines[2 + list(all_keys()).index("completion.deadline_ms")].strip("|").split("|")]
    doc = all_keys()["completion.deadline_ms"].spec.description
    assert cells == ["`completion.deadline_ms`", "`600`", doc, "a whole number from 50 to 60000", "may only restrict"]
