"""Checks of a model's edit, in addition to those of ``verifier.py``, which apply to every edit. Pure.

Rules repeat the user's own edits, but a model may propose any edit. An edit that fails a check is dropped, never
repaired.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Sequence

from autothink_lsp.features.next_edit.history import EditHunk
from autothink_lsp.features.next_edit.lexical_places import code_only
from autothink_lsp.features.next_edit.proposal import LineEdit, RuleContext
from autothink_lsp.features.next_edit.verifier import mends_syntax
from autothink_lsp.syntax.language_style import LanguageStyle
from autothink_lsp.values import Point

_RECENT_HUNKS = 3
_LEAST_CHARACTERS = 4  # a shorter line, such as a closing bracket, is not compared
_WORD = re.compile(r"[^\W\d]\w*")
_HEAD = re.compile(r"(?<![\w.$@])([a-z_]\w*)(?=\.[^\W\d])")  # the object of a member access
_JAVASCRIPT = frozenset(
    [
        *(
            "this",
            "super",
            "self",
            "import",
            "console",
            "document",
            "window",
            "process",
            "module",
            "exports",
            "require",
        ),
        *("globalThis", "navigator", "location", "localStorage", "sessionStorage", "performance", "crypto", "history"),
    ]
)
_IMPORT = re.compile(r"\s*(?:import|from|export|package|using)\b")  # its dotted names are modules, and it defines names
_IMPORT_WORDS = frozenset(
    ["import", "from", "export", "package", "using", "as", "type", "typeof", "default", "static", "global"]
)
# Names that are known without a definition in the document. Go is left out: its tools write the imports.
_GLOBALS = {
    "python": frozenset(dir(builtins)) | {"self", "cls"},
    "javascript": _JAVASCRIPT,
    "typescript": _JAVASCRIPT,
    "javascriptreact": _JAVASCRIPT,
    "typescriptreact": _JAVASCRIPT,
    "java": frozenset(["this", "super", "java", "javax"]),
    "csharp": frozenset(["this", "base"]),
    "rust": frozenset(["self", "super", "crate"]),
    "ruby": frozenset(["self", "super"]),
    "kotlin": frozenset(["this", "super", "it", "kotlin", "java"]),
    "lua": frozenset(["self", "string", "table", "math", "os", "io", "debug", "coroutine", "package", "utf8", "vim"]),
}


def model_refusal(context: RuleContext, edit: LineEdit, cursor: Point, *, by_hand: bool = False) -> str:
    """The reason not to show a model's edit; empty if it may be shown. ``by_hand``: the user asked for an edit."""
    old = context.lines[edit.first : edit.stop]
    added = [line for line in edit.new if line not in old]
    mends = by_hand and mends_syntax(context.text, context.tree, edit)
    if not context.hunks and not mends and not (by_hand and _continues_line(context, edit, cursor)):
        return "nothing was changed yet"
    if _brings_back(context, added) and not mends:
        return "it brings back what was just deleted"
    if _comments_out(context.style, old, added, context.hunks):
        return "it comments code out"
    if _removes_needed_import(context, edit):
        return "it removes an import that may be needed"
    if name := _unknown_name(context, old, edit.new, added):
        return f"a name that is not known here ({len(name)} characters)"
    return ""


def _continues_line(context: RuleContext, edit: LineEdit, cursor: Point) -> bool:
    """Whether the edit only inserts text at the cursor. Without a recent edit of the user no other edit is shown."""
    if (edit.first, edit.stop) != (cursor.line, cursor.line + 1) or len(edit.new) != 1:
        return False
    line, new = context.lines[cursor.line], edit.new[0]
    before, behind = line[: cursor.column], line[cursor.column :]
    return bool(before.strip()) and len(new) > len(line) and new.startswith(before) and new.endswith(behind)


def _brings_back(context: RuleContext, added: Sequence[str]) -> bool:
    """Whether the edit adds lines that the user has recently deleted or changed."""
    now = {line.strip() for line in context.lines}
    gone = {line.strip() for hunk in context.hunks[:_RECENT_HUNKS] for line in hunk.old} - now
    return any(len(line.strip()) >= _LEAST_CHARACTERS and line.strip() in gone for line in added)


def _comments_out(style: LanguageStyle, old: Sequence[str], added: Sequence[str], hunks: Sequence[EditHunk]) -> bool:
    """Whether the edit turns a line of code into a comment, unless the user has recently done so."""
    if any(_is_commented(style, hunk.old, hunk.new) for hunk in hunks[:_RECENT_HUNKS]):
        return False
    return _is_commented(style, old, added)


def _is_commented(style: LanguageStyle, old: Sequence[str], new: Sequence[str]) -> bool:
    code = {line.strip() for line in old if len(line.strip()) >= _LEAST_CHARACTERS}
    marks = style.line_comments
    return any(
        line.strip().startswith(mark) and line.strip().removeprefix(mark).strip() in code
        for line in new
        for mark in marks
    )


def _removes_needed_import(context: RuleContext, edit: LineEdit) -> bool:
    """Whether the edit deletes an import that may be needed: one of its names is used in the document, or none of them
    is in the lines that the user has recently deleted, so a document in progress may use it later."""
    kept = {word for line in edit.new for word in _WORD.findall(line)} | _IMPORT_WORDS
    taken = {word for hunk in context.hunks for line in hunk.old for word in _WORD.findall(line)}
    gone = [line for line in context.lines[edit.first : edit.stop] if _IMPORT.match(line) and line not in edit.new]
    imported = [names for line in gone if (names := set(_WORD.findall(line)) - kept)]
    if not imported:
        return False
    if not all(names & taken for names in imported):
        return True
    others = code_only(context.style, (*context.lines[: edit.first], *context.lines[edit.stop :]))
    used = {word for line in others if not _IMPORT.match(line) for word in _WORD.findall(line)}
    return any(names & used for names in imported)


def _unknown_name(context: RuleContext, old: Sequence[str], new: Sequence[str], added: Sequence[str]) -> str:
    """A name before a dot that neither occurs in the document nor is defined by the edit; empty if there is none."""
    known = _GLOBALS.get(context.snapshot.language_id)
    if known is None or not added:
        return ""
    lines = code_only(context.style, new)
    imports = [line for line in lines if _IMPORT.match(line)]
    heads = {match[1] for line in lines if line not in imports for match in _HEAD.finditer(line)}
    others = {word for line in lines for word in _WORD.findall(line if line in imports else _HEAD.sub(" ", line))}
    here = {word for line in (*old, *(w for h in context.hunks for w in h.old)) for word in _WORD.findall(line)}
    for name in sorted(heads - others - here - known):
        if not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", context.source):
            return name
    return ""
