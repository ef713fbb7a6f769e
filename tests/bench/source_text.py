"""Python source of any length to type in: real code of the standard library, which every machine has."""

from __future__ import annotations

from importlib.util import find_spec
from itertools import cycle
from pathlib import Path

from attrs import frozen

from autothink_lsp.errors import AutothinkError

# Ordinary, hand-written modules that have been there for many versions.
MODULES = ("argparse", "inspect", "typing", "tarfile", "zipfile", "subprocess", "pdb", "doctest", "ast", "locale")


@frozen
class Source:
    """``line``: an empty one in the middle, before a top-level definition, where something new can be typed."""

    text: str
    line: int


def source(line_count: int) -> Source:
    """So many lines of those modules, as often as it takes."""
    texts = [text for module in MODULES if (text := module_source(module))]
    if not texts:
        raise AutothinkError(
            "This Python comes without the sources of its standard library.", hint="Run the benchmark with another one."
        )
    lines: list[str] = []
    for text in cycle(texts):
        lines += text.split("\n")
        if len(lines) >= line_count:
            break
    del lines[line_count - 1 :]
    middle = len(lines) // 2
    here = next((n for n in range(middle, len(lines)) if lines[n].startswith(("def ", "class "))), middle)
    lines.insert(here, "")
    return Source("\n".join(lines), here)


def module_source(module: str) -> str:
    """The text of an installed module; empty where there is none, or where columns would depend on the encoding."""
    try:
        spec = find_spec(module)
    except ModuleNotFoundError:  # the package around it
        return ""
    origin = spec.origin if spec else None
    if not origin or not origin.endswith(".py"):
        return ""
    try:
        text = Path(origin).read_text(encoding="utf-8")
    except OSError:
        return ""
    return text if text.isascii() else ""  # so that columns are the same in every position encoding
