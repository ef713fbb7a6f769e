"""What is shown of a model's answers to held-out code, and whether it is worth taking. Answers are recorded once.

    python -m tests.bench.shown_holes record answers.jsonl --data DATA_FOLDER --files FOLDER ... \\
        [--seed 1] [--holes 20] [--in-files 30] [--model NAME] [--minutes 30]
    python -m tests.bench.shown_holes judge answers.jsonl [--out verdicts.json] [--against verdicts.json] [--list]

The holes are those of ``held_out_code.py``: single lines, places inside a line, several lines. Each is asked through
the product (``CompletionService``: window, prompt, stream, cut, filters, second tries), in virtual time, with a backend
that repeats what the model has answered to the same prompt. ``record`` asks the embedded model, without an early stop,
for the answers that are missing, and appends them; it goes on where it was interrupted. ``judge`` asks no model: a
change of what happens to answers is measured by ``judge`` before and after it. A rule that asks another prompt needs
``record`` again (without ``--data`` and ``--files``), which then asks for this one only.

Ways to ask: ``hand`` (triggerKind 1), ``auto`` (triggerKind 2) of a model that answers in time, ``slow`` of one that
has said ``SLOW_TOKENS`` tokens at the deadline; what is shown then counts, or the late answer if nothing was.

Verdicts: ``pass`` (the hole's test), ``right`` (no test; it is what the author wrote, or whole lines or words of its
beginning), ``other`` (it parses in place), ``broken`` (it does not), ``silent``.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import json
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import asdict, define, evolve, field, frozen

from autothink_lsp.backends.base import FimRequest, Finished, ServerDescription, StreamEvent, TextDelta
from autothink_lsp.backends.stop_text import StopText
from autothink_lsp.commands.service_events import ServiceEvents
from autothink_lsp.context.window import WindowTracker
from autothink_lsp.document.snapshot import ContentChange
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.errors import AutothinkError, BackendError
from autothink_lsp.features.completion.endpoint import CompletionEndpoint
from autothink_lsp.features.completion.model import CompletionOutcome, CompletionRequest, Trigger
from autothink_lsp.features.completion.service import CompletionService
from autothink_lsp.settings.model import CompletionSettings, Settings
from autothink_lsp.syntax.grammar import Grammars
from autothink_lsp.syntax.health import error_count
from autothink_lsp.syntax.languages import LanguageRegistry
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.tuning.significance import mcnemar, wilson
from autothink_lsp.values import Point, Position, PositionEncoding, Range
from tests.bench.held_out_code import HOLE_KINDS, Hole, benchmark_holes, file_holes
from tests.bench.sandbox import passes
from tests.support import virtual_time
from tests.support.completion_harness import Quiet

ANSWER_TOKENS = 64  # as the settings' default
PREFILL_TOKENS_PER_S = 75.0  # of the embedded engine on one core; decides the window
TOKEN_S, SLOW_FIRST_TOKEN_S, SLOW_TOKENS = 0.042, 0.25, 8
MOST_LINES = {"single": 4, "mid": 3, "several": 100}  # of an answer, to save time
WAYS = ("hand", "auto", "slow")
GOOD = ("pass", "right")
REGISTRY, GRAMMARS = LanguageRegistry(), Grammars()  # loaded once for all holes
MOST_FAILURES = 10  # one after the other
RETRY_S = 5.0

Answers = dict[str, dict[str, Any]]


class NotRecordedError(BackendError):
    """The model was not asked this yet."""


@define
class RecordedModel:
    """A ``Backend`` that says again what the model said. ``missing``: what it was asked and has no answer to."""

    answers: Answers
    first_token_s: float
    token_s: float
    missing: list[FimRequest] = field(factory=list)
    name = "llama-server"
    url = ""

    async def stream(self, request: FimRequest) -> AsyncGenerator[StreamEvent, None]:
        answer = self.answers.get(key_of(request))
        if answer is None:
            self.missing.append(request)
            raise NotRecordedError("This was not asked yet.")
        stops = StopText(request.stop)
        await asyncio.sleep(self.first_token_s)
        for text, logprobs in answer["pieces"]:
            said = stops.feed(text)
            if said:
                yield TextDelta(said, logprobs=tuple(logprobs))
            if stops.found:
                yield Finished("stop")
                return
            await asyncio.sleep(self.token_s)
        if rest := stops.finish():
            yield TextDelta(rest)
        yield Finished(answer["reason"])

    async def token_counts(self, texts: Sequence[str]) -> Mapping[str, int] | None:
        """As Qwen's vocabulary has it."""
        return {text: 1 if text.startswith(("<|fim_", "<|repo_name", "<|file_sep")) else 3 for text in texts}

    async def describe(self) -> ServerDescription:
        return ServerDescription("llama.cpp", "qwen2.5-coder")

    async def aclose(self) -> None:
        """Nothing is open."""


def key_of(request: FimRequest) -> str:
    """The name of an answer: the same for the same prompt at the same temperature."""
    return hashlib.sha256(f"{request.temperature} {request.prompt}".encode()).hexdigest()[:20]


# ---- asking


async def shown(hole: Hole, way: str, model: RecordedModel) -> CompletionOutcome:
    """The outcome of a request at the hole, whose last key is pressed before it."""
    settings = Settings(completion=CompletionSettings())
    now_ms = lambda: asyncio.get_running_loop().time() * 1_000  # noqa: E731

    async def connect(_: Settings) -> Any:
        return model

    endpoint = CompletionEndpoint(settings, connect, Quiet(), now_ms)
    endpoint.throughput.tokens_per_s = PREFILL_TOKENS_PER_S
    syntax = Syntax(REGISTRY, GRAMMARS)
    service = CompletionService(endpoint_for=lambda _: endpoint, syntax=syntax, gatherer=WindowTracker(), now_ms=now_ms)
    documents = DocumentStore(PositionEncoding.UTF32)
    documents.subscribe(syntax.trees)
    documents.subscribe(service)
    uri = f"file:///project/{hole.path}"
    documents.open(uri, hole.language_id, 1, hole.before[:-1] + hole.after)
    start = _position(hole.before[:-1])
    documents.change(uri, 2, [ContentChange(Range(start, start), hole.before[-1:])])
    snapshot = documents.snapshot(uri)
    assert snapshot is not None
    at = _position(hole.before)
    trigger: Trigger = "invoked" if way == "hand" else "automatic"
    await endpoint.connect()

    def request() -> CompletionRequest:
        return CompletionRequest(snapshot, Point(at.line, at.character), trigger, now_ms(), settings, hole.path)

    try:
        outcome = await service.complete(request())
        if outcome.suggestion is None and way == "slow":
            await asyncio.sleep(ANSWER_TOKENS * TOKEN_S + 1)
            outcome = await service.complete(request())
    finally:
        await service.aclose()
    return outcome


def ask(hole: Hole, way: str, answers: Answers) -> tuple[str, str, list[FimRequest]]:
    """What is shown, why not, and what the model has still to be asked for that."""
    first_s = {"hand": 1.0, "auto": 0.05, "slow": SLOW_FIRST_TOKEN_S}[way]
    model = RecordedModel(answers, first_s, 0.001 if way == "auto" else TOKEN_S)
    outcome = virtual_time.run(shown(hole, way, model))
    suggestion = outcome.suggestion
    text = "" if suggestion is None else suggestion.text
    if suggestion is not None and suggestion.replaces_right:
        text = text.removesuffix(hole.after[: suggestion.replaces_right])
    return text, outcome.reason, model.missing


def _position(text: str) -> Position:
    return Position(text.count("\n"), len(text.rpartition("\n")[2]))


# ---- judging


@define
class Judge:
    """Verdicts, which are the same for the same text."""

    _errors: dict[str, int | None] = field(factory=dict)
    known: dict[str, str] = field(factory=dict)

    def verdict(self, hole: Hole, text: str) -> str:
        """One of the verdicts in the module's docstring."""
        if not text:
            return "silent"
        name = hashlib.sha256(f"{hole.key}\0{text}".encode()).hexdigest()[:20]
        if name not in self.known:
            self.known[name] = self._verdict(hole, text)
        return self.known[name]

    def _verdict(self, hole: Hole, text: str) -> str:
        if not self._parses(hole, text):
            return "broken"
        if hole.test:
            return "pass" if passes(f"{hole.before}{text}{hole.after}\n{hole.test}") else "other"
        return "right" if is_beginning(text, hole.expected) else "other"

    def _parses(self, hole: Hole, text: str) -> bool:
        program = hole.before + text + hole.after
        if hole.language_id == "python":
            try:
                compile(program, hole.path, "exec")
            except (SyntaxError, ValueError):
                return False
            return True
        grammar = GRAMMARS.load(REGISTRY.by_language_id(hole.language_id))
        author = self._count(grammar, hole.before + hole.expected + hole.after)
        now = self._count(grammar, program)
        return now is None or author is None or now <= author

    def _count(self, grammar: Any, program: str) -> int | None:
        if program not in self._errors:
            self._errors[program] = error_count(grammar, program, limit_ms=5_000)
        return self._errors[program]


def is_beginning(text: str, expected: str) -> bool:
    """Whether ``text`` is ``expected``, or its beginning up to the end of a line or of a word, white space aside."""
    bare, whole = " ".join(text.split()), " ".join(expected.split())
    if not whole.startswith(bare):
        return False
    rest = whole[len(bare) :]
    return not rest or not (rest[0].isalnum() or rest[0] == "_") or not (bare[-1].isalnum() or bare[-1] == "_")


@frozen
class Entry:
    """A hole and the model's answers to what was asked for it."""

    hole: Hole
    answers: Answers


def recorded(path: Path) -> dict[str, Entry]:
    """The entries of a recording by the keys of their holes. A last line that was not written to its end is left
    out."""
    entries: dict[str, Entry] = {}
    for line in path.read_text(encoding="utf-8").splitlines(keepends=True) if path.exists() else ():
        if line.endswith("\n"):
            row = json.loads(line)
            hole = Hole(**row["hole"])
            entries.setdefault(hole.key, Entry(hole, {})).answers.update(row["answers"])
    return entries


def judge(path: Path, out: Path | None, against: Path | None, *, lists: bool) -> None:
    """Print the counts, and the pairs that differ from ``against``."""
    judging, results = Judge(), dict[str, dict[str, Any]]()
    cache = path.with_suffix(".known.json")
    if cache.exists():
        judging.known = json.loads(cache.read_text(encoding="utf-8"))
    for entry in recorded(path).values():
        ways: dict[str, Any] = {}
        for way in WAYS:
            text, reason, missing = ask(entry.hole, way, entry.answers)
            verdict = "missing" if missing else judging.verdict(entry.hole, text)
            ways[way] = {"verdict": verdict, "shown": text, "reason": reason}
        results[entry.hole.key] = ways
    cache.write_text(json.dumps(judging.known), encoding="utf-8")
    if out is not None:
        out.write_text(json.dumps(results, indent=1), encoding="utf-8")
    before = json.loads(against.read_text(encoding="utf-8")) if against is not None else None
    print("\n".join(report(results, before)))
    for key, ways in results.items():
        for way, one in ways.items():
            if before is not None and key in before and before[key][way] != one:
                was = before[key][way]
                print(f"\n{key} {way}\n- {was['verdict']} {was['shown']!r} ({was['reason']})")
                print(f"+ {one['verdict']} {one['shown']!r} ({one['reason']})")
            elif lists and before is None:
                print(f"{key} {way}: {one['verdict']} {one['shown']!r} ({one['reason']})")


def report(results: dict[str, dict[str, Any]], before: dict[str, dict[str, Any]] | None) -> list[str]:
    """A table: for each way and kind the counts, the share that is good, and the share of what is shown that parses."""
    heads = ["way", "holes", "n", "good", "95 %", "other", "broken", "silent", "shown that parses"]
    heads += ["gained", "lost", "p"] if before is not None else []
    lines = [f"| {' | '.join(heads)} |", f"|---|---|{'--:|' * (len(heads) - 2)}"]
    if before is not None:
        results = {key: ways for key, ways in results.items() if key in before}
    for way in WAYS:
        for kind in (*HOLE_KINDS, "all", "python", "others"):
            keys = [key for key in results if _belongs(key, kind) and results[key][way]["verdict"] != "missing"]
            if before is not None:
                keys = [key for key in keys if before[key][way]["verdict"] != "missing"]
            lines += [_row(way, kind, keys, one) for one in ((before, results) if before is not None else (results,))]
            if before is not None:
                lines[-1] = lines[-1].rstrip("|") + _paired(way, keys, before, results)
                lines[-2] = lines[-2] + " | | |"
    return lines


def _belongs(key: str, group: str) -> bool:
    kind, language_id = key.split(" ")[:2]
    return group in {"all", kind, "python" if language_id == "python" else "others"}


def _row(way: str, kind: str, keys: Iterable[str], results: dict[str, dict[str, Any]]) -> str:
    counts = Counter(results[key][way]["verdict"] for key in keys)
    count = counts.total()
    good = sum(counts[verdict] for verdict in GOOD)
    low, high = wilson(good, count)
    said = count - counts["silent"]
    parse = f"{100 * (said - counts['broken']) / said:.0f} %" if said else ""
    cells = (good, f"{100 * low:.0f}–{100 * high:.0f} %", counts["other"], counts["broken"], counts["silent"], parse)
    return f"| {way} | {kind} | {count} | {' | '.join(map(str, cells))} |"


def _paired(way: str, keys: Iterable[str], before: dict[str, Any], after: dict[str, Any]) -> str:
    better = defaultdict[bool, int](int)
    for key in keys:
        was, now = before[key][way]["verdict"] in GOOD, after[key][way]["verdict"] in GOOD
        better[now] += was != now
    return f"| {better[True]} | {better[False]} | {mcnemar(better[True], better[False]):.3f} |"


# ---- recording


class _Listener(ServiceEvents):
    def endpoint_failed(self, error: AutothinkError) -> None:
        print(error.for_user())


def record(path: Path, wanted: Iterable[Hole], model: str, minutes: float) -> int:
    """Ask for what ``path`` lacks. Returns the exit status: 0 if it has all."""
    from autothink_lsp.app import build_services

    settings = Settings(completion=CompletionSettings(backend="embedded"))
    embedded = evolve(settings.embedded, share=False, threads=1, model=model or settings.embedded.model)
    settings = evolve(settings, embedded=embedded)
    entries, until_s, left = recorded(path), time.monotonic() + minutes * 60, 0
    holes = {hole.key: hole for hole in wanted}
    with asyncio.Runner() as runner, path.open("a", encoding="utf-8") as file:
        listener = _Listener()

        async def build() -> Any:
            return build_services(listener=listener, consent=listener.may_fetch, working=listener.working)

        services = runner.run(build())
        try:
            for number, (key, hole) in enumerate(holes.items(), 1):
                entry = entries.get(key, Entry(hole, {}))
                while missing := _missing(entry):
                    if time.monotonic() > until_s:
                        left += 1
                        break
                    asking = _answer(services.endpoints.get(settings), missing[0], MOST_LINES[hole.kind])
                    new = {key_of(missing[0]): runner.run(asking)}
                    entry.answers.update(new)
                    file.write(json.dumps({"hole": asdict(hole), "answers": new}) + "\n")
                    file.flush()
                print(f"{number} of {len(holes)} {key}", flush=True)
        finally:
            runner.run(services.aclose())
    print(f"{len(holes) - left} of {len(holes)} holes are recorded in {path}")
    return 1 if left else 0


def _missing(entry: Entry) -> list[FimRequest]:
    found: list[FimRequest] = []
    for way in WAYS:
        found += ask(entry.hole, way, entry.answers)[2]
    return found


async def _answer(endpoint: CompletionEndpoint, request: FimRequest, most_lines: int) -> dict[str, Any]:
    """The model's answer of ``ANSWER_TOKENS`` tokens or ``most_lines`` lines. Raises ``AutothinkError`` if it broke off
    repeatedly."""
    stop = tuple(stop for stop in request.stop if stop != "\n")
    whole = FimRequest(request.prompt, ANSWER_TOKENS, stop, request.temperature, logprobs=True)
    for _ in range(MOST_FAILURES):
        connected = await endpoint.connect()
        if connected is not None:
            try:
                return await _read(connected.backend.stream(whole), most_lines)
            except AutothinkError as error:
                print(error.for_user())
        await asyncio.sleep(RETRY_S)
    raise AutothinkError("The embedded engine cannot be reached.", hint="See `autothink-lsp doctor`.")


async def _read(stream: AsyncGenerator[StreamEvent, None], most_lines: int) -> dict[str, Any]:
    pieces: list[tuple[str, list[float]]] = []
    reason = ""
    async with contextlib.aclosing(stream) as events:
        async for event in events:
            if isinstance(event, TextDelta):
                at = 0
                for length, logprob in event.pieces or ((len(event.text), sum(event.logprobs)),):
                    pieces.append((event.text[at : at + length], [logprob]))
                    at += length
                if sum(text.count("\n") for text, _ in pieces) >= most_lines:
                    return {"pieces": pieces, "reason": "length"}
            elif isinstance(event, Finished):
                reason = event.reason
    if reason not in {"stop", "length"}:
        raise BackendError(f"The answer was broken off ({reason}).", hint="It is asked for again.")
    return {"pieces": pieces, "reason": reason}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    recording = commands.add_parser("record")
    recording.add_argument("answers", type=Path)
    recording.add_argument("--data", type=Path, help="the public data sets")
    recording.add_argument("--files", type=Path, nargs="*", default=[], help="folders of source files")
    recording.add_argument("--seed", type=int, default=1)
    recording.add_argument("--holes", type=int, default=20, help="of each kind, of the data sets")
    recording.add_argument("--in-files", type=int, default=15, help="of each folder")
    recording.add_argument("--model", default="", help="of the embedded engine; else that of the settings' default")
    recording.add_argument("--minutes", type=float, default=30)
    judging = commands.add_parser("judge")
    judging.add_argument("answers", type=Path)
    judging.add_argument("--out", type=Path)
    judging.add_argument("--against", type=Path)
    judging.add_argument("--list", action="store_true", help="print what is shown at each hole")
    options = parser.parse_args()
    if options.command == "judge":
        judge(options.answers, options.out, options.against, lists=options.list)
        return
    wanted = list(benchmark_holes(options.data, options.holes, options.seed)) if options.data else []
    for folder in options.files:
        wanted += file_holes(folder, options.in_files, options.seed)
    # Without a choice: those that are recorded, for prompts that are new.
    wanted = wanted or [entry.hole for entry in recorded(options.answers).values()]
    random.Random(options.seed).shuffle(wanted)  # so that a part of them says something
    sys.exit(record(options.answers, wanted, options.model, options.minutes))


if __name__ == "__main__":
    main()
