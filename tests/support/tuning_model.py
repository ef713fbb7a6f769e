"""A project with tests, and a chat model of known skill that repairs it: for the command ``tune`` in a real process.

Each file has one function. The model knows the original code of all of them; ``skill`` says for a function and a mode
how likely its answer is that code. The same question always gets the same answer.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.support.wire_format import (
    DONE,
    HttpReply,
    ReceivedRequest,
    chat_event,
    error_reply,
    http_message,
    json_reply,
    usage_event,
)

SHORT = """\
def {name}(values, limit):
    total = {number}
    for value in values:
        if value < limit and value != {number}:
            total = total + value * 2
    return total
"""
LONG = """\
def {name}(values, limit):
    total = {number}
    kept = []
    for value in values:
        if value < 0:
            continue
        if value < limit and value != {number}:
            kept.append(value)
        elif value == limit:
            total = total + limit - 1
        else:
            total = total + 1
    count = len(kept)
    for index in range(count):
        if index > 2:
            total = total + kept[index] * 3
        else:
            total = total - kept[index]
    if count > 4 or total < 0:
        total = total + limit * 2
    return total
"""
CHECK = """\
import sys

sys.path.insert(0, ".")
from {name} import {name}

cases = [([], 3), ([1, 2, 3], 3), ([5, 6, 7, 8, 9, -1, 4], 8), ([-1, 0, {number}, 4], 4), ([0, 1, 2, 3, 4, 5], 9)]
assert [{name}(*case) for case in cases] == {expected}
"""
MAKEFILE = (
    "test:\n\t@python3 -S -c \"import glob; [exec(open(f).read(), {}) for f in sorted(glob.glob('checks/*.py'))]\"\n"
)

Skill = Callable[[str, bool], float]  # kind of function ("short", "long"), whether it thinks -> P(right)


def make_project(folder: Path, *, functions: int = 16) -> dict[str, str]:
    """Write the project. Returns the source of each function by its name."""
    (folder / "checks").mkdir(parents=True)
    originals: dict[str, str] = {}
    for number in range(functions):
        name = f"measure_{number:02}"
        code = (SHORT if number % 2 else LONG).format(name=name, number=number % 7)
        originals[name] = code
        scope: dict[str, Any] = {}
        exec(code, scope)
        cases = [([], 3), ([1, 2, 3], 3), ([5, 6, 7, 8, 9, -1, 4], 8), ([-1, 0, number % 7, 4], 4),
                 ([0, 1, 2, 3, 4, 5], 9)]  # fmt: skip
        expected = [scope[name](*case) for case in cases]
        (folder / f"{name}.py").write_text(code, encoding="utf-8")
        check = CHECK.format(name=name, number=number % 7, expected=expected)
        (folder / "checks" / f"{name}_test.py").write_text(check, encoding="utf-8")
    (folder / "Makefile").write_text(MAKEFILE, encoding="utf-8")
    return originals


class TuningModel:
    """Answers like such a model: ``FaultServer(respond=model.respond)``. ``questions`` are the prompts that it got."""

    def __init__(self, originals: dict[str, str], skill: Skill, *, seed: int = 0) -> None:
        self.questions: list[str] = []
        self._originals = originals
        self._skill = skill
        self._seed = seed

    def respond(self, request: ReceivedRequest) -> HttpReply:
        """The reply to one HTTP request."""
        if request.path.endswith("/chat/completions"):
            return HttpReply(http_message(self.answer(request.body), content_type="text/event-stream"))
        if request.method == "GET":
            return json_reply({"object": "list", "data": [{"id": "qwen3-8b", "owned_by": "vllm"}]})
        return error_reply("not here", 404)

    def answer(self, body: Mapping[str, Any]) -> bytes:
        """The stream for one question."""
        prompt = "\n".join(str(message.get("content")) for message in body["messages"])
        thinks = bool(body.get("chat_template_kwargs", {}).get("enable_thinking"))
        thought = "<think>\nWhat does it count?\n</think>\n\n" if thinks else ""
        found = re.findall(r"def (measure_\d\d)\(", prompt)
        if not found:
            return _stream(f"{thought}Yes.", 1)  # a probe
        self.questions.append(prompt)
        original = self._originals[found[0]]
        kind = "long" if original.count("\n") > 10 else "short"
        is_right = _dice(self._seed, thinks, prompt) < self._skill(kind, thinks)
        code = original if is_right else original.replace("    return total\n", "    return total - 1\n")
        return _stream(f"{thought}Mended.\n\n```python\n{code}```\n", len(prompt) // 4)


def _dice(seed: int, thinks: bool, prompt: str) -> float:
    digest = hashlib.sha256(f"{seed} {thinks} {prompt}".encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


def _stream(text: str, prompt_tokens: int) -> bytes:
    pieces = re.findall(r"\s*\S+|\s+$", text)
    events = b"".join(chat_event({"content": piece}) for piece in pieces)
    return events + chat_event({}, "stop") + usage_event(prompt_tokens, len(pieces)) + DONE
