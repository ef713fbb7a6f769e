"""Prints text safely on a terminal: no control character of a file, a model or a file name reaches it.

A terminal acts on escape sequences: they change its title, its colours, its clipboard and in some terminals its input.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys

# C0 without tab and line feed, DEL, C1, characters that change the direction of writing, line and paragraph separators.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_JSON_CONTROL = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def printable(text: str) -> str:
    """``text`` with control characters in caret notation (``^[``) or as code points (``<U+202E>``).

    A carriage return before a line feed stays: it is the line end of the file.
    """
    return _CONTROL.sub(_visible, text.replace("\r\n", "\n")) if _CONTROL.search(text) else text


def printable_json(document: str) -> str:
    """A JSON document with the control characters that JSON allows in strings written as escapes."""
    return _JSON_CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", document)


def open_missing_streams() -> None:
    """Open the null device for each standard stream that was closed before the program started (``>&-``).

    Python has ``None`` there, and the next file that is opened would become the standard stream of child processes.
    """
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is None:
            with contextlib.suppress(OSError):
                descriptor = os.open(os.devnull, os.O_RDWR)
                if descriptor != number:
                    os.dup2(descriptor, number)
                    os.close(descriptor)
                setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115


def tolerate_any_character() -> None:
    """Make standard output accept characters that its encoding lacks, including lone surrogates of file names."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            with contextlib.suppress(ValueError, OSError):
                reconfigure(errors="backslashreplace")


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return f"^{chr(code + 0x40)}"
    return "^?" if code == 0x7F else f"<U+{code:04X}>"
