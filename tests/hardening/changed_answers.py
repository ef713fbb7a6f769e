"""Answers to a fix with a known right result: every source and change of `changed_sources.py` in many forms.

A scripted model answers with the piece of its prompt, changed as the case says, in one of ``FORMS``; the document may
have any line ends. What may follow is the change and nothing else, a refusal, or an edit that is shown first. A tool is
silent about each edit, so that nothing but the edit itself can hold it back.

    python -m tests.hardening.changed_answers --cases 600 --seed 1 [--form REGEX] [--verbose]
"""

from __future__ import annotations

import argparse
import asyncio
import difflib
import html
import json
import random
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from attrs import field, frozen

from autothink_lsp.backends.base import ChatRequest, ServerDescription
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.edits.replacement import apply_replacements
from autothink_lsp.features.assist.actions import ActionKind, AssistRequest
from autothink_lsp.lsp.workspace_edits import needs_confirmation
from autothink_lsp.settings.model import AssistSettings, Settings
from autothink_lsp.syntax.languages import LanguageRegistry
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import Diagnostic, Point
from tests.hardening.changed_sources import SOURCES, Source
from tests.hardening.perfect_model import SilentTool, piece_in
from tests.support.scripted_assistant import scripted_assistant
from tests.support.scripted_backend import ScriptedBackend, Step

_SIGNS = {
    "# {}": "python pytabs ruby yaml toml make bash docker elixir julia r perl powershell tf",
    "// {}": "ts tsx js go rust java c cpp csharp php kotlin swift scss dart scala proto jsonc",
    "-- {}": "lua sql haskell",
    "<!-- {} -->": "html vue svelte markdown",
    "/* {} */": "css",
    "(* {} *)": "ocaml",
    "% {}": "latex",
    "; {}": "ini",
    ";; {}": "clojure",
    ".. {}": "rst",
}
_PROSE = frozenset({"rst", "text", "markdown", "latex"})
_COMMENT = {key: sign for sign, keys in _SIGNS.items() for key in keys.split()}
_LINE_END = re.compile("\r\n|\r|\n")
ENDS = ("LF", "LF", "LF", "CRLF", "mixed", "no final newline", "byte order mark", "other scripts")
_OMITTED = (
    "...",
    "wie oben",
    "Rest bleibt gleich",
    "其余代码保持不变",
    "以下同じ",
    "other methods",
    "as before",
    "etc.",
)


@frozen
class Change:
    """The piece and the document before and after, in lines; ``first`` is the piece's line in the document."""

    key: str
    old: Sequence[str] = field(repr=False)
    new: Sequence[str] = field(repr=False)
    document: Sequence[str] = field(repr=False)
    wanted: Sequence[str] = field(repr=False)
    first: int

    def comment(self, words: str) -> str:
        return _COMMENT.get(self.key, "{}").format(words)

    def span(self, reach: int) -> tuple[int, int, int, int]:
        """(first old, stop old, first new, stop new) of all changed lines with ``reach`` lines around them."""
        changed = [one for one in _opcodes(self.old, self.new) if one[0] != "equal"]
        i1, i2 = min(one[1] for one in changed), max(one[2] for one in changed)
        j1, j2 = min(one[3] for one in changed), max(one[4] for one in changed)
        above, below = min(reach, i1, j1), min(reach, len(self.old) - i2, len(self.new) - j2)
        return i1 - above, i2 + below, j1 - above, j2 + below

    def at_changed(self, write: Callable[[str], list[str]], others: Callable[[str], str] = str) -> list[str]:
        """The new lines with each changed one, and each of the others, written in another way. Prose
        has none."""
        changed = {j for tag, _, _, j1, j2 in _opcodes(self.old, self.new) if tag != "equal" for j in range(j1, j2)}
        changed = set() if self.key in _PROSE else changed
        return [part for n, line in enumerate(self.new) for part in (write(line) if n in changed else [others(line)])]


Form = Callable[[Change], str]


def _opcodes(old: Sequence[str], new: Sequence[str]) -> list[tuple[str, int, int, int, int]]:
    return list(difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes())


def _fenced(lines: Sequence[str], mark: str = "`") -> str:
    text = "\n".join(lines)
    longest = max((len(run) for run in re.findall(f"{mark}{{3,}}", text)), default=2)
    return f"{mark * max(3, longest + 1)}\n{text}\n{mark * max(3, longest + 1)}\n"


def _whole(lines: Sequence[str], after: str = "") -> str:
    return f"So.\n\nThe whole edited code:\n{_fenced(lines)}{after}"


def _omitted(one: Change, words: str) -> list[str]:
    _, _, first, stop = one.span(1)
    mark = one.comment(words)
    above = [*one.new[:1], mark] if first > 1 else one.new[:first]
    below = [mark, *one.new[-1:]] if stop < len(one.new) - 1 else one.new[stop:]
    return [*above, *one.new[first:stop], *below]


def _searched(one: Change) -> str:
    i1, i2, j1, j2 = one.span(0)
    for reach in range(len(one.old) + len(one.new)):
        i1, i2, j1, j2 = one.span(reach)
        part = one.old[i1:i2]
        places = sum(one.old[n : n + len(part)] == part for n in range(len(one.old)))
        if any(line.strip() for line in part) and places == 1:
            break
    return "\n".join(["<<<<<<< SEARCH", *one.old[i1:i2], "=======", *one.new[j1:j2], ">>>>>>> REPLACE", ""])


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


FORMS: Mapping[str, Form] = {
    "as asked": lambda one: _whole(one.new),
    "tildes": lambda one: f"The whole edited code:\n{_fenced(one.new, '~')}",
    "prose around": lambda one: f"Here is the fix:\n\n{_fenced(one.new)}\nThis adds what was missing.\n",
    "usage behind": lambda one: _whole(one.new, f"\nUsage:\n\n{_fenced(['run(1)'])}"),
    "before and after": lambda one: f"Before:\n{_fenced(one.old)}\nAfter:\n{_fenced(one.new)}",
    "whole file": lambda one: _whole(one.wanted),
    "whole file, CRLF": lambda one: _whole(one.wanted).replace("\n", "\r\n"),
    "whole file, entities": lambda one: _whole([*map(html.escape, one.wanted)]),
    "diff": lambda one: _fenced(list(difflib.unified_diff(one.old, one.new, "a/f", "b/f", lineterm=""))),
    "marks of a listing": lambda one: _whole(list(difflib.unified_diff(one.old, one.new, n=999, lineterm=""))[3:]),
    "search and replace": _searched,
    "numbers, a blank": lambda one: _whole([f"{n} {line}" for n, line in enumerate(one.new, 1)]),
    "numbers, a colon": lambda one: _whole([f"{n}: {line}" for n, line in enumerate(one.new, 1)]),
    "one line of JSON": lambda one: _whole([json.dumps("\n".join(one.new))]),
    "changed lines alone": lambda one: _whole(one.new[slice(*one.span(0)[2:])] or one.new[:1]),
    "cut at a half": lambda one: _whole(one.new[: len(one.new) // 2 or 1]),
    "no last line": lambda one: _whole(one.new[:-1] or one.new),
    "twice": lambda one: _whole([*one.old, "", *one.new]),
    "a remark behind": lambda one: _whole(one.at_changed(lambda line: [f"{line}  {one.comment('fixed')}"])),
    "a remark above": lambda one: _whole(
        one.at_changed(lambda line: [_indent(line) + one.comment("Fixed: it was wrong"), line])
    ),
    "blanks for tabs": lambda one: _whole([line.replace("\t", "    ") for line in one.new]),
    "deeper": lambda one: _whole([f"    {line}" if line else line for line in one.new]),
    "without alignment": lambda one: _whole(
        one.at_changed(lambda line: [line], lambda line: re.sub(r"(?<=\S) {2,}(?=\S)", " ", line))
    ),
    **{f"omitted: {words}": (lambda one, words=words: _whole(_omitted(one, words))) for words in _OMITTED},
}
# Answers that hold the whole change: each is right, at least in most sources.
COMPLETE = ("as asked", "tildes", "prose around", "before and after", "whole file", "search and replace", "diff")


@frozen
class Outcome:
    """``verdict``: right, shown (changed beyond, and the user is asked), refused, or silent."""

    case: str
    verdict: str
    detail: str = ""


def _written(text: str, ends: str, chooser: random.Random) -> str:
    if ends == "CRLF":
        return text.replace("\n", "\r\n")
    if ends == "mixed":
        return re.sub("\n", lambda _: chooser.choice(["\n", "\r\n"]), text)
    if ends == "no final newline":
        return text.rstrip("\n")
    if ends == "byte order mark":
        return f"\ufeff{text}"
    return text.replace("shown", "größe漢\U0001f600") if ends == "other scripts" else text


def _with_ends(text: str) -> list[tuple[str, str]]:
    ends = [*_LINE_END.finditer(text)]
    starts = [0, *(end.end() for end in ends)]
    return [(text[at : end.start()], end[0]) for at, end in zip(starts, ends, strict=False)] + [
        (text[starts[-1] :], "")
    ]


def difference(got: str, document: str, wanted: Sequence[str]) -> str:
    """What differs from ``document`` with the lines ``wanted``, of which each has its own or its neighbour's end."""
    old, new = _with_ends(document), _with_ends(got)
    if [line for line, _ in new] != [*wanted]:
        return "\n".join(difflib.unified_diff([*wanted], [line for line, _ in new], n=1, lineterm=""))
    for _, i1, i2, j1, j2 in _opcodes([line for line, _ in old], wanted):
        same = i2 - i1 == j2 - j1
        near = {end for _, end in old[max(0, i1 - 1) : i2 + 1]}
        for number in range(j1, j2):
            allowed = {old[i1 + number - j1][1]} if same else near
            if new[number][1] not in allowed:
                return f"the end of line {number + 1} is {new[number][1]!r}"
    return ""


class Desk:
    """The real assistant with that model behind it. One for all cases."""

    def __init__(self, folder: Path) -> None:
        description = ServerDescription("vLLM", "Qwen2.5-Coder-7B-Instruct", 400_000)
        backend = ScriptedBackend([], chat=self._say, description=description)
        self.documents, syntax = DocumentStore(), Syntax(LanguageRegistry())
        self.documents.subscribe(syntax.trees)
        assist = AssistSettings(backend="openai", url="http://127.0.0.1:1", run_checkers=False, statistics=False)
        self.settings = Settings(assist=assist)
        self.service = scripted_assistant(backend, syntax, folder / "s.sqlite3", verifier=SilentTool(syntax.grammars))
        self.answer: Callable[[str], str | None] = lambda _prompt: None
        self.is_asked = False

    def _say(self, request: ChatRequest) -> Sequence[Step]:
        said = self.answer(request.messages[1].content)
        self.is_asked = said is not None
        return [said or "x"]

    async def run(self, key: str, change: str, form: str, ends: str) -> Outcome | None:
        """``None`` if the model could not be asked for that change in that form."""
        source, case = SOURCES[key], f"{key}/{change}/{form}/{ends}"
        fragment, edits = source.changes[change]
        document = _written(source.text, ends, random.Random(case))
        wanted = _LINE_END.split(
            _written(_changed(source, edits), "LF" if "LF" in ends or ends == "mixed" else ends, random.Random())
        )
        lines = _LINE_END.split(document)
        line = next(number for number, one in enumerate(lines) if fragment in one)
        column = lines[line].index(fragment)
        self.is_asked = False
        self.answer = lambda prompt: _said(prompt, key, lines, wanted, line, FORMS[form])
        snapshot = self.documents.open(f"file:///files/{source.name}", source.language_id, 1, document)
        at, stop = Point(line, column), Point(line, column + len(fragment))
        message = Diagnostic(at, stop, f"`{fragment}` is wrong here", source="tool")
        request = AssistRequest(
            action=ActionKind.FIX,
            snapshot=snapshot,
            start=at,
            end=at,
            settings=self.settings,
            path=source.name,
            diagnostics=(message,),
        )
        result = await self.service.run(request, lambda stage: None)
        self.documents.close(snapshot.uri)
        if not self.is_asked:
            return None
        if not result.replacements:
            return Outcome(case, "refused", result.message)
        found = difference(str(apply_replacements(snapshot.text, result.replacements)), document, wanted)
        return Outcome(case, "shown" if found and needs_confirmation(result) else "silent" if found else "right", found)


def _changed(source: Source, edits: Sequence[tuple[str, str]]) -> str:
    text = source.text
    for old, new in edits:
        text = text.replace(old, new)
    return text


def _said(prompt: str, key: str, document: Sequence[str], wanted: Sequence[str], line: int, form: Form) -> str | None:
    """The answer in ``form``; ``None`` if the piece of the prompt does not hold all of the change."""
    piece = (piece_in(prompt) or "").split("\n")
    bare = [one.removeprefix("\ufeff") for one in document]
    first = next((n for n in range(line + 1) if line < n + len(piece) and bare[n : n + len(piece)] == piece), None)
    if first is None:
        return None
    behind = len(document) - first - len(piece)
    stop = len(wanted) - behind
    if [*wanted[:first]] != [*document[:first]] or [*wanted[stop:]] != [*document[first + len(piece) :]]:
        return None
    new = [one.removeprefix("\ufeff") for one in wanted[first:stop]]
    change = Change(key, piece, new, bare, [one.removeprefix("\ufeff") for one in wanted], first)
    return form(change) if new and new != piece else None


async def outcomes(cases: int, seed: int, form: str = "") -> list[Outcome]:
    """``cases`` seeded cases that the model could be asked about."""
    chooser = random.Random(seed)
    every = [
        (key, change, name)
        for key, source in SOURCES.items()
        for change in source.changes
        for name in FORMS
        if re.search(form, name)
    ]
    chooser.shuffle(every)
    found: list[Outcome] = []
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(Path(folder))
        for key, change, name in every:
            if len(found) == cases:
                break
            outcome = await desk.run(key, change, name, chooser.choice(ENDS))
            found += [outcome] if outcome is not None else []
        await desk.service.aclose()
    return found


def rows(found: Sequence[Outcome]) -> Iterator[str]:
    """A table: form, right, shown, refused, silent."""
    verdicts = ("right", "shown", "refused", "silent")
    yield f"{'form':28}" + "".join(f"{verdict:>9}" for verdict in verdicts)
    for name in (*FORMS, ""):
        counts = Counter(one.verdict for one in found if not name or one.case.split("/")[2] == name)
        if counts:
            yield f"{name or 'all':28}" + "".join(f"{counts[verdict]:9}" for verdict in verdicts)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--form", default="")
    parser.add_argument("--verbose", action="store_true")
    args = parser.parse_args()
    found = asyncio.run(outcomes(args.cases, args.seed, args.form))
    for one in found:
        if args.verbose and one.verdict != "right":
            print(f"{one.verdict}: {one.case}\n{one.detail}\n")
    print("\n".join(rows(found)))
    return 1 if any(one.verdict == "silent" for one in found) else 0


if __name__ == "__main__":
    sys.exit(main())
