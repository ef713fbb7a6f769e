"""Sentences about keys and values that cannot be used, each with the nearest valid one.

Runs only for invalid settings, so it may be slow; quotes keys but never the values of unknown ones, which may be
secrets.
"""

from __future__ import annotations

import json

from autothink_lsp.settings.reports import SettingWarning
from autothink_lsp.settings.tree import Key, all_keys, section_classes
from autothink_lsp.settings.types.base import Problem, one_line

CLOSE = 0.6
VERY_CLOSE = 0.8


def unknown_key(path: tuple[str, ...], where: str, place: str, *, is_table: bool) -> SettingWarning:
    """The warning for an unknown key. ``place`` is ``where`` as part of a sentence."""
    dotted = ".".join(path)
    nearest = nearest_name(path, is_table=is_table, closeness=CLOSE)
    key = all_keys().get(nearest)
    if key is not None:
        hint = f'Did you mean "{nearest}" ({key.spec.type.accepts})?'
    elif nearest:
        hint = f'Did you mean "{nearest}"?'
    elif path[0] in section_classes() and len(path) > 1:
        names = ", ".join(key.name for key in all_keys().values() if key.section == path[0])
        hint = f'"{path[0]}" has {names}.'
    else:
        hint = f"There are {', '.join(section_classes())}; `autothink-lsp config show` lists all settings."
    return SettingWarning(dotted, one_line(where), one_line(f"Unknown setting {quoted(dotted)} in {place}. {hint}"))


def unknown_variable(name: str, path: tuple[str, ...]) -> SettingWarning | None:
    """The warning for an environment variable without a setting; ``None`` if it may belong to another program."""
    meant_for_us = len(path) > 1
    nearest = all_keys().get(nearest_name(path, is_table=False, closeness=CLOSE if meant_for_us else VERY_CLOSE))
    if nearest is None and not meant_for_us:
        return None
    hint = "`autothink-lsp config show` lists all settings."
    if nearest is not None:
        hint = f"Did you mean {nearest.variable} ({nearest.spec.type.accepts})?"
    dotted = ".".join(path)
    return SettingWarning(dotted, one_line(name), one_line(f"The environment variable {name} sets nothing. {hint}"))


def section_as_value(section: str, where: str, place: str) -> SettingWarning:
    """The warning for a section's name with a value that is not a table."""
    names = ", ".join([key.name for key in all_keys().values() if key.section == section] or section_classes())
    message = f'"{section}" in {place} must be a table with any of {names}; it is ignored.'
    return SettingWarning(section, one_line(where), one_line(message))


def bad_value(dotted: str, problem: Problem, where: str, place: str) -> SettingWarning:
    """The warning for a value, or a part of it, that the key's type does not accept."""
    key = f"{dotted}{problem.part}"
    got = f", not {problem.got}" if problem.got else ""
    message = f"Setting {quoted(key)} in {place} {problem.requirement}{got}; {problem.consequence}."
    return SettingWarning(key, one_line(where), one_line(message))


def nearest_name(path: tuple[str, ...], *, is_table: bool, closeness: float) -> str:
    """The key or section that was most likely meant; empty if there is none.

    A known name, or another tool's name for it, in the wrong place (``url``, ``completion.n_ctx``) comes first, then
    similar spelling.
    """
    from difflib import get_close_matches

    given = tuple(part.replace("-", "_").lower() for part in path)
    keys = all_keys().values()
    if is_table:
        names = list(section_classes())
        return given[-1] if given[-1] in names else _first(get_close_matches(given[-1][:80], names, 1, closeness))
    own_section_first = sorted(keys, key=lambda key: key.section != given[0])
    for key in own_section_first:
        if given[-1] in {key.name, *key.spec.suggested_for}:
            return key.dotted
    if found := get_close_matches(".".join(given)[:80], [key.dotted for key in keys], 1, closeness):
        return found[0]
    by_name: dict[str, Key] = {key.name: key for key in reversed(own_section_first)}
    name = _first(get_close_matches(given[-1][:80], list(by_name), 1, max(closeness, 0.7)))
    return by_name[name].dotted if name else ""


def quoted(key: str) -> str:
    """A key as quoted in a message: ASCII, on one line, shortened."""
    return json.dumps(key if len(key) <= 80 else f"{key[:77]}...")


def _first(names: list[str]) -> str:
    return names[0] if names else ""
