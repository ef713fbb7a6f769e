"""Real files of a wanted length, and the places in them whose code is taken out and typed in again.

Files are ordinary modules that every machine with this program has. Where none is about as long as wanted, several are
joined, always in the same order.
"""

from __future__ import annotations

import io
import random
import re
import tokenize
from bisect import bisect_right

from attrs import frozen

from tests.bench.source_text import MODULES, module_source, source

_CANDIDATES = ("queue", "sched", "heapq", "typing", "inspect", "tarfile", "argparse", "lsprotocol.types")
_TOLERANCE = 0.2  # a file so much longer or shorter than wanted is "about" so long
_DEF = re.compile(r"(?P<indent> *)(?:async )?def \w+\(.*:\s*$")
_DOCSTRING = re.compile(r"""\s*[rR]?(?P<quotes>\"\"\"|''')""")
_SHORTEST_BODY, _LONG_BODY, _LONGEST_BODY = 4, 15, 80  # lines; long ones are taken first
_CLEAR_ABOVE = 12  # lines between two places, so that one does not show what is typed at the other


@frozen
class RealFile:
    """``name`` says where the text is from."""

    name: str
    text: str

    @property
    def line_count(self) -> int:
        """Lines."""
        return self.text.count("\n") + 1


@frozen
class Place:
    """``lines[first:end]`` of the file are taken out; ``text`` is what the person types there instead.

    ``indent`` stands at the cursor already: the editor has put it there.
    """

    first: int
    end: int
    indent: str
    text: str


def real_file(line_count: int) -> RealFile:
    """A module of about so many lines, else joined ones."""
    best: RealFile | None = None
    for module in _CANDIDATES:
        text = module_source(module)
        if not text:
            continue
        found = RealFile(module, text)
        if best is None or abs(found.line_count - line_count) < abs(best.line_count - line_count):
            best = found
    if best is not None and abs(best.line_count - line_count) <= _TOLERANCE * line_count:
        return best
    return RealFile(f"{len(MODULES)} modules joined", source(line_count).text)


def places(file: RealFile, characters: int, seed: int) -> list[Place]:
    """Bodies of functions that hold ``characters``, long ones first, from the top of the file down.

    Fewer where the file has no more.
    """
    lines = file.text.split("\n")
    found = _bodies(lines)
    random.Random(seed).shuffle(found)
    found.sort(key=lambda place: place.end - place.first < _LONG_BODY)
    chosen: list[Place] = []
    for place in found:
        if sum(len(other.text) for other in chosen) >= characters:
            break
        if all(place.end + _CLEAR_ABOVE <= other.first or other.end + _CLEAR_ABOVE <= place.first for other in chosen):
            chosen.append(place)
    return sorted(chosen, key=lambda place: place.first)


def many_places(file: RealFile, count: int, characters: int, seed: int) -> list[Place]:
    """``count`` bodies of functions with more than ``characters`` each; fewer where the file has no more."""
    wanted, sought = list[Place](), characters
    while len(wanted) < count and sought < 2 * len(file.text):
        sought += 10 * characters
        wanted = [place for place in places(file, sought, seed) if len(place.text) > characters]
    return wanted[:count]


@frozen
class Prose:
    """Where a file's comments and strings are: ``starts`` and ``ends`` are offsets of code points, in order."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]

    @classmethod
    def of(cls, text: str) -> Prose:
        """Nowhere, for a text that is not Python's."""
        offsets, total = [0], 0
        for line in text.splitlines(keepends=True):
            total += len(line)
            offsets.append(total)
        spans: list[tuple[int, int]] = []
        try:
            for token in tokenize.generate_tokens(io.StringIO(text).readline):
                long = token.type == tokenize.STRING and token.start[0] != token.end[0]
                if token.type == tokenize.COMMENT or long:
                    (line, column), (last, end) = token.start, token.end
                    spans.append((offsets[line - 1] + column, offsets[last - 1] + end))
        except (tokenize.TokenError, SyntaxError):
            return cls((), ())
        return cls(tuple(start for start, _ in spans), tuple(end for _, end in spans))

    def holds(self, offset: int) -> bool:
        """Whether the offset lies behind the beginning of one, and not behind its end."""
        at = bisect_right(self.starts, offset - 1)
        return at > 0 and offset <= self.ends[at - 1]


def without(file: RealFile, chosen: list[Place]) -> str:
    """The file as the editor opens it: each place is one line with nothing but its indentation."""
    lines = file.text.split("\n")
    for place in sorted(chosen, key=lambda place: -place.first):
        lines[place.first : place.end] = [place.indent]
    return "\n".join(lines)


def _bodies(lines: list[str]) -> list[Place]:
    bodies: list[Place] = []
    for number, line in enumerate(lines):
        head = _DEF.match(line)
        if head is None:
            continue
        indent = head["indent"] + "    "
        start = end = _behind_docstring(lines, number + 1)
        while end < len(lines) and (lines[end].startswith(indent) or not lines[end].strip()):
            end += 1
        while end > start and not lines[end - 1].strip():
            end -= 1
        body = lines[start:end]
        text = "\n".join(body)
        if _SHORTEST_BODY <= len(body) <= _LONGEST_BODY and text.startswith(indent) and "\t" not in text:
            bodies.append(Place(start, end, indent, text.removeprefix(indent)))
    return bodies


def _behind_docstring(lines: list[str], line: int) -> int:
    """Prose is not what is completed: the docstring stays in the file."""
    first = _DOCSTRING.match(lines[line]) if line < len(lines) else None
    if first is None:
        return line
    quotes = first["quotes"]
    if quotes in lines[line][first.end() :]:
        return line + 1
    end = next((number for number in range(line + 1, len(lines)) if quotes in lines[number]), line)
    return end + 1
