"""Builds the messages of an action: the code to edit, its context in the file, and the task.

Keeps to a budget of characters computed from the server's context length. The code to edit and the message are always
included. Parts that do not fit are dropped in this order: the rest of the file, first lines of other definitions,
imports; ``prompt_sources`` has selected the parts from other files. Secrets are replaced by placeholders. Reads only
the snapshot.
"""

from __future__ import annotations

import re

from attrs import evolve, frozen

from autothink_lsp.context.compose import tokens_of
from autothink_lsp.context.redaction import Redaction
from autothink_lsp.context.window import LINES_ABOVE, LINES_BELOW
from autothink_lsp.document.text import Text
from autothink_lsp.document.uri_identity import is_same_document
from autothink_lsp.edits.fences import fence_for
from autothink_lsp.features.assist import prompt_texts
from autothink_lsp.features.assist.actions import ActionKind, AssistRequest
from autothink_lsp.features.assist.answer_limit import CHARS_PER_TOKEN
from autothink_lsp.features.assist.exchange import FollowUp
from autothink_lsp.features.assist.prompt_sources import ActionContext, PromptSource
from autothink_lsp.features.assist.target import AnswerForm, Target
from autothink_lsp.quantities import shortened
from autothink_lsp.syntax.scopes import definitions, imports
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.values import ChatMessage, Point

_WORD = re.compile(r"[^\W\d]\w*")
_WHOLE_FILE_CHARS = 16_000
_CUT_ANSWER_CHARS = 120
_LONGEST_LINE_CHARS = 20_000  # of a line in a message; far less of it is shown


@frozen
class Conversation:
    """The messages with which every attempt begins, and the redaction that was applied to them."""

    messages: tuple[ChatMessage, ...]
    redaction: Redaction
    sources: tuple[PromptSource, ...] = ()  # the parts of the prompt

    def after_failure(
        self, answer: str, reason: str, *, unchanged: bool, form: AnswerForm = "whole", is_cut: bool = False
    ) -> tuple[ChatMessage, ...]:
        """The messages with the last ``answer`` and the ``reason`` of its failure. Earlier attempts are left out
        because the context is small.

        ``form`` is that of the next answer. ``is_cut``: the answer was incomplete; only
        its beginning is included, because a model continues a repetition that it sees.
        """
        failed = prompt_texts.retry_text(reason, unchanged=unchanged, form=form, is_cut=is_cut)
        if is_cut:
            answer = shortened(answer.strip().partition("\n")[0], _CUT_ANSWER_CHARS)
        return (
            *self.messages,
            ChatMessage("assistant", self.redaction.hide(answer)),
            ChatMessage("user", self.redaction.hide(failed)),
        )


def build_conversation(
    request: AssistRequest,
    target: Target,
    tree: SyntaxTree | None,
    redaction: Redaction,
    *,
    budget_tokens: int,
    context: ActionContext | None = None,
) -> Conversation:
    """The conversation of one action. ``budget_tokens`` is the prompt's share of the server's context; ``redaction``
    belongs to this request only; ``context`` is from other files."""
    context = context or ActionContext()
    # Find the secrets in the code first, because messages quote them without their names. A secret may begin above the
    # code.
    text = request.snapshot.text
    for one in request.diagnostics[:5]:
        redaction.learn(_lines_around(text, one.start.line, one.start.line + 1))
    redaction.learn(_lines_around(text, target.start.line, target.end.line + 1))
    redaction.learn(target.code)
    if request.earlier_edit is not None:
        redaction.learn(request.earlier_edit.removed)
    asked = _instruction(request, target, redaction)
    redaction.learn(context.instructions)
    fixed_chars = len(asked) + len(target.code) + len(prompt_texts.SYSTEM) + 400
    left_chars = int(budget_tokens * CHARS_PER_TOKEN) - fixed_chars
    if left_chars < len(context.instructions) + len(context.code):
        context = evolve(context, instructions="", code="", sources=tuple(map(_without_room, context.sources)))
    left_chars -= len(context.instructions) + len(context.code)
    around = _around(request, target, tree, max(0, left_chars))
    redaction.learn(around)
    fence = fence_for(target.code)
    code = f"The code to edit is {target.words}:\n{fence}{request.snapshot.language_id}\n{target.code}\n{fence}"
    parts = [f"File: {request.path}", context.instructions, context.code, around, code, asked]
    user = redaction.hide("\n\n".join(part for part in parts if part))
    sources = (
        PromptSource("rules", "", tokens_of(prompt_texts.SYSTEM), "the same for every action"),
        PromptSource("target", request.path, tokens_of(code), target.words),
        PromptSource("task", request.path, tokens_of(asked), "the message and the task"),
        *((PromptSource("file", request.path, tokens_of(around), "around the target"),) if around else ()),
        *context.sources,
    )
    return Conversation((ChatMessage("system", prompt_texts.SYSTEM), ChatMessage("user", user)), redaction, sources)


def continued(request: AssistRequest, follow_up: FollowUp, target: Target) -> Conversation:
    """The conversation of an earlier action, continued with the user's reply to its edit."""
    exchange = follow_up.exchange
    redaction = exchange.redaction
    text = request.snapshot.text
    redaction.learn(_lines_around(text, target.start.line, target.end.line + 1))
    follow_up_prompt = prompt_texts.follow_up_text(
        follow_up.words,
        target.form,
        target=target.words,
        language=request.snapshot.language_id,
        code=target.code if follow_up.is_changed else "",
    )
    messages = (
        *exchange.messages,
        ChatMessage("assistant", redaction.hide(exchange.answer)),
        ChatMessage("user", redaction.hide(follow_up_prompt)),
    )
    earlier = tokens_of("".join(message.content for message in messages[:-1]))
    sources = (
        PromptSource("earlier", request.path, earlier, "the earlier action and its edit"),
        PromptSource("words", request.path, tokens_of(follow_up_prompt), "what the user says about it"),
    )
    return Conversation(messages, redaction, sources)


def _without_room(source: PromptSource) -> PromptSource:
    return source if source.left_out else evolve(source, left_out="the code to edit fills the prompt")


def _lines_around(text: Text, first: int, stop: int) -> str:
    """The lines ``first`` to ``stop`` (excluded) and the surrounding lines in which a secret may begin or end."""
    lines = text.lines(max(0, first - LINES_ABOVE), min(text.line_count, stop + LINES_BELOW))
    return "\n".join(line[:_LONGEST_LINE_CHARS] for line in lines)


def _instruction(request: AssistRequest, target: Target, redaction: Redaction) -> str:
    text = request.snapshot.text
    # Before texts are shortened: half a key is not recognized.
    shown = [one.start.line for one in request.diagnostics[:5]]
    related = [place for one in request.diagnostics[:5] for place in one.related]
    places = [place for place in related if is_same_document(place.uri, request.snapshot.uri)]
    shown += [place.line for place in places if 0 <= place.line < text.line_count]
    for line in shown:
        redaction.learn(_lines_around(text, line, line + 1))
    lines = {line: redaction.hide(text.line(line)[:_LONGEST_LINE_CHARS]) for line in shown}
    diagnostics = tuple(
        evolve(
            one,
            message=redaction.hide(one.message),
            related=tuple(evolve(place, message=redaction.hide(place.message)) for place in one.related),
        )
        for one in request.diagnostics[:5]
    )
    problem = prompt_texts.problem_text(diagnostics, lines, uri=request.snapshot.uri)
    if request.action is ActionKind.EXPLAIN:
        task = prompt_texts.EXPLAIN + (prompt_texts.EXPLAIN_PROBLEM if problem else "")
    elif request.action is ActionKind.TESTS:
        task = prompt_texts.TESTS
    elif request.action is ActionKind.RENAME:
        task = prompt_texts.RENAME.format(name=word_at(request))
    else:
        task = prompt_texts.task_text(request.action, target.form, request.instruction, fence=fence_for(target.code))
    if request.action is ActionKind.EXTRACT:
        first, last = sorted((request.start, request.end))
        stop = last.line if last.column else max(first.line, last.line - 1)
        task = f"Marked are lines {first.line + 1} to {stop + 1}:\n{text.between(first, last).strip()}\n\n{task}"
    earlier = prompt_texts.earlier_edit_text(request.earlier_edit) if request.earlier_edit is not None else ""
    return "\n\n".join(part for part in (problem, earlier, task) if part)


def word_at(request: AssistRequest) -> str:
    """The identifier at the start of the selection or around the cursor; empty if there is none."""
    return word_and_start(request)[0]


def word_and_start(request: AssistRequest) -> tuple[str, Point]:
    """The identifier of ``word_at`` and the place of its first character."""
    line = request.snapshot.text.line(request.start.line)
    for match in _WORD.finditer(line):
        if match.start() <= request.start.column <= match.end():
            return match.group(), Point(request.start.line, match.start())
    return "", request.start


def _around(request: AssistRequest, target: Target, tree: SyntaxTree | None, left_chars: int) -> str:
    """Other parts of the file that fit into ``left_chars`` characters."""
    text = request.snapshot.text
    if target.kind == "file" or not left_chars:
        return ""
    if text.char_length <= min(left_chars, _WHOLE_FILE_CHARS):
        before = "\n".join(text.lines(0, target.start.line)).strip("\n")
        after = "\n".join(text.lines(target.end.line + 1, text.line_count)).strip("\n")
        rest = "\n[the code to edit, see below]\n".join((before, after)).strip("\n")
        return f"The rest of the file:\n{rest}" if before or after else ""
    if tree is None:
        return ""
    return _outline(request, target, tree, left_chars)


def _outline(request: AssistRequest, target: Target, tree: SyntaxTree, left_chars: int) -> str:
    """Imports, and the first lines of definitions whose names ``target`` uses."""
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
        left_chars -= len(lines[number]) + 1
        if left_chars < 0:
            break
        kept.append(lines[number])
    return "From the same file:\n" + "\n".join(kept) if kept else ""
