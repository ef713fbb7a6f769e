"""The findings and results of checks, and the messages that an edit has introduced. Values and pure functions only."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Literal, Protocol, TypeVar

from attrs import field, frozen

Verdict = Literal["passed", "failed", "skipped"]
_NUMBERS = re.compile(r"\d+")


class ToolMessage(Protocol):
    """A message of a checker or of a language server."""

    @property
    def message(self) -> str: ...

    @property
    def code(self) -> str: ...


_Message = TypeVar("_Message")


def wording_key(tool: str, message: ToolMessage) -> tuple[str, str, str]:
    """A key that is equal for messages of one tool with the same code and words, whatever lines and numbers they
    contain."""
    return tool, message.code, _NUMBERS.sub("0", message.message)


def new_occurrences(
    before: Sequence[_Message], after: Sequence[_Message], key: Callable[[_Message], object]
) -> tuple[_Message, ...]:
    """The messages of ``after`` that are not in ``before``, on any line, because an edit moves lines."""
    known = Counter(map(key, before))
    fresh: list[_Message] = []
    for one in after:
        if known[key(one)]:
            known[key(one)] -= 1
        else:
            fresh.append(one)
    return tuple(fresh)


@frozen
class Finding:
    """One finding of a checker. ``line`` is zero-based in the checked text, -1 for the whole file."""

    checker: str
    line: int
    message: str
    code: str = ""
    severity: Literal["error", "warning", "information"] = "error"


@frozen
class CheckResult:
    """The result of one check. ``detail`` is a sentence; for a skipped check it is the reason ("gofmt is not
    installed")."""

    name: str  # "parse", "names", "target", or a checker's name: "compile", "ruff", "tsc"
    verdict: Verdict
    detail: str = ""
    new_findings: tuple[Finding, ...] = ()
    wall_ms: float = 0.0
    is_proof: bool = False  # the problem was reported before the edit and is not reported after it
    is_target_still_there: bool = False  # failed because the problem is reported as before


@frozen
class CheckReport:
    """The results of all checks of an edit, in their order."""

    results: tuple[CheckResult, ...] = field(default=())
    target_gone: bool | None = None  # None: no checker that ran reported the message before the edit
    has_target: bool = True  # whether the edit is meant to fix a message

    @property
    def failed(self) -> tuple[CheckResult, ...]:
        return tuple(result for result in self.results if result.verdict == "failed")

    @property
    def passed(self) -> bool:
        """Whether at least one check passed and none failed."""
        return not self.failed and any(result.verdict == "passed" for result in self.results)
