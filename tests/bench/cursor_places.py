"""Places in real files where an assistant should speak, and places where it should be silent.

A label comes from what the author of the file wrote around the place, read with Python's own tokenizer and parser; it
knows nothing of the rules of ``features/completion/suppression``.

should speak    the rest of the line (of the block, for an empty one) is taken away, a statement is begun and not whole,
                or a line is empty where one stood; every name that was taken away stands in the lines above, so that
                one can know it
should be silent  the file is as its author left it, and the cursor stands where nothing was missing: at the end of a
                statement, string, comment or docstring, before a closing bracket, on the blank line between two
                definitions, inside a word. "after delete" is the exception: the label is in the key that was pressed
text            inside a string, a comment or a docstring that goes on; neither label. Says what speaking there is worth

Every place has the last key as well: a character, Enter with the indentation that an editor adds, or a deletion.
"""

from __future__ import annotations

import ast
import builtins
import io
import keyword
import random
import re
import sysconfig
import tokenize
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

from attrs import frozen

Label = Literal["speak", "silent", "text"]
_SEEN_LINES = 60  # lines above in which a name must stand to be predictable
_KNOWN = frozenset(keyword.kwlist) | frozenset(dir(builtins)) | {"self", "cls"}
_CLOSERS = frozenset(")]}")
_PACKAGES = ("attr", "pluggy", "_pytest", "hypothesis", "lsprotocol", "pygls")


@frozen
class Place:
    """``before + after`` is the document once the last key was pressed. ``typed`` ends ``before``; ``deleted`` stood at
    the cursor. ``truth`` is what the author wrote at the cursor; empty where nothing was missing."""

    kind: str
    label: Label
    file: str
    before: str
    after: str
    typed: str = ""
    deleted: str = ""
    truth: str = ""


@frozen
class Source:
    """A file, and what Python says of it."""

    name: str
    lines: list[str]
    tokens: list[tokenize.TokenInfo]
    tree: ast.Module

    def cut(self, line: int, column: int) -> tuple[str, str]:
        """The text before and after a place (1-based line)."""
        head = "".join(self.lines[: line - 1]) + self.lines[line - 1][:column]
        return head, self.lines[line - 1][column:] + "".join(self.lines[line:])


def sources() -> list[Source]:
    """Files of the standard library and of installed packages, of a size that people edit; in a fixed order."""
    standard = sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))
    site = Path(sysconfig.get_paths()["purelib"])
    installed = [path for name in _PACKAGES for path in sorted((site / name).glob("*.py"))]
    found = (_read(path) for path in (*standard, *installed) if 4_000 <= path.stat().st_size <= 80_000)
    return [source for source in found if source is not None]


def _read(path: Path) -> Source | None:
    try:
        text = path.read_text("utf-8")
        if not text.isascii() or "\t" in text or "\f" in text:
            return None
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
        return Source(f"{path.parent.name}/{path.name}", text.splitlines(keepends=True), tokens, ast.parse(text))
    except (UnicodeDecodeError, SyntaxError, tokenize.TokenError):
        return None


def places(seed: int, per_kind: int) -> list[Place]:
    """``per_kind`` places of each kind, of as many files; a larger count begins with the same places."""
    files = sources()
    found: list[Place] = []
    for number, (kind, find) in enumerate(KINDS.items()):
        rng = random.Random(f"{seed}-{number}")
        order = files[:]
        rng.shuffle(order)
        taken = 0
        for source in order:
            if taken == per_kind:
                break
            candidates = list(find(source))
            if candidates:
                found.append(rng.choice(candidates))
                taken += 1
        assert taken == per_kind, f"too few places: {kind}"
    return found


# Where an assistant should speak.


def _statements(source: Source) -> Iterator[ast.stmt]:
    """Simple statements in functions that stand on one line."""
    for function in ast.walk(source.tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(function):
                simple = isinstance(node, ast.stmt) and not hasattr(node, "body") and not _is_text(node)
                if simple and node.lineno == node.end_lineno and node.lineno > 5:
                    yield node


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _predictable(source: Source, line: int, column: int, truth: str) -> bool:
    """Whether every name in ``truth`` stands above it, and nothing in it is a text or a number that one cannot know."""
    if "#" in truth or '"' in truth or "'" in truth or len(truth.strip()) < 3:
        return False
    above = "".join(source.lines[max(0, line - 1 - _SEEN_LINES) : line - 1]) + source.lines[line - 1][:column]
    known = set(re.findall(r"\w+", above)) | _KNOWN
    return all(word in known for word in re.findall(r"\w+", truth))


def _is_whole(code: str) -> bool:
    try:
        ast.parse(code.strip())
    except SyntaxError:
        return False
    return True


def _cuts(source: Source) -> Iterator[tuple[int, int, str]]:
    """(line, column, rest of the line) inside simple statements where the statement is not whole yet."""
    wanted = {node.lineno: node for node in _statements(source)}
    for token in source.tokens:
        row, column = token.end
        node = wanted.get(row)
        if node is None or column <= node.col_offset or column >= (node.end_col_offset or 0):
            continue
        line = source.lines[row - 1].rstrip("\n")
        while line[column : column + 1] == " ":
            column += 1
        rest = line[column:]
        begun = line[node.col_offset : column]
        if not _is_whole(begun.replace("return", "0,", 1)) and _predictable(source, row, column, rest):
            yield row, column, rest


def _rest_of_line(kind: str, wanted: Callable[[str], bool]) -> Callable[[Source], Iterator[Place]]:
    def find(source: Source) -> Iterator[Place]:
        for row, column, rest in _cuts(source):
            before, after = source.cut(row, column)
            if wanted(before.rstrip(" ")[-1:]):
                below = after[len(rest) :]
                yield Place(kind, "speak", source.name, before, below, typed=before[-1], truth=rest)

    return find


def _in_closed_brackets(source: Source) -> Iterator[Place]:
    """The editor has closed the bracket by itself."""
    for row, column, rest in _cuts(source):
        before, after = source.cut(row, column)
        inner = rest[:-1]
        if before[-1] == "(" and rest[-1] == ")" and "(" not in inner and ")" not in inner and len(inner) > 2:
            yield Place("closed (|)", "speak", source.name, before, after[len(inner) :], typed="(", truth=inner)


def _line_of_body(source: Source) -> Iterator[Place]:
    """A line in a body is gone: the cursor stands there, after Enter."""
    for node in _statements(source):
        row, column = node.lineno, node.col_offset
        line, above = source.lines[row - 1].rstrip("\n"), source.lines[row - 2]
        is_body = above.strip() and len(above) - len(above.lstrip()) == column and not above.lstrip().startswith("#")
        if is_body and line[:column].isspace() and _predictable(source, row, column, line[column:]):
            before, after = source.cut(row, column)
            rest = line[column:]
            yield Place(
                "start of a statement",
                *("speak", source.name, before, after[len(rest) :]),
                typed="\n" + line[:column],
                truth=rest,
            )


def _empty_block(source: Source) -> Iterator[Place]:
    """The body of a short block is gone."""
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.If | ast.For | ast.While | ast.With) or getattr(node, "orelse", None):
            continue
        first, last = node.body[0], node.body[-1]
        end = last.end_lineno or 0
        if first.lineno != node.lineno + 1 or end - first.lineno > 2 or node.lineno < 6:
            continue
        before, after = source.cut(first.lineno, first.col_offset)
        truth = "".join(source.lines[first.lineno - 1 : end])[first.col_offset :].rstrip("\n")
        if _predictable(source, first.lineno, first.col_offset, truth):
            typed = "\n" + " " * first.col_offset
            yield Place("empty block", "speak", source.name, before, after[len(truth) :], typed=typed, truth=truth)


# Where it should be silent.


def _statement_end(source: Source) -> Iterator[Place]:
    for node in _statements(source):
        line = source.lines[node.lineno - 1].rstrip("\n")
        below = "".join(source.lines[node.lineno : node.lineno + 1])
        if node.end_col_offset == len(line) and below.strip():
            yield _as_it_is("end of a statement", source, node.lineno, len(line))


def _as_it_is(kind: str, source: Source, line: int, column: int, label: Label = "silent", truth: str = "") -> Place:
    before, after = source.cut(line, column)
    return Place(kind, label, source.name, before, after, typed=before[-1], truth=truth)


def _inside_word(source: Source) -> Iterator[Place]:
    for token in source.tokens:
        if token.type == tokenize.NAME and len(token.string) >= 5 and token.start[0] > 5:
            yield _as_it_is("inside a word", source, token.start[0], token.start[1] + len(token.string) // 2)


def _after_delete(source: Source) -> Iterator[Place]:
    """The end of a statement is taken back."""
    for row, column, rest in _cuts(source):
        before, after = source.cut(row, column)
        yield Place("after delete", "silent", source.name, before, after[len(rest) :], deleted=rest)


def _string_end(source: Source) -> Iterator[Place]:
    for token in source.tokens:
        text = token.string
        one_line = token.type == tokenize.STRING and token.start[0] == token.end[0] and not text.endswith('"""')
        if one_line and len(text) >= 6 and token.start[0] > 5 and text[-2] not in "\\%= ":
            yield _as_it_is("end of a string", source, token.end[0], token.end[1] - 1)


def _comment_end(source: Source) -> Iterator[Place]:
    for token in source.tokens:
        row = token.start[0]
        is_last = token.type == tokenize.COMMENT and row < len(source.lines) and row > 5
        if is_last and not source.lines[row].lstrip().startswith("#") and len(token.string) > 12:
            yield _as_it_is("end of a comment", source, row, token.end[1])


def _docstrings(source: Source) -> Iterator[ast.Expr]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node, clean=False):
            (text,) = node.body[:1]
            if isinstance(text, ast.Expr) and source.lines[text.lineno - 1].strip().startswith('"""'):
                yield text


def _docstring_end(source: Source) -> Iterator[Place]:
    for text in _docstrings(source):
        row, column = text.end_lineno or 0, (text.end_col_offset or 0) - 3
        if not source.lines[row - 1][:column].strip(' "'):  # the quotes have a line of their own
            row, column = row - 1, len(source.lines[row - 2].rstrip())
        if source.lines[row - 1].strip(' \n"'):
            yield _as_it_is("end of a docstring", source, row, column)


def _before_closer(source: Source) -> Iterator[Place]:
    for token, following in zip(source.tokens, source.tokens[1:], strict=False):
        row, column = token.end
        adjacent = following.start == token.end and following.string in _CLOSERS and row > 5
        if adjacent and token.type in {tokenize.NAME, tokenize.NUMBER}:
            yield _as_it_is("before a closing bracket", source, row, column)


def _between_definitions(source: Source) -> Iterator[Place]:
    for one, other in zip(source.tree.body, source.tree.body[1:], strict=False):
        end = one.end_lineno or 0
        both = isinstance(one, ast.FunctionDef | ast.ClassDef) and isinstance(other, ast.FunctionDef | ast.ClassDef)
        if both and not source.lines[end].strip() and source.lines[end + 1 : end + 2] == ["\n"]:
            before, after = source.cut(end + 1, 0)
            yield Place("blank line between definitions", "silent", source.name, before, after, typed="\n")


# Text that goes on.


def _in_string(source: Source) -> Iterator[Place]:
    for token in source.tokens:
        one_line = token.type == tokenize.STRING and token.start[0] == token.end[0] and token.start[0] > 5
        if one_line and len(token.string) > 14 and not token.string.endswith('"""'):
            column = token.start[1] + len(token.string) // 2
            yield _going_on("inside a string", source, token.start[0], column, token.end[1] - column - 1)


def _going_on(kind: str, source: Source, row: int, column: int, length: int) -> Place:
    before, after = source.cut(row, column)
    truth = after[:length]
    return Place(kind, "text", source.name, before, after[length:], typed=before[-1], truth=truth)


def _in_comment(source: Source) -> Iterator[Place]:
    for token in source.tokens:
        if token.type == tokenize.COMMENT and len(token.string) > 30 and token.start[0] > 5:
            column = token.start[1] + token.string.find(" ", len(token.string) // 2) + 1
            if column > token.start[1]:
                yield _going_on("inside a comment", source, token.start[0], column, token.end[1] - column)


def _in_docstring(source: Source) -> Iterator[Place]:
    for text in _docstrings(source):
        line = source.lines[text.lineno - 1].rstrip("\n")
        column = line.find(" ", (text.col_offset + len(line)) // 2) + 1
        length = len(line.removesuffix('"""')) - column
        if column > text.col_offset + 8 and length > 4:
            yield _going_on("inside a docstring", source, text.lineno, column, length)


KINDS: dict[str, Callable[[Source], Iterator[Place]]] = {
    "mid-statement": _rest_of_line("mid-statement", lambda char: char not in "=(."),
    "after =": _rest_of_line("after =", lambda char: char == "="),
    "after (": _rest_of_line("after (", lambda char: char == "("),
    "closed (|)": _in_closed_brackets,
    "after .": _rest_of_line("after .", lambda char: char == "."),
    "start of a statement": _line_of_body,
    "empty block": _empty_block,
    "end of a statement": _statement_end,
    "inside a word": _inside_word,
    "after delete": _after_delete,
    "end of a string": _string_end,
    "end of a comment": _comment_end,
    "end of a docstring": _docstring_end,
    "before a closing bracket": _before_closer,
    "blank line between definitions": _between_definitions,
    "inside a string": _in_string,
    "inside a comment": _in_comment,
    "inside a docstring": _in_docstring,
}
