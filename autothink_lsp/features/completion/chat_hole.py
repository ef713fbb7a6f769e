"""Lays out a hole in code as a chat, for servers that have ``/v1/chat/completions`` only. Pure.

The code after the cursor comes first and the code before it last, so that a key changes only the end of the prompt and
the server's prefix cache serves the rest. ``HoleText`` takes from the answer what the model repeats of the cursor's
line, and a Markdown fence or backticks around the code.
"""

from __future__ import annotations

from collections.abc import Collection

from autothink_lsp.backends.base import ChatHole
from autothink_lsp.context.values import CodeContext
from autothink_lsp.prompt.fim.family import FimFamily
from autothink_lsp.prompt.fim.render import marker_mask
from autothink_lsp.stream.cursor import lex_cursor
from autothink_lsp.stream.lexical import Mode
from autothink_lsp.stream.unwrapping import REPEATABLE_LINES, Unwrapper
from autothink_lsp.values import ChatMessage

_INSTRUCTION = (
    "You complete code at the cursor of a text editor. You get the code after the cursor and the code before the "
    "cursor. Answer with the text to insert at the cursor and with nothing else: no explanation, no Markdown fence, no "
    "code that is already before or after the cursor. Finish the statement or the block at the cursor, then stop."
)
_BEFORE, _AFTER, _OTHER = "code_before_cursor", "code_after_cursor", "other_files"
# Languages (LSP ids) in which a backtick means nothing outside of strings and comments.
_WITHOUT_BACKTICKS = frozenset(
    {
        "python",
        "c",
        "cpp",
        "java",
        "csharp",
        "rust",
        "json",
        "jsonc",
        "yaml",
        "toml",
        "css",
        "scss",
        "dart",
        "lua",
        "zig",
    }
)
_LEAST_REPEATED_CHARS = 3  # a shorter beginning of a line may also be its continuation


def render_chat_hole(family: FimFamily, context: CodeContext, *, seed: str = "", lead: str = "") -> ChatHole:
    """The hole of ``context`` as a chat. ``seed`` is the known beginning of the answer, which the model continues.
    ``lead`` is what the reader of the answer expects at its beginning: see ``ChatHole``."""
    mask = marker_mask(family)
    before = mask(context.head + context.prefix) + seed
    line = before.rpartition("\n")[2]
    parts = [f"File: {mask(' '.join(context.path.split()))} ({context.language_id})"]
    if context.blocks:
        files = "\n".join(f"{mask(block.path)}\n{mask(block.text)}" for block in context.blocks)
        parts.append(f"<{_OTHER}>\n{files}\n</{_OTHER}>")
    parts.append(f"<{_AFTER}>{mask(context.suffix)}\n</{_AFTER}>")
    parts.append(f"<{_BEFORE}>\n{before}</{_BEFORE}>")
    where = f"The cursor is directly behind `{line}`." if line.strip() else "The cursor is on an empty line."
    parts.append(f"Write the text to insert at the cursor. {where}")
    return ChatHole(
        messages=(ChatMessage("system", _INSTRUCTION), ChatMessage("user", "\n\n".join(parts))),
        line=line,
        lead=lead,
        stop=(f"</{_BEFORE}>", f"<{_AFTER}>"),
        has_fences=context.style.is_prose(context.language_id),
        has_backticks=context.language_id not in _WITHOUT_BACKTICKS
        or lex_cursor(context).scanner.mode is not Mode.CODE,
        above=tuple(before.split("\n")[-1 - REPEATABLE_LINES : -1]),
    )


class HoleText:
    """Reads the answer to a ``ChatHole``: ``feed`` its pieces, then ``finish``. The result begins with the hole's
    ``lead`` and does not depend on how the answer is split."""

    def __init__(self, hole: ChatHole, fence_names: Collection[str] = ()) -> None:
        self._hole = hole
        self._unwrapper = None if hole.has_fences else Unwrapper(hole.line, fence_names, hole.above)
        self._is_inline_code: bool | None = False if hole.has_fences or hole.has_backticks else None
        self._held: str | None = ""  # the beginning, which may repeat the line; ``None`` once that is decided
        self.ended = False  # the rest of the answer follows a closing fence

    def feed(self, piece: str) -> str:
        """The text of ``piece`` that belongs after the cursor, as far as it is known."""
        return self._without_line(self._unwrapped(piece), final=False)

    def finish(self) -> str:
        """End the answer and return the text that was held back."""
        rest = "" if self._unwrapper is None or self.ended else self._unwrapper.release()
        return self._without_line(rest, final=True)

    def _unwrapped(self, piece: str) -> str:
        if self._unwrapper is None:
            return piece
        if self.ended:
            return ""
        code: list[str] = []
        for char in piece:
            text, self.ended = self._unwrapper.step(char, in_text=False)
            code.append(text)
            if self.ended:
                break
        return self._without_backticks("".join(code))

    def _without_backticks(self, text: str) -> str:
        """The text without the backticks around all of it (`` `a + b` ``)."""
        if self._is_inline_code is None and text.strip():
            self._is_inline_code = text.lstrip()[0] == "`"
            text = text.lstrip()[1:] if self._is_inline_code else text
        if not self._is_inline_code or "`" not in text:
            return text
        self.ended = True
        return text.partition("`")[0]

    def _without_line(self, text: str, *, final: bool) -> str:
        if self._held is None:
            return text
        self._held += text
        line, held = self._hole.line, self._held
        typed = line.strip()
        if not final and (line.startswith(held) or line.lstrip().startswith(held.lstrip(" \t"))):
            return ""
        if typed and held.lstrip(" \t").startswith(line.lstrip()) and len(typed) >= _LEAST_REPEATED_CHARS:
            rest = held.lstrip(" \t")[len(line.lstrip()) :]
        elif not typed and held.startswith(line):
            rest = held[len(line) :]
        else:
            rest = held.lstrip(" \t") if line[-1:] in {" ", "\t"} and typed else held
        self._held = None
        return self._hole.lead + rest if rest else ""
