"""Access to values that LSP leaves untyped: command arguments, ``data``, settings, parameters of our own methods."""

from __future__ import annotations

from typing import Any


def field(value: Any, name: str) -> Any:
    """The member ``name`` of a JSON object, or ``None``.

    pygls passes such an object either as a dictionary or as an object with attributes, depending on the method.
    """
    return value.get(name) if isinstance(value, dict) else getattr(value, name, None)
