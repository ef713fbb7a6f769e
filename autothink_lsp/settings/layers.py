"""Converts one source of settings (a TOML file, the environment, a client's JSON) to checked values and warnings.

Knows the spelling of keys in each source; does not know the other layers, and trusts none of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Final

from attrs import define, field, frozen

from autothink_lsp.settings import suggest
from autothink_lsp.settings.reports import Origin, OriginKind, SettingWarning
from autothink_lsp.settings.toml_file import TomlFile
from autothink_lsp.settings.tree import Key, find_key, section_classes
from autothink_lsp.settings.types.scalar import BooleanType

EDITOR_SETTINGS: Final = "the editor's settings"
"""The name of the settings that an editor sends when they are asked for or have changed."""

VARIABLE_PREFIX = "AUTOTHINK_"
CLIENT_SECTION = "autothink"
MAX_WARNINGS = 20
"""From one source. A file of something else with our name would bury the editor in messages."""
MAX_PAIRS = 4_000
"""From one source; what follows them is not read, and a warning says so."""
_MAX_NAME_CHARACTERS = 400

KeyPath = tuple[str, ...]


@frozen
class Entry:
    """A checked value for one key."""

    key: Key
    value: object
    origin: Origin


@frozen
class Layer:
    """The values of one source. A key can have several entries: tables and environment variables come in parts.

    ``forbids_only``: only values that forbid something apply (the file of a folder around the project).
    """

    kind: OriginKind
    entries: tuple[Entry, ...] = ()
    warnings: tuple[SettingWarning, ...] = ()
    forbids_only: bool = False

    def entries_of(self, key: Key) -> Iterator[Entry]:
        """The entries of one key, in order."""
        return (entry for entry in self.entries if entry.key.dotted == key.dotted)


def layer_of_file(kind: OriginKind, file: TomlFile) -> Layer:
    """The layer of a user's or a project's file. Relative paths in it are relative to its folder."""
    lines: dict[KeyPath, int] = {}

    def where(path: KeyPath) -> str:
        if not lines:  # computed for the first warning only
            lines.update(file.lines_of_keys())
        known = next((path[:length] for length in range(len(path), 0, -1) if path[:length] in lines), None)
        return f"{file.path}:{lines[known]}" if known else str(file.path)

    reader = _Reader(file.path.parent, str(file.path))
    origin = Origin(kind, str(file.path))
    for path, raw in reader.limited(_pairs(file.table, lambda name: (name,))):
        reader.take(path, raw, origin, where, where)
    return reader.layer(kind)


def layer_of_client(name: str, raw: object, folder: Path | None) -> Layer:
    """The layer of settings from an editor (``name``): camelCase or snake_case, nested or dotted, with our section or
    without it.

    ``null`` and an empty list mean "not set" (Lua writes an empty table as a list).
    """
    place = name if name == EDITOR_SETTINGS else f"{EDITOR_SETTINGS} ({name})"
    reader = _Reader(folder, place)
    for path, value in reader.limited(_pairs(raw, _client_path)):
        reader.take(path, value, Origin("client", name), lambda _: name, lambda _: place)
    return reader.layer("client")


def layer_of_environment(environ: Mapping[str, str], folder: Path | None) -> Layer:
    """``AUTOTHINK_COMPLETION__URL`` sets ``completion.url``; an empty variable means "not set"."""
    reader = _Reader(folder, "the environment")
    for variable in sorted(name for name in environ if name.startswith(VARIABLE_PREFIX)):
        path = tuple(variable.removeprefix(VARIABLE_PREFIX).lower().split("__"))
        key = find_key(".".join(path[:2]))
        if key is None:
            reader.warn(lambda name=variable, path=path: suggest.unknown_variable(name, path))
        elif text := environ[variable].strip():
            raw = BooleanType().from_text(text) if len(path) > 2 else key.spec.type.from_text(text)
            place = f"the environment variable {variable}"
            reader.take(
                path, raw, Origin("environment", variable), lambda _, name=variable: name, lambda _, place=place: place
            )
    return reader.layer("environment")


@define
class _Reader:
    """Checks the pairs of one source against the tree and collects values and warnings."""

    folder: Path | None
    source: str
    _entries: list[Entry] = field(factory=list)
    _warnings: list[SettingWarning] = field(factory=list)
    _unlisted: int = 0

    def limited(self, pairs: Iterator[tuple[KeyPath, object]]) -> Iterator[tuple[KeyPath, object]]:
        """The first ``MAX_PAIRS`` pairs; a warning if there are more."""
        yield from islice(pairs, MAX_PAIRS)
        if next(pairs, None) is not None:
            message = f"There are more than {MAX_PAIRS:,} settings in {self.source}; the rest is ignored."
            self._warnings.append(SettingWarning("", self.source, message))

    def take(
        self,
        path: KeyPath,
        raw: object,
        origin: Origin,
        where: Callable[[KeyPath], str],
        place: Callable[[KeyPath], str],
    ) -> None:
        """Process one pair. ``where`` and ``place`` name the key's location: bare, and as part of a sentence."""
        key = find_key(".".join(path[:2])) if len(path) > 1 else None
        if key is not None:
            inner = ".".join(path[2:])
            parsed = key.spec.type.parse({inner: raw} if inner else raw, self.folder)
            if parsed.value is not None:
                self._entries.append(Entry(key, parsed.value, origin))
            for problem in parsed.problems:
                at = (*path[:2], problem.part.removeprefix("."))
                self.warn(lambda at=at, what=problem: suggest.bad_value(key.dotted, what, where(at), place(at)))
        elif len(path) == 1 and (path[0] in section_classes() or path[0] == CLIENT_SECTION):
            self.warn(lambda: suggest.section_as_value(path[0], where(path), place(path)))
        else:
            self.warn(lambda: suggest.unknown_key(path, where(path), place(path), is_table=isinstance(raw, Mapping)))

    def warn(self, warning: Callable[[], SettingWarning | None]) -> None:
        """Add a warning; beyond the limit it is only counted, since finding the nearest key takes time."""
        if len(self._warnings) >= MAX_WARNINGS:
            self._unlisted += 1
        elif made := warning():
            self._warnings.append(made)

    def layer(self, kind: OriginKind) -> Layer:
        """The layer of everything collected."""
        if self._unlisted:
            message = f"{self._unlisted} more settings in {self.source} cannot be used."
            self._warnings.append(SettingWarning("", self.source, message))
        return Layer(kind, tuple(self._entries), tuple(self._warnings))


def _pairs(table: object, path_of: Callable[[str], KeyPath]) -> Iterator[tuple[KeyPath, object]]:
    """The path and value of everything below the sections. Iterative, because invalid input may be nested deeply."""
    sections = section_classes()
    waiting: list[tuple[KeyPath, object]] = [((), table)]
    for path, value in waiting:
        is_section = path == () or (len(path) == 1 and path[0] in sections)
        if is_section and isinstance(value, Mapping):
            named = islice(value.items(), max(0, 2 * MAX_PAIRS - len(waiting)))
            waiting.extend(((*path, *path_of(str(name)[:_MAX_NAME_CHARACTERS])), inner) for name, inner in named)
        elif value is not None and not (is_section and value == []):
            yield path or (CLIENT_SECTION,), value


def _client_path(name: str) -> KeyPath:
    """``completion.debounceMs`` and ``autothink.completion.debounce_ms`` to ``("completion", "debounce_ms")``."""
    path = tuple(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", part).lower() for part in name.split("."))
    return path[1:] if path[0] == CLIENT_SECTION else path
