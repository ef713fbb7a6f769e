"""Which prompt layout is best over kinds of holes, asked, stopped and cut as the keystroke path does it.

    python -m tests.bench.layouts --url http://127.0.0.1:8080 --data FOLDER --kinds files multi span \\
        --holes 40 --orders psm ctx joined --out results.json

FOLDER holds ``humaneval-infilling-{singleline,multiline,randomspan}.jsonl.gz``: ``docs/measurements/layouts.md``,
"Data", says where they can be had. A server's key is read from ``LLAMA_API_KEY``, as llama-server does.

Kinds: ``line`` and ``multi`` (human-eval-infilling's single-line and multi-line sets, the cursor behind the blanks),
``span`` (its random spans) and ``files`` (lines of this Python's standard library and installed packages, cut anywhere
inside). Every layout gets the same holes, the same window and the same two attempts (``prompt/fim/token_healing.py``).
Results are kept in ``--out`` after every hole; a second run goes on from there. ``tests/bench/fim_orders.py`` compares
what is withheld on single lines.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import difflib
import gzip
import json
import os
import random
import sysconfig
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any, cast

from attrs import frozen

from autothink_lsp.backends.base import FimRequest, Finished
from autothink_lsp.backends.endpoint import Endpoint, Timeouts
from autothink_lsp.backends.llama_server import LlamaServerBackend
from autothink_lsp.context.values import CodeContext
from autothink_lsp.document.snapshot import Snapshot
from autothink_lsp.document.text import Text
from autothink_lsp.features.completion.postprocess.candidate import CompletionCandidate
from autothink_lsp.features.completion.postprocess.pipeline import apply_filters
from autothink_lsp.prompt.fim.detect import choose_family, markers
from autothink_lsp.prompt.fim.family import FimFamily, Order
from autothink_lsp.prompt.fim.render import render_fim_prompt
from autothink_lsp.prompt.fim.token_healing import HealingMode
from autothink_lsp.stream.early_stop import EarlyStop
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.tuning.significance import mcnemar, wilson
from autothink_lsp.values import Point, PositionEncoding
from tests.bench.sandbox import passes

ANSWER_TOKENS = 64
SERVER_KEY = "LLAMA_API_KEY"
PREFIX_CHARS, SUFFIX_CHARS = 1_000, 350
SETS = {"line": "singleline", "multi": "multiline", "span": "randomspan"}
MOST_MULTI_LINES = 4  # what a keystroke's answer may be asked for


@frozen
class Hole:
    """``before + expected + after`` is the file. ``test`` is empty where there is none."""

    name: str
    before: str
    expected: str
    after: str
    test: str = ""

    def solved_by(self, answer: str) -> bool:
        """Its tests pass; where it has none, it is what the author wrote."""
        if not self.test:
            return answer.rstrip() == self.expected.rstrip()
        return passes(f"{self.before}{answer}{self.after}\n{self.test}")


def benchmark_holes(folder: Path, kind: str, seed: int) -> Iterator[Hole]:
    with gzip.open(folder / f"humaneval-infilling-{SETS[kind]}.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    random.Random(seed).shuffle(rows)
    for row in rows:
        solution = row["canonical_solution"]
        lines = solution.strip("\n").count("\n") + 1
        if len(solution.strip()) < 8 or (kind == "multi" and not 2 <= lines <= MOST_MULTI_LINES):
            continue
        cut = 0 if kind == "span" else len(solution) - len(solution.lstrip())
        body = solution if kind == "span" else solution.rstrip("\n")
        after = row["suffix"] if kind == "span" else "\n" + row["suffix"]
        test = f"{row['test']}\ncheck({row['entry_point']})\n"
        yield Hole(row["task_id"], row["prompt"] + body[:cut], body[cut:], after, test)


def file_holes(seed: int) -> Iterator[Hole]:
    """Lines of the standard library and of installed packages, cut anywhere behind their first character."""
    chance = random.Random(seed)
    paths = sysconfig.get_paths()
    roots = [Path(paths["stdlib"]), Path(paths["purelib"])]
    files = [
        sorted(
            file
            for file in root.rglob("*.py")
            if not {"test", "tests", "idlelib", "site-packages"} & set(file.relative_to(root).parts)
            and 3_000 < file.stat().st_size < 200_000
        )
        for root in roots
    ]
    while True:
        file = chance.choice(chance.choice(files))
        lines = file.read_text(encoding="utf-8", errors="replace").split("\n")
        at = chance.randrange(10, max(11, len(lines) - 5)) if len(lines) > 20 else 0
        line = lines[at].rstrip()
        indent = len(line) - len(line.lstrip())
        if len(line) - indent < 12 or line.lstrip().startswith(("#", '"', "'")) or len(line) > 120:
            continue
        cut = chance.randrange(indent + 1, len(line) - 3)
        before = "\n".join([*lines[:at], line[:cut]])
        yield Hole(f"{file.name}:{at + 1}:{cut}", before, line[cut:], "\n".join(["", *lines[at + 1 :]]))


def holes(folder: Path, kind: str, count: int, seed: int) -> list[Hole]:
    """The first ``count``; a larger count begins with the same."""
    source = file_holes(seed) if kind == "files" else benchmark_holes(folder, kind, seed)
    return [hole for hole, _ in zip(source, range(count), strict=False)]


def window(hole: Hole) -> CodeContext:
    """Whole lines of about 400 tokens in all, the same for every layout."""
    prefix, suffix = hole.before[-PREFIX_CHARS:], hole.after[:SUFFIX_CHARS]
    if len(prefix) < len(hole.before):
        prefix = prefix.partition("\n")[2]
    if len(suffix) < len(hole.after):
        suffix = suffix.rpartition("\n")[0]
    return CodeContext("module.py", "python", prefix, suffix, comment_line="#")


@frozen
class Asker:
    """A model and the rest of the keystroke path."""

    backend: LlamaServerBackend
    family: FimFamily
    syntax: Syntax

    async def answer(self, hole: Hole, order: Order) -> tuple[str, int]:
        """What would be shown, and how many tokens of the prompt were evaluated for it."""
        context, evaluated, counted, said = window(hole), 0, 0, ""
        stop = EarlyStop(context, stops=self.family.stop)
        for attempt in ("word", "blanks"):
            prompt = render_fim_prompt(self.family, context, order, healing=cast("HealingMode", attempt))
            stop = EarlyStop(context, stops=self.family.stop)
            said, heard = "", 0
            request = FimRequest(prompt.text, ANSWER_TOKENS, prompt.stop)
            async with contextlib.aclosing(self.backend.stream(request)) as stream:
                async for event in stream:
                    final = isinstance(event, Finished)
                    if event.timings is not None:
                        counted = event.timings.prompt_evaluated_tokens
                    said += "" if final else event.text
                    added = prompt.healed.after_cursor(said, final=final)
                    if prompt.healed.is_mismatch(said):
                        break
                    if added is not None and stop.feed(added[heard:]) is not None:
                        break
                    heard = len(added) if added is not None else heard
            evaluated += counted
            if not prompt.healed.is_mismatch(said):
                break
        return self._shown(hole, context, stop.finish()), evaluated

    def _shown(self, hole: Hole, context: CodeContext, text: str) -> str:
        document = Text.from_str(hole.before + hole.after)
        lines = hole.before.split("\n")
        snapshot = Snapshot("file:///module.py", "python", 1, document, PositionEncoding.UTF32)
        cut = self.syntax.judge(snapshot, Point(len(lines) - 1, len(lines[-1]))).cut(text, "stop")
        return apply_filters(CompletionCandidate.of(cut.text, context, finished=True)).text if cut.text.strip() else ""


async def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    key = SERVER_KEY if os.environ.get(SERVER_KEY) else ""
    backend = LlamaServerBackend(Endpoint(arguments.url, api_key_env=key, timeouts=Timeouts(read_s=600)))
    results: dict[str, Any] = json.loads(arguments.out.read_text()) if arguments.out.exists() else {}
    try:
        description = await backend.describe()
        family = choose_family(await backend.token_counts(markers()), description.model).family
        asker = Asker(backend, family, Syntax())
        wanted = {kind: holes(arguments.data, kind, arguments.holes, arguments.seed) for kind in arguments.kinds}
        for number in range(arguments.holes):  # all kinds grow alike, so that a run that is ended early says something
            for kind, found in wanted.items():
                if number < len(found):
                    await _ask_all(asker, kind, found[number], arguments.orders, results)
                arguments.out.write_text(json.dumps(results, indent=1))
    finally:
        await backend.aclose()
    return results


async def _ask_all(asker: Asker, kind: str, hole: Hole, orders: list[str], results: dict[str, Any]) -> None:
    """All layouts at once: a server with a slot for each decodes them as one batch."""

    async def ask(order: str) -> None:
        key = f"{kind}|{order}|{hole.name}"
        if key not in results:
            said, evaluated = await asker.answer(hole, cast("Order", order))
            results[key] = judged(hole, said, evaluated)

    await asyncio.gather(*(ask(order) for order in orders))


def judged(hole: Hole, said: str, evaluated_tokens: int) -> dict[str, Any]:
    """One row of the results."""
    return {
        "said": said,
        "expected": hole.expected,
        "exact": said.rstrip() == hole.expected.rstrip(),
        "passed": bool(said) and hole.solved_by(said),
        "similar": difflib.SequenceMatcher(None, said.rstrip(), hole.expected.rstrip(), autojunk=False).ratio(),
        "evaluated_tokens": evaluated_tokens,
    }


def report(results: dict[str, Any], kinds: list[str], orders: list[str]) -> None:
    """A table for each kind and for all, and each two layouts paired."""
    for kind in [*kinds, "all"]:
        rows = {order: _rows(results, kinds if kind == "all" else [kind], order) for order in orders}
        common = sorted(set.intersection(*(set(row) for row in rows.values())))
        for order, row in rows.items():
            cells = [f"{kind:6} {order:7} n={len(common)}"]
            for what in ("passed", "exact"):
                good = sum(row[name][what] for name in common)
                low, high = wilson(good, len(common))
                cells.append(f"{what} {good} [{low:.0%}, {high:.0%}]")
            cells.append(f"similar {sum(row[name]['similar'] for name in common) / max(1, len(common)):.3f}")
            cells.append(f"cold {sum(row[name]['evaluated_tokens'] for name in common) / max(1, len(common)):.0f}")
            print(" · ".join(cells))
        for first, second in combinations(orders, 2):
            only = [
                sum(rows[a][n]["passed"] and not rows[b][n]["passed"] for n in common)
                for a, b in ((first, second), (second, first))
            ]
            print(f"{kind:6} passed by {first} only {only[0]}, by {second} only {only[1]}, p = {mcnemar(*only):.3f}")


def _rows(results: dict[str, Any], kinds: list[str], order: str) -> dict[str, Any]:
    begins = {f"{kind}|{order}|" for kind in kinds}
    return {
        f"{key.partition('|')[0]}|{key.rpartition('|')[2]}": row
        for key, row in results.items()
        if any(key.startswith(one) for one in begins)
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", help="a llama-server; without it only the report on --out is printed")
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="the data sets; needed with --url")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--kinds", nargs="+", choices=[*SETS, "files"], default=["files", "multi", "span", "line"])
    parser.add_argument("--orders", nargs="+", default=["psm", "ctx", "joined"])
    parser.add_argument("--holes", type=int, default=40, help="of each kind")
    parser.add_argument("--seed", type=int, default=2)
    arguments = parser.parse_args()
    if arguments.url and arguments.data is None:
        parser.error("--url needs --data FOLDER")
    results = asyncio.run(measure(arguments)) if arguments.url else json.loads(arguments.out.read_text())
    report(results, arguments.kinds, arguments.orders)


if __name__ == "__main__":
    main()
