"""Checks the model: its file, the engine or server, and the measured speed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from autothink_lsp.backends.base import Backend, FimRequest, Finished, TextDelta, Timings
from autothink_lsp.commands.doctor.finding import DoctorFinding, problem
from autothink_lsp.commands.service_events import ServiceEvents
from autothink_lsp.context.values import CodeContext
from autothink_lsp.errors import AutothinkError
from autothink_lsp.features.completion.chat_hole import render_chat_hole
from autothink_lsp.features.completion.model import CompletionUsage
from autothink_lsp.prompt.fim.families.plain import PLAIN
from autothink_lsp.settings.model import Settings

if TYPE_CHECKING:
    from autothink_lsp.app import Services

# Long enough to measure the prefill, short enough for a slow machine. Code, because token sizes of code are needed.
PROBE_FUNCTION = (
    "def total(items):\n    result = 0\n    for item in items:\n        result += item.price\n    return result\n\n\n"
)
PROBE_LINE = "def maximum(values):\n    return "
PROBE_REPEATS = 4
PROBE_TOKENS = 16


def model_findings(settings: Settings) -> Iterator[DoctorFinding]:
    """Check the embedded model's file by computing its SHA-256 again."""
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
            yield DoctorFinding("ok", "model file", f"{embedded.model_path} (your own, not checked further)")
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
            yield DoctorFinding("ok", "model file", f"{model.entry.name}: {model.path}, SHA-256 is right")
    if not installed:
        name = wanted or store.models()[0].entry.name
        yield DoctorFinding("problem", "model file", f"{name} is not installed", f"autothink-lsp model pull {name}")


async def backend_findings(settings: Settings) -> list[DoctorFinding]:
    """Start or reach the backend, complete a real prompt and measure the time; check the assist endpoint."""
    from autothink_lsp.app import build_services

    listener = ServiceEvents()
    services = build_services(listener=listener, consent=listener.may_fetch, working=listener.working)
    subject = "engine" if settings.completion.backend == "embedded" else "server"
    findings: list[DoctorFinding] = []
    try:
        began = time.monotonic()
        connected = await services.endpoints.get(settings).connect()
        if connected is None:
            return [problem(subject, listener.problem)] if listener.problem else []
        where = connected.backend.url or connected.model or "here"
        shared = sharing(services.embedded.windows)
        findings.append(
            DoctorFinding("ok", subject, f"{where} is ready after {time.monotonic() - began:.1f} s{shared}")
        )
        family = connected.choice.family
        plain = not family.markers
        remedy = "Use a code model with fill-in-the-middle tokens: text after the cursor is not used." if plain else ""
        findings.append(
            DoctorFinding("warning" if plain else "ok", "prompt", f"{family.name}, {connected.choice.reason}", remedy)
        )
        findings.append(await _timed(connected.backend, settings, services.embedded.observe))
        if settings.completion.backend == "embedded" and settings.embedded.model == "auto":
            choice = services.embedded.choice(settings.embedded, settings.completion.deadline_ms)
            remedy = f"autothink-lsp model pull {choice.offer}" if choice.offer else ""
            findings.append(DoctorFinding("ok", "model choice", choice.reason, remedy))
        findings.append(await _assistant(services, settings))
    except AutothinkError as error:
        findings.append(problem(subject, error))
    finally:
        await services.aclose()
    return findings


def sharing(windows: int) -> str:
    """The number of editor windows that use the engine besides this check, as the end of a sentence; empty if it is not
    shared."""
    others = windows - 1
    if others < 0:
        return ""
    if not others:
        return "; editor windows can share it, none uses it now"
    return f"; shared with {others} editor {'window' if others == 1 else 'windows'}"


async def _assistant(services: Services, settings: Settings) -> DoctorFinding:
    """The model of the assist endpoint, and whether it thinks. The embedded engine is not started only for this."""
    if settings.assist.backend == "embedded":
        if settings.completion.backend != "embedded":
            return DoctorFinding("ok", "actions", "the embedded model would answer them; it starts with the first one")
        return DoctorFinding(
            "ok", "actions", "the embedded model answers them; it does not think, its attempts are checked"
        )
    try:
        connected = await services.assistant.endpoints.get(settings).connect()
    except AutothinkError as error:
        return problem("actions", error)
    thinks = "it can think" if connected.choice.profile.can_on else "it is not asked to think"
    return DoctorFinding(
        "ok", "actions", f"{connected.model or connected.server}: {thinks} ({connected.choice.reason})"
    )


def probe_context() -> CodeContext:
    """The code that is completed. Its first line is another one each time, so that no engine has evaluated it already:
    a shared one outlives this command."""
    return CodeContext("probe.py", "python", f"# {time.time_ns()}\n{PROBE_FUNCTION * PROBE_REPEATS}{PROBE_LINE}", "\n")


async def _timed(backend: Backend, settings: Settings, observe: Callable[[CompletionUsage], None]) -> DoctorFinding:
    """Time one completion. ``observe`` gets its token counts and times, to record the speed of this machine."""
    code = probe_context()
    request = FimRequest(code.prefix, PROBE_TOKENS, chat=partial(render_chat_hole, PLAIN, code))
    began = time.monotonic()
    first_s: float | None = None
    tokens = 0
    timings: Timings | None = None
    async for event in backend.stream(request):
        if isinstance(event, TextDelta):
            first_s = first_s or time.monotonic() - began
            tokens += event.piece_count
        if isinstance(event, TextDelta | Finished):
            timings = event.timings or timings
    elapsed_s = time.monotonic() - began
    if first_s is None:
        return DoctorFinding("problem", "speed", "the model returned no text", "Is it a code model? Try another one.")
    decode = tokens / max(1e-6, elapsed_s - first_s)
    prefill: float | None = None
    if timings is not None and timings.prompt_ms > 0:
        prefill = 1_000 * timings.prompt_evaluated_tokens / timings.prompt_ms
        if settings.completion.backend == "embedded":
            observe(
                CompletionUsage(
                    predicted_tokens=timings.predicted_tokens,
                    prompt_evaluated_tokens=timings.prompt_evaluated_tokens,
                    prompt_ms=timings.prompt_ms,
                    predicted_ms=timings.predicted_ms,
                )
            )
    return speed_finding(1_000 * first_s, decode, prefill, settings.completion.deadline_ms)


def speed_finding(first_ms: float, decode: float, prefill: float | None, deadline_ms: int) -> DoctorFinding:
    """Whether suggestions will be in time, by the times of a request with a new prompt. ``decode`` and ``prefill`` are
    tokens per second."""
    text = f"first token after {first_ms:.0f} ms, then {decode:.0f} tokens per second"
    if prefill is not None:
        text += f"; evaluates {prefill:.0f} prompt tokens per second"
    answer_ms = 1_000 * 12 / decode
    if answer_ms > deadline_ms:
        return DoctorFinding(
            "warning",
            "speed",
            f"{text}: a line of 12 tokens takes {answer_ms:.0f} ms, more than completion.deadline_ms ({deadline_ms})",
            "Suggestions will be late or missing. Use a smaller model, or a server with a GPU.",
        )
    if first_ms > deadline_ms:
        return DoctorFinding(
            "warning",
            "speed",
            f"{text}: the first token takes longer than completion.deadline_ms ({deadline_ms})",
            "The first suggestion in a file comes late; the next ones reuse the evaluated prompt. To shorten the wait, "
            "use a smaller model, a server with a GPU, or a lower completion.context_tokens.",
        )
    return DoctorFinding("ok", "speed", text)
