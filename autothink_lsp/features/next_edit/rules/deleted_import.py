"""Rule: deletes what only makes sense with an import that the user has deleted: decorators and annotations of that
name, statements that only call it, and items of lists and of exported names. Other uses need the user."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from autothink_lsp.document.lines import indent_length
from autothink_lsp.features.next_edit.history import EditHunk
from autothink_lsp.features.next_edit.proposal import LineEdit, RuleContext
from autothink_lsp.features.next_edit.rules.bracket_list import bracket_list
from autothink_lsp.features.next_edit.rules.definition_site import definition_site, identifier_at
from autothink_lsp.values import Point

if TYPE_CHECKING:
    import tree_sitter

RULE_ID = "deleted-import"
_IMPORT = re.compile(
    r"\s*(?:import|from|use|using|#include|export\s*\{[^}]*\}\s*from|(?:const|let|var)\b[^=]*=\s*require)\b"
)
_GO_IMPORT = re.compile(r'\s*(?:import\s+)?(?:(?P<by>\w+)\s+)?"(?:[\w.-]+/)*(?P<name>\w+)(?:/v\d+)?"')
_WORD = re.compile(r"[^\W\d]\w*")
_MOST_USES = 60
_RECENT_HUNKS = 3
_MOST_LINES = 24
_MOST_LINE_CHARACTERS = 400
_MOST_STEPS = 4
_STATEMENTS = ("expression_statement", "call_statement")
_BARE_BODIES = ("_statement", "_clause", "else", "control_structure_body")  # whose body has no braces
# An import of all names of a module, which may have the deleted one.
_WILDCARD = {
    "python": re.compile(r"(?m)^[ \t]*from\b[^\n#]*\bimport[ \t]*\*"),
    "java": re.compile(r"(?m)^[ \t]*import\b[^\n;]*\.\*"),
    "kotlin": re.compile(r"(?m)^[ \t]*import\b[^\n;]*\.\*"),
    "scala": re.compile(r"(?m)^[ \t]*import\b[^\n;]*\.[*_]"),
    "rust": re.compile(r"(?m)^[ \t]*(?:pub[ \t]+)?use\b[^\n;]*\*"),
}


def deleted_import(context: RuleContext) -> Iterator[LineEdit | None]:
    """The edits that delete such uses of the names whose import one of the newest hunks has deleted."""
    for hunk in context.hunks[:_RECENT_HUNKS]:
        names = _names_without_import(context, hunk)
        if not names or context.tree is None:
            continue
        yield None
        edits = {edit.first: edit for name in names for edit in _all_edits(context, name)}
        yield from (edits[first] for first in context.by_distance(list(edits)))


def _names_without_import(context: RuleContext, hunk: EditHunk) -> list[str]:
    """The names that the hunk's old lines import, and nothing does or defines now. None if the hunk imports others in
    their place."""
    now = {word for line in hunk.new for word in _WORD.findall(line)}
    names = _imported_by(context, hunk.old)
    if not names or set(_imported_by(context, hunk.new)).difference(names):
        return []
    wildcard = _WILDCARD.get(context.snapshot.language_id)
    if wildcard is not None and wildcard.search(context.source):
        return []
    names = [name for name in names if name not in now]
    return [name for name in dict.fromkeys(names) if not _is_defined(context, name)]


def _imported_by(context: RuleContext, lines: Sequence[str]) -> list[str]:
    """The names that imports in these lines define."""
    short = [line for line in lines if len(line) <= _MOST_LINE_CHARACTERS]
    if context.snapshot.language_id == "go":
        return [name for line in short for name in _imported_by_go(line)]
    is_python = context.snapshot.language_id == "python"
    return [name for line in short if _IMPORT.match(line) for name in _imported(line, is_python=is_python)]


def _imported_by_go(line: str) -> list[str]:
    found = _GO_IMPORT.fullmatch(line)
    return [found["by"] or found["name"]] if found is not None else []


def _imported(line: str, *, is_python: bool) -> list[str]:
    """The names that an import on one line defines: those behind ``import``, without modules and renamed ones."""
    found = re.search(r"\bimport\b\s*(?:type\s+)?(?P<names>[^\"';]*)", line)
    if line.lstrip().startswith("from ") and found is not None:
        parts = found["names"].strip("() ").split(",")
    elif (script := re.match(r"\s*+import\s++(?:type\s++)?(?P<names>\S.{0,300}?)\s++from\b", line)) is not None:
        parts = re.sub(r"[{}]", ",", script["names"]).split(",")
    elif (required := re.match(r"\s*+(?:const|let|var)\s++(?P<names>[^=]*+)=", line)) is not None:
        parts = required["names"].strip("{} ").split(",")
    elif found is not None and "," not in found["names"]:
        path = re.sub(r"\bstatic\s+", "", found["names"]).strip()
        path = path if " as " in path else path.split(".")[0 if is_python else -1]
        parts = [path]
    elif (
        used := re.match(r"\s*+use\s++(?:[\w:\\]*[:\\])?(?P<names>\w++|\{[^}]*+\})\s*+;", line)
    ) is not None:  # Rust, PHP
        parts = used["names"].strip("{} ").split(",")
    else:
        return []
    words = [_WORD.findall(part.rpartition(" as ")[2]) for part in parts]
    return [one[-1] for one in words if one and len(one[-1]) > 1]


def _is_defined(context: RuleContext, name: str) -> bool:
    """Whether the file defines the name still: by another import, or as a function, a variable or a parameter. Also if
    it has too many uses to know."""
    word = re.escape(name)
    defining = re.compile(
        rf"(?m)^[ \t]*(?:import|from|use|using)\b[^\n]*(?<!\w){word}(?!\w)|\b(?:def|class|func|fn|fun|function|struct"
        rf"|interface|type|const|let|var|val|enum|trait|object)\s+{word}\b|^[ \t]*{word}[ \t]*(?::[^=\n]*)?=(?!=)"
        rf'|^[ \t]*{word}[ \t]+"|"(?:[\w.-]+/)*{word}(?:/v\d+)?"$'
    )
    if defining.search(context.source) is not None:
        return True
    for count, match in enumerate(re.finditer(rf"(?<!\w){word}(?!\w)", context.source)):
        if count >= _MOST_USES or _defines(context, context.point_of(match.start()), len(name)):
            return True
    return False


def _defines(context: RuleContext, point: Point, length: int) -> bool:
    """Whether the name at ``point`` is one that is defined there, as far as the tree shows it."""
    node = identifier_at(context.tree, point, length) if context.tree is not None else None
    if node is None or context.tree is None or (node.parent is not None and node.parent.type == "export_specifier"):
        return False
    if definition_site(context.tree, node) is not None:
        return True
    child, parent = node, node.parent
    for _ in range(_MOST_STEPS):
        if parent is None:
            return False
        if "pattern" in child.type or "as_pattern" in parent.type:
            return True
        if parent.child_by_field_name("parameter") == child:
            return True
        child, parent = parent, parent.parent
    return False


def _all_edits(context: RuleContext, name: str) -> list[LineEdit]:
    """The edits that delete all uses of the name; none if it has others: the import will be inserted again, elsewhere
    or in another form."""
    found = list(_edits(context, name))
    return [] if None in found else [edit for edit in found if edit is not None]


def _edits(context: RuleContext, name: str) -> Iterator[LineEdit | None]:
    """The edit of each use; ``None`` for one that is not deleted."""
    pattern = f"without {name}"
    count = 0
    for match in re.finditer(rf"(?<![\w.$]){re.escape(name)}(?!\w)", context.source):
        count += 1
        if count > _MOST_USES:
            yield None
            return
        point = context.point_of(match.start())
        if point.line in context.changed_lines or context.kind_at(point) != "code":
            continue
        span = _whole_lines(context, point)
        if span is not None and context.changed_lines.isdisjoint(span) and len(span) <= _MOST_LINES:
            yield LineEdit(RULE_ID, pattern, span.start, span.stop, ())
        else:
            yield _without_item(context, point, name, pattern)


def _whole_lines(context: RuleContext, point: Point) -> range | None:
    """The lines of the decorator or of the statement of one call that begins with the name at ``point``, if they have
    nothing else."""
    node = context.tree.node_at(point) if context.tree is not None else None
    line = context.lines[point.line]
    is_first = indent_length(line) == point.column
    is_mark = line[: point.column].strip() == "@" or re.match(r"\s*#\[\s*\Z", line[: point.column]) is not None
    while node is not None and (is_first or is_mark):
        if node.parent is None or node.start_point[0] != point.line:
            return None
        if is_mark and ("decorator" in node.type or "annotation" in node.type or node.type == "attribute_item"):
            return _if_alone(context, node)
        if is_first and node.type in _STATEMENTS and node.named_children:
            called = node.named_children[0]
            called = called.named_children[0] if called.type.startswith("await") and called.named_children else called
            is_call = "call" in called.type or "invocation" in called.type
            return _if_alone(context, node) if is_call else None
        node = node.parent
    return None


def _if_alone(context: RuleContext, node: tree_sitter.Node) -> range | None:
    first, last = node.start_point[0], node.end_point[0]
    text = context.text
    before = context.lines[first][: text.point_at_byte(node.start_byte).column]
    behind = context.lines[last][text.point_at_byte(node.end_byte).column :]
    block = node.parent
    if context.style.blocks == "indent" and block is not None and block.named_child_count < 2:
        return None  # a block may not be empty
    is_bare = block is not None and block.type.endswith(_BARE_BODIES) and block.type != "compound_statement"
    if is_bare and node.type in _STATEMENTS:
        return None  # the next statement would become the body
    return range(first, last + 1) if not before.strip() and behind.strip() in ("", ";") else None


def _without_item(context: RuleContext, point: Point, name: str, pattern: str) -> LineEdit | None:
    """The edit that takes the name out of a list or an export that has it as an item."""
    for line in range(point.line, max(-1, point.line - _MOST_LINES), -1):
        text = context.lines[line][: point.column] if line == point.line else context.lines[line]
        at = max(text.rfind("["), text.rfind("{"), text.rfind("("))
        if at >= 0 and text[at] != "(":
            head = text[:at].rstrip()
            is_list = text[at] == "[" and (not head or head[-1] in "=(:,[")
            is_named = text[at] == "{" and (head.endswith("export") or re.search(r"[=:]$", head) is not None)
            found = bracket_list(context.style, context.lines, line, at + 1) if is_list or is_named else None
            if found is None or name not in found.texts or len(found.items) < 2:
                return None
            changed = found.without(found.texts.index(name))
            return found.edit(RULE_ID, pattern, changed) if changed is not None else None
        if at >= 0 or re.search(r"[;}\])]", text):
            return None
    return None
