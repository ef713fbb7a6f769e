"""Attack every regular expression of the package with generated texts, and say which grow faster than the text.

    python -m tests.hardening.regex_growth [PART OF A NAME...]

Expressions are found by themselves: pattern objects in the modules, classes and tables of the package, and the calls
of ``re`` with a constant in its source. The texts are made from each expression's parse tree: what a repeated part
matches is repeated, behind a beginning that reaches the part and before an end that it cannot match. CPU time is
measured at two lengths, and only what grows clearly faster than the text, three times in a row, is reported.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import random
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs

import autothink_lsp
from autothink_lsp.syntax.languages import LanguageRegistry

codes: Any = importlib.import_module("re._constants")
parser: Any = importlib.import_module("re._parser")
ROOT = Path(autothink_lsp.__file__).parent
SHORT, LONG = 750, 3_000
MOST_GROWTH = 7.0
"""Of the time from ``SHORT`` to ``LONG`` characters, which are a factor of 4 apart: 4 is linear, 16 quadratic."""
LEAST_MS = 4.0
"""What takes less at ``LONG`` is not measured further."""
LIMIT_S = 0.5
# Programs that run by themselves on texts of their own: nothing waits for them.
_ELSEWHERE = ("autothink_lsp.commands", "autothink_lsp.vllm_plugin")
_ANCHORED = frozenset({"match", "fullmatch"})
_CALLS = frozenset({"search", "match", "fullmatch", "findall", "finditer", "sub", "subn", "split"})
# The pump strings that are tried with every expression, besides those made from it.
_PUMPS = (
    *("a", "A", "0", " ", "\t", "\n", "_", "-", ".", "/", "\\", ":", "=", ",", ";", "(", ")", "[", "]", "{", "<", ">"),
    *(
        '"',
        "'",
        "`",
        "#",
        "*",
        "&",
        "|",
        "!",
        "?",
        "@",
        "%",
        "é",
        "```",
        "a ",
        " a",
        "a\n",
        "\n ",
        " \n",
        "a.",
        "a,",
        "a=",
        "\r\n",
    ),
    *(
        "a_",
        "aA",
        "a(",
        '\\"',
        '"a',
        "<a",
        "](",
        "a:",
        "0.",
        "--",
        "//",
        "\\n",
        "a b ",
        "==",
        "a@",
        "://",
        "-a",
        "  \n",
    ),
)


@attrs.frozen
class Expression:
    """One expression, with the functions of ``re`` that it is used with."""

    name: str
    pattern: re.Pattern[Any]
    uses: frozenset[str]


@attrs.frozen
class Growth:
    """The text that an expression is slow with: ``pump`` is repeated."""

    name: str
    pattern: str
    pump: str
    short_ms: float
    long_ms: float

    def __str__(self) -> str:
        took = f"{self.short_ms:.1f} -> {self.long_ms:.1f} ms" if self.long_ms < 1e6 else "never ends"
        return f"{self.name}: {took} with {self.pump!r}: {self.pattern[:120]!r}"


def expressions() -> list[Expression]:
    """All of the package and of its languages, each once."""
    found: dict[tuple[Any, int], Expression] = {}
    uses = _uses()
    modules = list(_modules())

    def add(name: str, pattern: re.Pattern[Any], called: frozenset[str]) -> None:
        key = (pattern.pattern, pattern.flags)
        known = found.get(key)
        found[key] = Expression(known.name if known else name, pattern, called | (known.uses if known else frozenset()))

    for module in modules:
        for attribute, value in vars(module).items():
            for pattern in _patterns_in(value, depth=4):
                used = uses.get((module.__name__, attribute))
                add(f"{module.__name__}.{attribute}", pattern, used or _CALLS)
    for language in LanguageRegistry().all():
        for pattern in _patterns_in(language, depth=4):
            add(f"grammars/{language.name}", pattern, _CALLS)
    for file in sorted(ROOT.rglob("*.py")):
        if ".".join(file.relative_to(ROOT.parent).parts).startswith(_ELSEWHERE):
            continue
        for line, pattern, called in _in_source(file):
            if called is _CALLS and (pattern.pattern, pattern.flags) in found:
                continue  # compiled into a name whose uses are known
            add(f"{file.relative_to(ROOT.parent)}:{line}", pattern, called)
    return sorted(found.values(), key=lambda one: one.name)


def _modules() -> Iterator[ModuleType]:
    for module in pkgutil.walk_packages(autothink_lsp.__path__, "autothink_lsp."):
        if module.name.startswith(_ELSEWHERE) or module.name.endswith(("__main__", "_child")):
            continue
        try:
            yield importlib.import_module(module.name)
        except ImportError:  # vLLM's plugin, children of other environments
            continue


def _patterns_in(value: object, depth: int) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif depth <= 0:
        return
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _patterns_in(inner, depth - 1)
    elif isinstance(value, (tuple, list, frozenset)):
        for inner in value:
            yield from _patterns_in(inner, depth - 1)
    elif attrs.has(type(value)):
        for one in attrs.fields(type(value)):
            yield from _patterns_in(getattr(value, one.name, None), depth - 1)
    elif isinstance(value, type) and value.__module__.startswith("autothink_lsp"):
        for inner in vars(value).values():
            yield from _patterns_in(inner, depth - 2)


def _uses() -> Mapping[tuple[str, str], frozenset[str]]:
    """Which functions each name of a module is used with there; an imported name counts for its own module, too."""
    found: dict[tuple[str, str], set[str]] = {}
    for file in ROOT.rglob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        here = ".".join(file.relative_to(ROOT.parent).with_suffix("").parts)
        imported = {
            one.asname or one.name: (node.module or "", one.name)
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            for one in node.names
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.attr in _CALLS:
                name = node.value.id
                found.setdefault((here, name), set()).add(node.attr)
                if name in imported:
                    found.setdefault(imported[name], set()).add(node.attr)
    return {name: frozenset(used) for name, used in found.items()}


def _in_source(file: Path) -> Iterator[tuple[int, re.Pattern[Any], frozenset[str]]]:
    """The calls of ``re`` whose pattern stands in the source; what is filled in counts as a word."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
            continue
        if not (isinstance(node.func.value, ast.Name) and node.func.value.id == "re"):
            continue
        text = _constant(node.args[0])
        if text is None or node.func.attr not in {*_CALLS, "compile"}:
            continue
        said = [*node.args[1:], *(keyword.value for keyword in node.keywords)]
        flags = [ast.unparse(one) for one in said if re.fullmatch(r"[\sre.|A-Z]+", ast.unparse(one))]
        flag = eval(" | ".join(flags), {"re": re}) if flags else 0
        try:
            pattern = re.compile(text, flag)
        except re.error:
            continue
        yield node.lineno, pattern, _CALLS if node.func.attr == "compile" else frozenset({node.func.attr})


def _constant(node: ast.expr) -> Any:
    if isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)):
        return node.value
    if isinstance(node, ast.JoinedStr):
        parts = [part.value if isinstance(part, ast.Constant) else "word" for part in node.values]
        return "".join(parts)  # pyright: ignore[reportArgumentType,reportCallIssue]
    return None


def attacks(pattern: re.Pattern[Any], rounds: int = 2) -> Iterator[tuple[str, str, str]]:
    """(beginning, what is repeated, end)."""
    text = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    tree = parser.parse(text, pattern.flags & ~(re.UNICODE | re.DEBUG))
    made = random.Random(repr(text))
    seen: set[tuple[str, str, str]] = set()
    for _ in range(rounds):
        for beginning, pump in _repeats(list(tree), "", made):
            for one in ((beginning, pump, "\0"), (beginning, pump, ""), ("", beginning + pump, "\0")):
                if one[1] and len(one[1]) < SHORT // 4 and one not in seen:
                    seen.add(one)
                    yield one
    whole = _sample(list(tree), made)[:200]
    for pump in (*(_PUMPS if rounds > 1 else _PUMPS[::4]), whole):
        if pump:
            yield "", pump, "\0"


def _repeats(nodes: list[Any], before: str, made: random.Random) -> Iterator[tuple[str, str]]:
    """A beginning and a pump for each repeated part of a parse tree."""
    for code, value in nodes:
        if code in {codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT}:
            _, most, body = value
            if most is codes.MAXREPEAT or most > 8:
                for _ in range(3):
                    yield before, _sample(list(body), made)
            yield from _repeats(list(body), before, made)
        elif code is codes.SUBPATTERN:
            yield from _repeats(list(value[3]), before, made)
        elif code is codes.ATOMIC_GROUP:
            yield from _repeats(list(value), before, made)
        elif code is codes.BRANCH:
            for branch in value[1]:
                yield from _repeats(list(branch), before, made)
        elif code in {codes.ASSERT, codes.ASSERT_NOT}:
            yield from _repeats(list(value[1]), before, made)
        before += _sample([(code, value)], made)


def _sample(nodes: list[Any], made: random.Random) -> str:
    """A text that the nodes match, more or less: references and lookarounds are not followed."""
    said: list[str] = []
    for code, value in nodes:
        if code is codes.LITERAL:
            said.append(chr(value))
        elif code is codes.NOT_LITERAL:
            said.append("b" if value == ord("a") else "a")
        elif code is codes.ANY:
            said.append("a")
        elif code is codes.IN:
            said.append(_of_class(value, made))
        elif code in {codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT}:
            least, most, body = value
            count = max(int(least), 1 if most is codes.MAXREPEAT or most else 0)
            said += [_sample(list(body), made) for _ in range(min(count, 50))]
        elif code is codes.SUBPATTERN:
            said.append(_sample(list(value[3]), made))
        elif code is codes.ATOMIC_GROUP:
            said.append(_sample(list(value), made))
        elif code is codes.BRANCH:
            said.append(_sample(list(made.choice(value[1])), made))
        elif code is codes.GROUPREF_EXISTS and value[1]:
            said.append(_sample(list(value[1]), made))
        elif code is codes.AT and value in {codes.AT_BEGINNING, codes.AT_BEGINNING_LINE} and said:
            said.append("\n")
    return "".join(said)


def _of_class(members: list[Any], made: random.Random) -> str:
    negated = members[0][0] is codes.NEGATE
    wanted = re.compile("".join(("[", "^" if negated else "", *(_class_text(one) for one in members[negated:]), "]")))
    candidates = [one for one in "a0 A_-\n\t.(\"'=/:+é" if wanted.match(one)]
    candidates += [chr(value) for code, value in members if code is codes.LITERAL and not negated]
    candidates += [chr(value[0]) for code, value in members if code is codes.RANGE and not negated]
    return made.choice(candidates) if candidates else "a"


_CATEGORIES = {
    codes.CATEGORY_DIGIT: "\\d", codes.CATEGORY_NOT_DIGIT: "\\D", codes.CATEGORY_SPACE: "\\s",
    codes.CATEGORY_NOT_SPACE: "\\S", codes.CATEGORY_WORD: "\\w", codes.CATEGORY_NOT_WORD: "\\W",
}  # fmt: skip


def _class_text(one: tuple[Any, Any]) -> str:
    code, value = one
    if code is codes.CATEGORY:
        return _CATEGORIES[value]
    if code is codes.RANGE:
        return f"{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}"
    return re.escape(chr(value))


def grown(expression: Expression, rounds: int = 2) -> Growth | None:
    """A text that this expression is slow with, or ``None`` where its time grows as the text does."""
    run = _runner(expression)
    as_bytes = isinstance(expression.pattern.pattern, bytes)
    for beginning, pump, end in attacks(expression.pattern, rounds):

        def ms(length: int, beginning: str = beginning, pump: str = pump, end: str = end) -> float:
            text = beginning + pump * max(1, (length - len(beginning)) // len(pump)) + end
            return _ms(run, text.encode("utf-8", "replace") if as_bytes else text)

        if ms(LONG) < LEAST_MS:
            continue
        if ms(SHORT) >= LIMIT_S * 900:
            return Growth(expression.name, str(expression.pattern.pattern), f"{beginning}({pump})+{end}", 0.0, 1e9)
        pairs = [(ms(SHORT), ms(LONG)) for _ in range(3)]
        short_ms, long_ms = min(pairs, key=lambda pair: pair[1] / max(pair[0], 1e-3))
        if long_ms >= LEAST_MS and long_ms > MOST_GROWTH * short_ms:
            shown = f"{beginning}({pump})+{end}"
            return Growth(expression.name, str(expression.pattern.pattern), shown, short_ms, long_ms)
    return None


def _runner(expression: Expression) -> Callable[[Any], None]:
    pattern = expression.pattern
    if expression.uses <= _ANCHORED:
        return lambda text: (pattern.match(text), pattern.fullmatch(text), None)[-1]

    def search(text: Any) -> None:
        for _ in pattern.finditer(text):
            pass

    return search


def _ms(run: Callable[[Any], None], text: Any) -> float:
    def late(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGVTALRM, late)
    signal.setitimer(signal.ITIMER_VIRTUAL, LIMIT_S)
    began = time.thread_time()  # the clock of the process has the ticks of the timer while one is set
    try:
        run(text)
    except TimeoutError:
        return LIMIT_S * 1000
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
    return (time.thread_time() - began) * 1000


def main(names: list[str]) -> None:
    chosen = [one for one in expressions() if not names or any(name in one.name for name in names)]
    print(f"{len(chosen)} expressions")
    for one in chosen:
        growth = grown(one)
        if growth is not None:
            print(growth, sorted(one.uses), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
