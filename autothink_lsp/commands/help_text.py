"""The text of ``--help``, made from the docstrings of the commands."""

from __future__ import annotations

import argparse
import re

_TITLE = re.compile(r"``[^`]*``: ")


class ParagraphFormatter(argparse.HelpFormatter):
    """Keeps the paragraphs of a description, and wraps each at the width of the terminal."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        paragraphs = text.strip().split("\n\n")
        return "\n\n".join(super(ParagraphFormatter, self)._fill_text(one, width, indent) for one in paragraphs)


def set_description(parser: argparse.ArgumentParser, line: str) -> None:
    """Give a command the description that a terminal shows: its docstring without markup and without the usage, which
    stands above it. ``line`` describes a command that has no docstring."""
    text = _TITLE.sub("", parser.description or f"{line}.", count=1).replace("``", "")
    parser.description = text[:1].upper() + text[1:]
    parser.formatter_class = ParagraphFormatter
