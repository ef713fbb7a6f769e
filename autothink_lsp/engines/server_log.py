"""What a model server's log says of its progress, as something to show while it starts. Pure.

Phrases of vLLM 0.32 and of Hugging Face's download and loading bars; a line that is not known says nothing.
"""

from __future__ import annotations

import re

from attrs import frozen


@frozen
class Progress:
    """``fraction`` (0 to 1) is that of the step, where its line tells it."""

    text: str
    fraction: float | None = None


_BARS = (
    (re.compile(r"loading .{0,80}?checkpoint shards:\s{1,8}(\d{1,3})%", re.IGNORECASE), "loading the model"),
    (re.compile(r"loading weights:\s{1,8}(\d{1,3})%", re.IGNORECASE), "loading the model"),
    (
        re.compile(r"(?:downloading|fetching \d+ files|\.safetensors)[^|]{0,200}?:\s{1,8}(\d{1,3})%", re.IGNORECASE),
        "downloading the model",
    ),
    (re.compile(r"capturing .{0,40}?graphs?.{0,80}?:\s{1,8}(\d{1,3})%", re.IGNORECASE), "recording GPU graphs"),
)
_STEPS = (
    ("initializing a v1 llm engine", "starting its engine"),
    ("starting to load model", "loading the model"),
    ("loading weights took", "weights are loaded"),
    ("dynamo bytecode transform", "compiling the model, once for this model and machine"),
    ("compiling a graph", "compiling the model, once for this model and machine"),
    ("gpu kv cache size", "setting up its cache"),
    ("cpu kv cache size", "setting up its cache"),
    ("init engine (profile", "engine is ready"),
    ("application startup complete", "ready"),
)


def progress_in(line: str) -> Progress | None:
    """The step that this line speaks of."""
    for pattern, text in _BARS:
        if found := pattern.search(line):
            return Progress(text, min(100, int(found.group(1))) / 100)
    low = line.lower()
    return next((Progress(text) for phrase, text in _STEPS if phrase in low), None)
