"""Rule: a name that was changed where it is defined is changed where it is used, in its scope."""

from __future__ import annotations

import re
from collections.abc import Iterator

from attrs import frozen

from autothink_lsp.features.next_edit.proposal import LineEdit, RuleContext
from autothink_lsp.features.next_edit.rules.definition_site import (
    DefinitionSite,
    before,
    definition_site,
    identifier_at,
    is_key,
    is_short_key,
)
from autothink_lsp.features.next_edit.rules.line_edits import line_edits
from autothink_lsp.features.next_edit.token_change import TokenChange, token_changes
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.values import Point

RULE_ID = "renamed-definition"
_NAME = re.compile(r"[^\W\d]\w+")
_MOST_USES = 200
_RECENT_HUNKS = 3


@frozen
class _Use:
    """``is_short_key``: it is the key of an object, too, which keeps its name."""

    column: int
    is_short_key: bool = False


def renamed_definition(context: RuleContext) -> Iterator[LineEdit]:
    """The uses of the name of which one of the newest hunks has changed the definition."""
    tree = context.tree
    if tree is None:
        return
    changes = token_changes(context.hunks[:_RECENT_HUNKS])
    for change in changes:
        old, new = change.old_text, change.new_text
        if not _NAME.fullmatch(old) or not _NAME.fullmatch(new) or old.lower() == old[:1].lower() * len(old):
            continue
        node = identifier_at(tree, Point(*change.at), len(new))
        site = definition_site(tree, node) if node is not None else None
        if site is None or _is_in_use(context, site, new, change):
            continue
        uses = _uses(context, tree, site, old)
        new_lines = {line: _renamed(context.lines[line], places, old, new) for line, places in uses.items()}
        yield from line_edits(context, RULE_ID, f"{old} → {new}", new_lines)


def _renamed(line: str, places: list[_Use], old: str, new: str) -> str:
    for use in sorted(places, key=lambda use: -use.column):
        written = f"{old}: {new}" if use.is_short_key else new
        line = line[: use.column] + written + line[use.column + len(old) :]
    return line


def _is_in_use(context: RuleContext, site: DefinitionSite, new: str, change: TokenChange) -> bool:
    """Whether the new name means something else already: it stands in lines that were not changed."""
    word = re.compile(rf"(?<!\w){re.escape(new)}(?!\w)")
    lines = context.lines[site.first : site.last + 1]
    return any(
        new in line and site.first + number not in context.changed_lines and word.search(line)
        for number, line in enumerate(lines)
        if site.first + number != change.at[0]
    )


def _uses(context: RuleContext, tree: SyntaxTree, site: DefinitionSite, name: str) -> dict[int, list[_Use]]:
    """Where on each line the name is used. Nothing where it is still defined elsewhere."""
    found: dict[int, list[_Use]] = {}
    word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    count = 0
    for line in range(site.first, min(site.last + 1, len(context.lines))):
        if name not in context.lines[line]:
            continue
        for match in word.finditer(context.lines[line]):
            node = identifier_at(tree, Point(line, match.start()), len(name))
            count += 1
            if count > _MOST_USES:
                return {}
            if node is None:
                continue  # a comment or a string
            is_member = before(context.text, node) in (".", ">", ":") and not _is_type_mark(
                context, line, match.start()
            )
            if is_member != (site.kind == "member"):
                continue
            if site.kind != "member" and is_key(node):
                continue
            other = definition_site(tree, node)
            if other is not None and other != site:
                return {}  # the name is also another's
            parent = node.parent
            if parent is not None and parent.type == "keyword_argument" and site.kind == "local":
                first = parent.children[0] if parent.children else None
                if first is not None and first.id == node.id:
                    continue  # the name of another function's parameter
            found.setdefault(line, []).append(_Use(match.start(), is_short_key(node)))
    return found


def _is_type_mark(context: RuleContext, line: int, column: int) -> bool:
    """Whether what stands before is a colon that is followed by a type, or an arrow, and no access to a member."""
    head = context.lines[line][:column].rstrip()
    return (
        (head.endswith(":") and not head.endswith("::"))
        or head.endswith(("=>", "> ", ">>"))
        or (head.endswith(">") and not head.endswith("->"))
        or (head.endswith("->") and context.tree is not None and context.tree.language.name in ("python", "rust"))
    )
