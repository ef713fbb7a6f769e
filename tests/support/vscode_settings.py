"""The settings in the VS Code extension's package.json, made from the server's own tree.

`make docs` writes them, a unit test checks that they are fresh.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from autothink_lsp.settings.schema import json_schema

PACKAGE = Path(__file__).parents[2] / "editors/vscode/package.json"
_TITLES = {
    "completion": "Completion while typing",
    "assist": "Explain, fix, refactor",
    "privacy": "What models may see",
    "embedded": "The embedded model",
    "vllm": "vLLM",
    "transformers": "transformers",
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


def configuration() -> list[dict[str, Any]]:
    """``contributes.configuration``."""
    own = {name: {**value, "order": order} for order, (name, value) in enumerate(_OWN.items())}
    sections = [{"title": "Extension", "properties": own}]
    for name, section in json_schema()["properties"].items():
        properties = {
            f"autothink.{name}.{key}": _property(value, order)
            for order, (key, value) in enumerate(section["properties"].items())
        }
        sections.append({"title": _TITLES[name], "properties": properties})
    return sections


def restricted() -> list[str]:
    """Settings that do not count from an untrusted workspace: where code goes, what is run, what is spent."""
    server = [
        f"autothink.{name}.{key}"
        for name, section in json_schema()["properties"].items()
        for key, value in section["properties"].items()
        if value["x-trust"] != "always"
    ]
    return ["autothink.server.command", "autothink.server.python", *server]


def _property(value: dict[str, Any], order: int) -> dict[str, Any]:
    said = {key: each for key, each in value.items() if key != "x-trust"}
    scope = "machine-overridable" if value["x-trust"] == "trusted" else "resource"
    return {**said, "scope": scope, "order": order, "x-server": True}


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
