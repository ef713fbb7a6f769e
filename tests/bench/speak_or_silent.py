"""How often a suggestion is shown where one should speak, and how often nothing is where one should be silent.

    python -m tests.bench.speak_or_silent --seed 2 --per-kind 10                             # the rules alone, no model
    python -m tests.bench.speak_or_silent --seed 2 --per-kind 10 --answers ANSWERS.jsonl \\
        [--url http://127.0.0.1:8080] [--seconds 500] [--labels "speak silent"] [--confidence 0] [--details]

The places and their labels are those of ``cursor_places``. With ``--answers`` the whole keystroke path runs at each
place, over a model whose answers are kept in that file: a second run asks only what is not there yet, so a long run is
made in pieces (``--seconds``), and two versions of the rules are compared over the same answers. ``--url`` is a
llama-server (temperature 0); its key is read from the environment variable LLAMA_API_KEY, as llama-server does.

To run an older version of the server over the same places: PYTHONPATH to it. This file uses nothing new.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

import attrs

from autothink_lsp.backends.base import FimRequest, Finished, ServerDescription, StreamEvent, TextDelta
from autothink_lsp.backends.endpoint import Endpoint
from autothink_lsp.backends.llama_server import LlamaServerBackend
from autothink_lsp.backends.stop_text import StopText
from autothink_lsp.context.window import WindowTracker
from autothink_lsp.document.snapshot import ContentChange
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.errors import BackendError
from autothink_lsp.features.completion.endpoint import CompletionEndpoint
from autothink_lsp.features.completion.model import CompletionOutcome, CompletionRequest
from autothink_lsp.features.completion.service import CompletionService
from autothink_lsp.settings.model import CompletionSettings, Settings
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.tuning.significance import wilson
from autothink_lsp.values import Point, Position, PositionEncoding, Range
from tests.bench.cursor_places import KINDS, Place, places
from tests.support.completion_harness import Quiet

ANSWER_TOKENS = 32
_TELLS_LOGPROBS = "logprobs" in {field.name for field in attrs.fields(TextDelta)}
_KEY = "LLAMA_API_KEY"


class NoAnswerKeptError(BackendError):
    """The model was not asked this yet, and there is none to ask, or no time left."""


class KeptAnswers:
    """A ``Backend`` that asks a model once for each prompt and then says the same again."""

    name = "llama-server"
    url = ""

    def __init__(self, path: Path | None, model: LlamaServerBackend | None, until_s: float) -> None:
        self._path = path
        self._model = model
        self._until_s = until_s
        self._kept: dict[str, Any] = {}
        self.missing = False
        self.tokens = 0
        if path is not None and path.exists():
            self._kept = dict(json.loads(line) for line in path.read_text().splitlines())

    async def stream(self, request: FimRequest) -> AsyncGenerator[StreamEvent, None]:
        key = hashlib.sha256(request.prompt.encode()).hexdigest()
        if key not in self._kept:
            await self._ask(key, request)
        answer = self._kept[key]
        stops = StopText(request.stop)
        for text, logprobs in answer["pieces"]:
            said = stops.feed(text)
            self.tokens += 1
            if said:
                yield TextDelta(said, logprobs=tuple(logprobs)) if _TELLS_LOGPROBS else TextDelta(said)
            if stops.found:
                yield Finished("stop")
                return
        if rest := stops.finish():
            yield TextDelta(rest)
        yield Finished(answer["reason"])

    async def _ask(self, key: str, request: FimRequest) -> None:
        if self._model is None or self._path is None or time.monotonic() > self._until_s:
            self.missing = True
            raise NoAnswerKeptError("This was not asked yet.")
        stop = tuple(stop for stop in request.stop if stop != "\n")
        pieces, reason = [], "stop"
        asked = FimRequest(request.prompt, ANSWER_TOKENS, stop, logprobs=True)
        async with aclosing(self._model.stream(asked)) as stream:
            async for event in stream:
                if isinstance(event, Finished):
                    reason = event.reason
                else:
                    pieces.append((event.text, list(event.logprobs)))
        self._kept[key] = {"pieces": pieces, "reason": reason}
        with self._path.open("a") as file:
            file.write(json.dumps([key, self._kept[key]]) + "\n")

    async def token_counts(self, texts: Sequence[str]) -> Mapping[str, int] | None:
        """As Qwen's vocabulary has it."""
        return {text: 1 if text.startswith(("<|fim_", "<|repo_name", "<|file_sep")) else 3 for text in texts}

    async def describe(self) -> ServerDescription:
        return ServerDescription("llama.cpp", "qwen2.5-coder-0.5b")

    async def aclose(self) -> None:
        """Another place asks it."""


async def ask(place: Place, settings: Settings, backend: Any) -> CompletionOutcome:
    """Open the document as it was before the last key, press the key, ask as an editor does."""

    async def connect(_: Settings) -> Any:
        return backend

    endpoint = CompletionEndpoint(settings, connect, Quiet(), lambda: 0.0)
    syntax = Syntax()
    service = CompletionService(
        endpoint_for=lambda _: endpoint, syntax=syntax, gatherer=WindowTracker(), now_ms=lambda: 0.0
    )
    documents = DocumentStore(PositionEncoding.UTF32)
    documents.subscribe(syntax.trees)
    documents.subscribe(service)
    uri = f"file:///project/{place.file}"
    start = place.before.removesuffix(place.typed)
    documents.open(uri, "python", 1, start + place.deleted + place.after)
    opened = documents.snapshot(uri)
    assert opened is not None
    first, last = _position(start), _position(start + place.deleted)
    documents.change(uri, 2, [ContentChange(Range(first, last), place.typed)])
    snapshot = documents.snapshot(uri)
    assert snapshot is not None
    at = _position(place.before)
    query = CompletionRequest(snapshot, Point(at.line, at.character), "automatic", 0.0, settings, place.file)
    outcome = await service.complete(query)
    await service.aclose()
    return outcome


def _position(text: str) -> Position:
    return Position(text.count("\n"), len(text.rpartition("\n")[2]))


@attrs.frozen
class Seen:
    """What came at one place. ``right``: the first line of what was shown is what the author wrote there."""

    place: Place
    shown: str
    reason: str

    @property
    def right(self) -> bool:
        return bool(self.shown) and _first(self.shown) == _first(self.place.truth)

    @property
    def begins_right(self) -> bool:
        """What was shown of the first line is how the author's line begins."""
        return bool(self.shown) and bool(_first(self.shown)) and _first(self.place.truth).startswith(_first(self.shown))


def _first(text: str) -> str:
    return "" if text.startswith("\n") else text.strip().split("\n")[0].strip()


async def measure(options: argparse.Namespace) -> tuple[list[Seen], bool, int]:

    if options.answers is None:
        backend: Any = _SaysSomething()
    else:
        model = LlamaServerBackend(Endpoint(options.url, api_key_env=_KEY)) if options.url else None
        backend = KeptAnswers(options.answers, model, time.monotonic() + options.seconds)
    os.environ.setdefault(_KEY, "")
    fields: dict[str, Any] = {"deadline_ms": 60_000, "debounce_ms": 0, "max_tokens": ANSWER_TOKENS}
    if options.confidence is not None:
        fields["confidence"] = options.confidence
    if options.silent_in is not None:
        fields["silent_in"] = tuple(options.silent_in.split()) if options.silent_in else ()
    settings = Settings(completion=CompletionSettings(**fields))
    seen: list[Seen] = []
    wanted = options.labels.split()
    for place in places(options.seed, options.per_kind):
        if place.label not in wanted:
            continue
        outcome = await ask(place, settings, backend)
        if getattr(backend, "missing", False):
            backend.missing = False
            if options.answers and time.monotonic() > backend._until_s:
                return seen, False, 0
            continue
        suggestion = outcome.suggestion
        seen.append(Seen(place, suggestion.text if suggestion else "", outcome.reason))
    return seen, True, getattr(backend, "tokens", 0)


class _SaysSomething(KeptAnswers):
    """Any answer that no filter takes away: what is shown then was let through by the rules alone."""

    def __init__(self) -> None:
        super().__init__(None, None, 0.0)

    async def stream(self, request: FimRequest) -> AsyncGenerator[StreamEvent, None]:
        yield TextDelta("zebra_zebra_result")
        yield Finished("stop")


def report(seen: Sequence[Seen], *, details: bool) -> str:
    by_kind: dict[str, list[Seen]] = defaultdict(list)
    for one in seen:
        by_kind[one.place.kind].append(one)
    lines = ["| place | n | shown | quiet | begins right | whole line right |", "|---|--:|--:|--:|--:|--:|"]
    lines += [_row(kind, by_kind[kind]) for kind in KINDS if by_kind[kind]]
    labels = ("speak", "silent", "text")
    lines += [_row(f"**all: {label}**", [one for one in seen if one.place.label == label]) for label in labels]
    if details:
        for one in seen:
            place = one.place
            at = f"{place.before[-60:]!r}‸{place.after[:20]!r}"
            lines.append(f"{place.kind} | {at} | {place.truth[:40]!r} | {one.shown[:60]!r} | {one.reason}")
    return "\n".join(lines)


def _row(name: str, some: Sequence[Seen]) -> str:
    count, shown = len(some), sum(bool(one.shown) for one in some)
    if not count:
        return f"| {name} | 0 | | | | |"
    low, high = wilson(shown, count)
    begun, right = sum(one.begins_right for one in some), sum(one.right for one in some)
    rightly = f"{begun} of {shown} | {right} of {shown}" if some[0].place.label != "silent" else "|"
    said = f"{100 * shown / count:.0f} % ({100 * low:.0f}-{100 * high:.0f})"
    quiet = f"{100 - 100 * shown / count:.0f} % ({100 - 100 * high:.0f}-{100 - 100 * low:.0f})"
    return f"| {name} | {count} | {said} | {quiet} | {rightly} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--per-kind", type=int, default=10)
    parser.add_argument("--labels", default="speak silent text")
    parser.add_argument("--answers", type=Path)
    parser.add_argument("--url", default="")
    parser.add_argument("--seconds", type=float, default=500.0)
    parser.add_argument("--confidence", type=int)
    parser.add_argument("--silent-in")
    parser.add_argument("--details", action="store_true")
    options = parser.parse_args()
    seen, whole, tokens = asyncio.run(measure(options))
    sys.stdout.write(report(seen, details=options.details) + "\n")
    if tokens:
        sys.stdout.write(f"\n{tokens} tokens of answers read\n")
    if not whole:
        sys.stdout.write("\nnot all: run it again\n")


if __name__ == "__main__":
    main()
