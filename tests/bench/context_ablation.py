"""What context from elsewhere gains: held-out lines of real multi-file projects, answered by the embedded 0.5B.

    python -m tests.bench.context_ablation --out results.json --holes 40 --variants none all
    python -m tests.bench.context_ablation --out results.json --report

Holes are drawn by a seed: a project, a file of it that imports another of its files, a line of code; half of them whole
lines after their indentation, half cut inside. Nobody looked at what context there is. The line's rest is taken out of
the file on disk too, before the project is indexed, and three other files are open: two that it imports and one beside
it. The window, the budget and the prompt are those of the product. Results are kept in ``--out`` after every answer,
and another run goes on from there.

Variants: ``none``, ``all``, ``+NAME`` (one source alone), ``-NAME`` (all but one); ``@comments`` behind it puts other
files into comment lines instead of the family's file tokens, ``@N`` sets the budget to N tokens. Edits, messages and
cells have no part in it: there are none in files at rest.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import difflib
import json
import random
import re
import shutil
import sysconfig
import tempfile
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from autothink_lsp.app import now_ms
from autothink_lsp.backends.base import Backend, CompletionRequest, Finished
from autothink_lsp.backends.credentials import Credentials
from autothink_lsp.backends.endpoint import Endpoint
from autothink_lsp.backends.http import HttpClient
from autothink_lsp.backends.llama_server import LlamaServerBackend
from autothink_lsp.context.index.scan import scan
from autothink_lsp.context.index.service import ProjectIndexes, _Folder
from autothink_lsp.context.index.store import IndexReader, IndexWriter
from autothink_lsp.context.privacy import PrivacyGate
from autothink_lsp.context.redaction import SecretNames
from autothink_lsp.context.surroundings import Surroundings
from autothink_lsp.context.values import CodeContext
from autothink_lsp.document.notebooks import NotebookStore
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.engines.llama import LlamaEngine
from autothink_lsp.engines.models.catalogue import QWEN_CODER_05B
from autothink_lsp.engines.models.store import ModelStore
from autothink_lsp.engines.parameters import LlamaParameters
from autothink_lsp.features.completion.launch import window_size
from autothink_lsp.prompt.detect import choose, markers
from autothink_lsp.prompt.family import FimFamily
from autothink_lsp.prompt.fim import render
from autothink_lsp.settings.model import CONTEXT_SOURCES, CompletionSettings, Settings
from autothink_lsp.syntax.scopes import scope_kind
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import Point
from tests.bench.paired import mcnemar, wilson

ANSWER_TOKENS = 48


async def answer(backend: Backend, family: FimFamily, context: CodeContext) -> tuple[str, int]:
    """The rest of the line as the product would come by it, and the tokens of the prompt."""
    added, tokens = "", 0
    for withhold in ("word", "blanks"):
        prompt = render(family, context, single_line=True, withhold=withhold)  # type: ignore[arg-type]
        said = ""
        async with contextlib.aclosing(
            backend.stream(CompletionRequest(prompt.text, ANSWER_TOKENS, prompt.stop))
        ) as stream:
            async for event in stream:
                if isinstance(event, Finished):
                    if event.timings is not None:
                        tokens = event.timings.prompt_evaluated_tokens + event.timings.prompt_cached_tokens
                else:
                    said += event.text
        added = prompt.withheld.added_by(said, final=True) or ""
        if not prompt.withheld.contradicted_by(said):
            break
    return added.split("\n", 1)[0], tokens


async def measure(arguments: argparse.Namespace, results: dict[str, Any]) -> None:
    # Large batches, which the product may not have: nobody cancels here.
    model = ModelStore.default().path(QWEN_CODER_05B.name)
    if model is None:
        raise SystemExit("the embedded model is not installed (make model)")
    parameters = LlamaParameters(
        model_path=model, model_name="0.5b", threads=1, context_tokens=4096, batch_tokens=512, parallel=1
    )
    engine = LlamaEngine(parameters)
    address = await engine.address()
    endpoint = Endpoint(address.url, api_key_env="KEY", slot=0)
    http = HttpClient(endpoint, Credentials(endpoint, environ={"KEY": address.api_key}))
    backend = LlamaServerBackend(endpoint, http)
    try:
        family = choose(await backend.token_counts(markers()), "").family
        with tempfile.TemporaryDirectory() as work:
            bench = Bench(Path(work))
            for hole, _ in zip(holes(bench.folders, arguments.seed), range(arguments.holes), strict=False):
                todo = [one for one in arguments.variants if f"{one}|{hole.name}" not in results]
                for variant, context in bench.contexts(hole, todo).items() if todo else ():
                    spelling = evolve(family, file="", repository="") if variant.endswith("@comments") else family
                    said, tokens = await answer(backend, spelling, context)
                    results[f"{variant}|{hole.name}"] = {
                        "said": said,
                        "expected": hole.expected,
                        "exact": said.rstrip() == hole.expected.rstrip(),
                        "similar": difflib.SequenceMatcher(None, said.strip(), hole.expected.strip()).ratio(),
                        "tokens": tokens,
                        "sources": sorted(
                            {block.source for block in context.blocks} | ({"head"} if context.head else set())
                        ),
                    }
                    arguments.out.write_text(json.dumps(results, indent=1))
    finally:
        await backend.aclose()
        await engine.stop()


def report(results: dict[str, Any]) -> None:
    """A row for each variant over the holes that it shares with ``none``, and pairs."""
    by_variant: dict[str, dict[str, Any]] = {}
    for key, row in results.items():
        variant, _, name = key.partition("|")
        by_variant.setdefault(variant, {})[name] = row
    print("| variant | n | exact | 95 % interval | similarity | tokens | only it / only none | p |")
    print("|---|--:|--:|---|--:|--:|--:|--:|")
    none = by_variant.get("none", {})
    for variant, rows in by_variant.items():
        names = sorted(set(rows) & set(none)) if none else sorted(rows)
        if not names:
            continue
        good = sum(rows[name]["exact"] for name in names)
        low, high = wilson(good, len(names))
        similar = sum(rows[name]["similar"] for name in names) / len(names)
        tokens = sum(rows[name]["tokens"] for name in names) / len(names)
        only = sum(rows[name]["exact"] and not none[name]["exact"] for name in names) if none else 0
        lost = sum(none[name]["exact"] and not rows[name]["exact"] for name in names) if none else 0
        print(
            f"| {variant} | {len(names)} | {good} | {low:.0%} to {high:.0%} | {similar:.3f} | {tokens:.0f} "
            f"| {only} / {lost} | {mcnemar(only, lost):.2f} |"
        )
    print()
    for first, second in combinations(by_variant, 2):
        common = sorted(set(by_variant[first]) & set(by_variant[second]))
        a = sum(by_variant[first][n]["exact"] and not by_variant[second][n]["exact"] for n in common)
        b = sum(by_variant[second][n]["exact"] and not by_variant[first][n]["exact"] for n in common)
        means = [sum(by_variant[one][n]["similar"] for n in common) / max(1, len(common)) for one in (first, second)]
        print(
            f"{first} against {second}: n = {len(common)}, only the first {a}, only the second {b}, "
            f"p = {mcnemar(a, b):.2f}, similarity {means[0]:.3f} and {means[1]:.3f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--variants", nargs="+", default=["none", "all"])
    parser.add_argument("--holes", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--report", action="store_true", help="print what there is and measure nothing")
    arguments = parser.parse_args()
    results: dict[str, Any] = json.loads(arguments.out.read_text()) if arguments.out.exists() else {}
    if not arguments.report:
        asyncio.run(measure(arguments, results))
    report(results)


if __name__ == "__main__":
    main()
