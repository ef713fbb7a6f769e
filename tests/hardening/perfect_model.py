"""The perfect-model check: real files, and a model that repeats the piece of its prompt with one word changed.

Whatever else differs in the document afterwards was changed by autothink-lsp and not by the model. Each file is asked
about in every way in which an edit is asked for (``WAYS``), through ``AssistService``; no process or socket is used.

    python -m tests.hardening.perfect_model --files 400 --seed 1
    python -m tests.hardening.perfect_model --files 400 --seed 1 --habit "4 blanks a level"

prints a table per language: cases, cases changed beyond the one word, refusals. ``--verbose`` prints each of them.
A *habit* (``HABITS``) makes the model less than perfect in a way that must leave no trace in the document: what it
changes besides the word is taken back, confirmed by the user, or refused.
"""

from __future__ import annotations

import argparse
import asyncio
import difflib
import itertools
import os
import random
import re
import shutil
import sys
import sysconfig
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from attrs import evolve, field, frozen

from autothink_lsp.backends.base import ChatRequest, ServerDescription
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.document.text import Text
from autothink_lsp.edits.replacement import apply_replacements
from autothink_lsp.features.assist.actions import ActionKind, AssistRequest, AssistResult
from autothink_lsp.lsp.workspace_edits import needs_confirmation
from autothink_lsp.settings.model import AssistSettings, Settings
from autothink_lsp.syntax.languages import LanguageRegistry
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import Diagnostic, Point
from autothink_lsp.verify.report import CheckReport, CheckResult
from autothink_lsp.verify.service import VerificationRequest, Verifier
from tests.support.scripted_assistant import scripted_assistant
from tests.support.scripted_backend import ScriptedBackend, Step

ROOT = Path(__file__).parents[2]
_PLACES = tuple(f"{one}/" for one in (sysconfig.get_path("purelib"), sysconfig.get_path("stdlib"), ROOT))
_MOST_BYTES = 120_000
_CANDIDATES_PER_LANGUAGE = 3_000
_WORD = re.compile(r"\b[^\W\d_]\w{3,}\b")
# Words that no edit may change without changing what the code is: the model changes another one.
_KEYWORDS = frozenset(
    re.findall(
        r"\w+",
        """
        return class function struct enum union typedef const static void import from package using namespace extern
        while else elif elsif then done esac case switch break continue default public private protected final async
        await yield lambda with except finally raise throw throws catch interface extends implements template typename
        define ifdef ifndef endif include pragma undef unsigned signed long short double float char bool auto register
        true false null None True False this self super type select where insert update delete create table begin local
        foreach unless until module require export declare abstract override match trait REDACTED
        """,
    )
)


# --- files ------------------------------------------------------------------------------------------------------------


@frozen
class Sample:
    """A real file. ``language_id`` is LSP's; ``family`` is the row of the table."""

    path: str
    family: str
    language_id: str
    text: str = field(repr=False)


# Extension -> (row of the table, LSP's languageId).
_EXTENSIONS: Mapping[str, tuple[str, str]] = {
    ".py": ("python", "python"),
    ".pyi": ("python", "python"),
    ".js": ("javascript", "javascript"),
    ".mjs": ("javascript", "javascript"),
    ".ts": ("typescript", "typescript"),
    ".tsx": ("typescript", "typescriptreact"),
    ".h": ("c", "c"),
    ".c": ("c", "c"),
    ".hpp": ("cpp", "cpp"),
    ".cpp": ("cpp", "cpp"),
    ".pm": ("perl", "perl"),
    ".pl": ("perl", "perl"),
    ".sh": ("shell", "shellscript"),
    ".md": ("markdown", "markdown"),
    ".rst": ("restructuredtext", "restructuredtext"),
    ".json": ("json", "json"),
    ".yaml": ("yaml", "yaml"),
    ".yml": ("yaml", "yaml"),
    ".css": ("css", "css"),
    ".html": ("html", "html"),
    ".lua": ("lua", "lua"),
    ".rb": ("ruby", "ruby"),
    ".go": ("go", "go"),
    ".rs": ("rust", "rust"),
    ".java": ("java", "java"),
    ".php": ("php", "php"),
    ".toml": ("toml", "toml"),
    ".sql": ("sql", "sql"),
    ".vim": ("vim", "vim"),
    ".tcl": ("tcl", "tcl"),
    ".mk": ("make", "makefile"),
    ".txt": ("text", "plaintext"),
}


# What builds and runs put into a checkout, and packages of the machine's Python: they differ from machine to machine.
_SKIPPED_FOLDERS = frozenset({"__pycache__", "node_modules", "dist", "server", "site-packages"})


def _roots(*, whole_machine: bool) -> list[Path]:
    """Folders with hand-written files: this checkout's and Python's, and for ``whole_machine`` node's and the
    system's."""
    roots = [ROOT / "grammars", ROOT / "examples", ROOT / "docs", ROOT / "tests", ROOT / "editors"]
    roots += [ROOT / "autothink_lsp", *(Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib"))]
    if not whole_machine:
        return roots
    if node := shutil.which("node"):
        roots.append(Path(node).resolve().parent.parent / "lib" / "node_modules")
    roots += [Path("/usr/include"), Path("/usr/share"), Path("/usr/lib"), Path("/etc")]
    return roots


def machine_files(*, whole_machine: bool) -> dict[str, list[tuple[Path, str]]]:
    """Row of the table -> (path, languageId) of files, in a stable order."""
    found: dict[str, list[tuple[Path, str]]] = {}
    seen: set[str] = set()
    for root in _roots(whole_machine=whole_machine):
        for folder, folders, names in os.walk(root):
            folders.sort()
            folders[:] = [one for one in folders if not one.startswith(".") and one not in _SKIPPED_FOLDERS]
            for name in sorted(names):
                path = f"{folder}/{name}"
                suffix = "." + name.rpartition(".")[2].lower()
                kind = ("make", "makefile") if name in {"Makefile", "GNUmakefile"} else _EXTENSIONS.get(suffix)
                if kind is None or path in seen or len(found.get(kind[0], ())) >= _CANDIDATES_PER_LANGUAGE:
                    continue
                seen.add(path)
                found.setdefault(kind[0], []).append((Path(path), kind[1]))
    return found


def place_of(path: str) -> str:
    """``path`` without the folder of packages, Python's library or the checkout, so that each machine has the same
    cases."""
    return next((path.removeprefix(one) for one in _PLACES if path.startswith(one)), path)


def samples(files: int, seed: int, only: str = "", *, whole_machine: bool = False) -> list[Sample]:
    """At most ``files`` files, the same for the same seed: each language gets its turn, or ``only`` one.

    A file's place in the choice follows from its own name, so that another file, or another version of Python, changes
    little of it. For ``whole_machine`` the system's files are included, which differ from machine to machine.
    """
    every = machine_files(whole_machine=whole_machine)
    found = {family: paths for family, paths in sorted(every.items()) if only in {"", family}}
    queues = {
        family: sorted(paths, key=lambda one: random.Random(f"{seed} {place_of(str(one[0]))}").random())
        for family, paths in found.items()
    }
    chosen: list[Sample] = []
    while len(chosen) < files and any(queues.values()):
        for family, queue in queues.items():
            while queue and len(chosen) < files:
                path, language_id = queue.pop()
                text = _read(path)
                if text is not None:
                    chosen.append(Sample(str(path), family, language_id, text))
                    break
    return chosen


def _read(path: Path) -> str | None:
    """The text with its line ends; ``None`` for what is no text of a common size with a word in it."""
    try:
        if not path.is_file() or path.is_symlink() or not 40 < path.stat().st_size < _MOST_BYTES:
            return None
        text = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    return text if "\0" not in text and max(map(len, text.split("\n"))) < 2_000 and _WORD.search(text) else None


# --- one case ---------------------------------------------------------------------------------------------------------


@frozen
class Case:
    """One request. ``word`` and ``column`` are the word that the model changes in ``line`` of ``text``."""

    sample: Sample
    way: str
    text: str = field(repr=False)
    action: ActionKind
    start: Point
    end: Point
    line: int
    column: int
    word: str

    @property
    def wanted(self) -> str:
        """The document with that one word changed and nothing else."""
        text = Text.from_str(self.text)
        at, stop = Point(self.line, self.column), Point(self.line, self.column + len(self.word))
        return str(text.replace(at, stop, _changed_word(self.word)))


def _changed_word(word: str) -> str:
    return word + "x"


@frozen
class Outcome:
    """``got`` is the document afterwards. ``asks``: the user confirms it first."""

    case: Case
    got: str = field(repr=False)
    refused: str = ""
    asks: bool = False

    @property
    def beyond(self) -> bool:
        """Whether something else than the word changed."""
        return not self.refused and self.got != self.case.wanted

    def difference(self) -> str:
        """A diff of what was wanted and what came."""
        wanted, got = self.case.wanted.splitlines(keepends=True), self.got.splitlines(keepends=True)
        lines = [repr(line) for line in difflib.unified_diff(wanted, got, n=1)]
        return "\n      ".join(lines[:14])


Way = Callable[[Sample, random.Random], "Case | None"]


def _fix(sample: Sample, chooser: random.Random, text: str = "", way: str = "fix") -> Case | None:
    """A message at a seeded line: the piece is what the assistant chooses."""
    text = text or sample.text
    place = _place(text, chooser)
    if place is None:
        return None
    line, column, word = place
    at = Point(line, column)
    return Case(sample, way, text, ActionKind.FIX, at, Point(line, column + len(word)), line, column, word)


def _fix_in_short_file(sample: Sample, chooser: random.Random) -> Case | None:
    """The beginning of the file as a document of its own, short enough to be asked for as a whole."""
    ends = [match.end() for match in re.finditer("\r\n|\r|\n", sample.text)][: chooser.randrange(5, 78)]
    return _fix(sample, chooser, sample.text[: ends[-1]] if ends else sample.text, "short file")


def _fix_with_other_ends(sample: Sample, chooser: random.Random) -> Case | None:
    """The same with a byte order mark, CRLF, mixed line ends, trailing blanks, or without the final newline."""
    lines = re.split("\r\n|\r|\n", sample.text)
    kind = chooser.randrange(5)
    if kind == 0:
        text = "\ufeff" + sample.text.removeprefix("\ufeff")
    elif kind == 1:
        text = "\r\n".join(lines)
    elif kind == 2:
        text = "".join(line + chooser.choice(["\n", "\n", "\r\n"]) for line in lines)
    elif kind == 3:
        text = "\n".join(line + chooser.choice(["", "", "  ", "\t"]) for line in lines)
    else:
        text = sample.text.rstrip()
    return _fix(sample, chooser, text, "odd ends")


# Characters that Python's str.splitlines, str.strip and str.isspace, or an editor's columns, treat in their own way.
_ODD = ("\f", "\v", "\x1c", "\x85", "\u2028", "\u2029", "\xa0", "\u3000", "\t", "e\u0301", "\U0001f600", "\u6f22\u5b57")


def _fix_with_odd_characters(sample: Sample, chooser: random.Random) -> Case | None:
    """The same with separators that are no line ends, wide characters and tabs: behind lines, before them, alone."""
    lines = re.split("\r\n|\r|\n", sample.text)
    for _ in range(chooser.randrange(4, 30)):
        number, odd = chooser.randrange(len(lines)), chooser.choice(_ODD)
        lines[number] = chooser.choice([lines[number] + odd, lines[number] + odd, odd + lines[number], odd])
    text = chooser.choice(["\n", "\n", "\r\n"]).join(lines)
    return _fix(sample, chooser, text, "odd characters") if _WORD.search(text) else None


def _selection(sample: Sample, chooser: random.Random, action: ActionKind, most: int, way: str) -> Case | None:
    place = _place(sample.text, chooser)
    if place is None:
        return None
    line, column, word = place
    text = Text.from_str(sample.text)
    count = chooser.randrange(2, most)
    first = max(0, line - chooser.randrange(count))
    last = min(text.line_count - 1, max(line, first + count - 1))
    if first == last:
        return None
    return Case(
        sample, way, sample.text, action, Point(first, 0), Point(last, len(text.line(last))), line, column, word
    )


WAYS: Mapping[str, Way] = {
    "fix": _fix,
    "short file": _fix_in_short_file,
    "odd ends": _fix_with_other_ends,
    "odd characters": _fix_with_odd_characters,
    "selection": lambda sample, chooser: _selection(sample, chooser, ActionKind.SIMPLIFY, 30, "selection"),
    "extract": lambda sample, chooser: _selection(sample, chooser, ActionKind.EXTRACT, 8, "extract"),
    "blocks": lambda sample, chooser: _selection(sample, chooser, ActionKind.ERRORS, 300, "blocks"),
    "whole file": lambda sample, chooser: _selection(sample, chooser, ActionKind.CASES, 100_000, "whole file"),
}


def _place(text: str, chooser: random.Random) -> tuple[int, int, str] | None:
    """(line, column, word) of a word that may change, seeded."""
    lines = re.split("\r\n|\r|\n", text)
    for _ in range(60):
        line = chooser.randrange(len(lines))
        words = [match for match in _WORD.finditer(lines[line]) if match.group() not in _KEYWORDS]
        words = [match for match in words if not _is_defined(lines[line], match)]
        if words and len(lines[line]) < 400:
            match = chooser.choice(words)
            return line, match.start(), match.group()
    return None


def _is_defined(line: str, word: re.Match[str]) -> bool:
    """Whether the word may be the name of a function or type: an edit must keep these."""
    before, after = line[: word.start()].rstrip(), line[word.end() :].lstrip()
    return after.startswith("(") or before.endswith(
        ("def", "class", "function", "func", "fn", "sub", "struct", "enum", "union", "interface", "type", "trait",
         "impl", "namespace", "typedef", "*", "&", "TABLE", "VIEW", "table", "function!", "proc")
    )  # fmt: skip


# --- the model --------------------------------------------------------------------------------------------------------

Habit = Callable[[list[str]], list[str]]
# The prompt, the piece before and after the change, and the changed line: what the model says.
Answer = Callable[[str, "list[str]", "list[str]", int], str]


def _in_blanks(lines: list[str]) -> list[str]:
    """4 blanks for a tab; 8 where tabs stand beside half levels in blanks, as in Tcl's own sources."""
    width = 8 if any(re.match(r"\t* {4,7}\S", line) for line in lines) else 4
    return [re.sub(r"^\t+", lambda tabs: " " * width * len(tabs.group()), line) for line in lines]


def _in_tabs(lines: list[str]) -> list[str]:
    """A tab for the piece's own level, where it has one in blanks and no tabs."""
    if any("\t" in line[: len(line) - len(line.lstrip())] for line in lines):
        return lines
    indents = sorted({len(line) - len(line.lstrip(" ")) for line in lines if line.strip()})
    unit = min((b - a for a, b in itertools.pairwise(indents)), default=0)
    if unit not in {2, 4, 8} or any(indent % unit for indent in indents):
        return lines
    return [re.sub(r"^ +", lambda blanks: "\t" * (len(blanks.group()) // unit), line) for line in lines]


def _dedented(lines: list[str]) -> list[str]:
    filled = [line for line in lines if line.strip()]
    shared = itertools.takewhile(
        lambda column: len(set(column)) == 1 and column[0].isspace(), zip(*filled, strict=False)
    )
    base = "".join(column[0] for column in shared)
    return [line.removeprefix(base) for line in lines]


def _trimmed(lines: list[str]) -> list[str]:
    return "\n".join(lines).strip("\n").split("\n")


HABITS: Mapping[str, Habit] = {
    "perfect": lambda lines: lines,
    "4 blanks a level": _in_blanks,
    "tabs": _in_tabs,
    "dedented": _dedented,
    "no trailing blanks": lambda lines: [line.rstrip() for line in lines],
    "trimmed": _trimmed,
    "no byte order mark": lambda lines: [line.removeprefix("\ufeff") for line in lines],
    "no comments": lambda lines: [
        line
        for line in (re.sub(r"(?<=\S)\s+(?:#|//) .*$", "", line) for line in lines)
        if not re.match(r"\s*(?:# |//)", line)
    ],
}


def answer_of(case: Case, prompt: str, answer: Answer) -> str | None:
    """What the model says to ``prompt``: the piece with the word changed.

    ``None`` where the prompt does not show the line as it is (a secret stands in it).
    """
    match = piece_in(prompt)
    if match is None:
        return None
    code = match.split("\n")
    document = Text.from_str(case.text).lines(0, 10**9)
    offset = _offset(code, document, case.line)
    if offset is None:
        return None
    at = case.line - offset
    line = code[at]
    if line[case.column : case.column + len(case.word)] != case.word:
        return None
    changed = line[: case.column] + _changed_word(case.word) + line[case.column + len(case.word) :]
    return answer(prompt, code, [*code[:at], changed, *code[at + 1 :]], at)


def as_asked(habit: Habit) -> Answer:
    """An answer in the form that is asked for, with ``habit``."""

    def answer(prompt: str, code: list[str], new: list[str], at: int) -> str:
        if "SEARCH repeats the present lines" in prompt:
            first, stop = _only_place(code, at)
            parts = ["<<<<<<< SEARCH", *habit(code[first:stop]), "=======", *habit(new[first:stop]), ">>>>>>> REPLACE"]
            return "So.\n\n" + "\n".join(parts) + "\n"
        new = habit(new)
        longest = max((len(run) for run in re.findall("`{3,}", "\n".join(new))), default=2)
        fence = "`" * max(3, longest + 1)
        return f"So.\n\nThe whole edited code:\n{fence}\n" + "\n".join(new) + f"\n{fence}\n"

    return answer


def piece_in(prompt: str) -> str | None:
    """The piece to edit: from its fence to the next line that is this fence alone."""
    opening = re.search(r"^The code to edit[^\n]*:\n(?P<fence>`{3,}|~{3,})[^\n]*\n", prompt, re.MULTILINE)
    if opening is None:
        return None
    rest = prompt[opening.end() :]
    closing = re.search(rf"^{re.escape(opening['fence'])}$", rest, re.MULTILINE)
    return rest[: closing.start()].removesuffix("\n") if closing else None


def _offset(code: list[str], document: list[str], line: int) -> int | None:
    """The line of the document that the piece begins at; lines that name a secret count as equal."""
    best: tuple[int, int] | None = None
    for first in range(max(0, line - len(code) + 1), min(line, len(document) - len(code)) + 1):
        wrong = sum(a != b for a, b in zip(code, document[first : first + len(code)], strict=False))
        if code[line - first] == document[line] and (best is None or wrong < best[0]):
            best = (wrong, first)
    return best[1] if best is not None and best[0] <= len(code) // 3 else None


def _only_place(code: list[str], at: int) -> tuple[int, int]:
    """Lines around ``at`` that stand once in the piece, as a careful model chooses them."""
    for reach in range(1, len(code)):
        first, stop = max(0, at - reach), min(len(code), at + reach + 1)
        wanted = code[first:stop]
        places = [n for n in range(len(code) - len(wanted) + 1) if code[n : n + len(wanted)] == wanted]
        if len(places) == 1 and wanted[0].strip() and wanted[-1].strip():
            return first, stop
    return 0, len(code)


# --- the run ----------------------------------------------------------------------------------------------------------


class SilentTool(Verifier):
    """Checks with a tool that never reports the message after the edit: the worst proof there is."""

    async def verify(self, case: VerificationRequest) -> CheckReport:
        report = await super().verify(case)
        if report.failed or case.target is None:
            return report
        proof = CheckResult("target", "passed", "The tool no longer reports it", is_proof=True)
        return evolve(report, results=(*report.results, proof), target_gone=True)


class Desk:
    """The real assistant with that model behind it. One for all cases."""

    def __init__(self, folder: Path, habit: str = "perfect", *, has_silent_tool: bool = False) -> None:
        """``has_silent_tool``: a tool no longer reports the message, whatever the model has changed."""
        self.case: Case | None = None
        self.has_silent_tool = has_silent_tool
        self.answer = as_asked(HABITS[habit])
        self.skipped = self.was_asked = False
        self.backend = ScriptedBackend(
            [], chat=self._say, description=ServerDescription("vLLM", "Qwen2.5-Coder-7B-Instruct", 400_000)
        )
        self.documents, self.syntax = DocumentStore(), Syntax(LanguageRegistry())
        self.documents.subscribe(self.syntax.trees)
        self.settings = Settings(
            assist=AssistSettings(backend="openai", url="http://127.0.0.1:1", run_checkers=False, statistics=False)
        )
        verifier = (SilentTool if has_silent_tool else Verifier)(self.syntax.grammars)
        self.service = scripted_assistant(self.backend, self.syntax, folder / "s.sqlite3", verifier=verifier)

    def _say(self, request: ChatRequest) -> Sequence[Step]:
        assert self.case is not None
        said = answer_of(self.case, request.messages[1].content, self.answer)
        self.was_asked, self.skipped = True, said is None
        return [said or "x"]

    async def run(self, case: Case) -> Outcome | None:
        """``None`` where the model could not be asked for that line, or was not: the file has a slip that is repaired
        without one."""
        self.case, self.skipped, self.was_asked = case, False, False
        uri = f"file:///files/{Path(case.sample.path).name}"
        snapshot = self.documents.open(uri, case.sample.language_id, 1, case.text)
        message = Diagnostic(case.start, case.end, f"`{case.word}` is wrong here", source="perfect")
        request = AssistRequest(
            action=case.action,
            snapshot=snapshot,
            start=case.start,
            end=case.start if case.action is ActionKind.FIX else case.end,
            settings=self.settings,
            path=Path(case.sample.path).name,
            diagnostics=(message,) if case.action is ActionKind.FIX else (),
        )
        result = await self.service.run(request, lambda _stage: None)
        self.documents.close(uri)
        if self.skipped or (result.replacements and not self.was_asked):
            return None
        if not result.replacements:
            return Outcome(case, case.text, refused=result.message or "no edit")
        asks = needs_confirmation(result) if self.has_silent_tool else _asks(result)
        return Outcome(case, str(apply_replacements(snapshot.text, result.replacements)), asks=asks)


def _asks(result: AssistResult) -> bool:
    return result.has_failed or bool(result.concerns)


def cases(chosen: Sequence[Sample], seed: int, ways: Sequence[str]) -> Iterator[Case]:
    """Each sample in each way, seeded by its own path, so that a single one can be looked at alone."""
    for sample in chosen:
        for way in ways:
            case = WAYS[way](sample, random.Random(f"{seed} {place_of(sample.path)} {way}"))
            if case is not None:
                yield evolve(case, way=way)


async def outcomes(
    chosen: Sequence[Sample], seed: int, ways: Sequence[str] = tuple(WAYS), habit: str = "perfect"
) -> list[Outcome]:
    """Every case that the model could be asked about."""
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(Path(folder), habit)
        found = [await desk.run(case) for case in cases(chosen, seed, ways)]
        await desk.service.aclose()
    return [one for one in found if one is not None]


def table(found: Sequence[Outcome]) -> str:
    """Rows per language and per way: files, cases, changed beyond the word (of these without asking), refused."""
    lines = [f"{'':18}{'files':>7}{'cases':>7}{'beyond':>8}{'silently':>10}{'refused':>9}{'asks':>7}"]
    groups: list[tuple[str, list[Outcome]]] = []
    for key in (lambda one: one.case.sample.family, lambda one: f"({one.case.way})"):
        names = list(dict.fromkeys(map(key, found)))
        groups += [(name, [one for one in found if key(one) == name]) for name in sorted(names)]
    for name, rows in [*groups, ("all", list(found))]:
        files = len({one.case.sample.path for one in rows})
        beyond = [one for one in rows if one.beyond]
        silently = sum(not one.asks for one in beyond)
        refused, asks = sum(bool(one.refused) for one in rows), sum(one.asks for one in rows)
        lines.append(f"{name:18}{files:7}{len(rows):7}{len(beyond):8}{silently:10}{refused:9}{asks:7}")
    files_beyond = len({one.case.sample.path for one in found if one.beyond})
    lines.append(f"files changed beyond the word: {files_beyond} of {len({one.case.sample.path for one in found})}")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--habit", choices=sorted(HABITS), default="perfect")
    parser.add_argument("--way", choices=sorted(WAYS), action="append")
    parser.add_argument("--only", help="a row of the table or a part of a path")
    parser.add_argument("--verbose", action="store_true")
    args = parser.parse_args()
    chosen = samples(args.files, args.seed, whole_machine=True)
    if args.only:
        chosen = [one for one in chosen if args.only == one.family or args.only in one.path]
    found = asyncio.run(outcomes(chosen, args.seed, args.way or tuple(WAYS), args.habit))
    for one in found:
        if args.verbose and (one.beyond or one.refused):
            where = f"{one.case.sample.path}:{one.case.line + 1} ({one.case.way}, `{one.case.word}`)"
            what = "refused" if one.refused else "BEYOND, asks" if one.asks else "BEYOND, silently"
            print(f"{what} {where}\n      {one.refused or one.difference()}")
    print(table(found))
    reasons = Counter(re.sub(r"`.*?`", "`...`", one.refused) for one in found if one.refused)
    for reason, count in reasons.most_common(12):
        print(f"{count:5}  {reason[:150]}")
    return 1 if any(one.beyond for one in found) else 0


if __name__ == "__main__":
    sys.exit(main())
