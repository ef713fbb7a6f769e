"""How often the cut keeps exactly the right text, on holes whose true content is known and answers that run on.

    python -m tests.bench.cut_quality DATA_FOLDER [--holes N] [--show KIND]

DATA_FOLDER holds humaneval-infilling-{singleline,multiline,randomspan}.jsonl.gz and
humanevalpack-{go,java,cpp,rust}.jsonl.gz (``docs/measurements/layouts.md``, "Data").
No model is needed: an answer is the true content and, behind it, what models go on with. Holes of the other languages
are runs of one to six lines taken out of the canonical solutions. Prints the share kept exactly, for each kind of hole
and each way to run on, and beside it that of the rule "the fewest lines with which the text parses".
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from autothink_lsp.syntax.cut import CutJudge
from autothink_lsp.syntax.grammar import Grammars
from autothink_lsp.syntax.health import error_count
from autothink_lsp.syntax.holes import describe_hole
from autothink_lsp.syntax.languages import LanguageRegistry


class Case(NamedTuple):
    language_id: str
    source: str
    before: str
    truth: str
    after: str


def infilling(folder: Path, source: str) -> Iterator[Case]:
    for row in rows(folder / f"humaneval-infilling-{source}.jsonl.gz"):
        yield Case("python", source, row["prompt"], row["canonical_solution"], row["suffix"])


def taken_out(folder: Path, language_id: str, rng: random.Random) -> Iterator[Case]:
    for row in rows(folder / f"humanevalpack-{language_id}.jsonl.gz"):
        lines = (row["declaration"] + row["canonical_solution"]).split("\n")
        body = range(row["declaration"].count("\n"), len(lines))
        for _ in range(4):
            first = rng.choice(body)
            last = min(first + rng.randint(1, 6), len(lines))
            truth = lines[first:last]
            if not truth[0].strip() or not truth[-1].strip() or not balanced(truth):
                continue
            indent = truth[0][: len(truth[0]) - len(truth[0].lstrip())]
            before = "\n".join([*lines[:first], indent])
            yield Case(language_id, "lines", before, "\n".join(truth)[len(indent) :], "\n" + "\n".join(lines[last:]))


def balanced(lines: list[str]) -> bool:
    text = "\n".join(lines)
    return all(text.count(a) == text.count(b) for a, b in ("()", "[]", "{}")) and not lines[0].lstrip().startswith("}")


def rows(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def run_ons(case: Case) -> dict[str, str]:
    """What follows the true content in an answer."""
    outer = (
        "\n\nprint(solve([1, 2, 3]))\nprint(solve([]))\n" if case.language_id == "python" else "\n\nfoo(1);\nbar();\n"
    )
    other = {
        "python": "\n\ndef another(value):\n    return value\n",
        "go": "\n\nfunc another() {\n\treturn\n}\n",
        "rust": "\n\nfn another() {\n    return;\n}\n",
    }.get(case.language_id, "\n\nint another(int x) {\n    return x;\n}\n")
    glue = "" if case.truth.endswith("\n") or case.source == "randomspan" else "\n"
    after = case.after.removeprefix("\n") if glue else case.after
    same = indent_of(case) + ("print(value)\n" if case.language_id == "python" else "foo();\n")
    return {
        "suffix again": glue + after + outer,
        "suffix, cut off": glue + after[: max(12, len(after) // 2)],
        "outer code": outer,
        "another function": other,
        "same level": glue + same + outer if case.source != "randomspan" else outer,
        "closing only": glue + closers(case) + outer,
    }


def indent_of(case: Case) -> str:
    line = (case.before.rpartition("\n")[2] + case.truth).split("\n")[0]
    return line[: len(line) - len(line.lstrip())]


def closers(case: Case) -> str:
    if case.language_id == "python":
        return ""
    return "\n".join(line for line in case.after.split("\n") if line.strip() == "}") + "\n"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("data", type=Path)
    arguments.add_argument("--holes", type=int, default=150)
    arguments.add_argument("--show", default="")
    options = arguments.parse_args()
    rng = random.Random(3)
    registry, grammars = LanguageRegistry(), Grammars()
    kept: dict[tuple[str, str], Counter[bool]] = defaultdict(Counter)
    naive: dict[tuple[str, str], Counter[bool]] = defaultdict(Counter)
    for case in cases(options.data, options.holes, rng):
        language = registry.by_language_id(case.language_id)
        grammar = grammars.load(language)
        assert language is not None
        for name, more in run_ons(case).items():
            hole = describe_hole(language.style, case.before, case.after, case.truth.split("\n"))
            kind = hole.kind.value if hole else "blank"
            cut = CutJudge(language, grammar, case.before, case.after).cut(case.truth + more)
            right = cut.text.rstrip() == case.truth.rstrip()
            kept[f"{case.language_id} {case.source} {kind}", name][right] += 1
            if not options.show:
                text = fewest_lines(grammar, case, case.truth + more)
                naive[f"{case.language_id} {case.source} {kind}", name][text.rstrip() == case.truth.rstrip()] += 1
            if not right and options.show and options.show in f"{case.language_id} {case.source} {kind} {name}":
                show(case, name, more, cut)
    report(kept, naive)


def cases(folder: Path, count: int, rng: random.Random) -> Iterator[Case]:
    for source in ("singleline", "multiline", "randomspan"):
        found = list(infilling(folder, source))
        yield from rng.sample(found, min(count, len(found)))
    for language_id in ("go", "java", "cpp", "rust"):
        found = list(taken_out(folder, language_id, rng))
        yield from rng.sample(found, min(count // 2, len(found)))


def fewest_lines(grammar, case: Case, answer: str) -> str:
    lines = answer.split("\n")
    for count in range(1, len(lines) + 1):
        text = "\n".join(lines[:count])
        end = "\n" if case.after.partition("\n")[0].strip() and case.source != "randomspan" else ""
        if error_count(grammar, case.before + text + end + case.after) == 0:
            return text
    return ""


def show(case: Case, name: str, more: str, cut: object) -> None:
    sys.stdout.write(f"--- {case.language_id} {case.source}, {name}\n{case.before[-160:]}‸{case.after[:120]}\n")
    sys.stdout.write(f">>> truth\n{case.truth}\n>>> run on\n{more[:120]}\n>>> {cut}\n\n")


def report(kept, naive) -> None:
    kinds = sorted({kind for kind, _ in kept})
    names = list(dict.fromkeys(name for _, name in kept))
    sys.stdout.write(f"{'kept exactly, % (fewest lines that parse)':44}" + "".join(f"{n:>22}" for n in names) + "\n")
    for kind in kinds:
        cells = []
        for name in names:
            ours, theirs = kept[kind, name], naive[kind, name]
            cell = f"{100 * ours[True] / ours.total():.0f} ({100 * theirs[True] / max(1, theirs.total()):.0f})"
            cells.append(f"{cell:>22}")
        sys.stdout.write(f"{kind + ' n=' + str(kept[kind, names[0]].total()):44}" + "".join(cells) + "\n")


if __name__ == "__main__":
    main()
