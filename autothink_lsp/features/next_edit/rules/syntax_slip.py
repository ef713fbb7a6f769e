"""Rule, only where the user asks by hand: the newest edit broke the syntax. The only change of a token with which the
file parses is proposed, else the line as it was before, if a few of its characters were changed.

Without being asked nothing is taken back: the user may be in the midst of writing.
"""

from __future__ import annotations

from collections.abc import Iterator

from autothink_lsp.edits.replacement import apply_replacements
from autothink_lsp.features.next_edit.proposal import LineEdit, RuleContext
from autothink_lsp.features.next_edit.token_change import line_pairs
from autothink_lsp.features.next_edit.verifier import mends_syntax
from autothink_lsp.values import Diagnostic, Point

RULE_ID = "syntax-slip"
_MOST_SLIPPED = 3  # characters more or less than before; chosen


def syntax_slip(context: RuleContext) -> Iterator[LineEdit | None]:
    """The edit that repairs the newest edit's line."""
    if not context.by_hand or not context.hunks:
        return
    tree = context.tree
    if tree is None or not tree.root.has_error:
        return
    for line, old, new in line_pairs(context.hunks[0]):
        yield None
        for edit in _mended(context, line, old, new):
            if mends_syntax(context.text, tree, edit):
                yield edit
                return


def _mended(context: RuleContext, line: int, old: str, new: str) -> Iterator[LineEdit]:
    if (repaired := _repaired(context, line)) is not None:
        yield repaired
    is_unfinished = not old.strip() or new.startswith(old.rstrip())  # he is writing
    is_slip = 0 < abs(len(new) - len(old)) <= _MOST_SLIPPED and _is_in_order(*sorted((old, new), key=len))
    if is_slip and not is_unfinished:
        yield LineEdit(RULE_ID, "as before", line, line + 1, (old,))


def _repaired(context: RuleContext, line: int) -> LineEdit | None:
    """What the repair of a message about this line would be."""
    from autothink_lsp.features.assist.actions import ActionKind, AssistRequest
    from autothink_lsp.features.assist.repairs.repair import RepairContext
    from autothink_lsp.features.assist.repairs.syntax_slip import syntax_slip as repair_of
    from autothink_lsp.settings.model import Settings

    if context.tree is None:
        return None
    start = context.first_character(line)
    request = AssistRequest(
        action=ActionKind.FIX, snapshot=context.snapshot, start=start, end=start, settings=Settings(), path=""
    )
    message = Diagnostic(Point(line, start.column), Point(line, start.column), "syntax error")
    repair = repair_of(RepairContext(request=request, diagnostic=message, tree=context.tree))
    if repair is None or len(repair.replacements) != 1:
        return None
    (replacement,) = repair.replacements
    after = apply_replacements(context.text, repair.replacements)
    first, stop = replacement.start.line, replacement.end.line + 1
    new = after.lines(first, stop + after.line_count - context.text.line_count)
    return LineEdit(RULE_ID, repair.title, first, stop, tuple(new))


def _is_in_order(shorter: str, longer: str) -> bool:
    """Whether the longer text is the shorter one with characters in between."""
    characters = iter(longer)
    return all(character in characters for character in shorter)
