"""The form of one next-edit model family's prompts and answers, as data. ``dialects.py`` has the table.

A template has these fields, each text of whole lines except ``path``, ``first`` and ``last`` (line numbers, from 1):
``window``, ``marked`` (the window with the cursor's marker), ``former`` (the window before the last edit), ``head`` and
``tail`` (the window above and below the cursor's line), ``above``, ``below`` (the lines around), ``broad`` (above,
window and below), ``edits``, ``start`` (what stands before the first line of a file).
The template of one edit has ``path``, ``old``, ``new``, ``removed`` and ``added`` (lines with "-" and "+"), ``span``
(``1,2 +1,3``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from attrs import frozen

from autothink_lsp.prompt.next_edit.window import EditWindow, PastEdit, block

Answer = Literal["window", "from cursor line", "cursor line"]
_MOST_EDITS = 3
_MOST_EDIT_LINES = 40
_FENCES = re.compile(r"^```[\w+#-]*\n(.*?)^```[ \t]*$", re.DOTALL | re.MULTILINE)
_MARKS_OF_A_FENCE = 2
_LEAST_REPEATED = 2  # filled lines that are no coincidence


@frozen
class NextEditDialect:
    """``markers`` are single tokens of the vocabulary. ``names`` are patterns of model names, which only decide what is
    tried first. ``opens`` is what an answer may begin with and does not belong to the code; ``no_edit`` says that
    nothing is to be changed. ``system`` is the system message of a chat; without one the prompt is completed raw.
    ``is_fenced``: the answer stands in a fence, with nothing but a sentence around it."""

    name: str
    markers: tuple[str, ...]
    names: tuple[str, ...]
    template: str
    edit: str
    cursor: str
    stop: tuple[str, ...]
    size: int = 25  # lines of the window
    around: int = 0  # lines above and below it
    answer: Answer = "window"
    edits_head: str = ""
    edits_foot: str = ""
    between_edits: str = ""
    newest_first: bool = False
    file_start: str = ""  # stands in front of the window that begins the file
    opens: tuple[str, ...] = ()
    no_edit: str = ""
    system: str = ""
    is_fenced: bool = False

    def render(self, window: EditWindow) -> str:
        """The prompt."""
        head = window.lines[: window.row]
        line = window.lines[window.row] if window.row < len(window.lines) else ""
        marked = (*head, line[: window.column] + self.cursor + line[window.column :], *window.lines[window.row + 1 :])
        return self.template.format(
            path=window.path,
            first=window.first + 1,
            last=window.stop,
            window=block(window.lines),
            marked=block(marked),
            former=block(window.former or window.lines),
            head=block(head),
            tail=block(window.lines[window.row + 1 :]),
            above=block(window.above),
            below=block(window.below),
            broad=block((*window.above, *window.lines, *window.below)),
            edits=self._edits(window.edits),
            start=self.file_start if window.first == len(window.above) else "",
        )

    def can_show(self, window: EditWindow) -> bool:
        """Whether no text of the window is a marker of the dialect: the model would take it for one, and its answer
        would end there. A dialect whose answer is the cursor's line cannot show an empty one, which is a completion's
        place."""
        if self.answer == "cursor line" and not "".join(window.lines[window.row : window.row + 1]).strip():
            return False
        edits = (line for edit in window.edits for line in (*edit.old, *edit.new))
        text = block((*window.above, *window.lines, *window.below, *window.former, *edits))
        signs = (*self.markers, self.cursor, *self.stop, *self.opens, "```" if self.is_fenced else "")
        return not any(sign.strip() in text for sign in signs if sign.strip())

    def read(self, window: EditWindow, answer: str) -> tuple[str, ...] | None:
        """The window's lines as the model wants them; ``None`` if it changes nothing or the answer is empty."""
        lines = self._answered(window, answer)
        return None if lines is None or lines == window.lines else lines

    def is_echo(self, window: EditWindow, answer: str) -> bool:
        """Whether the answer repeats the window as it is."""
        return self._answered(window, answer) == window.lines

    def _answered(self, window: EditWindow, answer: str) -> tuple[str, ...] | None:
        """The whole window of the answer; ``None`` if it is empty, says that there is no edit, or contains more than
        the window."""
        text = answer.replace("\r\n", "\n")
        for opening in self.opens:
            text = text.removeprefix(opening)
        for stop in self.stop:
            text = text.partition(stop)[0]
        if self.no_edit and text.strip().partition("\n")[0] == self.no_edit:
            return None
        head = () if self.answer == "window" else window.lines[: window.row]
        tail = window.lines[window.row + 1 :] if self.answer == "cursor line" else ()
        if self.is_fenced:
            text = _in_fence(text)
        elif _is_fenced(text, window.lines):
            return None
        if _repeats(head, text):
            return None
        text = text.replace(self.cursor, "") if self.cursor else text
        lines = [*head, *text.split("\n"), *tail]
        if not text.strip() and any(line.strip() for line in window.lines[len(head) :]):
            return None
        # Models often drop or add the last line end; that is not an edit.
        while lines and not lines[-1].strip():
            lines.pop()
        kept = len(window.lines)
        while kept and not window.lines[kept - 1].strip():
            kept -= 1
        return (*lines, *window.lines[kept:])

    def _edits(self, edits: tuple[PastEdit, ...]) -> str:
        chosen = [one for one in edits if max(len(one.old), len(one.new)) <= _MOST_EDIT_LINES][-_MOST_EDITS:]
        if not chosen:
            return ""
        if self.newest_first:
            chosen.reverse()
        return self.edits_head + self.between_edits.join(self._edit(one) for one in chosen) + self.edits_foot

    def _edit(self, edit: PastEdit) -> str:
        return self.edit.format(
            path=edit.path,
            old=block(edit.old),
            new=block(edit.new),
            removed=block([f"-{line}" for line in edit.old]),
            added=block([f"+{line}" for line in edit.new]),
            span=f"-{edit.first + 1},{len(edit.old)} +{edit.first + 1},{len(edit.new)}",
        )


def _in_fence(text: str) -> str:
    """What stands in the only fence of an answer; empty if it has none, several, or one without an end."""
    found = _FENCES.findall(text)
    return found[0] if len(found) == 1 and text.count("```") == _MARKS_OF_A_FENCE else ""


def _is_fenced(text: str, lines: Sequence[str]) -> bool:
    """Whether the answer stands in a fence that is not in the window."""
    return text.lstrip().startswith("```") and not any(line.lstrip().startswith("```") for line in lines)


def _repeats(head: Sequence[str], text: str) -> bool:
    """Whether the answer begins with the lines above the cursor, which it must not."""
    filled = sum(1 for line in head if line.strip())
    return filled >= _LEAST_REPEATED and text.startswith(block(head))
