"""Sets one value in the text of a TOML settings file and leaves everything else as it is. Pure.

It knows tables with a header (``[embedded]``) and values in one line, which is how settings files are written; where
the result would not parse to what was asked for, the text is refused instead of changed.
"""

from __future__ import annotations

import json
import re
import tomllib

from autothink_lsp.errors import SettingsError

_HEADER = re.compile(r"^\s*\[")


def with_value(text: str, section: str, key: str, value: str) -> str:
    """``text`` with ``value`` at ``section.key``. Raises ``SettingsError`` if the text has another form."""
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines()
    assignment = f"{key} = {json.dumps(value, ensure_ascii=False)}"
    header = re.compile(rf"^\s*\[\s*{re.escape(section)}\s*\]\s*(?:#.*)?$")
    start = next((number for number, line in enumerate(lines) if header.match(line)), None)
    if start is None:
        lines += [*([""] if lines and lines[-1].strip() else []), f"[{section}]", assignment]
    else:
        end = next((number for number in range(start + 1, len(lines)) if _HEADER.match(lines[number])), len(lines))
        old = re.compile(rf"^\s*{re.escape(key)}\s*=")
        found = next((number for number in range(start + 1, end) if old.match(lines[number])), None)
        if found is None:
            lines.insert(start + 1, assignment)
        else:
            lines[found] = assignment
    changed = newline.join(lines) + newline
    if not _is_only_change(text, changed, section, key, value):
        raise SettingsError(
            f"{section}.{key} cannot be set in this file automatically.", hint=f"Write {assignment} below [{section}]."
        )
    return changed


def _is_only_change(before: str, after: str, section: str, key: str, value: str) -> bool:
    try:
        expected, found = tomllib.loads(before), tomllib.loads(after)
    except tomllib.TOMLDecodeError:
        return False
    table = expected.setdefault(section, {})
    if not isinstance(table, dict):
        return False
    table[key] = value
    return expected == found
