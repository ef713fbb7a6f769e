"""Separates JSON objects that a server put into one event. Pure.

Some gateways write one line end in place of a blank line between events, or lose it between two chunks, so that one
event has several objects: on lines of their own, or on one line. A reader of lines takes them apart without noticing;
the standard joins them into data that is no JSON.
"""

from __future__ import annotations

import json
import re

JOINT = re.compile(r"\}\s*(?:data:\s*)?(?:\{|\"?\[DONE\])")
_BETWEEN = re.compile(r"\s*+(?:data:\s*+)?")
_DECODER = json.JSONDecoder()


def ends_before(first: str, following: str) -> bool:
    """Whether the data line ``first`` is a complete object, so that ``following`` begins another event."""
    return first.rstrip().endswith("}") and following.lstrip().startswith(("{", "[DONE]")) and _is_object(first)


def separated(data: str) -> list[str]:
    """The objects in ``data``, and ``[DONE]``, each as the data of its own event: one behind the other, or in a list.
    ``data`` itself where it is one JSON value, or anything else."""
    begin = data.lstrip()[:1]
    if begin == "[":
        return _members(data)
    if begin != "{" or not JOINT.search(data) or _is_object(data):
        return [data]
    found: list[str] = []
    at = len(data) - len(data.lstrip())
    while at < len(data):
        if data[at] in '["':
            return [*found, "[DONE]"] if data[at:].strip().strip('"').upper() == "[DONE]" else [data]
        try:
            value, end = _DECODER.raw_decode(data, at)
        except (ValueError, RecursionError):
            return [data]
        if not isinstance(value, dict):
            return [data]
        found.append(data[at:end])
        between = _BETWEEN.match(data, end)
        at = end if between is None else between.end()
    return found


def _is_object(data: str) -> bool:
    try:
        return isinstance(json.loads(data), dict)
    except (ValueError, RecursionError):
        return False


def _members(data: str) -> list[str]:
    """The objects of a list, as gateways to Gemini send all pieces of an answer; ``data`` itself if it is none."""
    try:
        values = json.loads(data)
    except (ValueError, RecursionError):
        return [data]
    if not values or not all(isinstance(value, dict) for value in values):
        return [data]
    return [json.dumps(value) for value in values]
