"""``completion.by_language``: how it is read from each source, what is said of bad values, and where it applies."""

from __future__ import annotations

from typing import Any

import pytest

from autothink_lsp.settings.model import CompletionSettings, Settings

TABLE = {"python": {"deadline_ms": 300, "silent_in": ("string",)}, "go": {"model": "coder", "debounce_ms": "auto"}}


@pytest.mark.parametrize(
    "given",
    [
        {
            "user": "[completion.by_language.python]\ndeadline_ms = 300\nsilent_in = ['string']\n"
            "[completion.by_language.Go]\nmodel = 'coder'\ndebounce_ms = 'auto'"
        },
        {
            "environ": {
                "AUTOTHINK_COMPLETION__BY_LANGUAGE": "{ python = { deadline_ms = 300, silent_in = ['string'] }, "
                "go = { model = 'coder', debounce_ms = 'auto' } }"
            }
        },
        {
            "client": [
                (
                    "initializationOptions",
                    {
                        "completion": {
                            "byLanguage": {
                                "python": {"deadlineMs": 300, "silentIn": ["string"]},
                                "go": {"model": "coder", "debounce_ms": "auto"},
                            }
                        }
                    },
                )
            ]
        },
    ],
    ids=["file", "environment", "client"],
)
def test_each_source_can_set_it(place: Any, given: dict[str, Any]) -> None:
    loaded = place.load(**given)
    assert loaded.warnings == ()
    assert loaded.settings.completion.by_language == TABLE


def test_a_higher_layer_replaces_single_values(place: Any) -> None:
    loaded = place.load(
        user="completion.by_language.python = { deadline_ms = 300, confidence = 5 }",
        environ={"AUTOTHINK_COMPLETION__BY_LANGUAGE": "{ python = { deadline_ms = 400 }, c = { max_tokens = 9 } }"},
    )
    assert loaded.settings.completion.by_language == {
        "python": {"deadline_ms": 400, "confidence": 5},
        "c": {"max_tokens": 9},
    }


@pytest.mark.parametrize(
    ("value", "kept", "said"),
    [
        ("7", {}, "must be a table of language ids"),
        ("{ python = 7, go = { max_tokens = 3 } }", {"go": {"max_tokens": 3}}, "by_language.python"),
        ("{ go = { max_tokens = 0, confidence = 3 } }", {"go": {"confidence": 3}}, "from 1 to 2048"),
        ("{ go = { url = 'http://x', confidence = 3 } }", {"go": {"confidence": 3}}, "must have only model"),
        ("{ go = { silent_in = ['line', 'string'] } }", {"go": {"silent_in": ("string",)}}, "silent_in"),
        ("{ go = { debounce_ms = -1 } }", {}, "debounce_ms"),
    ],
)
def test_a_bad_value_is_named_and_the_others_apply(place: Any, value: str, kept: object, said: str) -> None:
    loaded = place.load(user=f"completion.by_language = {value}")
    assert loaded.settings.completion.by_language == kept
    assert len(loaded.warnings) == 1
    assert said in loaded.warnings[0].message


def test_a_language_without_a_table_has_the_settings_themselves() -> None:
    settings = Settings(completion=CompletionSettings(by_language=TABLE, deadline_ms=600))
    assert settings.in_language("rust") is settings
    assert settings.in_language("Python").completion.deadline_ms == 300
    assert settings.in_language("python").completion.silent_in == ("string",)
    assert settings.in_language("go").completion.model == "coder"
