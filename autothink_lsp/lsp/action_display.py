"""The display of one action: progress and status while it runs, and a document that remains.

The document ``autothink:/…`` has the judge, the thinking, the explanation, the attempts and their checks under
headings, so that editors can fold them. While the model writes, it is refreshed a few times a second, but only if the
client has opened it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from autothink_lsp.features.assist.actions import ActionKind, AssistRequest, AssistResult, Attempt, Stage
from autothink_lsp.features.assist.safe_markdown import inert, safe_markdown
from autothink_lsp.lsp.client import Client
from autothink_lsp.lsp.names import ENDING, SCHEME
from autothink_lsp.lsp.throttle import Throttle
from autothink_lsp.lsp.virtual_documents import VirtualDocuments
from autothink_lsp.quantities import counted

REFRESH_S = 0.4
_STATUS_GAP_S = 0.25
# The VS Code extension and the Neovim plugin offer the follow-up at this line.
FOLLOW_UP_LINE = "Not what you wanted? Say what to change."
_MAX_LINE_CHARS = 90
# What is being done to a file, for the user.
_WORK = {
    ActionKind.FIX: "Fixing",
    ActionKind.FIX_ALL: "Fixing all problems in",
    ActionKind.DESCRIBE: "Editing",
    ActionKind.SIMPLIFY: "Simplifying",
    ActionKind.EXTRACT: "Extracting code in",
    ActionKind.RENAME: "Looking for a clearer name in",
    ActionKind.TYPES: "Adding types in",
    ActionKind.ERRORS: "Adding error handling in",
    ActionKind.CASES: "Handling missing cases in",
    ActionKind.DOCSTRING: "Documenting",
    ActionKind.TESTS: "Writing tests for",
    ActionKind.CONVERT: "Modernizing",
    ActionKind.EXPLAIN: "Explaining",
    ActionKind.USER: "Editing",
}


class LiveDocument:
    """The document of one action. It is created by the constructor and updated until ``end``."""

    def __init__(self, documents: VirtualDocuments, request: AssistRequest) -> None:
        self.uri = f"{SCHEME}:/{request.action.value}-{uuid4().hex[:8]}{ENDING}"
        self._documents = documents
        self._request = request
        self._steps: list[str] = []
        self._last: Stage | None = None
        self._is_opened = False
        self._is_cancelled = False
        self._throttle = Throttle(REFRESH_S, self._refresh)
        documents.write(self.uri, self._text())

    def on_stage(self, stage: Stage) -> None:
        """Update the document. It is opened at the first thinking if the user's settings say so."""
        if self._last is not None and stage.name != self._last.name:
            self._steps.append(self._last.text)
        if self._last is not None and not stage.thinking and stage.name == "checking":
            self._last = _with_thinking_of(self._last, stage)
        else:
            self._last = stage
        self._throttle.changed()
        if stage.thinking and not self._is_opened and self._request.settings.assist.show_thinking == "full":
            self._is_opened = True
            self._documents.open_soon(self.uri)

    def end(self, result: AssistResult | None) -> None:
        """Write the final text. ``result`` is ``None`` if the action was cancelled."""
        self._throttle.close()
        if result is not None:
            self._documents.write(self.uri, as_markdown(result))
        else:
            self._steps += [*([self._last.text] if self._last is not None else []), "cancelled"]
            self._is_cancelled = True
            self._documents.write(self.uri, self._text())
        self._documents.refresh(self.uri)

    def _refresh(self) -> None:
        self._documents.write(self.uri, self._text())
        self._documents.refresh(self.uri)

    def _text(self) -> str:
        parts = [f"# {inert(work_title(self._request))}"]
        now = [self._last.text] if self._last is not None and not self._is_cancelled else []
        lines = [*self._steps, *now]
        if lines:
            parts.append("\n".join(f"- {safe_markdown(line)}" for line in lines))
        if self._last is not None and self._last.judge:
            parts.append(f"## Judge\n\n{_quoted(self._last.judge)}")
        if self._last is not None and self._last.thinking:
            parts.append(f"## Thinking\n\n{_quoted(self._last.thinking)}")
        return "\n\n".join(parts) + "\n"


class ActionDisplay:
    """Shows progress, status and document of one action. ``on_cancel`` is called when the user clicks Cancel."""

    def __init__(
        self, client: Client, documents: VirtualDocuments, request: AssistRequest, on_cancel: Callable[[], None]
    ) -> None:
        self._client = client
        self._document = LiveDocument(documents, request)
        self._title = work_title(request)
        self._progress = client.progress("AutoThink", on_cancel)
        self._stage: Stage | None = None
        self._throttle = Throttle(_STATUS_GAP_S, self._show_stage)

    async def begin(self) -> None:
        """Show the progress, if the client supports it."""
        await self._progress.begin(self._title)

    def on_stage(self, stage: Stage) -> None:
        """A ``StageListener``: shows every new step immediately, and changes within a step a few times a second."""
        self._document.on_stage(stage)
        is_new = self._stage is None or stage.name != self._stage.name
        self._stage = stage
        self._throttle.changed(at_once=is_new)

    def end(self, text: str, result: AssistResult | None = None) -> None:
        """Show the last line. ``result`` is ``None`` if the action was cancelled."""
        self._document.end(result)
        self._throttle.close()
        self._progress.end(text)
        details = {} if result is None else {"decision": result.reason, "rule": result.rule_id}
        if result is not None and result.cannot_ask_model:
            details["problem"] = result.message
        self._notify("assisted", text, **details)

    def _show_stage(self) -> None:
        stage = self._stage
        if stage is None:
            return
        line = inert(_first_words(stage.last_line.strip()))
        text = f"{stage.text}: {line}" if line else stage.text
        self._progress.report(text)
        is_thinking = stage.name == "thinking"
        self._notify(
            "thinking" if is_thinking else "assisting",
            text,
            thinking=is_thinking,
            seconds=round(stage.elapsed_s, 1),
            tokens=stage.tokens,
        )

    def _notify(self, state: str, text: str, **details: Any) -> None:
        self._client.notify_status(state, reason=text, document=self._document.uri, **details)


def work_title(request: AssistRequest) -> str:
    """What a running action does, with the file's name: "Fixing shop.ts"."""
    return f"{_WORK[request.action]} {request.path.rpartition('/')[2]}"


def _with_thinking_of(before: Stage, now: Stage) -> Stage:
    """``now`` with the thinking of the previous stage, so that it stays in the document while the answer is checked."""
    return Stage(
        name=now.name,
        text=now.text,
        elapsed_s=now.elapsed_s,
        tokens=now.tokens,
        thinking=before.thinking,
        judge=before.judge,
    )


def _first_words(line: str) -> str:
    """The line, or its first whole words and "…"."""
    if len(line) <= _MAX_LINE_CHARS:
        return line
    return line[:_MAX_LINE_CHARS].rpartition(" ")[0] + "…" if " " in line[:_MAX_LINE_CHARS] else line[:_MAX_LINE_CHARS]


def as_markdown(result: AssistResult) -> str:
    """The document of a finished action: the result first, the attempts that led to it below."""
    from autothink_lsp.features.assist.decision_text import decision_lines

    parts = [f"# {safe_markdown(result.title or 'AutoThink')}"]
    if result.message:
        parts.append(safe_markdown(result.message))
    if result.explanation:
        parts.append(result.explanation)
    if result.concerns:
        parts.append("**Look before you apply it:** " + safe_markdown(" ".join(result.concerns)))
    if result.evidence_sentence:
        parts.append(f"**{safe_markdown(result.evidence_sentence)}**")
    if result.exchange is not None:
        parts.append(FOLLOW_UP_LINE)
    if result.reason:
        parts.append(f"**Thinking:** {result.reason}")
    if files := files_shown(result):
        parts.append(f"**What the model saw besides this file:** {files}")
    shows_thinking = result.request.settings.assist.show_thinking != "hide"
    for number, attempt in enumerate(result.attempts, 1):
        parts += _attempt_parts(number, attempt, shows_thinking=shows_thinking)
    if result.decision is not None and (lines := decision_lines(result.decision)):
        parts.append("\n".join(("### Decision in numbers", "", f"Rule: {result.rule_id}.", *lines)))
    return "\n\n".join(parts) + "\n"


def _step_words(step: str) -> str:
    """The name of an attempt's kind, as the user reads it."""
    if step.startswith("think-"):
        return f"with {step.removeprefix('think-')} thinking" if step != "think-low" else "with thinking"
    return {"quick": "without thinking", "retry": "again, with the failed check"}.get(step, step)


def _attempt_parts(number: int, attempt: Attempt, *, shows_thinking: bool) -> list[str]:
    from autothink_lsp.verify.report_text import result_lines

    numbers = f"{attempt.seconds:.1f} s, {counted(attempt.tokens, 'token')}"
    parts = [
        f"## Attempt {number}: {_step_words(attempt.step)} ({numbers})",
        f"Result: {safe_markdown(attempt.result)}",
    ]
    if attempt.checks is not None:
        parts.append("\n".join(f"- {safe_markdown(line)}" for line in result_lines(attempt.checks.results)))
    if attempt.judge:
        parts.append(f"### Judge\n\n{_quoted(attempt.judge)}")
    if attempt.thinking and shows_thinking:
        parts.append(f"### Thinking\n\n{_quoted(attempt.thinking)}")
    return parts


def files_shown(result: AssistResult) -> str:
    """The other files in the prompt, each with its context sources; empty if there were none."""
    own = result.request.path
    found: dict[str, list[str]] = {}
    for one in result.prompt_sources:
        if one.path not in {"", own} and not one.left_out and one.source not in found.setdefault(one.path, []):
            found[one.path].append(one.source)
    return ", ".join(f"{safe_markdown(path)} ({', '.join(sources)})" for path, sources in found.items())


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in safe_markdown(text.strip()).split("\n"))
