"""What context from elsewhere gains: held-out lines of real multi-file projects, answered by a model.

    python -m tests.bench.context_ablation --out results.json --url http://127.0.0.1:8080 --holes 200
    python -m tests.bench.context_ablation --out results.json --minutes 40 --holes 300 --variants none all@96
    python -m tests.bench.context_ablation --out results.json --report

``--holes-of`` says which holes: ``any-line``, ``cross-file``, ``library``, ``copied``
(``tests/bench/project_holes.py``), and ``commit`` of ``--repositories`` (``tests/bench/commit_holes.py``), which grow
alike and are reported apart. Without ``--url`` an installed model (``--model``) is started, on
one thread; with it a llama-server that runs already gets all variants of a hole at once. Results are kept in ``--out``
after every hole, and another run goes on from there; ``--minutes`` ends a run between two holes. Answers have no
deadline, so the machine's load changes only the time.

Variants: ``none``, ``all``, ``+NAME`` (one source alone), ``-NAME`` (all but one). Behind them, in any order:
``@comments`` puts other files into comment lines instead of the family's file tokens, ``@repo`` begins with the
family's token for the repository and its name, ``@code`` shows the real code of what the product shows the signatures
of, as much as the budget holds, ``@head`` puts what is of the document itself right before its window instead of under
the document's name a second time, ``@packages`` adds the signatures of installed packages, ``@copied`` and
``@unrelated`` put the lines of a ``copied`` hole into the clipboard (``+clipboard@512@copied``), ``@N`` sets the budget
to N tokens. A variant whose prompt is that of another one gets its answer. Messages and cells have no part in it:
there are none in files at rest; ``edits`` are only behind the changes of a ``commit``, where no other source has a
part, since there is no project on the disk.

Each row has a digest of its prompt. If two variants have equal prompts for all of ``LEAST_COMPARED`` holes or more,
their difference was not measured, and the run and the report fail. With ``--differing`` a hole for which all variants
have the same prompt is kept without asking the model: whatever it says, no variant gains by it, so the report counts it
as a tie.

``--forced`` generates nothing: the installed model gets the author's line behind the prompt (teacher forcing,
``tests/bench/forced_model.py``, which says what to install). One evaluation tells whether it would have written exactly
that, and how probable it holds it, which shows a gain with fewer holes than exact lines do: most lines are right with
and without, or wrong with and without. ``--compare OTHER`` prints where the exact lines of two results differ.
"""

from __future__ import annotations

import argparse
import ast
import asyncio
import contextlib
import difflib
import hashlib
import json
import math
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any, Literal, get_args

from attrs import evolve, frozen

from autothink_lsp.backends.base import Backend, FimRequest, Finished
from autothink_lsp.backends.credentials import Credentials
from autothink_lsp.backends.endpoint import Endpoint, Timeouts
from autothink_lsp.backends.http import HttpClient
from autothink_lsp.backends.llama_server import LlamaServerBackend
from autothink_lsp.context.compose import shortened, tokens_of
from autothink_lsp.context.values import CodeContext, ContextBlock
from autothink_lsp.engines.llama import LlamaEngine
from autothink_lsp.engines.llama_parameters import LlamaParameters
from autothink_lsp.engines.models.catalogue import QWEN_CODER_05B, find_model
from autothink_lsp.engines.models.store import ModelStore
from autothink_lsp.prompt.fim.detect import choose_family, markers
from autothink_lsp.prompt.fim.family import FimFamily
from autothink_lsp.prompt.fim.render import Prompt, render_fim_prompt
from autothink_lsp.prompt.fim.token_healing import HealingMode
from autothink_lsp.tuning.significance import mcnemar, wilson
from tests.bench.commit_holes import CommitBench
from tests.bench.forced_model import ForcedModel, LlamaLibrary, greedy, probability
from tests.bench.project_holes import ROOT, ContextBench, Hole, HoleSet, settings_for

ANSWER_TOKENS = 48
HEALED: tuple[HealingMode, ...] = ("word", "blanks")
_Z = 1.959963984540054
LEAST_COMPARED = 100  # holes after which two variants with nothing but equal prompts are an error of the bench
AnySet = HoleSet | Literal["commit"]
SETS: tuple[AnySet, ...] = (*get_args(HoleSet), "commit")


@frozen
class Asker:
    """A server and the rest of the keystroke path."""

    family: FimFamily
    backend: Backend

    async def row(self, context: CodeContext, options: frozenset[str], hole: Hole) -> dict[str, Any]:
        """What the server makes of one hole."""
        said, tokens = await self._answer(context, options, hole)
        row = judged(hole, context, said, tokens)
        return {**row, "similar": difflib.SequenceMatcher(None, said.strip(), hole.expected.strip()).ratio()}

    async def _answer(self, context: CodeContext, options: frozenset[str], hole: Hole) -> tuple[str, int]:
        """The rest of the line as the product would come by it, and the tokens of the prompt."""
        added, tokens = "", 0
        for withhold in HEALED:
            prompt = prompt_for(self.family, context, options, hole.project, withhold)
            said = ""
            request = FimRequest(prompt.text, ANSWER_TOKENS, prompt.stop)
            async with contextlib.aclosing(self.backend.stream(request)) as stream:
                async for event in stream:
                    if isinstance(event, Finished):
                        if event.timings is not None:
                            tokens = event.timings.prompt_evaluated_tokens + event.timings.prompt_cached_tokens
                    else:
                        said += event.text
            added = prompt.healed.after_cursor(said, final=True) or ""
            if not prompt.healed.is_mismatch(said):
                break
        return added.split("\n", 1)[0], tokens


@frozen
class ForcedAsker:
    """A model in this process, to which the author's line is given instead of letting it write one."""

    family: FimFamily
    model: ForcedModel

    async def row(self, context: CodeContext, options: frozenset[str], hole: Hole) -> dict[str, Any]:
        """What the model makes of one hole: also how probable it holds the author's line, but not how similar its
        own is, which is not complete where it is not the author's."""
        row = judged(hole, context, *self._answer(context, options, hole))
        prompt = prompt_for(self.family, context, options, hole.project, "word")
        text = prompt.healed.blanks + prompt.healed.word + hole.expected
        scored = probability(self.model, prompt.text, text)
        return row if scored is None else {**row, "log_p": scored[0], "log_p_tokens": scored[1]}

    def _answer(self, context: CodeContext, options: frozenset[str], hole: Hole) -> tuple[str, int]:
        """As ``Asker``'s; where it is not the author's line it ends with the first token that differs."""
        added, tokens = "", 0
        for withhold in HEALED:
            prompt = prompt_for(self.family, context, options, hole.project, withhold)
            text = prompt.healed.blanks + prompt.healed.word + hole.expected
            said = greedy(self.model, prompt.text, text, prompt.stop, ANSWER_TOKENS)
            tokens = len(self.model.tokens(prompt.text))
            added = prompt.healed.after_cursor(said, final=True) or ""
            if not prompt.healed.is_mismatch(said):
                break
        return added.split("\n", 1)[0], tokens


def prompt_for(
    family: FimFamily, context: CodeContext, options: frozenset[str], project: str, withhold: HealingMode
) -> Prompt:
    """The prompt of the product, in the form that ``options`` say."""
    family = evolve(family, file="", repository="") if "comments" in options else family
    repository = project if "repo" in options else ""
    return render_fim_prompt(family, context, single_line=True, healing=withhold, repository=repository)


def with_own_in_head(context: CodeContext) -> CodeContext:
    """What is of the document itself as its beginning."""
    own = [block.text.strip("\n") for block in context.blocks if block.path == context.path]
    others = tuple(block for block in context.blocks if block.path != context.path)
    return evolve(context, head="\n\n".join((*own, context.head)), blocks=others) if own else context


def with_code(context: CodeContext, folder: Path, budget_tokens: int) -> CodeContext:
    """The same files, with the code itself instead of signatures: the last block, the best, gets at the budget."""
    left = budget_tokens - tokens_of(context.head)
    blocks: list[ContextBlock] = []
    for block in reversed(context.blocks):
        real = block.source != "similar" and block.path != context.path  # on disk it has the answer
        text = (_code_of(block, folder) if real else "") or block.text
        text = shortened(text, left)
        if tokens_of(text) <= left:
            blocks.insert(0, evolve(block, text=text))
            left -= tokens_of(text)
    return evolve(context, blocks=tuple(blocks))


def _code_of(block: ContextBlock, folder: Path) -> str:
    """The functions and classes of a file that a block shows signatures of, as they are written there."""
    source = (folder / block.path).read_text(encoding="utf-8")
    shown = {
        node.name
        for line in block.text.split("\n")
        for node in _parsed(f"{line.strip().removesuffix('...').rstrip()} ...")
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }
    outer = {line.split("(")[0].split(":")[0].split()[-1] for line in block.text.split("\n") if line[:6] == "class "}
    found = [
        ast.get_source_segment(source, node) or ""
        for node in _parsed(source)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name in shown | outer
    ]
    return "\n\n\n".join(found)


def _parsed(code: str) -> list[ast.stmt]:
    try:
        return ast.parse(code).body
    except SyntaxError:
        return []


def installed(name: str) -> Path:
    """The file of an installed model."""
    entry = find_model(name)
    model = ModelStore.default().path(entry.name)
    if model is None:
        raise SystemExit(f"{entry.name} is not installed (autothink-lsp model pull {entry.name})")
    return model


@contextlib.asynccontextmanager
async def model_at(url: str | None, name: str) -> AsyncIterator[Backend]:
    """The server that runs there, or one of our own with the installed model ``name``."""
    if url is not None:
        endpoint = Endpoint(url, timeouts=Timeouts(read_s=600))
        http = HttpClient(endpoint)
        backend = LlamaServerBackend(endpoint, http)
        try:
            yield backend
        finally:
            await backend.aclose()
        return
    # Large batches, which the product may not have: no request is cancelled here.
    parameters = LlamaParameters(
        model_path=installed(name),
        model_name=find_model(name).name,
        threads=1,
        context_tokens=4096,
        batch_tokens=512,
        parallel=1,
    )
    engine = LlamaEngine(parameters)
    address = await engine.address()
    endpoint = Endpoint(address.url, api_key_env="KEY", slot=0, timeouts=Timeouts(read_s=600))
    http = HttpClient(endpoint, Credentials(endpoint, environ={"KEY": address.api_key}))
    backend = LlamaServerBackend(endpoint, http)
    try:
        yield backend
    finally:
        await backend.aclose()
        await engine.stop()


@contextlib.asynccontextmanager
async def asker_for(arguments: argparse.Namespace) -> AsyncIterator[Asker | ForcedAsker]:
    """What answers: the model in this process, or a server."""
    if arguments.forced:
        model = LlamaLibrary(installed(arguments.model))
        counts = {marker: len(model.tokens(marker)) for marker in markers()}
        yield ForcedAsker(choose_family(counts, "").family, model)
        return
    async with model_at(arguments.url, arguments.model) as backend:
        described = await backend.describe() if arguments.url else None
        family = choose_family(await backend.token_counts(markers()), described.model if described else "").family
        yield Asker(family, backend)


async def measure(arguments: argparse.Namespace, results: dict[str, Any]) -> None:
    async with asker_for(arguments) as asker:
        with tempfile.TemporaryDirectory() as work:
            bench = ContextBench(Path(work), arguments.own, arguments.window)
            drawn = {kind: holes_of(kind, bench, arguments) for kind in arguments.holes_of}
            ends_s = time.monotonic() + 60 * arguments.minutes
            for _ in range(arguments.holes):  # both sets grow alike, so that a run that is ended early says something
                for kind, holes in drawn.items():
                    if time.monotonic() > ends_s:
                        return
                    found = next(holes, None)
                    if found is not None:
                        await _ask_all(bench, asker, kind, *found, arguments, results)
                        fail_if_equal(results)


def holes_of(
    kind: AnySet, bench: ContextBench, arguments: argparse.Namespace
) -> Iterator[tuple[Hole, Callable[[list[str]], dict[str, CodeContext]]]]:
    """The holes of a set, each with what gives the contexts of variants."""
    if kind == "commit":
        commits = CommitBench(arguments.repositories, arguments.window)
        for found in commits.holes(arguments.seed):
            yield found.hole, partial(commits.contexts, found)
        return
    for hole in bench.drawing.holes(kind, arguments.seed):
        yield hole, partial(bench.contexts, hole)


async def _ask_all(
    bench: ContextBench,
    asker: Asker | ForcedAsker,
    kind: str,
    hole: Hole,
    contexts_of: Callable[[list[str]], dict[str, CodeContext]],
    arguments: argparse.Namespace,
    results: dict[str, Any],
) -> None:
    """All variants at once: a server with a slot for each decodes them as one batch, others let them wait."""
    todo = [one for one in arguments.variants if f"{kind}|{one}|{hole.name}" not in results]
    if not todo:
        return
    contexts = contexts_of(todo)
    prompts = {one: _prompt(bench, hole, one, contexts[one]) for one in todo}
    digests = {one: digest(prompt) for one, prompt in prompts.items()}
    if arguments.differing and len(set(digests.values())) == 1:
        for one in todo:
            results[f"{kind}|{one}|{hole.name}"] = {"prompt": digests[one], "asked": False}
        _keep(results, arguments.out)
        return
    at_once = asyncio.Semaphore(arguments.at_once if arguments.url else 1)
    answers: dict[tuple[CodeContext, frozenset[str]], asyncio.Task[dict[str, Any]]] = {}

    async def answer(context: CodeContext, options: frozenset[str]) -> dict[str, Any]:
        async with at_once:
            return await asker.row(context, options, hole)

    async def ask(variant: str) -> None:
        prompt = prompts[variant]
        if prompt not in answers:
            answers[prompt] = asyncio.create_task(answer(*prompt))
        row = await answers[prompt]
        results[f"{kind}|{variant}|{hole.name}"] = {**row, "prompt": digests[variant], "asked": True}

    # What begins alike is asked one after the other, so that the model evaluates the beginning once.
    todo.sort(key=lambda one: [(block.path, block.text) for block in contexts[one].blocks])
    await asyncio.gather(*(ask(variant) for variant in todo))
    _keep(results, arguments.out)


def _keep(results: dict[str, Any], out: Path) -> None:
    """Write the results; a run that is killed meanwhile loses nothing."""
    kept = out.with_name(f"{out.name}.new")
    kept.write_text(json.dumps(results, indent=1))
    kept.replace(out)


def _prompt(bench: ContextBench, hole: Hole, variant: str, context: CodeContext) -> tuple[CodeContext, frozenset[str]]:
    """What decides on the prompt of a variant: the context, and the options of its form."""
    options = frozenset(variant.split("@")[1:])
    if "code" in options:
        budget = settings_for(variant).completion.context_tokens
        assert isinstance(budget, int)
        context = with_code(context, bench.folders[hole.project], budget)
    if "head" in options:
        context = with_own_in_head(context)
    return context, options & {"comments", "repo"}


def digest(prompt: tuple[CodeContext, frozenset[str]]) -> str:
    """The same for equal prompts only."""
    context, options = prompt
    shown = [context.prefix, context.suffix, context.path, context.head, sorted(options)]
    shown += [[block.path, block.text] for block in context.blocks]
    return hashlib.sha256(json.dumps(shown).encode()).hexdigest()[:16]


def equal_variants(results: dict[str, Any]) -> list[tuple[str, str, int]]:
    """The pairs of variants whose prompts are equal for all holes that they share, of which there are enough to tell,
    with the number of these holes."""
    by_variant: dict[str, dict[str, str]] = {}
    for key, row in results.items():
        kind, variant, name = key.split("|", 2)
        if "prompt" in row:
            by_variant.setdefault(variant, {})[f"{kind}|{name}"] = row["prompt"]
    found: list[tuple[str, str, int]] = []
    for first, second in combinations(by_variant, 2):
        common = set(by_variant[first]) & set(by_variant[second])
        if len(common) >= LEAST_COMPARED and all(by_variant[first][n] == by_variant[second][n] for n in common):
            found.append((first, second, len(common)))
    return found


def fail_if_equal(results: dict[str, Any]) -> None:
    """End with an error if the bench compares variants that do not differ."""
    equal = [
        f"{first} and {second} have equal prompts for all {n} holes" for first, second, n in equal_variants(results)
    ]
    if equal:
        raise SystemExit("; ".join(equal) + ": the difference between these variants is not measured")


def judged(hole: Hole, context: CodeContext, said: str, tokens: int) -> dict[str, Any]:
    """One row of the results."""
    return {
        "said": said,
        "expected": hole.expected,
        "exact": said.rstrip() == hole.expected.rstrip(),
        "tokens": tokens,
        **({"likeness": hole.likeness} if hole.likeness else {}),
        "sources": sorted({block.source for block in context.blocks} | ({"head"} if context.head else set())),
    }


def report(results: dict[str, Any]) -> None:
    """Each set apart, then all: a row for each variant over the holes that it shares with ``none``, and pairs."""
    by_set: dict[str, dict[str, dict[str, dict[str, Any]]]] = {}
    for key, row in results.items():
        kind, variant, name = key.split("|", 2)
        for one in (kind, "all sets"):
            by_set.setdefault(one, {}).setdefault(variant, {})[f"{kind}|{name}"] = row
    for kind in (*SETS, "all sets"):
        if kind in by_set and (kind != "all sets" or len(by_set) > 2):
            print(f"\n{kind}\n")
            _report(by_set[kind])


def _report(unordered: dict[str, dict[str, dict[str, Any]]]) -> None:
    by_variant = dict(sorted(unordered.items(), key=lambda one: (one[0] != "none", len(one[0]), one[0])))
    print("| variant | holes | exact | 95 % interval | similarity | log p of a line | tokens |")
    print("|---|--:|--:|---|--:|--:|--:|")
    for variant, rows in by_variant.items():
        print(_row(variant, [row for row in rows.values() if row.get("asked", True)]))
    print()
    print(
        "| without | with | n | prompts differ | exact | only with / only without | points, 95 % | p "
        "| similarity, 95 % | log p of a line, 95 % | a unit more / less | p |"
    )
    print("|---|---|--:|--:|---|--:|---|--:|---|---|--:|--:|")
    for first, second in combinations(by_variant, 2):
        common = sorted(set(by_variant[first]) & set(by_variant[second]))
        if common:
            print(_compared(first, second, [(by_variant[first][n], by_variant[second][n]) for n in common]))


def _row(variant: str, rows: list[dict[str, Any]]) -> str:
    """What a variant brought at the holes that were asked."""
    good = sum(row["exact"] for row in rows)
    low, high = wilson(good, len(rows))
    scored = [row["log_p"] for row in rows if "log_p" in row]
    log_p = f"{statistics.fmean(scored):.2f}" if scored else "-"
    alike = [row["similar"] for row in rows if "similar" in row]
    similar = f"{statistics.fmean(alike):.3f}" if alike else "-"
    tokens = statistics.fmean(row["tokens"] for row in rows) if rows else 0.0
    return f"| {variant} | {len(rows)} | {good} | {low:.0%} to {high:.0%} | {similar} | {log_p} | {tokens:.0f} |"


def _compared(first: str, second: str, pairs: list[tuple[dict[str, Any], dict[str, Any]]]) -> str:
    """Two variants over the same holes. A hole that was not asked, since no prompts differ, is a tie."""
    asked = [(a, b) for a, b in pairs if a.get("asked", True) and b.get("asked", True)]
    ties = len(pairs) - len(asked)
    differ = sum(a.get("prompt", "") != b.get("prompt") for a, b in asked)
    lost = sum(a["exact"] and not b["exact"] for a, b in asked)
    won = sum(b["exact"] and not a["exact"] for a, b in asked)
    low, high = difference_interval(won, lost, len(pairs))
    similar = [b["similar"] - a["similar"] for a, b in asked if "similar" in a and "similar" in b]
    alike = mean_with_interval([*similar, *([0.0] * ties)], 3) if len(similar) == len(asked) else "-"
    scored = [b["log_p"] - a["log_p"] for a, b in asked if "log_p" in a and "log_p" in b]
    log_p = mean_with_interval([*scored, *([0.0] * ties)], 2) if scored else "-"
    if scored and len(scored) != len(asked):  # the model's tokens did not make up what the author wrote
        log_p += f", n = {len(scored) + ties}"
    more, less = sum(one > 1 for one in scored), sum(one < -1 for one in scored)  # e times as probable
    return (
        f"| {first} | {second} | {len(pairs)} | {differ} | {sum(a['exact'] for a, _ in asked)}, "
        f"{sum(b['exact'] for _, b in asked)} | {won} / {lost} "
        f"| {100 * (won - lost) / len(pairs):+.1f} ({100 * low:+.1f} to {100 * high:+.1f}) | {mcnemar(won, lost):.3f} "
        f"| {alike} | {log_p} | {more} / {less} | {mcnemar(more, less):.3f} |"
    )


def compare(results: dict[str, Any], others: dict[str, Any]) -> None:
    """Print for how many equal prompts two results agree on whether the answer is exact, and the rows that do not."""
    shared = [key for key in results if key in others and results[key].get("prompt") == others[key].get("prompt")]
    asked = [key for key in shared if results[key].get("asked") and others[key].get("asked")]
    differing = [key for key in asked if results[key]["exact"] != others[key]["exact"]]
    exact = sum(results[key]["exact"] for key in asked)
    print(f"{len(asked)} equal prompts, {exact} of them exact; the two agree on {len(asked) - len(differing)}")
    for key in differing:
        print(f"{key}: {results[key]['said']!r} and {others[key]['said']!r}")


def difference_interval(only_second: int, only_first: int, count: int) -> tuple[float, float]:
    """The 95 % interval of the difference of two paired shares, second minus first (Bonett and Price 2012: Wald's with
    one case more that only the first has, and one that only the second has)."""
    a, b = ((one + 1) / (count + 2) for one in (only_second, only_first))
    spread = _Z * math.sqrt((a + b - (a - b) ** 2) / (count + 2))
    return max(-1.0, a - b - spread), min(1.0, a - b + spread)


def mean_with_interval(differences: list[float], places: int) -> str:
    """The mean of paired differences with its 95 % interval by the normal distribution."""
    mean = statistics.fmean(differences)
    if len(differences) < 2:
        return f"{mean:+.{places}f}"
    spread = _Z * statistics.stdev(differences) / math.sqrt(len(differences))
    return f"{mean:+.{places}f} ({mean - spread:+.{places}f} to {mean + spread:+.{places}f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--url", help="a llama-server that runs; without it the embedded model is started")
    parser.add_argument("--model", default=QWEN_CODER_05B.name, help="the installed model that is started")
    parser.add_argument("--forced", action="store_true", help="evaluate the author's line instead of generating one")
    parser.add_argument("--at-once", type=int, default=4, help="requests, with --url")
    parser.add_argument("--variants", nargs="+", default=["none", "all"])
    parser.add_argument("--holes-of", nargs="+", choices=SETS, default=["any-line", "cross-file"])
    parser.add_argument("--repositories", nargs="+", type=Path, default=[], help="bare ones, for holes of commits")
    parser.add_argument("--holes", type=int, default=40, help="of each set")
    parser.add_argument("--minutes", type=float, default=math.inf, help="begin no hole after so many")
    parser.add_argument("--window", choices=("embedded", "openai"), default="embedded", help="whose window")
    parser.add_argument("--own", type=Path, default=ROOT / "autothink_lsp", help="this project's copy to draw from")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--differing", action="store_true", help="ask only where the prompts of the variants differ")
    parser.add_argument("--compare", type=Path, help="results of the same prompts, as generated ones, to compare with")
    parser.add_argument("--report", action="store_true", help="print what there is and measure nothing")
    arguments = parser.parse_args()
    results: dict[str, Any] = json.loads(arguments.out.read_text()) if arguments.out.exists() else {}
    if not arguments.report and arguments.compare is None:
        asyncio.run(measure(arguments, results))
    if arguments.compare is not None:
        compare(results, json.loads(arguments.compare.read_text()))
        return
    report(results)
    fail_if_equal(results)


if __name__ == "__main__":
    main()
