"""What is shown of a model's answers to holes, and whether it passes. Answers are recorded once and judged again.

    python -m tests.bench.shown_holes record DATA_FOLDER --out answers.jsonl [--model NAME] [--holes 50] [--minutes 14]
    python -m tests.bench.shown_holes judge answers.jsonl [--out verdicts.json] [--against other-verdicts.json]

DATA_FOLDER holds humaneval-infilling-{singleline,multiline}.jsonl.gz (``docs/measurements/layouts.md``, "Data").
``record`` asks the embedded model, as the product lays out its prompts, for 48 tokens of each hole. Each answer is
appended to the file at once, and a hole that it has is not asked for again: a recording that was interrupted, by
Ctrl-C, ``--minutes`` or an engine that failed too often, goes on with the same command. ``judge`` sends each recorded
answer through the product's early stop, syntax cut and filters: asked by hand, automatically (with the confidence
setting's default), and at a deadline after some tokens. A change of those is measured by ``judge`` before and after it;
``--against`` prints the pairs that differ.

Kinds of holes: ``single`` and ``several`` lines behind the indentation, ``mid`` inside a line.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gzip
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from attrs import asdict, evolve, frozen

from autothink_lsp.backends.base import FimRequest, Finished, TextDelta
from autothink_lsp.commands.service_events import ServiceEvents
from autothink_lsp.context.values import CodeContext
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.errors import AutothinkError
from autothink_lsp.features.completion.endpoint import CompletionEndpoint
from autothink_lsp.features.completion.model import CompletionRequest
from autothink_lsp.features.completion.postprocess.post_processor import PostProcessor
from autothink_lsp.features.completion.suppression.places import least_confidence
from autothink_lsp.features.completion.type_through import presentable
from autothink_lsp.prompt.fim.render import render_fim_prompt
from autothink_lsp.prompt.fim.token_healing import HealingMode, heal_prefix
from autothink_lsp.settings.model import CompletionSettings, Settings
from autothink_lsp.stream.confidence import Confidence, sure_part
from autothink_lsp.stream.early_stop import EarlyStop, StopReason
from autothink_lsp.syntax.language_style import UNKNOWN_LANGUAGE, LanguageStyle
from autothink_lsp.syntax.languages import LanguageRegistry
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.tuning.significance import mcnemar, wilson
from autothink_lsp.values import Point, PositionEncoding
from tests.bench.sandbox import passes

ANSWER_TOKENS = 48
DEADLINE_TOKENS = (4, 8, 12)  # what a slow model has said at the deadline
MOST_FAILURES = 10  # one after the other
RETRY_S = 5.0


@frozen
class Hole:
    """``before + expected + after`` is a program that passes."""

    kind: str
    name: str
    before: str
    expected: str
    after: str
    test: str

    @property
    def context(self) -> CodeContext:
        return CodeContext("solution.py", "python", self.before, self.after, comment_line="#", style=_python_style())


def _python_style() -> LanguageStyle:
    language = LanguageRegistry().by_language_id("python")
    return language.style if language else UNKNOWN_LANGUAGE


def holes(folder: Path, count: int) -> Iterator[Hole]:
    for kind, source in (("single", "singleline"), ("mid", "singleline"), ("several", "multiline")):
        with gzip.open(folder / f"humaneval-infilling-{source}.jsonl.gz", "rt", encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
        rows = [row for row in rows if len(row["canonical_solution"].strip()) >= 8]
        rows = [row for row in rows if kind != "several" or 2 <= row["canonical_solution"].strip("\n").count("\n") <= 5]
        random.Random(kind).shuffle(rows)
        for row in rows[:count]:
            text = row["canonical_solution"].rstrip("\n")
            cut = len(text) - len(text.lstrip())
            if kind == "mid":
                cut = random.Random(row["task_id"]).randrange(cut + 1, len(text))
            test = f"{row['test']}\ncheck({row['entry_point']})\n"
            yield Hole(kind, row["task_id"], row["prompt"] + text[:cut], text[cut:], "\n" + row["suffix"], test)


async def record(folder: Path, out: Path, model: str, count: int, minutes: float) -> int:
    """Ask for the holes that ``out`` lacks. Returns the exit status: 0 if it has all."""
    from autothink_lsp.app import build_services

    settings = Settings(completion=CompletionSettings(backend="embedded"))
    settings = evolve(settings, embedded=evolve(settings.embedded, model=model)) if model else settings
    listener = _Listener()
    services = build_services(listener=listener, consent=listener.may_fetch, working=listener.working)
    tasks = list(holes(folder, count))
    random.Random(0).shuffle(tasks)
    entries = _recorded(out) if out.exists() else []
    out.write_text("".join(json.dumps(entry) + "\n" for entry in entries), encoding="utf-8")  # whole lines only
    known = {_name_of(entry) for entry in entries}
    tasks = [hole for hole in tasks if f"{hole.kind} {hole.name}" not in known]
    print(f"{len(known)} answers recorded, {len(tasks)} holes left")
    until_s, failures = time.monotonic() + minutes * 60, 0
    try:
        with out.open("a", encoding="utf-8") as file:
            while tasks and time.monotonic() < until_s:
                try:
                    attempts = await _answers(services.endpoints.get(settings), tasks[0])
                except AutothinkError as error:
                    failures += 1
                    print(f"{tasks[0].kind} {tasks[0].name}: {error.for_user()}")
                    if failures == MOST_FAILURES:
                        break
                    await asyncio.sleep(RETRY_S)
                    continue
                failures = 0
                hole = tasks.pop(0)
                file.write(json.dumps({"hole": asdict(hole), "attempts": attempts}) + "\n")
                file.flush()
    finally:
        await services.aclose()
    print(f"{len(_recorded(out))} answers in {out}, {len(tasks)} holes left")
    return 1 if tasks else 0


async def _answers(endpoint: CompletionEndpoint, hole: Hole) -> list[dict[str, Any]]:
    """What the model says, with the word at the cursor left to it, and with the word if it says another one. Raises
    ``AutothinkError``, also where an answer breaks off."""
    connected = await endpoint.connect()
    if connected is None:
        raise AutothinkError("The embedded engine cannot be reached.", hint="See `autothink-lsp doctor`.")
    attempts: list[dict[str, Any]] = []
    for mode in ("word", "blanks"):
        prompt = render_fim_prompt(connected.choice.family, hole.context, healing=cast("HealingMode", mode))
        pieces: list[tuple[str, float]] = []
        said = ""
        request = FimRequest(prompt.text, ANSWER_TOKENS, prompt.stop, logprobs=True)
        async with contextlib.aclosing(connected.backend.stream(request)) as events:
            async for event in events:
                if isinstance(event, TextDelta):
                    said += event.text
                    at = 0
                    for length, logprob in event.pieces or ((len(event.text), sum(event.logprobs)),):
                        pieces.append((event.text[at : at + length], logprob))
                        at += length
                    if prompt.healed.is_mismatch(said):
                        break
                elif isinstance(event, Finished) and event.reason not in {"stop", "length"}:
                    raise AutothinkError(f"The answer was broken off ({event.reason}).", hint="It is asked for again.")
        attempts.append({"mode": mode, "pieces": pieces})
        if not prompt.healed.is_mismatch(said):
            break
    return attempts


def _recorded(path: Path) -> list[dict[str, Any]]:
    """The recorded answers. A last line that was not written to its end is left out."""
    text = path.read_text(encoding="utf-8")
    if text.startswith("["):  # as it was before
        return json.loads(text)
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def _name_of(entry: dict[str, Any]) -> str:
    return f"{entry['hole']['kind']} {entry['hole']['name']}"


class _Listener(ServiceEvents):
    def endpoint_failed(self, error: AutothinkError) -> None:
        print(error.for_user())


def heard(entry: dict[str, Any], *, automatic: bool, tokens: int | None = None) -> tuple[str, bool, bool]:
    """The text behind the cursor as ``stream.py`` reads it, whether it is complete, and whether it left the block."""
    hole = Hole(**entry["hole"])
    context = hole.context
    attempt = entry["attempts"][-1]
    healed = heal_prefix(context.prefix, cast("HealingMode", attempt["mode"]))[1]
    early_stop = EarlyStop(context, crosses_paragraphs=not automatic)
    confidence = Confidence(least_confidence(context, CompletionSettings().confidence) if automatic else 0)
    output, taken = "", 0
    for number, (piece, logprob) in enumerate(attempt["pieces"], 1):
        output += piece
        confidence.hear([(len(piece), logprob)])
        added = healed.after_cursor(output)
        if added is None:
            continue
        decision = early_stop.feed(added[taken:])
        left_block = decision is not None and decision.reason is StopReason.DEDENT
        taken = len(added)
        sure = confidence.sure_of(len(output) - len(added))
        if sure is not None and sure < len(early_stop.text):
            return sure_part(early_stop.text, sure), False, False
        if decision is not None:
            return early_stop.text, True, left_block
        if tokens is not None and number >= tokens:
            return presentable(early_stop.text), False, False
    by_model = len(attempt["pieces"]) < ANSWER_TOKENS
    return early_stop.finish(by_model=by_model), by_model, False


def verdicts(entry: dict[str, Any]) -> dict[str, str]:
    """For each way to ask what the text shown is, by its beginning: "pass ", "fail ", "broken ", or "silent"."""
    hole = Hole(**entry["hole"])
    documents = DocumentStore(PositionEncoding.UTF32)
    documents.open("file:///solution.py", "python", 1, hole.before + hole.after)
    snapshot = documents.snapshot("file:///solution.py")
    assert snapshot is not None
    lines = hole.before.split("\n")
    point = Point(len(lines) - 1, len(lines[-1]))
    request = CompletionRequest(snapshot, point, "invoked", 0.0, Settings(), "solution.py")
    processor = PostProcessor(Syntax())
    found: dict[str, str] = {}
    ways: list[tuple[str, bool, int | None]] = [("hand", False, None), ("auto", True, None)]
    ways += [(f"deadline {tokens}", True, tokens) for tokens in DEADLINE_TOKENS]
    for way, automatic, tokens in ways:
        said, complete, left_block = heard(entry, automatic=automatic, tokens=tokens)
        asked = evolve(request, trigger="automatic" if automatic else "invoked")
        shaped = processor.shape(said, asked, hole.context, finished=complete, left_block=left_block)
        shown = shaped.text if said.strip() else ""
        found[way] = f"{_verdict(hole, shown)} {shown}" if shown else "silent"
    return found


def _verdict(hole: Hole, shown: str) -> str:
    program = hole.before + shown + hole.after
    try:
        compile(program, "solution.py", "exec")
    except SyntaxError:
        return "broken"
    return "pass" if passes(f"{program}\n{hole.test}") else "fail"


def judge(path: Path, out: Path | None, against: Path | None) -> None:
    results: dict[str, dict[str, str]] = {}
    for entry in _recorded(path):
        results[_name_of(entry)] = verdicts(entry)
        if out is not None:
            out.write_text(json.dumps(results), encoding="utf-8")
    before = json.loads(against.read_text(encoding="utf-8")) if against is not None else {}
    if before:  # of two recordings of different length, what both have
        results = {key: ways for key, ways in results.items() if key in before}
    if not results:
        print("no answers to judge")
        return
    for way in next(iter(results.values())):
        for kind in ("single", "mid", "several"):
            keys = [key for key in results if key.startswith(kind + " ")]
            counts = Counter(results[key][way].split(" ")[0] for key in keys)
            low, high = wilson(counts["pass"], len(keys))
            line = f"{way:12} {kind:8} n={len(keys):3} {dict(counts)} pass {low:.0%}-{high:.0%}"
            if before:
                gained = sum(_is(results, key, way) and not _is(before, key, way) for key in keys)
                lost = sum(_is(before, key, way) and not _is(results, key, way) for key in keys)
                line += f"; passes gained {gained}, lost {lost}, p {mcnemar(gained, lost):.3f}"
            print(line)
    for key, ways in results.items():
        for way, verdict in ways.items():
            if before and before[key][way] != verdict:
                print(f"\n{key} {way}\n- {before[key][way]!r}\n+ {verdict!r}")


def _is(results: dict[str, dict[str, str]], key: str, way: str) -> bool:
    return results[key][way].startswith("pass")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    recording = commands.add_parser("record")
    recording.add_argument("data", type=Path)
    recording.add_argument("--out", type=Path, required=True)
    recording.add_argument("--model", default="", help="of the embedded engine; else that of the settings' default")
    recording.add_argument("--holes", type=int, default=50, help="of each kind")
    recording.add_argument("--minutes", type=float, default=14)
    judging = commands.add_parser("judge")
    judging.add_argument("answers", type=Path)
    judging.add_argument("--out", type=Path)
    judging.add_argument("--against", type=Path)
    arguments = parser.parse_args()
    if arguments.command == "record":
        sys.exit(
            asyncio.run(record(arguments.data, arguments.out, arguments.model, arguments.holes, arguments.minutes))
        )
    judge(arguments.answers, arguments.out, arguments.against)


if __name__ == "__main__":
    main()
