"""What a user reads of one action, while it runs and afterwards: judge, thinking, explanation, attempts, checks.

Headings make the parts foldable in every editor that folds Markdown. While the model writes, the document is refreshed
some times a second and only where the client has opened it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field

from autothink_lsp.features.assist.safe_markdown import inert, safe_markdown
from autothink_lsp.features.assist.values import AssistRequest, AssistResult, Stage
from autothink_lsp.lsp.paced import Paced

if TYPE_CHECKING:
    from autothink_lsp.lsp.virtual_documents import VirtualDocuments

REFRESH_S = 0.4


@define(eq=False)
class LiveDocument:
    """One action's document."""

    documents: VirtualDocuments
    uri: str
    request: AssistRequest
    _steps: list[str] = field(factory=list)
    _last: Stage | None = None
    _opened: bool = False
    _paced: Paced = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._paced = Paced(REFRESH_S, self._show)
        self.documents.write(self.uri, self._text())

    def stage(self, stage: Stage) -> None:
        """The action goes on."""
        if self._last is not None and stage.name != self._last.name:
            self._steps.append(self._last.text)
        if self._last is not None and not stage.thinking and stage.name == "checking":
            self._last = _with_text(self._last, stage)
        else:
            self._last = stage
        self._paced.changed()
        if stage.thinking and not self._opened and self.request.settings.assist.show_thinking == "full":
            self._opened = True
            self.documents.open_soon(self.uri)

    def _show(self) -> None:
        self.documents.write(self.uri, self._text())
        self.documents.refresh(self.uri)

    def end(self, result: AssistResult | None) -> None:
        """The last text; ``None`` where the action was cancelled."""
        self._paced.close()
        if result is not None:
            self.documents.write(self.uri, as_markdown(result))
        else:
            self._steps.append("cancelled")
            self.documents.write(self.uri, self._text())
        self.documents.refresh(self.uri)

    def _text(self) -> str:
        parts = [f"# AutoThink: {self.request.action.value} {inert(self.request.path)}"]
        lines = [*self._steps, *([self._last.text] if self._last is not None else [])]
        if lines:
            parts.append("\n".join(f"- {safe_markdown(line)}" for line in lines))
        if self._last is not None and self._last.judge:
            parts.append(f"## Judge\n\n{_quoted(self._last.judge)}")
        if self._last is not None and self._last.thinking:
            parts.append(f"## Thinking\n\n{_quoted(self._last.thinking)}")
        return "\n\n".join(parts) + "\n"


def _with_text(before: Stage, now: Stage) -> Stage:
    """What was thought stays on the page while the answer is checked."""
    return Stage(
        name=now.name,
        text=now.text,
        elapsed_s=now.elapsed_s,
        tokens=now.tokens,
        thinking=before.thinking,
        judge=before.judge,
    )


def as_markdown(result: AssistResult) -> str:
    """Everything that is known of an action, for a reader."""
    from autothink_lsp.verify.service import results_in_words

    parts = [f"# {safe_markdown(result.title or 'AutoThink')}"]
    if result.message:
        parts.append(safe_markdown(result.message))
    if result.explanation:
        parts.append(result.explanation)
    if result.reason:
        parts.append(f"**Why it did or did not think:** {result.reason} (`{result.rule_id}`)")
    if result.concerns:
        parts.append("**Look before you apply it:** " + safe_markdown(" ".join(result.concerns)))
    if result.checks_in_words:
        state = "Checked" if result.verified else "**Not verified**"
        parts.append(f"{state}: {safe_markdown(result.checks_in_words)}")
    for number, attempt in enumerate(result.attempts, 1):
        parts.append(f"## Attempt {number}: {attempt.step} · {attempt.seconds:.1f} s · {attempt.tokens} tokens")
        parts.append(f"Result: {safe_markdown(attempt.result)}")
        if attempt.checks is not None:
            parts.append("\n".join(f"- {safe_markdown(line)}" for line in results_in_words(attempt.checks.results)))
        if attempt.judge:
            parts.append(f"### Judge\n\n{_quoted(attempt.judge)}")
        if attempt.thinking and result.request.settings.assist.show_thinking != "hide":
            parts.append(f"### Thinking\n\n{_quoted(attempt.thinking)}")
    return "\n\n".join(parts) + "\n"


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in safe_markdown(text.strip()).split("\n"))
