"""The indentation of a block of lines between brackets (``f({|});``): its first line is one level deeper than the
cursor's line, whatever the model counts from and whatever its levels are.
"""

from __future__ import annotations

import re

from autothink_lsp.document.lines import indent_of
from autothink_lsp.features.completion.postprocess.candidate import CompletionCandidate
from autothink_lsp.stream.bracket_block import has_labels
from autothink_lsp.stream.extent import stands_in_brackets
from autothink_lsp.stream.lexical import Mode
from autothink_lsp.syntax.language_style import indent_columns

_DOCSTRING = re.compile(r"\s*[rRuU]?(?:\"\"\"|''')")


def is_block(candidate: CompletionCandidate) -> bool:
    """Whether the text is a block between brackets: it begins with a newline, or with a comment and goes on below."""
    first, newline, below = candidate.text.partition("\n")
    begins = not first.strip() or candidate.around.style.is_only_comment(first)
    return bool(newline and below.strip()) and begins and stands_in_brackets(candidate.context, candidate.around)


def in_block_style(candidate: CompletionCandidate, unit: str, in_string: list[bool]) -> str:
    """The text of a block with ``unit``, the document's indentation of one level, where the model's indentation is
    another one: other characters, no deeper than the cursor's line, or in braces not one level deeper. Arguments may
    be deeper than one level. Lines ``in_string`` (``lines_of_strings``) are a part of its value, and stay."""
    own = indent_of(candidate.context.line_prefix)
    head, *lines = candidate.text.split("\n")
    filled = [line for line, is_text in zip(lines, in_string, strict=True) if line.strip() and not is_text]
    if not filled:
        return candidate.text
    base = indent_of(filled[0])
    is_braces = candidate.context.line_prefix.rstrip()[-1:] == "{" and candidate.around.style.blocks != "indent"
    is_right = base == own + unit if is_braces else base.startswith(own) and len(base) > len(own)
    if (is_right and set(base) == set(unit)) or (base == own and has_labels(candidate.context.line_prefix)):
        return candidate.text
    width = _width(filled)
    shift = 1 - _is_label_at_its_level(candidate, base, width)
    moved = [
        line if is_text else _moved(line, own, base, width, shift, unit)
        for line, is_text in zip(lines, in_string, strict=True)
    ]
    return "\n".join([head, *moved])


def lines_of_strings(candidate: CompletionCandidate, head: str, lines: list[str]) -> list[bool]:
    """Whether each of the lines below ``head`` begins in a string, so that its white space is a part of a value. The
    lines of a docstring are indented as code is."""
    scanner = candidate.around.scanner.fork().feed(f"{head}\n")
    found: list[bool] = []
    opener = candidate.context.line_prefix + head
    for line in lines:
        is_in_string = scanner.mode is Mode.STRING
        if not is_in_string:
            opener = line
        found.append(is_in_string and _DOCSTRING.match(opener) is None)
        scanner.feed(f"{line}\n")
    return found


def _width(filled: list[str]) -> int:
    """The columns of one level in the lines: the smallest step to a deeper one, else those of the first line."""
    base = indent_columns(filled[0])
    steps = [indent_columns(line) - base for line in filled]
    return min((step for step in steps if step > 0), default=base) or 1


def _is_label_at_its_level(candidate: CompletionCandidate, base: str, width: int) -> bool:
    """Whether the first line is a label at the level of its ``switch``, counted from the first column or from there."""
    line_prefix = candidate.context.line_prefix
    if not has_labels(line_prefix) or not base:
        return has_labels(line_prefix)
    own = indent_of(line_prefix)
    level = own.count("\t") if "\t" in own else indent_columns(own) // max(1, _columns_of_level(candidate))
    return indent_columns(base) == level * width


def _columns_of_level(candidate: CompletionCandidate) -> int:
    from autothink_lsp.edits.reindent import unit_of  # late: few answers need it

    return indent_columns(unit_of([*candidate.lines_above, *candidate.lines_below]) or "    ")


def _moved(line: str, own: str, base: str, width: int, shift: int, unit: str) -> str:
    if not line.strip():
        return line
    levels, rest = divmod(max(0, indent_columns(line) - indent_columns(base)), width)
    return own + unit * (levels + shift) + " " * rest + line.lstrip(" \t")
