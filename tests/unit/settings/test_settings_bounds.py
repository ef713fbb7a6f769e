"""What an editor sends is bounded: keys, lists, depth. Nothing of it raises, and a warning says what was dropped."""

from __future__ import annotations

from typing import Any

import pytest

from autothink_lsp.context.exclusion import Exclusion
from autothink_lsp.settings.layers import MAX_PAIRS, MAX_WARNINGS
from autothink_lsp.settings.load import LoadedSettings, load_settings
from autothink_lsp.settings.types.collection import MAX_ITEMS


def loaded(raw: object) -> LoadedSettings:
    return load_settings(environ={}, client_layers=[("initializationOptions", raw)])


def nested(depth: int, *, in_list: bool = False) -> Any:
    value: Any = True
    for _ in range(depth):
        value = [value] if in_list else {"completion": value}
    return value


@pytest.mark.parametrize(
    "raw",
    [
        nested(50_000),
        nested(50_000, in_list=True),
        {"autothink.completion.exclude": nested(50_000, in_list=True)},
        {"completion": {"languages": nested(50_000)}},
        {"a." * 300_000: 1},
        {"aB" * 300_000: 1},
        {"completion": {"k" * 100_000 + str(number): 1 for number in range(30)}},
        {"completion": {"url": "http://" + "a@" * 300_000}},
        {"completion": {"url": "http://x/?" + ";" * 300_000}},
        {"completion": {"api_key_command": ["\ud800" * 100_000]}},
    ],
    ids=lambda raw: str(raw)[:40] if not isinstance(raw, (dict, list)) else type(raw).__name__,
)
def test_odd_values_give_a_bounded_number_of_warnings(raw: object) -> None:
    found = loaded(raw).warnings
    assert len(found) <= MAX_WARNINGS + 3
    assert all(len(one.message) < 2_000 for one in found)


@pytest.mark.exhaustive
def test_of_a_million_keys_the_first_are_read() -> None:
    raw = {"completion": {"max_lines": 3, **dict.fromkeys(map(str, range(1_000_000)), 1)}}
    found = loaded(raw)
    assert len(found.warnings) <= MAX_WARNINGS + 3
    assert any(f"more than {MAX_PAIRS:,} settings" in one.message for one in found.warnings)


def test_with_too_many_patterns_every_file_is_excluded_and_a_warning_says_so() -> None:
    """What is cut off may be the pattern that protects a file."""
    patterns = [f"file{number}" for number in range(MAX_ITEMS)] + ["secret.py"]
    found = loaded({"completion": {"exclude": patterns}})
    assert Exclusion().excluded("secret.py", found.settings.completion.exclude)
    assert Exclusion().excluded("other.py", found.settings.completion.exclude)
    assert any("every file is excluded" in one.message for one in found.warnings)


def test_of_too_many_languages_the_first_count() -> None:
    found = loaded({"completion": {"languages": {f"language{number}": False for number in range(100_000)}}})
    assert MAX_ITEMS <= len(found.settings.completion.languages) < 2 * MAX_ITEMS
    assert any("at most" in one.message for one in found.warnings)
