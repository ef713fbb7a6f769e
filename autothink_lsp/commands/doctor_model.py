"""The part of ``doctor`` that looks at the model: its file, the engine or server, and how fast it really is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from autothink_lsp.backends.base import Backend, CompletionRequest, Finished, TextDelta, Timings
from autothink_lsp.commands.doctor import Finding, problem
from autothink_lsp.errors import AutothinkError
from autothink_lsp.settings.model import Settings

if TYPE_CHECKING:
    from autothink_lsp.app import House

# Long enough to time reading, short enough for a slow machine; made of code, so that tokens are those of code.
PROBE_FUNCTION = (
    "def total(items):\n    result = 0\n    for item in items:\n        result += item.price\n    return result\n\n\n"
)
PROBE_LINE = "def maximum(values):\n    return "
PROBE_REPEATS = 4
PROBE_TOKENS = 16


def model_findings(settings: Settings) -> Iterator[Finding]:
    """The embedded model's file, hashed again."""
    if settings.completion.backend != "embedded":
        return
    from autothink_lsp.engines.models.gguf import check_gguf
    from autothink_lsp.engines.models.store import ModelStore

    embedded = settings.embedded
    if embedded.model_path:
        from pathlib import Path

        try:
            check_gguf(Path(embedded.model_path).expanduser())
        except AutothinkError as error:
            yield problem("model file", error)
        else:
            yield Finding("ok", "model file", f"{embedded.model_path} (your own, not checked further)")
        return
    store = ModelStore.default()
    wanted = None if embedded.model == "auto" else embedded.model
    installed = [model for model in store.models() if model.path is not None and wanted in {None, model.entry.name}]
    for model in installed:
        try:
            store.verify(model.entry.name)
        except AutothinkError as error:
            yield problem("model file", error)
        else:
            yield Finding("ok", "model file", f"{model.entry.name}: {model.path}, SHA-256 is right")
    if not installed:
        name = wanted or store.models()[0].entry.name
        yield Finding("problem", "model file", f"{name} is not installed", f"autothink-lsp model pull {name}")


async def backend_findings(settings: Settings) -> list[Finding]:
    """Start or reach the backend, ask who it is, complete a real prompt and time it."""
    from autothink_lsp.app import build_house

    heard = _Listener()
    house = build_house(listener=heard, consent=heard.refuse, working=lambda _text, _fraction: None)
    subject = "engine" if settings.completion.backend == "embedded" else "server"
    findings: list[Finding] = []
    try:
        began = time.monotonic()
        connected = await house.endpoints.get(settings).connect()
        if connected is None:
            return [problem(subject, heard.error)] if heard.error else []
        where = connected.backend.url or connected.model or "here"
        findings.append(Finding("ok", subject, f"{where} is ready after {time.monotonic() - began:.1f} s"))
        family = connected.choice.family
        plain = not family.markers
        remedy = "Use a code model with fill-in-the-middle tokens: text after the cursor is not used." if plain else ""
        findings.append(
            Finding("warning" if plain else "ok", "prompt", f"{family.name}, {connected.choice.reason}", remedy)
        )
        findings.append(await _timed(connected.backend, settings))
        if settings.completion.backend == "embedded" and settings.embedded.model == "auto":
            choice = house.embedded.choice(settings.embedded, settings.completion.deadline_ms)
            remedy = f"autothink-lsp model pull {choice.offer}" if choice.offer else ""
            findings.append(Finding("ok", "model choice", choice.reason, remedy))
        findings.append(await _assistant(house, settings))
    except AutothinkError as error:
        findings.append(problem(subject, error))
    finally:
        await house.aclose()
    return findings


async def _assistant(house: House, settings: Settings) -> Finding:
    """What answers actions, and whether it thinks. The embedded engine is not started for this alone."""
    if settings.assist.backend == "embedded":
        if settings.completion.backend != "embedded":
            return Finding("ok", "actions", "the embedded model would answer them; it starts with the first one")
        return Finding("ok", "actions", "the embedded model answers them; it does not think, its attempts are checked")
    try:
        connected = await house.assistant.endpoints.get(settings)
    except AutothinkError as error:
        return problem("actions", error)
    thinks = "it can think" if connected.choice.profile.can_on else "it is not asked to think"
    return Finding("ok", "actions", f"{connected.model or connected.server}: {thinks} ({connected.choice.reason})")


async def _timed(backend: Backend, settings: Settings) -> Finding:
    request = CompletionRequest(PROBE_FUNCTION * PROBE_REPEATS + PROBE_LINE, PROBE_TOKENS)
    began = time.monotonic()
    first_s: float | None = None
    tokens = 0
    timings: Timings | None = None
    async for event in backend.stream(request):
        if isinstance(event, TextDelta):
            first_s = first_s or time.monotonic() - began
            tokens += 1
        if isinstance(event, TextDelta | Finished):
            timings = event.timings or timings
    elapsed_s = time.monotonic() - began
    if first_s is None:
        return Finding("problem", "speed", "the model answered nothing", "Is it a code model? Try another one.")
    decode = tokens / max(1e-6, elapsed_s - first_s)
    text = f"first token after {1_000 * first_s:.0f} ms, then {decode:.0f} tokens per second"
    if timings is not None and timings.prompt_ms > 0:
        prefill = 1_000 * timings.prompt_evaluated_tokens / timings.prompt_ms
        text += f"; reads {prefill:.0f} tokens per second"
    answer_ms = 1_000 * 12 / decode
    deadline_ms = settings.completion.deadline_ms
    if answer_ms > deadline_ms:
        return Finding(
            "warning",
            "speed",
            f"{text}: a line of 12 tokens takes {answer_ms:.0f} ms, more than completion.deadline_ms ({deadline_ms})",
            "Suggestions will come late or not at all: take a smaller model, or a server with a GPU.",
        )
    return Finding("ok", "speed", text)


class _Listener:
    def __init__(self) -> None:
        self.error: AutothinkError | None = None

    def endpoint_ready(self, connected: object) -> None:
        """Nothing to do: the connection is the result."""

    def endpoint_failed(self, error: AutothinkError) -> None:
        self.error = error

    def endpoint_recovered(self) -> None: ...

    async def refuse(self, _entry: object, _why: str) -> bool:
        return False
