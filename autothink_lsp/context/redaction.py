"""Replaces secrets in text for a model by names, and restores them in its answer.

A key in a source file is useless to a model and must not leave the machine in a prompt. Each value is replaced by a
name of its own, the same one for the life of the process, so that code that uses it twice stays understandable, prompts
are the same from key to key, and an answer that moves the line gets the real value back.

An answer gets back only the secrets of *its own* request: the names contain a word that is not known outside; a name
that was not sent, or that a model invented, stays unresolved, and nothing with such a name may become an edit. Files
that are secret as a whole are excluded by ``privacy.py``.
"""

from __future__ import annotations

import re
import secrets
from collections import OrderedDict
from collections.abc import Iterable

from attrs import define, field

from autothink_lsp.context.secret_kinds import KEY_MARK
from autothink_lsp.context.secrets import being_typed, find_secrets, may_hold_secrets
from autothink_lsp.context.values import CodeContext
from autothink_lsp.values import evolve

MOST_REMEMBERED = 4_000
# The same number for each name, because digits of the text may follow directly.
DIGITS = 4
MOST_LOOKED_FOR = 256
FRAGMENT = 14
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_LONG_WORDS = re.compile(rf"[A-Za-z0-9+/_-]{{{FRAGMENT},}}")
IN_LOGS = "[secret]"
_NAME_BEGINS = "R"
# Text that indicates a secret with a blank line inside: a key, a block scalar of YAML, a Kubernetes Secret.
_OVER_BLANK_LINES = (KEY_MARK, ": |", ": >", "Secret\n", "stringData:")
# The minimum length of a secret of letters to be searched in the rest of its request: "postgres" is also a word.
_LEAST_LETTERS = 10


def _new_tag() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(5))


def pieces_of(secret: str) -> list[str]:
    """The parts of a secret that may be quoted separately: the whole, long parts of it (``base64:…``), or the lines of
    a key."""
    lines = [line.strip(" \t\r\"'+,;\\#*") for line in re.split(r"\n|\\n", secret)]
    if len(lines) == 1:
        words = [word for word in _LONG_WORDS.findall(secret) if word != secret] if len(secret) > FRAGMENT else []
        return [secret, *words] if len(secret) >= 4 else []
    return [line for line in lines if len(line) >= 16 and "-----" not in line]


def _is_repeatable(piece: str) -> bool:
    """Whether the secret can be searched in the text of its request."""
    return len(piece) >= _LEAST_LETTERS or _is_specific(piece)


def _is_specific(piece: str) -> bool:
    """Whether the secret can be searched in any text: it is not a word that may occur elsewhere."""
    return len(piece) >= 6 and any(map(str.isdigit, piece)) and any(map(str.isalpha, piece))


@define(eq=False)
class SecretNames:
    """The names that replace secrets, for the life of the process. Bounded: the oldest ones are dropped."""

    tag: str = field(factory=_new_tag)
    _names: OrderedDict[str, str] = field(factory=OrderedDict, init=False, repr=False)  # the secret -> its replacement
    _secrets: dict[str, str] = field(factory=dict, init=False, repr=False)
    _known: OrderedDict[str, None] = field(factory=OrderedDict, init=False, repr=False)
    _made: int = field(default=0, init=False)
    pattern: re.Pattern[str] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.pattern = re.compile(rf"{self.stem}\d{{{DIGITS}}}")

    @property
    def stem(self) -> str:
        """The common beginning of all names."""
        return f"{_NAME_BEGINS}EDACTED_{self.tag}_"

    def name(self, secret: str) -> str:
        """The name for the secret; equal secrets have equal names."""
        found = self._names.get(secret)
        if found is None:
            self._made = (self._made + 1) % 10**DIGITS
            found = self._names[secret] = f"{self.stem}{self._made:0{DIGITS}}"
            self._secrets[found] = secret
            self._known.update(dict.fromkeys(piece for piece in pieces_of(secret) if _is_specific(piece)))
            while len(self._known) > MOST_LOOKED_FOR:
                self._known.popitem(last=False)
            if len(self._names) > MOST_REMEMBERED:
                _, oldest = self._names.popitem(last=False)
                del self._secrets[oldest]
        return found

    def hide(self, text: str, also: Iterable[str] = ()) -> str:
        """``text`` without secrets; a text that was hidden before does not change.

        A secret that was found once is found again without its shape or name, as in messages that quote it, whole or
        cut. ``also`` are texts that the caller knows to be secret.
        """
        return self.hide_all((text,), also)[0]

    def hide_all(self, texts: Iterable[str], also: Iterable[str] = ()) -> list[str]:
        """``hide`` for all texts of one request: a secret of one of them is hidden in each."""
        found = [self._without_found(text) for text in texts]
        stated = (
            piece for secret in self.sent_in(*found).values() for piece in pieces_of(secret) if _is_repeatable(piece)
        )
        pieces = dict.fromkeys((*also, *stated, *self._known))
        for piece in pieces:
            found = [self._without_piece(text, piece) for text in found]
        return found

    def _without_piece(self, text: str, piece: str) -> str:
        if piece in text and len(piece) >= FRAGMENT:
            text = text.replace(piece, self.name(piece))
        elif piece in text:
            whole = re.compile(rf"(?<![A-Za-z0-9]){re.escape(piece)}(?![A-Za-z0-9])")
            text = whole.sub(lambda _: self.name(piece), text)
        if len(piece) >= 2 * FRAGMENT:
            for fragment, grows in ((piece[:FRAGMENT], 1), (piece[-FRAGMENT:], -1)):
                while fragment in text:
                    text = self._without_fragment(text, piece, fragment, grows)
        return text

    def _without_fragment(self, text: str, piece: str, fragment: str, grows: int) -> str:
        """Replace ``fragment`` together with adjacent text that belongs to the same piece."""
        at = text.find(fragment)
        start, end = at, at + len(fragment)
        if grows > 0:
            while end < len(text) and end - start < len(piece) and text[end] == piece[end - start]:
                end += 1
        else:
            while start > 0 and end - start < len(piece) and text[start - 1] == piece[-(end - start) - 1]:
                start -= 1
        return text[:start] + self.name(text[start:end]) + text[end:]

    def _without_found(self, text: str) -> str:
        pieces, done = [], 0
        for span in find_secrets(text):
            secret = text[span.start : span.end]
            if self.pattern.search(secret):
                continue
            pieces += (text[done : span.start], self.name(secret))
            done = span.end
        return "".join((*pieces, text[done:])) if pieces else text

    def sent_in(self, *texts: str) -> dict[str, str]:
        """Name -> secret for the names in the texts of a request, which are restored in its answer."""
        names = {name for text in texts for name in self.pattern.findall(text)}
        return {name: self._secrets[name] for name in names if name in self._secrets}


@define(eq=False)
class Redaction:
    """The secrets of one request. ``hide`` and ``restore`` belong together; neither raises. ``active`` is the user's
    setting for this document."""

    names: SecretNames = field(factory=SecretNames)
    active: bool = True
    _own: dict[str, None] = field(factory=dict, init=False, repr=False)
    _sent: dict[str, str] = field(factory=dict, init=False, repr=False)

    @property
    def count(self) -> int:
        """The number of hidden secrets."""
        return len(self._sent)

    def learn(self, text: str) -> None:
        """Treat the secrets of this text as secret in all of the request."""
        if self.active:
            found = (text[span.start : span.end] for span in find_secrets(text))
            self._own.update(dict.fromkeys(piece for secret in found for piece in pieces_of(secret)))

    def hide(self, text: str) -> str:
        """``text`` without secrets."""
        if not self.active:
            return text
        hidden = self.names.hide(text, self._own)
        self._sent.update(self.names.sent_in(hidden))
        return hidden

    def restore(self, text: str) -> str:
        """``text`` with the secrets that ``hide`` replaced."""
        return self.names.pattern.sub(lambda match: self._sent.get(match.group(), match.group()), text)

    def unresolved(self, text: str) -> bool:
        """Whether the text contains a name that was not in the request."""
        return self.active and self.names.stem in text

    def for_reading(self, text: str) -> str:
        """Prose for the user, without secrets: they could be part of a link."""
        return self.names.pattern.sub(IN_LOGS, self.hide(text)) if self.active else text


@define
class Restorer:
    """Restores the secrets of a streamed answer: holds back text that may become a name."""

    names: SecretNames
    sent: dict[str, str] = field(repr=False)
    unresolved: bool = False
    _held: str = field(default="", repr=False)

    def keeps(self, piece: str) -> bool:
        """Whether nothing is held back and ``piece`` has no beginning of a name, so that ``feed`` returns it as it
        is."""
        return not self._held and _NAME_BEGINS not in piece

    def feed(self, piece: str) -> str:
        """The text that is certain now; at most up to a name that was not in the request, which ends the answer
        (``unresolved``)."""
        if self.keeps(piece):
            return piece
        text = self._held + piece
        keep = _begins_name(text, self.names.stem)
        self._held = text[keep:]
        return self._restored(text[:keep])

    def finish(self) -> str:
        """The text that was held back."""
        text, self._held = self._held, ""
        return self._restored(text)

    def _restored(self, text: str) -> str:
        pieces, done = [], 0
        for match in re.finditer(rf"{self.names.stem}(?:\d{{{DIGITS}}})?", text):
            secret = self.sent.get(match.group())  # a truncated name is not a name of the request
            if secret is None:
                self.unresolved = True
                return "".join((*pieces, text[done : match.start()]))
            pieces += (text[done : match.start()], secret)
            done = match.end()
        return "".join((*pieces, text[done:]))


def _begins_name(text: str, stem: str) -> int:
    """The index at which the end of ``text`` begins to be a name, or its length."""
    at = text.rfind(stem)
    if at >= 0 and re.fullmatch(r"\d*", text[at + len(stem) :]):
        return at
    for start in range(max(0, len(text) - len(stem)), len(text)):
        if stem.startswith(text[start:]):
            return start
    return len(text)


def without_secrets(text: str) -> str:
    """The text for a log: each secret is ``[secret]``; nothing is remembered."""
    pieces, done = [], 0
    for span in find_secrets(text):
        pieces += (text[done : span.start], IN_LOGS)
        done = span.end
    return "".join((*pieces, text[done:])) if pieces else text


def hidden_context(context: CodeContext, names: SecretNames) -> CodeContext:
    """The window without its secrets. They are searched for across the cursor, which may be between a name and its
    value, and in the lines around the window, because a secret may begin or end in the middle of one."""
    first = len(context.lines_above)
    cursor = first + len(context.prefix)
    stop = cursor + len(context.suffix)
    text = "".join((context.lines_above, context.prefix, context.suffix, context.lines_below))
    sides: tuple[list[str], list[str]] = ([], [])
    done = first
    for span in find_secrets(text):
        start, end = max(span.start, first), min(span.end, stop)
        if start >= end or names.pattern.search(text, start, end):
            continue
        if done < cursor <= start:
            sides[0].append(text[done:cursor])
            done = cursor
        side = sides[start >= cursor]
        side += (text[done:start], names.name(text[start:end]))
        done = end
    if done == first:
        return context
    if done < cursor:
        sides[0].append(text[done:cursor])
        done = cursor
    sides[1].append(text[done:stop])
    return evolve(context, prefix="".join(sides[0]), suffix="".join(sides[1]))


def secret_at_cursor(context: CodeContext) -> str:
    """The kind of the secret around the cursor or being typed, or an empty text: no request is sent there."""
    above, below = context.lines_above + context.prefix, context.suffix
    # Other secrets do not contain blank lines.
    if not any(map((above + below).__contains__, _OVER_BLANK_LINES)):
        above = above[above.rfind("\n\n") + 1 :]
        below = below[: below.find("\n\n") + 1 or len(below)]
    cursor = len(above)
    # Most places have no secret in sight, with the rest of the cursor's line or without.
    if may_hold_secrets(above + below) or may_hold_secrets(context.line_prefix):
        for span in (*find_secrets(above + below), *find_secrets(above)):
            if span.start < cursor <= span.end:
                return span.kind
    return "token" if being_typed(context.prefix) else ""
