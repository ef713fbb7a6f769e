"""Kinds for where things are: URLs, files, environment variables, commands. They never show or repeat a secret.

Values of these kinds are the ones that people paste keys into by mistake; a refused value is therefore never quoted.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from autothink_lsp.settings.kinds import Kind, Problem, Reading, is_writable, toml_value

# An unbroken run of 20 letters and digits with both in it is a key, not a name that a person gave a variable.
_KEY_LIKE = re.compile(r"(?<![A-Za-z0-9])(?=[A-Z0-9]*[a-z])(?=[A-Za-z]*[0-9])[A-Za-z0-9]{20,}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LOOPBACK = re.compile(r"localhost|127(?:\.\d+){3}|::1")


class Url(Kind[str]):
    """An HTTP address, or nothing."""

    @property
    def accepts(self) -> str:
        return "an http:// or https:// address"

    def read(self, raw: object, folder: Path | None) -> Reading[str]:
        if not isinstance(raw, str) or not is_writable(raw):
            return self.refuse(raw, secret=True)
        url = raw.strip()
        if not url or _has_host(url):
            return Reading(url)
        if "://" not in url and _has_host(f"http://{url}"):
            return Reading(None, (Problem(f"must be {self.accepts}: put http:// or https:// before it"),))
        return self.refuse(raw, secret=True)

    def shown(self, value: str) -> str:
        """Without the password or key that an address may carry."""
        value = re.sub(r"(?<=://)[^/?#]*@", "***@", value)
        return re.sub(r"([?&;][^=&;#]{1,200}=)[^&;#]+", r"\1***", value)

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": "^\\s*$|^\\s*[Hh][Tt][Tt][Pp][Ss]?://"}


class VariableName(Kind[str]):
    """The name of an environment variable, or nothing. A key in its place is refused."""

    @property
    def accepts(self) -> str:
        return "the name of an environment variable, not the key itself"

    def read(self, raw: object, folder: Path | None) -> Reading[str]:
        name = raw.strip() if isinstance(raw, str) else None
        if name == "" or (name and len(name) < 256 and _VARIABLE.fullmatch(name) and not _KEY_LIKE.search(name)):
            return Reading(name)
        return self.refuse(raw, secret=True)

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": "^\\s*([A-Za-z_][A-Za-z0-9_]*)?\\s*$"}


class CommandLine(Kind[tuple[str, ...]]):
    """A program and its arguments. No shell ever sees it; a text is split with a shell's quoting rules."""

    @property
    def accepts(self) -> str:
        return "a command line, or a list with the program and its arguments"

    def read(self, raw: object, folder: Path | None) -> Reading[tuple[str, ...]]:
        if isinstance(raw, str):
            import shlex

            try:
                raw = shlex.split(raw)
            except ValueError:
                return Reading(None, (Problem("has a quotation mark that is never closed"),))
        if not isinstance(raw, list) or not all(isinstance(word, str) and "\0" not in word for word in raw):
            return self.refuse(raw, secret=True)
        return Reading(tuple(raw))

    def from_text(self, text: str) -> object:
        value = toml_value(text)
        return value if isinstance(value, str | list) else text

    def shown(self, value: tuple[str, ...]) -> list[str]:
        return [_KEY_LIKE.sub("***", word) for word in value]

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}


class FilePath(Kind[str]):
    """The path of a file, or nothing. ``~`` is the home folder."""

    @property
    def accepts(self) -> str:
        return "the path of a file"

    def read(self, raw: object, folder: Path | None) -> Reading[str]:
        if not isinstance(raw, str) or not is_writable(raw):
            return self.refuse(raw)
        path = Path(raw.strip())
        if raw.strip() == "":
            return Reading("")
        try:
            path = path.expanduser()
        except RuntimeError:  # ~nobody: a user that does not exist
            return self.refuse(raw)
        return Reading(str(folder / path if folder is not None else path))

    def schema(self) -> dict[str, Any]:
        return {"type": "string"}


def is_loopback(url: str) -> bool:
    """Whether what is sent to this URL stays on this machine. ``False`` for an empty or broken URL."""
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
