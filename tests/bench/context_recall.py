"""Which of the names that a held-out line needs does the context hold? No model is asked.

    python -m tests.bench.context_recall --holes 600
    python -m tests.bench.context_recall --holes 600 --misses 20

A name is needed when the line's rest has it (calls' keywords and attributes too, the word at the cursor as a whole) and
the window does not. Builtins, ``self`` and what is in quotes do not count. Only names that stand anywhere else in the
project can be found at all; the others (new variables, other people's packages) are told apart and not asked for.
Recall is the share of those that the context holds, over all names; ``whole`` the share of lines that need some, and
have all of them in the context. Precision is the share of the context's tokens in blocks that hold a needed name,
over the lines that need some. ``--written-before`` leaves out names that the document has only in an import: a line
that was taken out leaves its import behind, and who writes it for the first time may not have that yet. Both sets of
holes (``project_holes.py``); every source alone and left out.
"""

from __future__ import annotations

import argparse
import ast
import builtins
import keyword
import re
import tempfile
from collections import Counter
from pathlib import Path

from attrs import define, field, frozen

from autothink_lsp.context.compose import tokens_of
from autothink_lsp.context.values import CodeContext
from tests.bench.project_holes import ROOT, ContextBench, Hole, HoleSet, without_strings

_WORD = re.compile(r"[^\W\d]\w*")
_KNOWN = frozenset((*keyword.kwlist, *keyword.softkwlist, *dir(builtins), "self", "cls"))
SOURCES = ("scope", "imports", "definitions", "similar")
BUDGETS = (256, 512, 1024)
SETS: tuple[HoleSet, ...] = ("any-line", "cross-file")


def names_of(text: str) -> frozenset[str]:
    """Every name in a text."""
    return frozenset(_WORD.findall(text))


def needed(hole: Hole, context: CodeContext) -> frozenset[str]:
    """The names of the held-out rest that the window does not have."""
    partial = re.search(r"\w*\Z", context.prefix)
    begun = partial[0] if partial else ""
    window = names_of(context.prefix[: len(context.prefix) - len(begun)]) | names_of(context.suffix)
    rest = begun + hole.expected
    return names_of(without_strings(rest)) - window - _KNOWN


@define
class Elsewhere:
    """How often each name stands in a project."""

    folders: dict[str, Path]
    written_before: bool = False
    _counts: dict[str, Counter[str]] = field(factory=dict, init=False)

    def findable(self, hole: Hole, names: frozenset[str]) -> frozenset[str]:
        """Those that stand anywhere but in the held-out part."""
        folder = self.folders[hole.project]
        if hole.project not in self._counts:
            counts: Counter[str] = Counter()
            for file in folder.rglob("*.py"):
                counts.update(_WORD.findall(file.read_text(encoding="utf-8", errors="replace")))
            self._counts[hole.project] = counts
        source = (folder / hole.path).read_text(encoding="utf-8")
        here = Counter(_WORD.findall(source.split("\n")[hole.line]))
        found = frozenset(name for name in names if self._counts[hole.project][name] > here[name])
        if not self.written_before:
            return found
        everywhere = Counter(_WORD.findall(source)) - here
        imported = Counter(_WORD.findall("\n".join(_import_statements(source))))
        return frozenset(name for name in found if not imported[name] or everywhere[name] > imported[name])


def _import_statements(source: str) -> list[str]:
    nodes = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import | ast.ImportFrom))
    return [ast.get_source_segment(source, node) or "" for node in nodes]


@frozen
class Recalled:
    """One hole, one variant."""

    needed: frozenset[str]  # and findable
    found: frozenset[str]
    tokens: int
    useful_tokens: int


def recalled(wanted: frozenset[str], context: CodeContext) -> Recalled:
    """What of the ``wanted`` names the context holds."""
    texts = [context.head, *(f"{block.path}\n{block.text}" for block in context.blocks)]
    found: set[str] = set()
    tokens = useful = 0
    for text in texts:
        held = wanted & names_of(text)
        size = tokens_of(text) if text else 0
        tokens += size
        useful += size if held else 0
        found |= held
    return Recalled(wanted, frozenset(found), tokens, useful)


def variants(budgets: tuple[int, ...] = BUDGETS) -> list[str]:
    """Every source alone and left out, at each budget."""
    names = ["all", *(f"+{one}" for one in SOURCES), *(f"-{one}" for one in SOURCES)]
    return [f"{name}@{budget}" for budget in budgets for name in names]


def row(rows: list[Recalled]) -> str:
    """Recall, lines with all of their names, precision, tokens."""
    wanted = sum(len(one.needed) for one in rows)
    found = sum(len(one.found) for one in rows)
    lines = [one for one in rows if one.needed]
    whole = sum(one.found == one.needed for one in lines)
    tokens, useful = sum(one.tokens for one in lines), sum(one.useful_tokens for one in lines)
    return (
        f"{found / max(1, wanted):.1%} | {whole / max(1, len(lines)):.1%} | {useful / max(1, tokens):.0%} "
        f"| {sum(one.tokens for one in rows) / max(1, len(rows)):.0f}"
    )


def measure(arguments: argparse.Namespace, work: Path) -> None:
    """Both sets, a table for each."""
    bench = ContextBench(work, arguments.own, arguments.backend)
    elsewhere = Elsewhere(bench.folders, arguments.written_before)
    asked = arguments.variants or variants(tuple(arguments.budgets))
    for kind in arguments.sets:
        rows: dict[str, list[Recalled]] = {variant: [] for variant in asked}
        all_needed, missed = 0, 0
        for _, hole in zip(range(arguments.holes), bench.drawing.holes(kind, arguments.seed), strict=False):
            contexts = bench.contexts(hole, asked)
            names = needed(hole, contexts[asked[0]])
            wanted = elsewhere.findable(hole, names)
            all_needed += len(names)
            for variant in asked:
                rows[variant].append(recalled(wanted, contexts[variant]))
            if missed < arguments.misses and (left := wanted - rows[asked[0]][-1].found):
                missed += 1
                show(hole, left, contexts[asked[0]], verbose=arguments.verbose)
        first = rows[asked[0]]
        print(
            f"\n{kind}: {len(first)} holes, {sum(bool(one.needed) for one in first)} of them need "
            f"{sum(len(one.needed) for one in first)} names that stand elsewhere in the project "
            f"({all_needed} with those that do not)\n"
        )
        print("| sources @ budget | recall | whole | precision | context, tokens |\n|---|--:|--:|--:|--:|")
        for variant in asked:
            print(f"| {variant} | {row(rows[variant])} |")


def show(hole: Hole, left: frozenset[str], context: CodeContext, *, verbose: bool) -> None:
    """One miss, for people."""
    print(f"=== {hole.name} open: {', '.join(hole.open_too)}\n{context.line_prefix}[[{hole.expected}]]")
    print(f"    missing: {sorted(left)}")
    if verbose:
        print(f"--- head\n{context.head}--- blocks")
        for block in context.blocks:
            print(f"<{block.path} {block.source}: {block.reason[:150]}>\n{block.text}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--holes", type=int, default=600, help="of each set")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--budgets", nargs="+", type=int, default=list(BUDGETS))
    parser.add_argument("--variants", nargs="+", help="instead of every source alone and left out")
    parser.add_argument("--backend", choices=("embedded", "openai"), default="embedded", help="whose window")
    parser.add_argument("--own", type=Path, default=ROOT / "autothink_lsp", help="this project's copy to draw from")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--written-before", action="store_true", help="without names that only an import has")
    parser.add_argument("--misses", type=int, default=0, help="print so many lines that miss a name")
    parser.add_argument("--verbose", action="store_true", help="and their context")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        measure(arguments, Path(work))


if __name__ == "__main__":
    main()
