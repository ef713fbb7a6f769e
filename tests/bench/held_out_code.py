"""Holes in code of several languages: problems with tests, and files as their authors wrote them.

``benchmark_holes`` draws from HumanEval-Infilling (Python, with a test of each) and the canonical solutions of
HumanEvalPack; of both only the problems with an even number (``docs/measurements/layouts.md``, "Data"). ``file_holes``
draws from folders of source files. Kinds: ``single`` and ``several`` lines behind the indentation, ``mid`` inside a
line; there the closing brackets at the line's end stay in half of the holes, as an editor inserts them. The order
depends on the seed and on the files only.
"""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

from autothink_lsp.context.values import CodeContext
from autothink_lsp.stream.cursor import lex_cursor
from autothink_lsp.stream.lexical import Mode
from autothink_lsp.syntax.language_style import UNKNOWN_LANGUAGE, LanguageStyle, indent_columns
from autothink_lsp.syntax.languages import LanguageRegistry

HOLE_KINDS = ("single", "mid", "several")
_LEAST_CHARACTERS = 8
_MOST_LINES = 5
_FILE_BYTES = range(1_500, 120_000)
_TRIES = 60  # places in one file
_NOT_CODE = frozenset({"markdown", "json", "yaml", "toml", "html", "css"})
_INFILLING = {"single": "singleline", "mid": "singleline", "several": "multiline"}
_REGISTRY = LanguageRegistry()


@frozen
class Hole:
    """``before + expected + after`` is the code as its author wrote it. ``test``, if any, runs behind it."""

    kind: str
    name: str
    language_id: str
    path: str
    before: str
    expected: str
    after: str
    test: str = ""

    @property
    def key(self) -> str:
        """Its name in recordings and reports."""
        return f"{self.kind} {self.language_id} {self.name}"


def style_of(language_id: str) -> LanguageStyle:
    """The style of a language; one without comments and strings if it is not known."""
    language = _REGISTRY.by_language_id(language_id)
    return language.style if language else UNKNOWN_LANGUAGE


def benchmark_holes(folder: Path, count: int, seed: int) -> Iterator[Hole]:
    """``count`` of each kind in Python with a test, and a third of it of each kind in each other language."""
    for kind in HOLE_KINDS:
        rows = [row for row in _rows(folder / f"humaneval-infilling-{_INFILLING[kind]}.jsonl.gz") if _is_open(row)]
        rows = [row for row in rows if len(row["canonical_solution"].strip()) >= _LEAST_CHARACTERS]
        if kind == "several":
            rows = [row for row in rows if 2 <= row["canonical_solution"].strip("\n").count("\n") <= _MOST_LINES]
        random.Random(f"{seed} {kind}").shuffle(rows)
        for row in rows[:count]:
            text = row["canonical_solution"].rstrip("\n")
            cut = len(text) - len(text.lstrip())
            if kind == "mid":
                cut = random.Random(row["task_id"]).randrange(cut + 1, len(text))
            test = f"{row['test']}\ncheck({row['entry_point']})\n"
            before, after = row["prompt"] + text[:cut], "\n" + row["suffix"]
            yield Hole(kind, row["task_id"], "python", "solution.py", before, text[cut:], after, test)
    for language_id, ending in (("go", "go"), ("java", "java"), ("cpp", "cpp"), ("rust", "rs")):
        rows = [row for row in _rows(folder / f"humanevalpack-{language_id}.jsonl.gz") if _is_open(row)]
        random.Random(f"{seed} {language_id}").shuffle(rows)
        for number, row in enumerate(rows[: count // 3 * len(HOLE_KINDS)]):
            source = row["declaration"] + row["canonical_solution"]
            kind = HOLE_KINDS[number % len(HOLE_KINDS)]
            place = (language_id, f"solution.{ending}", row["task_id"])
            hole = _drawn(random.Random(row["task_id"]), kind, place, source, row["declaration"].count("\n"))
            if hole is not None:
                yield hole


def file_holes(folder: Path, count: int, seed: int) -> Iterator[Hole]:
    """``count`` holes of all kinds in turn, each in another of the folder's files."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink()]
    random.Random(seed).shuffle(files)
    found = 0
    for path in files:
        language = _REGISTRY.by_path(path.name)
        name = path.relative_to(folder).as_posix()
        if found == count:
            return
        if language is None or not language.has_grammar or language.name in _NOT_CODE:
            continue
        if path.stat().st_size not in _FILE_BYTES or any(word in name for word in ("test", ".min.", "locale")):
            continue
        try:
            source = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        kind = HOLE_KINDS[found % len(HOLE_KINDS)]
        hole = _drawn(random.Random(f"{seed} {name}"), kind, (language.language_ids[0], path.name, name), source, 0)
        if hole is not None:
            found += 1
            yield hole


def _drawn(rng: random.Random, kind: str, place: tuple[str, str, str], source: str, first: int) -> Hole | None:
    """A hole at a random line from ``first`` on; ``None`` if none is found."""
    language_id, path, name = place
    style, lines = style_of(language_id), source.replace("\r\n", "\n").split("\n")
    for _ in range(_TRIES):
        start = rng.randrange(first, len(lines))
        end = start + 1 if kind != "several" else start + rng.randint(2, _MOST_LINES)
        taken = lines[start:end]
        if end > len(lines) or not _is_code(style, language_id, lines, start) or not _is_whole(style, taken):
            continue
        text = "\n".join(taken)
        cut = len(text) - len(text.lstrip())
        stays = 0
        if kind == "mid":
            cut = rng.randrange(cut + 1, len(text) - 2)
            closers = len(text) - len(text.rstrip(")]};,:"))
            if closers and rng.random() < 0.5 and len(text) - closers - cut >= 2:
                stays = closers
        expected = text[cut : len(text) - stays]
        before = "\n".join([*lines[:start], text[:cut]])
        after = "\n".join([text[len(text) - stays :], *lines[end:]])
        if len(expected.strip()) >= (2 if kind == "mid" else _LEAST_CHARACTERS):
            return Hole(kind, f"{name}:{start + 1}:{cut}", language_id, path, before, expected, after)
    return None


def _is_code(style: LanguageStyle, language_id: str, lines: list[str], start: int) -> bool:
    if len(lines[start].strip()) < _LEAST_CHARACTERS or style.is_only_comment(lines[start]):
        return False
    head = "\n".join([*lines[:start], ""])
    context = CodeContext("", language_id, head, "", style=style)
    return lex_cursor(context).scanner.mode is Mode.CODE and not lines[start].lstrip().startswith(
        ("import ", "#", '"', "/*")
    )


def _is_whole(style: LanguageStyle, taken: list[str]) -> bool:
    """Whether the lines are whole statements as far as their indentation and brackets say."""
    text = "\n".join(taken)
    if not taken or not taken[-1].strip() or taken[0].lstrip()[:1] in ("}", ")", "]"):
        return False
    level = indent_columns(taken[0])
    if any(line.strip() and indent_columns(line) < level for line in taken):
        return False
    is_header = len(taken) == 1 and text.rstrip().endswith(("{", "(", "[", ":"))
    return is_header or all(text.count(a) == text.count(b) for a, b in ("()", "[]", "{}"))


def _is_open(row: dict[str, str]) -> bool:
    """Whether the problem's number is even; the others are held back."""
    parts = row["task_id"].split("/")
    number = parts[2] if len(parts) > 2 else parts[1]
    return int(number) % 2 == 0


def _rows(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]
