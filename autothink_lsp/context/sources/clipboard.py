"""Code that the user copied lately: it is often pasted, or written again with other names, at the next place.

Only the latest copied text is kept, in memory, and only if it looks like code; it is dropped when something else is
copied, and after ``KEPT_MS``. It is never logged. Where it was copied from is found out among the open documents, if
the editor does not tell, so that the privacy gate can refuse the file and a part of a secret is recognised.
``completion.clipboard_for`` decides which models get it.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator

from attrs import define, field

from autothink_lsp.context.paths import display_path, folder_of
from autothink_lsp.context.privacy import ModelLocation, model_location
from autothink_lsp.context.snippets import ContextSnippet, Excerpt, SourceQuery
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.document.text import Text
from autothink_lsp.document.uri_identity import is_same_document
from autothink_lsp.settings.model import CompletionSettings
from autothink_lsp.values import frozen

NAME = "clipboard"
KEPT_MS = 10 * 60_000.0  # chosen: a copy is used soon
MOST_CHARS = 8_000  # a whole file is no hint
_LEAST_LINES = 2  # passwords and addresses are one line
_MOST_LINES = 40
_MOST_SEARCHED_BYTES = 150_000  # of one open document
# A line that is code in any of the usual languages: brackets, operators, a colon or a semicolon at its end, a keyword
# or a key at its beginning. A sentence has none of these.
_CODE_LINE = re.compile(
    r"""
    [{}\[\]=;<>]|\w\(|\)\s*\Z|::|->|:\s*\Z|,\s*\Z
    |\A\s*(?:@\w|\#include|//|\#\s|--|\.\w|[\w.-]+:\s)
    |\A\s*(?:def|class|return|import|from|elif|else|try|except|raise|yield|assert|end|module|require|fn|func|let|var|const
        |static|public|private|package|using|namespace|local|begin|SELECT|INSERT|UPDATE|DELETE|CREATE|WHERE)\b
    """,
    re.VERBOSE,
)
_LEAST_CODE = 0.6  # of the lines that are not blank


@frozen
class _Copy:
    text: str = field(repr=False)  # as it stands in its document, with \n
    uri: str  # of the document that it was copied from; empty if it is unknown
    excerpt: Excerpt | None = field(repr=False)
    copied_ms: float


@define(eq=False)
class CopiedCode:
    """Keeps the latest copied code. ``now_ms`` is the clock by which it is forgotten."""

    documents: DocumentStore
    now_ms: Callable[[], float]
    _latest: _Copy | None = field(default=None, init=False, repr=False)
    # The hash of the latest text, and its number: the same ones are no new copy, also once it was forgotten.
    _told: tuple[int, int] | None = field(default=None, init=False)

    def learn(self, text: str, uri: str = "", number: int = 0) -> bool:
        """Record that ``text`` was copied, from document ``uri`` if that is known. ``number`` grows with each copy, or
        is always 0; it tells a second copy of the same text from the first one. Returns whether what is kept has
        changed."""
        key = hash(text), number
        if key == self._told:
            return False
        before, self._told, self._latest = self._latest, key, None
        shown = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
        if not looks_like_code(shown):
            return before is not None
        found, excerpt = self._origin(shown, uri)
        self._latest = _Copy(shown, uri or found, excerpt, self.now_ms())
        return True

    def expire(self) -> bool:
        """Forget a copy that is too old. Returns whether one was forgotten just now."""
        if self._latest is None or self.now_ms() - self._latest.copied_ms < KEPT_MS:
            return False
        self._latest = None
        return True

    def snippets(self, query: SourceQuery) -> Iterator[ContextSnippet]:
        """The copied code, unless the window shows it."""
        self.expire()
        copy = self._latest
        if copy is None or _is_in(copy.text, query.window_text):
            return
        code = "\n".join(textwrap.dedent(copy.text).split("\n")[:_MOST_LINES])
        excerpts = () if copy.excerpt is None else (copy.excerpt,)
        if copy.uri and is_same_document(copy.uri, query.uri):
            yield ContextSnippet(NAME, query.path, code, _REASON, may_end_early=True, excerpts=excerpts)
        elif copy.uri:
            path = display_path(copy.uri, folder_of(copy.uri, [query.folder or copy.uri]))
            yield ContextSnippet(NAME, path, code, _REASON, copy.uri, may_end_early=True, excerpts=excerpts)
        else:
            suffix = re.search(r"\.\w+\Z", query.path)
            path = f"{NAME}{suffix[0] if suffix else ''}"
            yield ContextSnippet(NAME, path, code, _REASON, may_end_early=True)

    def _origin(self, text: str, uri: str) -> tuple[str, Excerpt | None]:
        """The open document that contains the text, and its lines there. The document ``uri`` if it is given."""
        for snapshot in self.documents.snapshots():
            if uri and not is_same_document(uri, snapshot.uri):
                continue
            if snapshot.text.byte_length <= _MOST_SEARCHED_BYTES and (place := _place(text, snapshot.text)) is not None:
                return snapshot.uri, Excerpt.of(snapshot.text, *place)
        return "", None


_REASON = "the code that was copied last"


def allows(completion: CompletionSettings) -> bool:
    """Whether the model of these settings may get copied code."""
    match completion.clipboard_for:
        case "none":
            return False
        case "local":
            return model_location(completion) is not ModelLocation.REMOTE
        case _:
            return True


def looks_like_code(text: str) -> bool:
    """Whether a copied text is a piece of code of several lines: no word, password, address or prose."""
    if len(text) > MOST_CHARS:
        return False
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) < _LEAST_LINES or "\0" in text:
        return False
    return sum(_CODE_LINE.search(line) is not None for line in lines) >= _LEAST_CODE * len(lines)


def _place(copied: str, text: Text) -> tuple[int, int] | None:
    """The lines of a document that contain the copied text, as first and stop."""
    whole = "\n".join(text.lines(0, text.line_count))
    at = whole.find(copied)
    if at < 0:
        return None
    first = whole.count("\n", 0, at)
    return first, first + copied.count("\n") + 1


def _is_in(copied: str, window: str) -> bool:
    """Whether the window shows the copied lines, at any indentation and in the same order."""
    shown = "\n".join(line.strip() for line in window.splitlines())
    return "\n".join(line.strip() for line in copied.split("\n")) in shown
