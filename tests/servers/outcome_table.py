"""What a user is told after an edit was applied in an editor, for each message of ``messages.json``: values and table.

``tests/editors/nvim/outcome_table.py`` and ``tests/editors/vscode/test_outcomes.py`` fill it in.
"""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from tests.servers.message_table import TOOLS, ToolMessage, load_messages


@frozen(kw_only=True)
class EditOutcome:
    """What the user was told about an edit. ``applied``: whether it is the edit of the table."""

    told: str
    applied: bool

    @property
    def is_gone(self) -> bool:
        return "no longer reports it" in self.told

    @property
    def is_bad(self) -> bool:
        return "still reports" in self.told or "now reports" in self.told


@frozen(kw_only=True)
class SeenMessage:
    """What was told about both edits."""

    message: ToolMessage
    right: EditOutcome
    wrong: EditOutcome
    seconds: float  # of both

    @property
    def is_seen(self) -> bool:
        return self.right.is_gone and not self.is_wrongly_gone

    @property
    def is_wrongly_gone(self) -> bool:
        return self.wrong.applied and self.wrong.is_gone


def answer(code: str, language: str) -> str:
    return f"So.\n\nThe whole edited code:\n```{language}\n{code.rstrip()}\n```\n"


def words_of(message: ToolMessage) -> str:
    """What both the recorded message and the one in the editor have."""
    return str(message.diagnostic["message"]).split("\n")[0]


def measured_messages(names: Sequence[str] = ()) -> dict[str, list[ToolMessage]]:
    """Those of tools that can be had, by tool."""
    found: dict[str, list[ToolMessage]] = {}
    for one in load_messages():
        if one.origin != "documentation" and (not names or one.tool in names):
            found.setdefault(one.tool, []).append(one)
    return found


def table(rows: Sequence[SeenMessage]) -> str:
    """One line for each tool, the sum, and what was told where a message was not seen."""
    lines = ["| tool | messages | right edit: told | wrong edit: told | wrong edit called right | s |"]
    lines.append("|---|--:|--:|--:|--:|--:|")
    groups = {name: [row for row in rows if row.message.tool == name] for name in TOOLS}
    for name, group in (*groups.items(), ("all", list(rows))):
        if group:
            seen, claimed = sum(row.is_seen for row in group), sum(row.is_wrongly_gone for row in group)
            applied = [row for row in group if row.wrong.applied]
            bad = f"{sum(row.wrong.is_bad for row in applied)} of {len(applied)}"
            seconds = sum(row.seconds for row in group)
            lines.append(f"| {name} | {len(group)} | {seen} | {bad} | {claimed} | {seconds:.0f} |")
    share = sum(row.is_seen for row in rows) / max(1, len(rows))
    lines += ["", f"Seen after applying: {share:.0%}.", ""]
    lines += [f"- {row.message.name}: right edit: {row.right.told}" for row in rows if not row.right.is_gone]
    lines += [f"- {row.message.name}: wrong edit: {row.wrong.told}" for row in rows if not row.wrong.is_bad]
    return "\n".join(lines)
