"""Setting types of URLs, file paths, environment variables and commands. They never show or quote a secret.

Users paste keys into these settings by mistake, so a rejected value is never quoted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any

from autothink_lsp.settings.types.base import ParsedValue, Problem, SettingType, is_writable, toml_value

# An unbroken run of 20 letters and digits that has both is a key, not the name of a variable.
_KEY_LIKE = re.compile(r"(?<![A-Za-z0-9])(?=[A-Z0-9]*[a-z])(?=[A-Za-z]*[0-9])[A-Za-z0-9]{20,}")
_MOST_COMMANDS = 100
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LOOPBACK = re.compile(r"localhost|127(?:\.\d+){3}|::1")


class UrlType(SettingType[str]):
    """An HTTP or HTTPS URL, or an empty text."""

    @property
    def accepts(self) -> str:
        return "an http:// or https:// address"

    def parse(self, raw: object, folder: Path | None) -> ParsedValue[str]:
        if not isinstance(raw, str) or not is_writable(raw):
            return self.reject(raw, is_secret=True)
        url = raw.strip()
        if not url or _has_host(url):
            return ParsedValue(url)
        if "://" not in url and _has_host(f"http://{url}"):
            return ParsedValue(None, (Problem(f"must be {self.accepts}: put http:// or https:// before it"),))
        return self.reject(raw, is_secret=True)

    def masked(self, value: str) -> str:
        """The URL without its password and without the values of its query."""
        value = re.sub(r"(?<=://)[^/?#]*@", "***@", value)
        return re.sub(r"([?&;][^=&;#]{1,200}=)[^&;#]+", r"\1***", value)

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": "^\\s*$|^\\s*[Hh][Tt][Tt][Pp][Ss]?://"}


class VariableNameType(SettingType[str]):
    """The name of an environment variable, or an empty text. A value that looks like a key is rejected."""

    @property
    def accepts(self) -> str:
        return "the name of an environment variable, not the key itself"

    def parse(self, raw: object, folder: Path | None) -> ParsedValue[str]:
        name = raw.strip() if isinstance(raw, str) else None
        if name == "" or (name and len(name) < 256 and _VARIABLE.fullmatch(name) and not _KEY_LIKE.search(name)):
            return ParsedValue(name)
        return self.reject(raw, is_secret=True)

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": "^\\s*([A-Za-z_][A-Za-z0-9_]*)?\\s*$"}


class CommandType(SettingType[tuple[str, ...]]):
    """A program and its arguments, run without a shell. A text is split with a shell's quoting rules."""

    @property
    def accepts(self) -> str:
        return "a command line, or a list with the program and its arguments"

    def parse(self, raw: object, folder: Path | None) -> ParsedValue[tuple[str, ...]]:
        if isinstance(raw, str):
            import shlex

            try:
                raw = shlex.split(raw)
            except ValueError:
                return ParsedValue(None, (Problem("has a quotation mark that is never closed"),))
        if not isinstance(raw, list) or not all(isinstance(word, str) and "\0" not in word for word in raw):
            return self.reject(raw, is_secret=True)
        return ParsedValue(tuple(raw))

    def from_text(self, text: str) -> object:
        value = toml_value(text)
        return value if isinstance(value, str | list) else text

    def masked(self, value: tuple[str, ...]) -> list[str]:
        return [_KEY_LIKE.sub("***", word) for word in value]

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}


class CommandTableType(SettingType[Mapping[str, tuple[str, ...]]]):
    """A table of names with command lines. A higher layer changes only the names that it has."""

    @property
    def accepts(self) -> str:
        return "a table of names with command lines"

    def parse(self, raw: object, folder: Path | None) -> ParsedValue[Mapping[str, tuple[str, ...]]]:
        if not isinstance(raw, dict):
            return self.reject(raw, is_secret=True)
        commands: dict[str, tuple[str, ...]] = {}
        problems: list[Problem] = []
        for name, value in islice(raw.items(), _MOST_COMMANDS):
            command = CommandType().parse(value, folder)
            if isinstance(name, str) and is_writable(name) and command.value is not None:
                commands[name] = command.value
            else:
                problems.append(
                    Problem(f"must be {CommandType().accepts}", part=f".{name}" if command.problems else "")
                )
        return ParsedValue(MappingProxyType(commands), tuple(problems))

    def from_text(self, text: str) -> object:
        return toml_value(text)

    def merge(
        self, below: Mapping[str, tuple[str, ...]], above: Mapping[str, tuple[str, ...]]
    ) -> Mapping[str, tuple[str, ...]]:
        return MappingProxyType({**below, **above})

    def masked(self, value: Mapping[str, tuple[str, ...]]) -> dict[str, list[str]]:
        return {name: CommandType().masked(command) for name, command in value.items()}

    def schema(self) -> dict[str, Any]:
        return {"type": "object", "additionalProperties": CommandType().schema()}


class FilePathType(SettingType[str]):
    """The path of a file, or an empty text. ``~`` is the home folder."""

    @property
    def accepts(self) -> str:
        return "the path of a file"

    def parse(self, raw: object, folder: Path | None) -> ParsedValue[str]:
        if not isinstance(raw, str) or not is_writable(raw):
            return self.reject(raw)
        path = Path(raw.strip())
        if raw.strip() == "":
            return ParsedValue("")
        try:
            path = path.expanduser()
        except RuntimeError:  # ~name of a user that does not exist
            return self.reject(raw)
        return ParsedValue(str(folder / path if folder is not None else path))

    def schema(self) -> dict[str, Any]:
        return {"type": "string"}


@lru_cache(maxsize=16)  # called several times per keystroke
def is_loopback(url: str) -> bool:
    """Whether the host of this URL is this machine. ``False`` for an empty or malformed URL."""
    from urllib.parse import urlsplit

    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    return _LOOPBACK.fullmatch(host) is not None


def _has_host(url: str) -> bool:
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        _ = parts.port  # raises for a port that is not a number below 65536
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and " " not in url
