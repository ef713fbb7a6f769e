"""``SettingType``, the base of all setting types, and the text functions that they share.

A setting type is the one place that decides how a value is checked, read from an environment variable, shown without
secrets and combined with the value of a lower layer. It raises no error for bad input: ``ParsedValue`` has the usable
part of the value and a ``Problem`` for each part that is not usable.
"""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, Generic, TypeVar

from attrs import frozen

T = TypeVar("T")

# Control characters break log lines and paths; lone surrogates (JSON can contain them) cannot be encoded as UTF-8.
_UNWRITABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


@frozen
class Problem:
    """Why a value, or the part of it at ``part`` (``[2]``, ``.python``; empty for the whole), cannot be used.

    ``requirement`` completes the sentence "KEY …", and ``consequence`` ends it. ``got`` is the value as a message may
    quote it, empty if it could be a secret.
    """

    requirement: str
    got: str = ""
    part: str = ""
    consequence: str = "it is ignored"


@frozen
class ParsedValue(Generic[T]):
    """The usable value, or ``None`` if there is none, and the problems that were found."""

    value: T | None
    problems: tuple[Problem, ...] = ()


class SettingType(ABC, Generic[T]):
    """The type of a setting's value. Instances have no state, so settings can share them."""

    @property
    @abstractmethod
    def accepts(self) -> str:
        """A noun phrase for messages and the documentation: ``a whole number from 1 to 64``."""

    @abstractmethod
    def parse(self, raw: object, folder: Path | None) -> ParsedValue[T]:
        """Check a value from a file, a client or ``from_text``. Relative paths are relative to ``folder``."""

    @abstractmethod
    def schema(self) -> dict[str, Any]:
        """JSON schema (draft 7) of the accepted values, without default and description."""

    def from_text(self, text: str) -> object:
        """The raw value that the text of an environment variable means; ``parse`` checks it afterwards."""
        value = toml_value(text)
        return value if isinstance(value, str) else text

    def merge(self, below: T, above: T) -> T:
        """The value after a higher layer set ``above``: most types replace the lower layer's value."""
        return above

    def narrow(self, below: T, above: T) -> T:
        """Like ``merge``, but only as far as ``above`` forbids something that ``below`` allows."""
        return below

    def masked(self, value: T) -> Any:
        """The value for display and for JSON, secrets masked."""
        return value

    def reject(self, raw: object, *, is_secret: bool = False) -> ParsedValue[T]:
        """No usable value: ``raw`` is not what the type accepts. A secret value is not quoted."""
        return ParsedValue(None, (Problem(f"must be {self.accepts}", "" if is_secret else described(raw)),))


def one_line(text: str) -> str:
    """The text with everything escaped that would break a log line or could not be encoded."""
    return _UNWRITABLE.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def is_writable(text: str) -> bool:
    """Whether the text is one line without control characters that can be encoded as UTF-8."""
    return _UNWRITABLE.search(text) is None


def described(raw: object) -> str:
    """A value as a message may quote it: short, on one line, ASCII only."""
    if isinstance(raw, bool | int | float | str):
        if isinstance(raw, int) and abs(raw) >= 10**40:
            return "a huge number"  # writing it out could be slow, and Python refuses to beyond 4,300 digits
        shown = json.dumps(raw)
        return shown if len(shown) <= 40 else shown[:37] + "..."
    if isinstance(raw, dict):
        return "a table"
    if isinstance(raw, list | tuple):
        return "a list"
    return "nothing" if raw is None else f"a {type(raw).__name__}"


def toml_value(text: str) -> object | None:
    """The text parsed as one TOML value, or ``None`` if it is not one."""
    import tomllib

    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):  # TOMLDecodeError is a ValueError; so is a number with too many digits
        return None
