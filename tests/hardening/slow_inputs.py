"""Inputs that are meant to hold the server's only thread, and the CPU time of each stage with each of them.

    python -m tests.hardening.slow_inputs [STAGE...]        the worst inputs of each stage, in milliseconds

The aim is 200 ms at 100,000 characters on a quiet machine. Nothing here asserts a time: ``test_slow_inputs.py``
compares the time of an input with that of one a quarter as long.
"""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from autothink_lsp.context.redaction import Redaction
from autothink_lsp.context.secrets import find_secrets
from autothink_lsp.context.values import CodeContext
from autothink_lsp.context.window import ContextRequest, WindowSize, WindowTracker
from autothink_lsp.document.invisible import without_invisible
from autothink_lsp.document.snapshot import Snapshot
from autothink_lsp.document.text import Text
from autothink_lsp.edits.answer import read_answer
from autothink_lsp.edits.apply import to_replacements
from autothink_lsp.edits.locate import locate
from autothink_lsp.edits.minimal import minimal
from autothink_lsp.edits.outline import outline
from autothink_lsp.edits.reindent import reindented
from autothink_lsp.edits.replacement import EditRefused
from autothink_lsp.features.assist.repairs.bound_names import bound_names
from autothink_lsp.features.assist.safe_markdown import safe_markdown
from autothink_lsp.features.completion.postprocess.candidate import CompletionCandidate
from autothink_lsp.features.completion.postprocess.pipeline import apply_filters
from autothink_lsp.stream.early_stop import MAX_CHARACTERS, EarlyStop
from autothink_lsp.stream.segments import StartState, TagStyle
from autothink_lsp.stream.think_parser import ThinkParser
from autothink_lsp.syntax.complexity import complexity_at, place_at
from autothink_lsp.syntax.cut import CutJudge
from autothink_lsp.syntax.health import error_count
from autothink_lsp.syntax.region import choose_region
from autothink_lsp.syntax.scopes import definitions, enclosing_scopes, imports, scope_kind
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.values import Point, PositionEncoding
from autothink_lsp.verify import line_origins as origins_module

CHARACTERS = 100_000
LIMIT_S = 3.0
# A piece that is repeated. Names say what it is like.
UNITS: Mapping[str, str] = {
    "opening brackets": "(",
    "opening brackets, one a line": "(\n",
    "brackets of three kinds": "([{",
    "closing brackets": ")",
    "closing brackets, one a line": "}\n",
    "nested calls": "f(",
    "nested lists over lines": "[\n",
    "nested blocks": "if (a) {\n",
    "nested tags": "<a>",
    "double quotes": '"',
    "single quotes": "'",
    "backticks": "`",
    "escaped quotes": '\\"',
    "backslashes": "\\",
    "triple quotes": '"""\n',
    "fences": "```\n",
    "fences with a language": "```python\nx\n",
    "tilde fences": "~~~~\n",
    "search blocks": "<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE\n",
    "heads of search blocks": "<<<<<<< SEARCH\n",
    "separators": "=======\n",
    "blanks": " ",
    "tabs": "\t",
    "blank lines": "\n",
    "lines of blanks": "        \n",
    "one long word": "a",
    "digits": "1",
    "underscores": "_",
    "words": "alpha beta ",
    "equal lines": "x = 1\n",
    "comments": "# a\n",
    "comment openers": "/*",
    "think tags": "<think>",
    "closing think tags": "</think>\n",
    "halves of tags": "<",
    "special tokens": "<|im_end|",
    "imports": "import a, b\n",
    "from imports": "from a import b as c, d\n",
    "decorators": "@a\n",
    "assignments": "a = b = c = ",
    "tuples": "a, ",
    "annotations": "a: b, ",
    "functions": "def f(a):\n    return a\n\n\n",
    "indentation": "".join(f"{' ' * depth}if a:\n" for depth in range(200)),
    "links": "[a](b)",
    "addresses": "http://a.b/",
    "entities": "&#104;",
    "passwords": "password=",
    "account keys": "AccountKey==",
    "key beginnings": "-----BEGIN PRIVATE KEY-----\n",
    "key ends": "-----END PRIVATE KEY-----\n",
    "base64 lines": "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9w\n",
    "bearer": "Bearer a1",
    "e-mail": "a@b.",
    "variation selectors": "a\ufe0f",
    "astral": "\U0001f468\u200d",
    "lone surrogates": "\ud800",
    "carriage returns": "\r",
    "colons": "a:1:1: ",
    "dots": "...",
    "operators": "a + -",
    "template strings": "${`",
    "heredocs": "<<A\n",
    "lambda": "lambda: ",
    "else chains": "else if (a) b;\n",
}
LANGUAGES = ("python", "javascript", "c", "markdown")


def text_of(name: str, characters: int = CHARACTERS) -> str:
    """The input, about ``characters`` long."""
    unit = UNITS[name]
    return unit * max(1, characters // len(unit))


_SYNTAX = Syntax()


def _grammar(language_id: str):
    language = _SYNTAX.registry.by_language_id(language_id)
    return language, _SYNTAX.grammars.load(language)


def _context(prefix: str, suffix: str, language_id: str = "python") -> CodeContext:
    return CodeContext(path="a.py", language_id=language_id, prefix=prefix, suffix=suffix, comment_line="#")


def _tree(text: str, language_id: str) -> tuple[Text, SyntaxTree | None]:
    _, grammar = _grammar(language_id)
    held = Text.from_str(text)
    parsed = grammar.parse_source(str(held), limit_ms=100.0) if grammar else None
    return held, SyntaxTree(grammar, parsed, held) if grammar and parsed else None


def secrets(text: str) -> None:
    find_secrets(text)


def redaction(text: str) -> None:
    own = Redaction()
    own.learn(text[: len(text) // 2])
    own.for_reading(own.restore(own.hide(text)))


def markdown(text: str) -> None:
    safe_markdown(text)


def invisible(text: str) -> None:
    without_invisible(text)


def think_parser(text: str) -> None:
    for style in (TagStyle.ANY, TagStyle.HARMONY):
        for start in (StartState.HEAD, StartState.THINK, StartState.ANSWER):
            parser = ThinkParser(style, start)
            for at in range(0, len(text), 16):
                parser.feed(text[at : at + 16])
            parser.finish()


def early_stop(text: str) -> None:
    for before, after in (("def f():\n    ", "\n"), ("x = ", ")\n"), (text[:3_000], text[:2_000])):
        stop = EarlyStop(_context(before, after))
        for at in range(0, len(text), 16):
            stop.feed(text[at : at + 16])
        stop.finish()


def filters(text: str) -> None:
    shown = text[:MAX_CHARACTERS]
    apply_filters(CompletionCandidate.of(shown, _context("def f():\n    ", "\n    return 1\n"), finished=True))
    apply_filters(CompletionCandidate.of("return 1\n", _context(text, text), finished=True))


def cut(text: str) -> None:
    for language_id in LANGUAGES:
        language, grammar = _grammar(language_id)
        CutJudge(language, grammar, "def f():\n    ", "\n").cut(text[:MAX_CHARACTERS], "stop")
        if language is None:
            continue
        held = Text.from_str(text)
        middle = held.clamp(Point(held.line_count // 2, 40))
        region = choose_region(held, middle, language.style)
        CutJudge(language, grammar, region.before, region.after).cut("a = 1\nb = 2\n", "stop")


def region(text: str) -> None:
    held = Text.from_str(text)
    for language_id in LANGUAGES:
        language, _ = _grammar(language_id)
        if language is not None:
            for line in (0, held.line_count // 2, held.line_count):
                choose_region(held, held.clamp(Point(line, 10**6)), language.style)


def errors(text: str) -> None:
    for language_id in LANGUAGES:
        error_count(_grammar(language_id)[1], text, limit_ms=100.0)


def tree_walks(text: str) -> None:
    for language_id in LANGUAGES:
        held, tree = _tree(text, language_id)
        if tree is not None:
            point = held.clamp(Point(held.line_count // 2, 40))
            enclosing_scopes(tree, point)
            scope_kind(tree, point)
            complexity_at(tree, point)
            place_at(tree, point)
            definitions(tree)
            imports(tree)


def outlines(text: str) -> None:
    for language_id in LANGUAGES:
        outline(_grammar(language_id)[1], text)


def window(text: str) -> None:
    held = Text.from_str(text)
    snapshot = Snapshot(uri="file:///a.py", language_id="python", version=1, text=held, encoding=PositionEncoding.UTF16)
    tracker = WindowTracker()
    tracker.did_open(snapshot)
    point = held.clamp(Point(held.line_count // 2, 10))
    tracker.gather(ContextRequest(snapshot, point, WindowSize(8_000, 4_000), path="a.py", language=None))


def answers(text: str) -> None:
    for answer in (text, f"```\n{text}\n```", f"<<<<<<< SEARCH\n{text}\n=======\n{text}b\n>>>>>>> REPLACE"):
        _quietly(lambda answer=answer: read_answer(answer, finished=True))


def applied(text: str) -> None:
    """A model's answer to a small piece, and a small answer to a piece of such a text."""
    for language_id in ("python", "javascript"):
        language, _ = _grammar(language_id)
        for document, answer in (
            ("def f():\n    return 1\n", text),
            (text[:30_000], "x = 1\n"),
            (text[:30_000], text[:29_000] + "\nb"),
        ):
            held, tree = _tree(document, language_id)
            read = _quietly(lambda answer=answer: read_answer(f"```\n{answer}\n```", finished=True))
            if read is not None:
                end = held.clamp(Point(held.line_count, 0))
                _quietly(lambda: to_replacements(read, held, Point(0, 0), end, language=language, tree=tree))  # noqa: B023


def minimal_edits(text: str) -> None:
    held = Text.from_str(text)
    end = Point(held.line_count - 1, 10**7)
    for new in (
        text[::-1],
        text[: len(text) // 2] + "x" + text[len(text) // 2 :],
        text.replace("a", "b"),
        "y\n" + text,
    ):
        minimal(held, Point(0, 0), end, new)


def location(text: str) -> None:
    lines = text.split("\n")[:20_000]
    for wanted in (lines[:200], lines[5:205], [f"{line}x" for line in lines[:100]], lines[:5_000]):
        _quietly(lambda wanted=wanted: locate(lines, "\n".join(wanted) + "\nmore"))


def indentation(text: str) -> None:
    lines = text.split("\n")
    reindented(lines, ["def f():", "\treturn 1"], around=lines)
    reindented(["def f():", "    return 1"], lines, around=lines)


def line_origins(text: str) -> None:
    lines = text.split("\n")
    origins_module.line_origins(lines, [*lines[1:], "x"])
    origins_module.line_origins(lines, lines[::-1])


def names(text: str) -> None:
    bound_names(text)


def _quietly(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except EditRefused:
        return None


STAGES: Mapping[str, Callable[[str], None]] = {
    function.__name__: function
    for function in (
        secrets, redaction, markdown, invisible, think_parser, early_stop, filters, cut, region, errors, tree_walks,
        outlines, window, answers, applied, minimal_edits, location, indentation, line_origins, names,
    )
}  # fmt: skip


def took_ms(stage: Callable[[str], None], text: str) -> float:
    """CPU time; ``LIMIT_S`` where it takes longer."""

    def late(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGVTALRM, late)
    signal.setitimer(signal.ITIMER_VIRTUAL, LIMIT_S)
    began = time.process_time()
    try:
        stage(text)
    except TimeoutError:
        pass
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
    return (time.process_time() - began) * 1_000


def main(chosen: list[str]) -> None:
    for name, stage in STAGES.items():
        if chosen and name not in chosen:
            continue
        stage("a = 1\n")
        times = sorted(((took_ms(stage, text_of(unit)), unit) for unit in UNITS), reverse=True)
        print(f"{name:15}", "; ".join(f"{ms:.0f} ms {unit}" for ms, unit in times[:6]), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
