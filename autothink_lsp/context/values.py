"""The code that a model sees, as one immutable value. Made by ``context/``, read by ``prompt/``."""

from __future__ import annotations

from attrs import field

from autothink_lsp.syntax.language_style import UNKNOWN_LANGUAGE, LanguageStyle
from autothink_lsp.values import frozen


@frozen
class ContextBlock:
    """Text from another place. ``path`` as in ``CodeContext``; ``source`` and ``reason`` are shown to users."""

    path: str
    text: str
    source: str = ""
    reason: str = ""


@frozen
class CodeContext:
    """A window of one document around the cursor.

    ``prefix`` ends at the cursor and begins at the start of a line; ``suffix`` begins at the cursor and ends at the end
    of a line. Line ends inside both are ``\n`` whatever the document uses, because models are trained on those; the
    document's own (``eol``) are restored when the answer becomes an edit.
    """

    path: str  # as shown to the model: relative to the workspace folder, "/" between parts
    language_id: str
    prefix: str
    suffix: str
    comment_line: str | None = None  # the token that begins a line comment in this language
    comment_block: tuple[str, str] | None = None  # for languages without line comments
    eol: str = "\n"
    head: str = ""  # lines of the document that stand above the window and explain it; ends with a line break
    style: LanguageStyle = field(default=UNKNOWN_LANGUAGE, repr=False)  # how the language writes comments and blocks
    blocks: tuple[ContextBlock, ...] = ()  # from other places, in the order of the prompt
    # Lines of the document right above and below the window. No model sees them; a secret may begin or end in them.
    lines_above: str = field(default="", eq=False, repr=False)  # ends with a line break
    lines_below: str = field(default="", eq=False, repr=False)  # begins with a line break

    @property
    def line_prefix(self) -> str:
        """The cursor's line up to the cursor."""
        return self.prefix.rpartition("\n")[2]

    @property
    def whole_lines_above(self) -> str:
        """The part of ``prefix`` before the cursor's line; ends with a line break unless empty."""
        return self.prefix[: len(self.prefix) - len(self.line_prefix)]

    @property
    def line_suffix(self) -> str:
        """The cursor's line after the cursor."""
        return self.suffix.partition("\n")[0]
