"""Every example is a settings file that applies without a word of complaint."""

import re
import tomllib
from pathlib import Path

import pytest

from autothink_lsp.settings.load import load_settings
from autothink_lsp.settings.schema import json_schema

EXAMPLES = sorted((Path(__file__).parents[3] / "examples/settings").glob("*.toml"))
TEAM = Path(__file__).parents[3] / "examples/team/client.toml"


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.name)
def test_an_example_applies(file: Path) -> None:
    loaded = load_settings(user_file=file, environ={})
    assert loaded.warnings == ()
    assert any(origin.kind == "user file" for origin in loaded.origins.values())


@pytest.mark.parametrize("file", [*EXAMPLES, TEAM], ids=lambda file: file.name)
def test_an_example_fits_the_published_schema(file: Path) -> None:
    sections = json_schema()["properties"]
    types = {"string": str, "boolean": bool, "integer": int, "array": list, "object": dict}
    for section, keys in tomllib.loads(file.read_text(encoding="utf-8")).items():
        for key, value in keys.items():
            described = sections[section]["properties"][key]
            allowed = [described, *described.get("anyOf", ()), *described.get("oneOf", ())]
            words = [word for each in allowed for word in each.get("enum", ())]
            kinds = [each["type"] for each in allowed if isinstance(each.get("type"), str)]
            assert value in words or any(isinstance(value, types[kind]) for kind in kinds), (section, key, described)
            assert not words or kinds != ["string"] or value in words, (section, key, words)


def test_every_backend_has_an_example() -> None:
    (backends,) = {
        tuple(json_schema()["properties"][name]["properties"]["backend"]["enum"]) for name in ("completion", "assist")
    }
    text = "\n".join(file.read_text(encoding="utf-8") for file in EXAMPLES)
    for backend in backends:
        assert f'backend = "{backend}"' in text or f"[{backend}]" in text, backend


def test_the_compose_file_publishes_on_loopback_and_takes_secrets_from_outside() -> None:
    text = TEAM.with_name("compose.yaml").read_text(encoding="utf-8")
    assert re.findall(r"- ([\d.]+):\d+:\d+$", text, re.MULTILINE) == ["127.0.0.1"]
    assert re.search(r"--api-key=\$\{API_KEY:\?[^}]+\}", text)
    assert re.findall(r"(?m)^\w+:", text) == ["name:", "services:", "volumes:"]
    (named,) = re.findall(r"(?m)^      - (\w+):/", text)
    assert re.search(rf"(?m)^  {named}: ", text)
