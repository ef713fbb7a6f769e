"""The parts of README.md that are made from the code. `make docs` writes them, a unit test checks that they are
fresh."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from autothink_lsp.settings.schema import markdown_table
from autothink_lsp.syntax.languages import LanguageRegistry

README = Path(__file__).parents[2] / "README.md"


def parts() -> dict[str, str]:
    """Marker -> text between ``<!-- marker -->`` and ``<!-- /marker -->``."""
    languages = ", ".join(language.name for language in LanguageRegistry().all())
    return {"settings": markdown_table().strip(), "languages": languages}


def refreshed(text: str) -> str:
    """``text`` with every marked part as it should be."""
    for marker, content in parts().items():
        pattern = re.compile(rf"(<!-- {marker} -->\n).*?(\n<!-- /{marker} -->)", re.DOTALL)
        text = pattern.sub(lambda match, content=content: match[1] + content + match[2], text)
    return text


if __name__ == "__main__":
    old = README.read_text(encoding="utf-8")
    new = refreshed(old)
    if "--write" in sys.argv:
        README.write_text(new, encoding="utf-8")
    sys.exit(0 if new == old or "--write" in sys.argv else "README.md is not fresh: make docs")
