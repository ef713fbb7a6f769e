"""Reads one TOML file that may be absent, huge, damaged, a pipe or hostile; finds the line of a key.

Size, nesting and number of keys are checked before the file is parsed: the time of ``tomllib`` grows with the square of
the depth of a dotted key (14 s and gigabytes of memory for one of 20,000 parts). Never raises for the state of the file
system. Does not know the settings.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from attrs import frozen

from autothink_lsp.settings.reports import SettingWarning
from autothink_lsp.settings.types.base import one_line

MAX_FILE_BYTES = 64 * 1024
"""A larger file is not read: settings have a few dozen lines, and everything in a project's folder may be hostile."""

MAX_DEPTH = 32
"""Of brackets and of the parts of a dotted key. Our own settings have 3."""
MAX_PAIRS = 4_000
"""Keys with a value."""

_SIGN = re.compile(r"""\"{3}|'{3}|["'#\[\]{}.=,\n]""")
_REST_OF_STRING = re.compile(r"""(?>(?:[^"\\\n]|\\.)*)\"""")
_REST_OF_LONG_STRING = re.compile(r"""(?>(?:[^"\\]|\\.|\"(?!""))*)\"{3,5}""", re.DOTALL)

# Tokens of a text that is known to be valid TOML (v1.0.0, toml.io): strings first, because they can contain the others.
_LEXEME = r"""
      (?P<string> \"\"\" (?:\\.|[^\\])*? \"\"\" "{0,2} | ''' .*? ''' '{0,2} | "(?:\\.|[^"\\\n])*" | '[^'\n]*' )
    | (?P<word> [A-Za-z0-9_+:-]+ )
    | (?P<sign> [\[\]{}=,.\n] )
    | \#[^\n]* | .
    """


@frozen
class TomlFile:
    """A parsed file. Trust is given to its ``content``."""

    path: Path
    content: bytes
    table: Mapping[str, object]

    def lines_of_keys(self) -> Mapping[tuple[str, ...], int]:
        """The first line (from 1) of each key and table header; keys inside inline tables are not listed."""
        lines: dict[tuple[str, ...], int] = {}
        for path, line in _statements(self.content.decode("utf-8-sig")):
            for length in range(1, len(path) + 1):
                lines.setdefault(path[:length], line)
        return lines


def read_toml_file(path: Path) -> TomlFile | SettingWarning | None:
    """The file; ``None`` if there is none; a warning if it cannot be used."""
    try:
        content = _content(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:  # ValueError: a path with a null character
        reason = (isinstance(error, OSError) and error.strerror) or str(error)
        return _unusable(str(path), f"cannot be read ({reason})")
    if isinstance(content, str):
        return _unusable(str(path), content)
    import tomllib

    try:
        text = content.decode("utf-8-sig")  # Notepad begins files with a BOM
        too_much = _too_much(text)
        if too_much:
            return _unusable(str(path), too_much)
        return TomlFile(path, content, tomllib.loads(text))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return _unusable(f"{path}:{line}", "is not UTF-8 text")
    except tomllib.TOMLDecodeError as error:
        place, reason = _place_and_reason(str(error), content)
        return _unusable(f"{path}:{place}", f"is not valid TOML: {reason}")
    except (ValueError, RecursionError):
        return _unusable(str(path), "is not valid TOML: numbers too long or lists too deep")


def _content(path: Path) -> bytes | str:
    """The bytes, or the reason why they cannot be read. A pipe or a device would block, so it is never opened."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        return "is not a file"
    if status.st_size > MAX_FILE_BYTES:
        return f"has {status.st_size:,} bytes, more than settings may have ({MAX_FILE_BYTES:,})"
    with path.open("rb") as file:  # the file may have grown since stat()
        content = file.read(MAX_FILE_BYTES + 1)
    return content if len(content) <= MAX_FILE_BYTES else f"has more than {MAX_FILE_BYTES:,} bytes"


def _too_much(text: str) -> str:
    """The reason why the text must not be given to ``tomllib``; empty if it may be. One pass, linear in the text."""
    depth = dots = pairs = at = 0
    while (sign := _SIGN.search(text, at)) is not None:
        at = sign.end()
        match sign.group():
            case "[" | "{":
                depth, dots = depth + 1, 0
            case "]" | "}":
                depth, dots = max(0, depth - 1), 0
            case ".":
                dots += 1
            case "=" | "," | "\n" as other:
                dots = 0
                pairs += other == "="
            case quote_or_comment:
                at = _behind(text, at, quote_or_comment)
        if depth > MAX_DEPTH or dots > MAX_DEPTH:
            return f"has lists, tables or keys nested deeper than {MAX_DEPTH} levels"
        if pairs > MAX_PAIRS:
            return f"has more than {MAX_PAIRS:,} keys"
    return ""


def _behind(text: str, at: int, opened: str) -> int:
    """The index after the comment or string that was ``opened`` before ``at``. An unterminated string ends at the end
    of the text, since the file is then invalid."""
    if opened == "#":
        end = text.find("\n", at)
        return end if end >= 0 else len(text)
    if opened in {"'", "'''"}:
        end = text.find(opened, at)
        return end + len(opened) if end >= 0 else len(text)
    closed = _REST_OF_STRING.match(text, at) if opened == '"' else _REST_OF_LONG_STRING.match(text, at)
    return closed.end() if closed else len(text)


def _unusable(where: str, reason: str) -> SettingWarning:
    return SettingWarning("", one_line(where), one_line(f"{where} {reason}; nothing in it is used."))


def _place_and_reason(message: str, content: bytes) -> tuple[str, str]:
    """``line:column`` and the message of a TOMLDecodeError, parsed from its text (attributes exist from Python 3.14
    on)."""
    found = re.search(r"^(.*) \(at line (\d+), column (\d+)\)$", message, re.DOTALL)
    if found:
        return f"{found[2]}:{found[3]}", found[1]
    lines = content.split(b"\n")
    return f"{len(lines)}:{len(lines[-1]) + 1}", message.replace(" (at end of document)", "")


def _statements(text: str) -> Iterator[tuple[tuple[str, ...], int]]:
    """The full key of every table header and key-value pair of a valid TOML text, with its line."""
    table: tuple[str, ...] = ()
    key: list[str] = []
    line, depth, in_value, in_header = 1, 0, False, False
    for token in re.finditer(_LEXEME, text, re.VERBOSE | re.DOTALL):
        sign = token["sign"]
        if sign == "\n" and not depth:
            if in_header:
                table = tuple(key)
                yield table, line
            key, in_value, in_header = [], False, False
        elif in_value:
            depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(sign or "", 0)
        elif sign == "[":
            in_header = True
        elif sign == "=":
            in_value = True
            yield (*table, *key), line
        elif token["string"] or token["word"]:
            key.append(_key_part(token[0]))
        line += token[0].count("\n")
    if in_header:
        yield tuple(key), line


def _key_part(token: str) -> str:
    if token[0] not in "\"'":
        return token
    import tomllib

    return str(tomllib.loads(f"key = {token}")["key"])
