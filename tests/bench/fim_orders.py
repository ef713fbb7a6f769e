"""Which prompt order is best for a model: pass@1 and exact match on HumanEval-Infilling, and tokens evaluated per key.

    python -m tests.bench.fim_orders --url http://127.0.0.1:8080 --data singleline.jsonl.gz --place line --holes 150 \\
        --orders psm ctx joined --out results.json

``--data`` is human-eval-infilling's single-line set (``docs/measurements/layouts.md``, "Data"). ``--place line``
leaves the line's indentation, as an editor does after Enter; ``--place middle`` cuts the line anywhere inside it, the
same for every order. ``--url`` is a llama-server; results are kept in ``--out`` after every hole, and a second run goes
on from there.

Variants: ``ctx+blanks`` and ``ctx+word`` keep the blanks before the cursor, or also the word there, from the model and
take them off the answer (``prompt/fim/token_healing.py``; without either the model gets all); ``ctx+again`` asks as
``ctx+word``, and once more as ``ctx+blanks`` where the model says another word.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gzip
import json
import random
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any, cast

from attrs import evolve, frozen

from autothink_lsp.backends.base import FimRequest, Finished, Timings
from autothink_lsp.backends.endpoint import Endpoint
from autothink_lsp.backends.llama_server import LlamaServerBackend
from autothink_lsp.context.values import CodeContext
from autothink_lsp.prompt.fim.budget import TokenRate, fit
from autothink_lsp.prompt.fim.detect import choose_family, markers
from autothink_lsp.prompt.fim.family import FimFamily, Order
from autothink_lsp.prompt.fim.render import render_fim_prompt
from autothink_lsp.prompt.fim.token_healing import HealingMode
from autothink_lsp.tuning.significance import mcnemar, wilson
from tests.bench.sandbox import passes

WINDOW_TOKENS = 512
ANSWER_TOKENS = 48
TYPED_KEYS = 4
TYPED_HOLES = 6  # holes on which the cost of a key is measured


@frozen
class Hole:
    """One task: ``before + answer + after`` is a program that passes."""

    name: str
    before: str
    expected: str
    after: str
    test: str
    entry_point: str

    def solved_by(self, answer: str) -> bool:
        return passes(f"{self.before}{answer}{self.after}\n{self.test}\ncheck({self.entry_point})\n")


def holes(path: Path, place: str, count: int, seed: int) -> Iterator[Hole]:
    """``count`` holes in an order that depends on ``seed`` only. Lines of fewer than 8 characters are no task."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    rows = [row for row in rows if len(row["canonical_solution"].strip()) >= 8]
    random.Random(seed).shuffle(rows)
    for row in rows[:count]:  # a larger count begins with the same holes
        line = row["canonical_solution"].rstrip("\n")
        cut = len(line) - len(line.lstrip())
        if place == "middle":
            cut = random.Random(row["task_id"]).randrange(cut + 1, len(line))  # the same for every order
        yield Hole(
            row["task_id"],
            row["prompt"] + line[:cut],
            line[cut:],
            "\n" + row["suffix"],
            row["test"],
            row["entry_point"],
        )


def window(hole: Hole, order: Order) -> CodeContext:
    """What a request would see of the hole: whole lines that fit ``WINDOW_TOKENS``."""
    budget = fit(WINDOW_TOKENS, TokenRate(), order, prefix_chars=len(hole.before), suffix_chars=len(hole.after))
    prefix = hole.before[len(hole.before) - budget.prefix :]
    if len(prefix) < len(hole.before):
        prefix = prefix.partition("\n")[2]
    suffix = hole.after[: budget.suffix]
    if len(suffix) < len(hole.after):
        suffix = suffix.rpartition("\n")[0]
    return CodeContext("solution.py", "python", prefix, suffix, comment_line="#")


async def answer(
    backend: LlamaServerBackend, family: FimFamily, context: CodeContext, variant: str
) -> tuple[str, Timings | None]:
    """The rest of the line, and what it cost."""
    order, _, withhold = variant.partition("+")
    attempts = {"": ["nothing"], "again": ["word", "blanks"]}.get(withhold, [withhold])
    said, added, timings = "", "", None
    for attempt in attempts:
        prompt = render_fim_prompt(
            family, context, cast("Order", order), single_line=True, healing=cast("HealingMode", attempt)
        )
        said = ""
        async with contextlib.aclosing(backend.stream(FimRequest(prompt.text, ANSWER_TOKENS, prompt.stop))) as stream:
            async for event in stream:
                if isinstance(event, Finished):
                    timings = event.timings
                else:
                    said += event.text
        added = prompt.healed.after_cursor(said, final=True) or ""
        if not prompt.healed.is_mismatch(said):
            break
    return added, timings


async def cost_of_keys(backend: LlamaServerBackend, family: FimFamily, hole: Hole, variant: str) -> list[int]:
    """Tokens evaluated for each further typed character of the expected line."""
    order = cast("Order", variant.partition("+")[0])
    context = window(hole, order)
    costs: list[int] = []
    for typed in range(min(TYPED_KEYS + 1, len(hole.expected))):
        _, timings = await answer(
            backend, family, evolve(context, prefix=context.prefix + hole.expected[:typed]), variant
        )
        if typed and timings is not None:
            costs.append(timings.prompt_evaluated_tokens)
    return costs


async def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    backend = LlamaServerBackend(Endpoint(arguments.url))
    results: dict[str, Any] = json.loads(arguments.out.read_text()) if arguments.out.exists() else {}
    try:
        description = await backend.describe()
        family = choose_family(await backend.token_counts(markers()), description.model).family
        for number, hole in enumerate(holes(arguments.data, arguments.place, arguments.holes, arguments.seed)):
            for variant in arguments.orders:
                key = f"{arguments.place}|{variant}|{hole.name}"
                if key in results:
                    continue
                said, timings = await answer(
                    backend, family, window(hole, cast("Order", variant.partition("+")[0])), variant
                )
                results[key] = {
                    "said": said,
                    "expected": hole.expected,
                    "exact": said.rstrip() == hole.expected.rstrip(),
                    "passed": hole.solved_by(said),
                    "cold_tokens": timings.prompt_evaluated_tokens if timings else None,
                    "key_tokens": await cost_of_keys(backend, family, hole, variant) if number < TYPED_HOLES else [],
                }
            arguments.out.write_text(json.dumps(results, indent=1))
    finally:
        await backend.aclose()
    return results


def report(results: dict[str, Any], place: str, variants: Sequence[str]) -> None:
    by_variant = {
        variant: {key.rpartition("|")[2]: row for key, row in results.items() if key.startswith(f"{place}|{variant}|")}
        for variant in variants
    }
    common = sorted(set.intersection(*(set(rows) for rows in by_variant.values())))
    for variant, rows in by_variant.items():
        keys = sorted(tokens for name in common for tokens in rows[name]["key_tokens"])
        cold = [rows[name]["cold_tokens"] or 0 for name in common]
        cells = [f"{place:7} {variant:9} n={len(common)}"]
        for measure_name in ("passed", "exact"):
            good = sum(rows[name][measure_name] for name in common)
            low, high = wilson(good, len(common))
            cells.append(f"{measure_name} {good} = {good / max(1, len(common)):.0%} [{low:.0%}, {high:.0%}]")
        cells.append(f"cold tokens {sum(cold) / max(1, len(cold)):.0f}")
        if keys:
            cells.append(f"per key median {keys[len(keys) // 2]}, most {keys[-1]}")
        print(" · ".join(cells))
    for first, second in combinations(variants, 2):
        for measure_name in ("passed", "exact"):
            a = sum(by_variant[first][n][measure_name] and not by_variant[second][n][measure_name] for n in common)
            b = sum(by_variant[second][n][measure_name] and not by_variant[first][n][measure_name] for n in common)
            p = mcnemar(a, b)
            print(
                f"{place:7} {first} against {second}, {measure_name}: only {first} {a}, only {second} {b}, p = {p:.3f}"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", help="a llama-server; without it only the report on --out is printed")
    parser.add_argument("--data", type=Path, metavar="FILE", help="the data set; needed with --url")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--place", choices=["line", "middle"], default="line")
    parser.add_argument("--orders", nargs="+", default=["psm", "ctx", "joined"])
    parser.add_argument("--holes", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if arguments.url and arguments.data is None:
        parser.error("--url needs --data FILE")
    results = asyncio.run(measure(arguments)) if arguments.url else json.loads(arguments.out.read_text())
    report(results, arguments.place, arguments.orders)


if __name__ == "__main__":
    main()
