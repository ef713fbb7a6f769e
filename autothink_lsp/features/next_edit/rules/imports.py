"""Rules: add the import of a name that was just used and is unknown, and delete the import of a name whose last use was
just deleted.

The names and modules are those of the repair ``missing_import``: of the standard libraries of Python, Go, Java, Rust
and C."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from functools import partial
from itertools import takewhile
from types import ModuleType

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
_WITH_LIBRARY = frozenset(["python", "go", "java", "rust", "c"])
_USED = re.compile(r"(?<![\w.:$@])[^\W\d]\w*")
_IDENTIFIER = re.compile(r"[^\W\d]\w*")
_WORD = re.compile(r"\w+")
# A word behind which a line has the names that it imports, or one that declares the name behind it.
_DECLARING = re.compile(
    r"(?<!\w)(?:(?:import|use)\b|(?:as|def|class|struct|enum|interface|type|fn|func)(?=\s{1,9}(?P<name>\w++)))"
)
_QUOTED = re.compile(r'"(?=(?:[\w./-]{0,80}/)?(\w++)")')
_IMPORT_REACH = 300  # characters
_LIST = r"(?P<names>\w+(?: as \w+)?(?:, \w+(?: as \w+)?)+)"
_LISTS = {  # several names on one line
    "python": re.compile(rf"from \S+ import {_LIST}$"),
    "javascript": re.compile(rf"import \{{ ?{_LIST} ?\}} from "),
    "typescript": re.compile(rf"import (?:type )?\{{ ?{_LIST} ?\}} from "),
    "rust": re.compile(rf"use [\w:]+::\{{{_LIST}\}};"),
}
_HEAD_LINES = 400  # imports stand at the top


def missing_import(context: RuleContext) -> Iterator[LineEdit]:
    """The edit that adds the import of a name of the standard library that the newest hunk has introduced."""
    language = context.snapshot.language_id
    if language not in _WITH_LIBRARY:
        return
    from autothink_lsp.features.assist.repairs import import_names  # late: not for every document

    for hunk in context.hunks[:_RECENT_HUNKS]:
        old_words = {word for line in hunk.old for word in tokens(line)}
        seen = set(old_words)
        for number, line in enumerate(hunk.new):
            for match in _USED.finditer(line):
                name, behind = match.group(), line[match.end() :].lstrip()[:2]
                if name in seen or not _is_of_library(import_names, language, name, behind):
                    continue
                seen.add(name)
                if _is_declared(context, name):
                    continue
                if context.tree is None or context.tree.language.name != language:
                    return
                point = Point(hunk.line + number, match.start())
                if context.kind_at(point) == "code":
                    yield from _with_import(context, context.tree, point, name)


def _is_of_library(import_names: ModuleType, language: str, name: str, behind: str) -> bool:
    """Whether the standard library may define a name that stands before ``behind``. The repairs decide it finally."""
    if language == "python":
        is_module = behind.startswith(".") and name in sys.stdlib_module_names
        return is_module or name in import_names.PYTHON_NAMES
    if language == "go":
        return behind.startswith(".") and name in import_names.GO_PACKAGES
    if language == "java":
        return name in import_names.JAVA_CLASSES
    if language == "rust":
        return name in import_names.RUST_TYPES
    return name in import_names.C_HEADERS and (behind.startswith("(") or name.isupper())


def _is_declared(context: RuleContext, name: str) -> bool:
    """Whether the text of a line imports or declares the name. The tree decides about all others; in a document that
    imports what it uses, it and the repairs cost too much."""
    source, at = context.source, context.source.find(name)
    while at >= 0:
        end = source.find("\n", at)
        end = end if end >= 0 else len(source)
        if _declares(source[source.rfind("\n", 0, at) + 1 : end], name):
            return True
        at = source.find(name, end)
    return False


def _declares(line: str, name: str) -> bool:
    """Whether a line imports or declares the name, or has it as the last part of a quoted path."""
    for found in _DECLARING.finditer(line):
        if found["name"] == name:
            return True
        words = _WORD.finditer(line, found.end()) if found["name"] is None else ()
        near = takewhile(partial(_is_within, found.end() + _IMPORT_REACH), words)
        if any(word.group() == name for word in near):
            return True
    return any(found[1] == name for found in _QUOTED.finditer(line))


def _is_within(column: int, word: re.Match[str]) -> bool:
    return word.start() <= column


def _with_import(context: RuleContext, tree: SyntaxTree, point: Point, name: str) -> Iterator[LineEdit]:
    """The edit that inserts the import of the unknown name at ``point``, if the repairs know exactly one, at the place
    that they choose."""
    from autothink_lsp.features.assist.actions import ActionKind, AssistRequest
    from autothink_lsp.features.assist.repairs.insert_import import insert_import
    from autothink_lsp.features.assist.repairs.missing_import import candidates
    from autothink_lsp.features.assist.repairs.repair import RepairContext
    from autothink_lsp.features.assist.repairs.target import name_node
    from autothink_lsp.features.assist.repairs.visible_names import is_name, visible_names
    from autothink_lsp.settings.model import Settings

    end = Point(point.line, point.column + len(name))
    request = AssistRequest(
        action=ActionKind.FIX, snapshot=context.snapshot, start=point, end=end, settings=Settings(), path=""
    )
    case = RepairContext(request=request, diagnostic=Diagnostic(point, end, ""), tree=tree)
    node = name_node(case, name)
    if node is None or not is_name(case.language, node):
        return
    visible = visible_names(case.language, case.text, node)
    found = candidates(case, name) if visible is not None and name not in visible else ()
    written = insert_import(case, found[0]) if len(found) == 1 else None
    if written is None:
        return
    statement, replacement = written
    after = apply_replacements(context.text, (replacement,))
    first, stop = replacement.start.line, replacement.end.line + 1
    new = after.lines(first, stop + after.line_count - context.text.line_count)
    yield LineEdit(_MISSING, statement, first, stop, tuple(new))


def unused_import(context: RuleContext) -> Iterator[LineEdit]:
    """The edits that delete the import of a name whose last use the newest hunk has deleted, or the name from an import
    of several names."""
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
    """The names that an import on one line defines; empty in languages whose imports cannot be read from one line."""
    patterns = {
        "python": r"import (?P<one>[^\W\d]\w*)|from \S+ import (?P<two>\w+)|(?:from \S+ )?import \S+ as (?P<by>\w+)",
        "go": r'import "(?:[\w.-]+/)*(?P<one>\w+)"|"(?:[\w.-]+/)*(?P<two>\w+)"',
        "java": r"import (?:static )?[\w.]+\.(?P<one>\w+);",
        "javascript": r"import (?P<one>\w+) from .*|import \{ ?(?P<two>\w+) ?\} from .*"
        r"|(?:const|let|var) (?P<by>\w+) = require\([^()]*\);?",
        "typescript": r"import (?P<one>\w+) from .*|import (?:type )?\{ ?(?P<two>\w+) ?\} from .*",
        "rust": r"use [\w:]+::(?P<one>\w+);",
    }
    found = re.fullmatch(patterns[language], line.strip()) if language in patterns else None
    return tuple(name for name in found.groups() if name) if found is not None else ()


def _is_used(context: RuleContext, name: str, line: int) -> bool:
    word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    return any(number != line and name in text and word.search(text) for number, text in enumerate(context.lines))
