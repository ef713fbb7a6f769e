"""The settings in the VS Code extension's package.json, made from the server's own tree.

VS Code makes words of names in camelCase, so the server's names are declared in that form. Where the server's own
spelling was declared before, it still is, as deprecated and without a default, so that settings files that have it keep
their effect.

`make docs` writes them, a unit test checks that they are fresh.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from autothink_lsp.settings.schema import json_schema

PACKAGE = Path(__file__).parents[2] / "editors/vscode/package.json"
_TITLES = {
    "completion": "Inline Suggestions",
    "assist": "Fixes and Refactorings",
    "next_edit": "Next Edits",
    "privacy": "Privacy",
    "embedded": "Built-in Engine",
    "vllm": "vLLM",
    "transformers": "transformers",
    "verify": "Checks",
    "log": "Log",
}
_OWN: dict[str, dict[str, Any]] = {
    "autothink.server.command": {
        "type": "array",
        "items": {"type": "string"},
        "default": [],
        "scope": "machine-overridable",
        "markdownDescription": "Program and arguments that start the server, without `serve`, for example "
        '`["/opt/autothink/bin/autothink-lsp"]`. Empty: the selected Python environment, the PATH, or an environment '
        "of the extension's own.",
    },
    "autothink.server.python": {
        "type": "string",
        "default": "",
        "scope": "machine-overridable",
        "description": "Python interpreter in which autothink-lsp is installed.",
    },
    "autothink.codeLens.enabled": {
        "type": "boolean",
        "default": False,
        "scope": "resource",
        "description": 'Show "AutoThink: explain" above functions and classes.',
    },
}


# Settings that may differ from language to language (`editors/vscode/src/settings.ts`).
_BY_LANGUAGE = {
    *("completion.enabled", "next_edit.enabled"),
    *(f"completion.{name}" for name in ("max_tokens", "deadline_ms", "debounce_ms", "confidence", "silent_in")),
}
# Settings that the extension once declared in the server's spelling. A setting that is added is not one of them.
_OLD = {
    "completion": (
        "api_key_env api_key_command api_key_keyring allow_http max_tokens deadline_ms debounce_ms silent_in "
        "fim_family prompt_order context_sources context_tokens"
    ),
    "assist": (
        "api_key_env api_key_command api_key_keyring allow_http think_profile max_thinking_tokens max_tokens "
        "deadline_s show_thinking run_checkers test_command"
    ),
    "embedded": "model_path context_tokens",
    "vllm": (
        "idle_minutes extra_args context_tokens gpu_memory_percent tensor_parallel max_requests "
        "speculative_tokens draft_model prefix_caching reasoning_parser"
    ),
    "transformers": "idle_minutes extra_args",
    "privacy": "exclude_for redact_for largest_file_kib",
}
OLD_SPELLINGS = frozenset(f"{section}.{key}" for section, keys in _OLD.items() for key in keys.split())
_RELATED = {
    "completion.backend": ("completion.url", "completion.model"),
    "completion.url": ("completion.backend", "completion.allow_http"),
    "completion.model": ("embedded.model",),
    "completion.enabled": ("completion.languages",),
    "completion.deadline_ms": ("completion.max_tokens",),
    "assist.backend": ("assist.url", "assist.model"),
    "assist.url": ("assist.backend", "assist.allow_http"),
    "assist.think": ("assist.max_thinking_tokens", "assist.patience_s"),
    "assist.preview": ("assist.run_checkers", "assist.test_command"),
    "next_edit.enabled": ("next_edit.languages",),
    "next_edit.backend": ("next_edit.url", "next_edit.model"),
    "next_edit.url": ("next_edit.backend", "next_edit.allow_http"),
}


def shown_name(name: str) -> str:
    """The name in VS Code of a server's setting: ``completion.max_tokens`` is ``autothink.completion.maxTokens``."""
    return "autothink." + re.sub(r"_([a-z0-9])", lambda found: found[1].upper(), name)


def configuration() -> list[dict[str, Any]]:
    """``contributes.configuration``."""
    own = {name: {**value, "order": order} for order, (name, value) in enumerate(_OWN.items())}
    sections = [{"title": "Extension", "properties": own}]
    for name, section in json_schema()["properties"].items():
        declared = [(f"{name}.{key}", value) for key, value in _without_aliases(section)]
        properties = {shown_name(each): _property(each, value, order) for order, (each, value) in enumerate(declared)}
        properties |= {f"autothink.{each}": _renamed(each, value) for each, value in declared if each in OLD_SPELLINGS}
        sections.append({"title": _TITLES[name], "properties": properties})
    return sections


def restricted() -> list[str]:
    """Settings that do not count from an untrusted workspace: where code goes, what is run, what is spent."""
    server = [
        f"{name}.{key}"
        for name, section in json_schema()["properties"].items()
        for key, value in _without_aliases(section)
        if value["x-trust"] != "always"
    ]
    spellings = [[shown_name(each), *([f"autothink.{each}"] if each in OLD_SPELLINGS else [])] for each in server]
    return ["autothink.server.command", "autothink.server.python", *(one for each in spellings for one in each)]


def _without_aliases(section: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """VS Code sends the default of each declared setting; an alias's default would override the user's value."""
    return [(key, value) for key, value in section["properties"].items() if "x-alias-of" not in value]


def _property(name: str, value: dict[str, Any], order: int) -> dict[str, Any]:
    property_schema = {key: each for key, each in value.items() if key not in {"x-trust", "description"}}
    return {
        **property_schema,
        **_description(name, value["description"]),
        "scope": _scope(name, value),
        "order": order,
        "x-server": name,
    }


def _renamed(name: str, value: dict[str, Any]) -> dict[str, Any]:
    """The old spelling. Without a default, so that VS Code shows it only where it is set."""
    property_schema = {key: value[key] for key in ("type", "anyOf", "enum", "items") if key in value}
    notice = f"Renamed to `#{shown_name(name)}#`."
    return {**property_schema, "markdownDeprecationMessage": notice, "scope": _scope(name, value), "x-server": name}


def _scope(name: str, value: dict[str, Any]) -> str:
    if name in _BY_LANGUAGE:
        return "language-overridable"
    return "machine-overridable" if value["x-trust"] == "trusted" else "resource"


def _description(name: str, text: str) -> dict[str, str]:
    """The description, with links to the settings that it names and to related ones."""
    linked = re.sub(r"`([a-z_]+\.[a-z_]+)`", lambda found: f"`#{shown_name(found[1])}#`", text)
    related = ", ".join(f"`#{shown_name(one)}#`" for one in _RELATED.get(name, ()))
    if linked == text and not related:
        return {"description": text}
    return {"markdownDescription": f"{linked} See also {related}." if related else linked}


def refreshed(text: str) -> str:
    """package.json with the generated parts as they should be, in Biome's format."""
    package = json.loads(text)
    package["contributes"]["configuration"] = configuration()
    package["capabilities"]["untrustedWorkspaces"]["restrictedConfigurations"] = restricted()
    return json.dumps(package, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    old = PACKAGE.read_text(encoding="utf-8")
    new = refreshed(old)
    if "--write" in sys.argv:
        PACKAGE.write_text(new, encoding="utf-8")
    sys.exit(0 if new == old or "--write" in sys.argv else "editors/vscode/package.json is not fresh: make docs")
