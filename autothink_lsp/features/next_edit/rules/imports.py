"""Rules: the import of a name that was just used and is not known, and the import whose last use was just deleted.
Python only for the first; the names are those of the repairs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from autothink_lsp.edits.replacement import apply_replacements
from autothink_lsp.features.next_edit.lexical_places import code_only
from autothink_lsp.features.next_edit.proposal import LineEdit, RuleContext
from autothink_lsp.features.next_edit.token_change import tokens
from autothink_lsp.syntax.scopes import imports
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.values import Diagnostic, Point

_RECENT_HUNKS = 1
_MISSING = "missing-import"
_UNUSED = "unused-import"
_IDENTIFIER = re.compile(r"[^\W\d]\w*")
_LIST = r"(?P<names>\w+(?: as \w+)?(?:, \w+(?: as \w+)?)+)"
_LISTS = {  # several names on one line
    "python": re.compile(rf"from \S+ import {_LIST}$"),
    "javascript": re.compile(rf"import \{{ ?{_LIST} ?\}} from "),
    "typescript": re.compile(rf"import (?:type )?\{{ ?{_LIST} ?\}} from "),
    "rust": re.compile(rf"use [\w:]+::\{{{_LIST}\}};"),
}
_HEAD_LINES = 400  # imports stand at the top


def missing_import(context: RuleContext) -> Iterator[LineEdit]:
    """``from module import name`` for a name of the standard library that the newest hunk has brought in."""
    if "python" not in context.style.names:
        return
    from autothink_lsp.features.assist.repairs.import_names import PYTHON_NAMES  # late: not for every document

    for hunk in context.hunks[:_RECENT_HUNKS]:
        old_words = {word for line in hunk.old for word in tokens(line)}
        for number, line in enumerate(hunk.new):
            for match in re.finditer(r"(?<![\w.])([^\W\d]\w*)(?=[(\[])", line):
                name = match.group(1)
                if name not in PYTHON_NAMES or name in old_words or _is_known(context, name, hunk.line + number):
                    continue
                tree = context.tree
                if tree is None or tree.language.name != "python":
                    return
                if context.kind_at(Point(hunk.line + number, match.start())) == "code":
                    yield from _with_import(context, tree, PYTHON_NAMES[name], name)


def _is_known(context: RuleContext, name: str, line: int) -> bool:
    """Whether the name stands anywhere else in code that could define it."""
    defining = re.compile(
        rf"(?<!\w)(?:import\b.{{0,300}}(?<!\w){name}(?!\w)|as\s+{name}\b|def\s+{name}\b|class\s+{name}\b|{name}\s*(?::[^=]{{0,300}})?=[^=]"
        rf"|for\b.{{0,300}}\b{name}\b.{{0,300}}\bin\b|^\s*{name},?\s*(?:\\)?$|from\s{{1,9}}\S{{1,300}}\s{{1,9}}import\s{{1,9}}\*)"
    )
    return any(
        number != line and (name in text or "*" in text) and defining.search(text)
        for number, text in enumerate(context.lines)
    )


def _with_import(context: RuleContext, tree: SyntaxTree, module: str, name: str) -> Iterator[LineEdit]:
    """The import where the repairs would write it."""
    from autothink_lsp.features.assist.actions import ActionKind, AssistRequest
    from autothink_lsp.features.assist.repairs.insert_python import insert_python
    from autothink_lsp.features.assist.repairs.repair import ImportCandidate, RepairContext
    from autothink_lsp.settings.model import Settings

    start = Point(0, 0)
    request = AssistRequest(
        action=ActionKind.FIX, snapshot=context.snapshot, start=start, end=start, settings=Settings(), path=""
    )
    case = RepairContext(request=request, diagnostic=Diagnostic(start, start, ""), tree=tree)
    written = insert_python(case, ImportCandidate(module, name))
    if written is None:
        return
    statement, replacement = written
    after = apply_replacements(context.text, (replacement,))
    first, stop = replacement.start.line, replacement.end.line + 1
    new = after.lines(first, stop + after.line_count - context.text.line_count)
    yield LineEdit(_MISSING, statement, first, stop, tuple(new))


def unused_import(context: RuleContext) -> Iterator[LineEdit]:
    """Delete the import of a name whose last use the newest hunk has deleted."""
    if not context.hunks:
        return
    hunk = context.hunks[0]
    now = {word for line in hunk.new for word in tokens(line)}
    old = code_only(context.style, hunk.old)
    gone = {w for line in old for w in tokens(line) if _IDENTIFIER.fullmatch(w) and w not in now}
    gone -= {change.old_text for change in context.changes((hunk,)) if _IDENTIFIER.fullmatch(change.new_text)}
    if not gone or context.tree is None:  # or replaced by another name, as the import may be next
        return
    for one in imports(context.tree, (0, min(_HEAD_LINES, len(context.lines)))):
        line = one.start.line
        if one.start.line != one.end.line or line in context.changed_lines:
            continue
        text, language = context.lines[line], context.tree.language.name
        names = _imported(text, language)
        if len(names) == 1 and names[0] in gone and not _is_used(context, names[0], line):
            yield LineEdit(_UNUSED, text.strip(), line, line + 1, ())
        elif (found := _LISTS[language].match(text) if language in _LISTS else None) is not None:
            listed = [name.strip() for name in found["names"].split(",")]
            kept = [name for name in listed if name not in gone or _is_used(context, name, line)]
            if kept and len(kept) < len(listed):
                shorter = text[: found.start("names")] + ", ".join(kept) + text[found.end("names") :]
                yield LineEdit(_UNUSED, text.strip(), line, line + 1, (shorter,))


def _imported(line: str, language: str) -> tuple[str, ...]:
    """The names that an import on one line makes known, in the languages of which this is certain."""
    patterns = {
        "python": r"import (?P<one>[^\W\d]\w*)|from \S+ import (?P<two>\w+)|(?:from \S+ )?import \S+ as (?P<by>\w+)",
        "go": r'import "(?:[\w.-]+/)*(?P<one>\w+)"|"(?:[\w.-]+/)*(?P<two>\w+)"',
        "java": r"import (?:static )?[\w.]+\.(?P<one>\w+);",
        "javascript": r"import (?P<one>\w+) from .*|import \{ ?(?P<two>\w+) ?\} from .*",
        "typescript": r"import (?P<one>\w+) from .*|import (?:type )?\{ ?(?P<two>\w+) ?\} from .*",
        "rust": r"use [\w:]+::(?P<one>\w+);",
    }
    found = re.fullmatch(patterns[language], line.strip()) if language in patterns else None
    return tuple(name for name in found.groups() if name) if found is not None else ()


def _is_used(context: RuleContext, name: str, line: int) -> bool:
    word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    return any(number != line and name in text and word.search(text) for number, text in enumerate(context.lines))
