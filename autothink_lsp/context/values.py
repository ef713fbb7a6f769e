"""What the model gets to see, as one immutable value. Made by ``context/``, read by ``prompt/``."""

from __future__ import annotations

from attrs import field, frozen


@frozen
class ContextBlock:
    """Text from elsewhere that may help. ``path`` as ``CodeContext.path``; ``source`` and ``reason`` are for people."""

    path: str
    text: str
    source: str = ""
    reason: str = ""


@frozen
class CodeContext:
    """A window of one document around the cursor.

    ``prefix`` ends at the cursor and begins at the start of a line; ``suffix`` begins at the cursor and ends at the end
    of a line. Line ends inside both are ``\\n`` whatever the document uses: models are trained on those, and the
    document's own (``eol``) are put back when the answer becomes an edit.
    """

    path: str  # what the model may know the file as: relative to its workspace folder, "/" between parts
    language_id: str
    prefix: str
    suffix: str
    comment_line: str | None = None  # the token that begins a line comment in this language
    comment_block: tuple[str, str] | None = None  # for languages without line comments
    eol: str = "\n"
    head: str = ""  # lines of the document that stand above the window and explain it; ends with a line break
    blocks: tuple[ContextBlock, ...] = ()  # of other places, in the order of the prompt
    # Lines of the document right above and below the window. No model sees them; a secret may begin or end in them.
    lines_above: str = field(default="", eq=False, repr=False)  # ends with a line break
    lines_below: str = field(default="", eq=False, repr=False)  # begins with a line break

    @property
    def line_prefix(self) -> str:
        """The cursor's line up to the cursor."""
        return self.prefix.rpartition("\n")[2]

    @property
    def whole_lines_above(self) -> str:
        """All of ``prefix`` before the cursor's line; ends with a line break, if there is anything."""
        return self.prefix[: len(self.prefix) - len(self.line_prefix)]

    @property
    def line_suffix(self) -> str:
        """The cursor's line from the cursor on."""
        return self.suffix.partition("\n")[0]
