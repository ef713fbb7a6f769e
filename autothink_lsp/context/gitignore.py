"""Match paths against gitignore patterns, with an upper bound on the work of one decision.

The semantics are those of git's ``dir.c`` and ``wildmatch.c`` (version 2.39), byte for byte: ``gitignore(5)`` describes
them, ``tests/unit/context/test_gitignore.py`` compares them with ``git check-ignore``. Patterns come from files of
projects that are not trusted, so a pattern is never translated to a regular expression: a translation backtracks, and
``*a*a*a*a*a*ab`` then takes longer than the process lives. Here a ``*`` is matched by the leftmost occurrence of what
follows it, which is enough because only one kind of wildcard can stand between two occurrences; the cost is at most
len(pattern) * len(path).

Pure: reads no file. Which files apply to a path is decided by ``ignore_files.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from attrs import define, field

from autothink_lsp.document.uri_identity import case_is_ignored
from autothink_lsp.values import frozen

MAX_STEPS = 200_000
"""Steps of one decision, less than 1 us each. A decision that needs more raises ``TooMuchWork``."""
MAX_PATTERN_BYTES = 4_096
"""No path of Linux is longer (``PATH_MAX``)."""
MAX_PATTERNS = 20_000

_SPECIAL = re.compile(rb"[*?\[\\]")
_SLASH = ord("/")

# POSIX classes as in git's wildmatch.c, which knows ASCII only. git's own isspace() has no \v and no \f.
_ALPHA = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_DIGIT = frozenset(b"0123456789")
_PRINT = frozenset(range(0x20, 0x7F))
_POSIX_CLASSES = {
    b"alnum": _ALPHA | _DIGIT,
    b"alpha": _ALPHA,
    b"blank": frozenset(b" \t"),
    b"cntrl": frozenset({*range(0x20), 0x7F}),
    b"digit": _DIGIT,
    b"graph": _PRINT - frozenset(b" "),
    b"lower": frozenset(b"abcdefghijklmnopqrstuvwxyz"),
    b"print": _PRINT,
    b"punct": _PRINT - _ALPHA - _DIGIT - frozenset(b" "),
    b"space": frozenset(b" \t\n\r"),
    b"upper": frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    b"xdigit": frozenset(b"0123456789abcdefABCDEF"),
}
_ANY_BUT_SLASH = frozenset(range(256)) - {_SLASH}


class TooMuchWork(Exception):
    """The decision needs more than ``MAX_STEPS``, or a pattern or a list of patterns is longer than its limit."""


@define
class Work:
    """Counts the steps of one decision over any number of pattern lists."""

    left: int = MAX_STEPS

    def spend(self, steps: int) -> None:
        """Subtract ``steps``. Raises ``TooMuchWork`` if too few are left."""
        self.left -= steps
        if self.left < 0:
            raise TooMuchWork


# One byte of a path: the byte itself, or the set of bytes that match there.
_Element = int | frozenset[int]


@frozen
class _Chunk:
    """Elements without a ``*`` between them. ``literal`` has them as bytes if no element is a set, else ``None``."""

    elements: tuple[_Element, ...]
    literal: bytes | None

    @classmethod
    def of(cls, elements: Sequence[_Element]) -> _Chunk:
        plain = all(isinstance(one, int) for one in elements)
        return cls(tuple(elements), bytes(elements) if plain else None)  # pyright: ignore[reportArgumentType]

    def at(self, path: bytes, start: int) -> bool:
        """Whether the chunk matches ``path`` at index ``start``."""
        if self.literal is not None:
            return path.startswith(self.literal, start)
        if start + len(self.elements) > len(path):
            return False
        for offset, element in enumerate(self.elements):
            byte = path[start + offset]
            if byte != element and (isinstance(element, int) or byte not in element):
                return False
        return True

    def find(self, path: bytes, start: int, stop: int, work: Work) -> int:
        """The index of the leftmost match within ``path[start:stop]``, or -1."""
        if self.literal is not None:
            work.spend(1 + (stop - start) // 64)
            return path.find(self.literal, start, stop)
        for at in range(start, stop - len(self.elements) + 1):
            work.spend(3 + len(self.elements))
            if self.at(path, at):
                return at
        return -1


# The part of a glob between two "**/": for each segment (the text between slashes), the chunks between its stars.
_Segments = tuple[tuple[_Chunk, ...], ...]


@frozen
class _Glob:
    """A pattern as parts between ``**``.

    Between two parts stands ``**/``, which matches nothing or whole segments up to a slash. ``open_end``: the pattern
    ends with ``**``, which matches the whole rest. ``at_least_one[n]``: the ``**`` before part n is followed by an
    escaped slash, for which git does not try the empty match.
    """

    parts: tuple[_Segments, ...]
    open_end: bool
    at_least_one: tuple[bool, ...]

    def matches(self, path: bytes, work: Work) -> bool:
        """Whether the glob matches the whole path. Each part is matched as far left as possible, which leaves the most
        text."""
        at = 0
        last = len(self.parts) - 1
        for number, part in enumerate(self.parts):
            to_end = number == last and not self.open_end
            if number == 0:
                end = _match_segments(part, path, at, to_end=to_end, work=work)
            else:
                end = -1
                skip = self.at_least_one[number]
                while at >= 0:
                    if not skip:
                        end = _match_segments(part, path, at, to_end=to_end, work=work)
                        if end >= 0:
                            break
                    skip = False
                    at = path.find(b"/", at) + 1 or -1
            if end < 0:
                return False
            at = end
        return True


def _match_segments(segments: _Segments, path: bytes, at: int, *, to_end: bool, work: Work) -> int:
    """The end index of a match of ``segments`` that begins at ``at``; -1 if there is none. With ``to_end``, the last
    segment must end at the end of the path; otherwise it ends with its last chunk."""
    for number, chunks in enumerate(segments):
        work.spend(4)
        if number:
            if at >= len(path) or path[at] != _SLASH:
                return -1
            at += 1
        stop = path.find(b"/", at)
        stop = len(path) if stop < 0 else stop
        if number == len(segments) - 1:
            if to_end and stop != len(path):
                return -1
            exact = to_end
        else:
            exact = True
        at = _match_chunks(chunks, path, at, stop, exact=exact, work=work)
        if at < 0:
            return -1
    return at


def _match_chunks(chunks: tuple[_Chunk, ...], path: bytes, at: int, stop: int, *, exact: bool, work: Work) -> int:
    """The end index of a match of ``chunk*chunk*chunk`` within the segment ``path[at:stop]``; -1 if there is none. With
    ``exact``, the match must end at ``stop``."""
    first = chunks[0]
    size = len(first.elements)
    work.spend(size // 16)
    if at + size > stop or not first.at(path, at):
        return -1
    at += size
    if len(chunks) == 1:
        return at if not exact or at == stop else -1
    for chunk in chunks[1:-1]:
        found = chunk.find(path, at, stop, work)
        if found < 0:
            return -1
        at = found + len(chunk.elements)
    last = chunks[-1]
    size = len(last.elements)
    if not exact:
        found = last.find(path, at, stop, work)
        return found + size if found >= 0 else -1
    work.spend(size // 16)
    return stop if stop - size >= at and last.at(path, stop - size) else -1


def _parse_glob(pattern: bytes) -> _Glob | None:  # noqa: PLR0912 - one branch a sign, in the order of wildmatch.c
    """Parse a pattern. Returns ``None`` for a pattern that matches nothing: an unfinished class, an unknown POSIX
    class, a ``\\`` at the end."""
    parts: list[_Segments] = []
    at_least_one = [False]
    segments: list[tuple[_Chunk, ...]] = []
    chunks: list[_Chunk] = []
    elements: list[_Element] = []
    open_end = False
    at, size = 0, len(pattern)
    while at < size:
        byte = pattern[at : at + 1]
        if byte == b"*":
            end = at
            while end < size and pattern[end] == ord("*"):
                end += 1
            slashes = end - at >= 2 and (at == 0 or pattern[at - 1] == _SLASH)
            if slashes and end == size:
                open_end = True
            elif slashes and (pattern[end] == _SLASH or pattern[end : end + 2] == b"\\/"):
                chunks.append(_Chunk.of(elements))
                segments.append(tuple(chunks))
                parts.append(tuple(segments))
                segments, chunks, elements = [], [], []
                at_least_one.append(pattern[end] != _SLASH)
                end += 1 + (pattern[end] != _SLASH)
            else:
                chunks.append(_Chunk.of(elements))
                elements = []
            at = end
        elif byte == b"?":
            elements.append(_ANY_BUT_SLASH)
            at += 1
        elif byte == b"[":
            found = _parse_class(pattern, at)
            if found is None:
                return None
            members, at = found
            elements.append(members)
        else:
            if byte == b"\\":
                at += 1
                if at == size:
                    return None
            if pattern[at] == _SLASH:
                chunks.append(_Chunk.of(elements))
                segments.append(tuple(chunks))
                chunks, elements = [], []
            else:
                elements.append(pattern[at])
            at += 1
    chunks.append(_Chunk.of(elements))
    segments.append(tuple(chunks))
    parts.append(tuple(segments))
    return _Glob(tuple(parts), open_end, tuple(at_least_one))


def _parse_class(pattern: bytes, at: int) -> tuple[frozenset[int], int] | None:  # noqa: C901, PLR0912 - as wildmatch.c
    """Parse the class ``[...]`` at index ``at``: the bytes that it matches and the index after it; ``None`` if
    malformed."""
    at += 1
    negated = pattern[at : at + 1] in (b"!", b"^") and at < len(pattern)
    if negated:
        at += 1
    members: set[int] = set()
    previous = 0
    first = True
    while True:
        if at >= len(pattern):
            return None
        byte = pattern[at]
        if byte == ord("]") and not first:
            break
        first = False
        following = pattern[at + 1 : at + 2]
        if byte == ord("\\"):
            at += 1
            if at >= len(pattern):
                return None
            byte = pattern[at]
            members.add(byte)
        elif byte == ord("-") and previous and following and following != b"]":
            at += 1
            if pattern[at] == ord("\\"):
                at += 1
                if at >= len(pattern):
                    return None
            members.update(range(previous, pattern[at] + 1))
            byte = 0
        elif byte == ord("[") and following == b":":
            end = pattern.find(b"]", at + 2)
            if end < 0:
                return None
            if end - 1 >= at + 2 and pattern[end - 1] == ord(":"):
                named = _class_named(pattern[at + 2 : end - 1])
                if named is None:
                    return None
                members |= named
                at, byte = end, 0
            else:
                members.add(byte)
        else:
            members.add(byte)
        previous = byte
        at += 1
    found = frozenset(range(256)) - members if negated else frozenset(members)
    return found - {_SLASH}, at + 1


def _class_named(name: bytes) -> frozenset[int] | None:
    """A POSIX class. Where case is ignored, paths and patterns are in lower case, and upper case matches lower case, as
    in git."""
    return _POSIX_CLASSES.get(b"lower" if name == b"upper" and case_is_ignored() else name)


@define(eq=False)
class _Wild:
    """A pattern with wildcards. ``suffix`` is set for the most common form, ``*suffix``. For other patterns the glob is
    parsed when the literal beginning ``head`` first matches."""

    number: int
    ignores: bool
    only_folders: bool
    name_only: bool
    head: bytes
    tail: bytes
    suffix: bytes | None
    _glob: _Glob | None = None
    _parsed: bool = False

    def matches(self, text: bytes, work: Work) -> bool:
        """Whether the pattern matches ``text``: the path, or its last part if ``name_only``."""
        if self.suffix is not None:
            return text.endswith(self.suffix)
        if not text.startswith(self.head):
            return False
        work.spend(3 + len(self.tail) // 3)
        if not self._parsed:
            self._glob, self._parsed = _parse_glob(self.tail), True
        return self._glob is not None and self._glob.matches(text[len(self.head) :], work)


@define(eq=False)
class Patterns:
    """A list of patterns. The last one that matches decides."""

    _literals: dict[tuple[bool, bool, bytes], tuple[int, bool]] = field(factory=dict, init=False)
    _wild: list[_Wild] = field(factory=list, init=False)

    @classmethod
    def of(cls, lines: Iterable[str]) -> Patterns:
        """Make the list from the patterns of a setting, one per string. Raises ``TooMuchWork`` for a pattern that is
        too long."""
        found = cls()
        for number, line in enumerate(lines):
            found._add(number, as_bytes(line))
        return found

    @classmethod
    def of_file(cls, content: bytes) -> Patterns:
        """Make the list from the bytes of an ignore file. Raises ``TooMuchWork`` for too many patterns or a too long
        one."""
        found = cls()
        for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n")):
            found._add(number, line.removesuffix(b"\r"))
        return found

    def __bool__(self) -> bool:
        return bool(self._literals or self._wild)

    def _add(self, number: int, line: bytes) -> None:
        if number >= MAX_PATTERNS:
            raise TooMuchWork
        line = _without_trailing_spaces(line.partition(b"\0")[0])
        if not line or line.startswith(b"#"):
            return
        ignores = not line.startswith(b"!")
        pattern = line if ignores else line[1:]
        if len(pattern) > MAX_PATTERN_BYTES:
            raise TooMuchWork
        only_folders = pattern.endswith(b"/")
        pattern = pattern.removesuffix(b"/")
        name_only = b"/" not in pattern
        special = _SPECIAL.search(pattern)
        pattern = pattern if name_only else pattern.removeprefix(b"/")
        if special is None:
            self._literals[name_only, only_folders, pattern] = (number, ignores)
            return
        # git compares the text before the first wildcard separately, so a "**" directly after it counts as if it stood
        # at the beginning: "a**/b" matches "ax/y/b".
        head = 0 if name_only else special.start() - (line[not ignores : 1 + (not ignores)] == b"/")
        suffix = pattern[1:] if name_only and pattern[:1] == b"*" and not _SPECIAL.search(pattern, 1) else None
        self._wild.append(_Wild(number, ignores, only_folders, name_only, pattern[:head], pattern[head:], suffix))

    def match(self, path: bytes, *, is_folder: bool, work: Work) -> bool | None:
        """Whether the path is ignored; ``None`` if no pattern matches. ``path`` is relative to the patterns' folder and
        has "/" between its parts. Raises ``TooMuchWork``."""
        work.spend(1)
        name = path[path.rfind(b"/") + 1 :]
        number, verdict = -1, None
        for name_only in (True, False):
            for only_folders in (False, True) if is_folder else (False,):
                found = self._literals.get((name_only, only_folders, name if name_only else path))
                if found is not None and found[0] > number:
                    number, verdict = found
        for wild in reversed(self._wild):
            if wild.number < number:
                break
            if wild.only_folders and not is_folder:
                continue
            work.spend(1)
            if wild.matches(name if wild.name_only else path, work):
                return wild.ignores
        return verdict


def _without_trailing_spaces(line: bytes) -> bytes:
    """The line without trailing spaces; a space after a backslash is kept."""
    bare = line.rstrip(b" ")
    if len(bare) == len(line):
        return line
    backslashes = len(bare) - len(bare.rstrip(b"\\"))
    return line[: len(bare) + 1] if backslashes % 2 else bare


def as_bytes(path: str) -> bytes:
    """The bytes of a path as the file system has them. Never raises, not even for lone surrogates from a client."""
    try:
        return path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return path.encode("utf-8", "surrogatepass")
