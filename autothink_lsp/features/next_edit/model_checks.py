"""What must not be shown of a model's edit, besides what ``verifier.py`` says of every edit. Pure.

Rules repeat what the user did; a model may say anything. What fails is dropped, never repaired.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Sequence

from autothink_lsp.features.next_edit.history import EditHunk
from autothink_lsp.features.next_edit.proposal import LineEdit, RuleContext
from autothink_lsp.stream.lexical import Mode, Scanner
from autothink_lsp.syntax.language_style import LanguageStyle

_RECENT_HUNKS = 3
_LEAST_CHARACTERS = 4  # of a line that means something by itself
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
# Names of which the document need not say anything. Go's imports are written by its tools.
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


def model_refusal(context: RuleContext, edit: LineEdit) -> str:
    """Why the edit of a model must not be shown; empty where it may."""
    old = context.lines[edit.first : edit.stop]
    added = [line for line in edit.new if line not in old]
    if _brings_back(context, added):
        return "it brings back what was just deleted"
    if _comments_out(context.style, old, added, context.hunks):
        return "it comments code out"
    if name := _unknown_name(context, old, edit.new, added):
        return f"a name that is not known here ({len(name)} characters)"
    return ""


def _brings_back(context: RuleContext, added: Sequence[str]) -> bool:
    """Whether lines that the user has deleted or changed lately are there again."""
    now = {line.strip() for line in context.lines}
    gone = {line.strip() for hunk in context.hunks[:_RECENT_HUNKS] for line in hunk.old} - now
    return any(len(line.strip()) >= _LEAST_CHARACTERS and line.strip() in gone for line in added)


def _comments_out(style: LanguageStyle, old: Sequence[str], added: Sequence[str], hunks: Sequence[EditHunk]) -> bool:
    """Whether a line of code becomes a comment, unless the user has just done that."""
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


def _unknown_name(context: RuleContext, old: Sequence[str], new: Sequence[str], added: Sequence[str]) -> str:
    """A name before a dot that stands nowhere in the document and that the edit does not define."""
    known = _GLOBALS.get(context.snapshot.language_id)
    if known is None or not added:
        return ""
    lines = _code_only(context.style, new)
    imports = [line for line in lines if _IMPORT.match(line)]
    heads = {match[1] for line in lines if line not in imports for match in _HEAD.finditer(line)}
    others = {word for line in lines for word in _WORD.findall(line if line in imports else _HEAD.sub(" ", line))}
    here = {word for line in (*old, *(w for h in context.hunks for w in h.old)) for word in _WORD.findall(line)}
    for name in sorted(heads - others - here - known):
        if not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", context.source):
            return name
    return ""


def _code_only(style: LanguageStyle, lines: Sequence[str]) -> list[str]:
    """The lines with blanks for what is in strings and comments, read from the first one on."""
    scanner = Scanner(style)
    found: list[str] = []
    for line in lines:
        kept = ""
        for character in line:
            scanner.feed(character)
            kept += character if scanner.mode is Mode.CODE else " "
        scanner.feed("\n")
        found.append(kept)
    return found
