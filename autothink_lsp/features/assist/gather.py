"""What the model gets to see of the file for one action: the piece to edit, and what helps to understand it.

Stays within a budget of characters that follows from the server's context. What does not fit is left out in this
order: the rest of the file, other definitions' first lines, imports. Secrets are taken out. Reads only the snapshot.
"""

from __future__ import annotations

import re

from attrs import evolve, frozen

from autothink_lsp.context.redaction import Redaction
from autothink_lsp.context.window import LINES_ABOVE, LINES_BELOW
from autothink_lsp.document.text import Text
from autothink_lsp.edits.fences import fence_for
from autothink_lsp.features.assist import wording
from autothink_lsp.features.assist.target import Target
from autothink_lsp.features.assist.values import ActionKind, AssistRequest
from autothink_lsp.syntax.scopes import definitions, imports
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.values import ChatMessage

CHARS_PER_TOKEN = 3.2  # source code in the vocabularies of today's models, on the safe side
_WORD = re.compile(r"[^\W\d]\w*")
_WHOLE_FILE_CHARS = 16_000
_LONGEST_LINE_CHARS = 20_000  # of a line that a message is about; far less of it is shown


@frozen
class Conversation:
    """The stable beginning of every attempt, and the secrets that were taken out of it."""

    messages: tuple[ChatMessage, ...]
    redaction: Redaction

    def after_failure(self, answer: str, reason: str, *, unchanged: bool) -> tuple[ChatMessage, ...]:
        """The same and what came of it. Only the last attempt is told: the context is small."""
        return (
            *self.messages,
            ChatMessage("assistant", self.redaction.hide(answer)),
            ChatMessage("user", self.redaction.hide(wording.retry_text(reason, unchanged=unchanged))),
        )


def gather(
    request: AssistRequest, target: Target, tree: SyntaxTree | None, redaction: Redaction, *, budget_tokens: int
) -> Conversation:
    """``budget_tokens`` is what the prompt may take of the server's context; ``redaction`` is this request's own."""
    # First of all what is secret in the code: messages quote it without its name. A secret may begin above the piece.
    text = request.snapshot.text
    for one in request.diagnostics[:5]:
        redaction.learn(_lines_around(text, one.start.line, one.start.line + 1))
    redaction.learn(_lines_around(text, target.start.line, target.end.line + 1))
    redaction.learn(target.code)
    asked = _asked(request, target, redaction)
    room = int(budget_tokens * CHARS_PER_TOKEN) - len(asked) - len(target.code) - len(wording.SYSTEM) - 400
    around = _around(request, target, tree, max(0, room))
    redaction.learn(around)
    fence = fence_for(target.code)
    code = f"The code to edit is {target.words}:\n{fence}{request.snapshot.language_id}\n{target.code}\n{fence}"
    parts = [f"File: {request.path}", around, code, asked]
    user = redaction.hide("\n\n".join(part for part in parts if part))
    return Conversation((ChatMessage("system", wording.SYSTEM), ChatMessage("user", user)), redaction)


def _lines_around(text: Text, first: int, stop: int) -> str:
    """Lines ``first`` to ``stop`` (excluded) and those around them in which a secret may begin or end."""
    lines = text.lines(max(0, first - LINES_ABOVE), min(text.line_count, stop + LINES_BELOW))
    return "\n".join(line[:_LONGEST_LINE_CHARS] for line in lines)


def _asked(request: AssistRequest, target: Target, redaction: Redaction) -> str:
    text = request.snapshot.text
    # Before they are cut to a length: half a key is not recognised any more.
    lines = {
        one.start.line: redaction.hide(text.line(one.start.line)[:_LONGEST_LINE_CHARS])
        for one in request.diagnostics[:5]
    }
    told = tuple(evolve(one, message=redaction.hide(one.message)) for one in request.diagnostics[:5])
    problem = wording.problem_text(told, lines)
    if request.action is ActionKind.EXPLAIN:
        task = wording.EXPLAIN + (wording.EXPLAIN_PROBLEM if problem else "")
    elif request.action is ActionKind.TESTS:
        task = wording.TESTS
    elif request.action is ActionKind.RENAME:
        task = wording.RENAME.format(name=word_at(request))
    else:
        task = wording.task_text(request.action, target.form, request.instruction, fence=fence_for(target.code))
    if request.action is ActionKind.EXTRACT:
        first, last = sorted((request.start, request.end))
        stop = last.line if last.column else max(first.line, last.line - 1)
        task = f"Marked are lines {first.line + 1} to {stop + 1}:\n{text.between(first, last).strip()}\n\n{task}"
    return f"{problem}\n\n{task}" if problem else task


def word_at(request: AssistRequest) -> str:
    """The identifier at the start of the selection or around the cursor; empty where there is none."""
    line = request.snapshot.text.line(request.start.line)
    for match in _WORD.finditer(line):
        if match.start() <= request.start.column <= match.end():
            return match.group()
    return ""


def _around(request: AssistRequest, target: Target, tree: SyntaxTree | None, room: int) -> str:
    """What else of the file fits into ``room`` characters."""
    text = request.snapshot.text
    if target.kind == "file" or not room:
        return ""
    if text.char_length <= min(room, _WHOLE_FILE_CHARS):
        before = "\n".join(text.lines(0, target.start.line)).strip("\n")
        after = "\n".join(text.lines(target.end.line + 1, text.line_count)).strip("\n")
        rest = "\n[the code to edit, see below]\n".join((before, after)).strip("\n")
        return f"The rest of the file:\n{rest}" if before or after else ""
    if tree is None:
        return ""
    return _outline(request, target, tree, room)


def _outline(request: AssistRequest, target: Target, tree: SyntaxTree, room: int) -> str:
    """Imports, and the first lines of what the piece names."""
    text = request.snapshot.text
    lines: dict[int, str] = {}
    for found in imports(tree):
        for number in range(found.start.line, found.end.line + 1):
            lines[number] = text.line(number)
    words = set(_WORD.findall(target.code))
    wanted = [found for found in definitions(tree) if not target.start.line <= found.start.line <= target.end.line]
    for found in wanted:
        holds = found.start.line < target.start.line and found.end.line >= target.end.line
        if holds or found.name in words:
            lines[found.start.line] = text.line(found.start.line)
    kept: list[str] = []
    for number in sorted(lines):
        room -= len(lines[number]) + 1
        if room < 0:
            break
        kept.append(lines[number])
    return "From the same file:\n" + "\n".join(kept) if kept else ""
