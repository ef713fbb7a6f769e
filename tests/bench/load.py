"""Editors that type and ask for fixes at one endpoint, as our server would for each of them."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time

from attrs import frozen

from autothink_lsp.backends.base import Backend, ChatRequest, FimRequest, TextDelta
from autothink_lsp.backends.endpoint import Endpoint, Timeouts
from autothink_lsp.backends.openai import OpenAIBackend
from autothink_lsp.context.values import CodeContext
from autothink_lsp.errors import BackendError
from autothink_lsp.features.connector import ACTIONS_LATER, KEYSTROKES_FIRST
from autothink_lsp.prompt.fim.detect import FamilyChoice, choose_family, markers
from autothink_lsp.prompt.fim.render import render_fim_prompt
from autothink_lsp.values import ChatMessage
from tests.bench.load_report import Phase
from tests.bench.typist import FUNCTIONS

_SIGMA = 0.5
_KEY_TOKENS = 16
_LINES_ABOVE = 40
_SEED = 4
_READ_S = 120.0


@frozen(kw_only=True)
class LoadPlan:
    """``gap_ms`` is the median time between two keys of one editor; gaps are log-normal."""

    urls: tuple[str, ...]
    editors: int
    fixes: int
    fix_tokens: int
    seconds: float
    rounds: int
    gap_ms: float
    model: str = ""
    api_key_env: str = ""
    priority: bool = True


async def run_load(plan: LoadPlan) -> list[Phase]:
    """All phases. Raises ``BackendError`` where an endpoint does not answer at all."""
    phases: list[Phase] = []
    families = {url: await _family(plan, url) for url in plan.urls}
    for _ in range(plan.rounds):
        for with_fixes in (False, True):
            for url in plan.urls:
                phase = Phase(url, with_fixes)
                phases.append(phase)
                await _phase(plan, phase, families[url])
    return phases


async def _family(plan: LoadPlan, url: str) -> FamilyChoice:
    backend = _backend(plan, url, 0, "probe")
    try:
        description = await backend.describe()
        return choose_family(await backend.token_counts(markers()), plan.model or description.model)
    finally:
        await backend.aclose()


async def _phase(plan: LoadPlan, phase: Phase, family: FamilyChoice) -> None:
    """All editors start, type until the time is up, and disconnect."""
    stop = asyncio.Event()
    began = time.monotonic()
    tasks = [asyncio.create_task(_type(plan, phase, family, number, stop)) for number in range(plan.editors)]
    if phase.with_fixes:
        tasks += [asyncio.create_task(_fix(plan, phase, number, stop)) for number in range(plan.fixes)]
    try:
        await asyncio.sleep(plan.seconds)
    finally:
        stop.set()
        await asyncio.gather(*tasks)
        phase.seconds = time.monotonic() - began


async def _type(plan: LoadPlan, phase: Phase, family: FamilyChoice, number: int, stop: asyncio.Event) -> None:
    """One editor: a key, a request; the next key gives up what has not been answered."""
    chance = random.Random(f"{_SEED} {number}")
    backend = _backend(plan, phase.url, KEYSTROKES_FIRST, f"editor-{number}")
    above, typed = _document(number)
    running: asyncio.Task[None] | None = None
    at = 0
    try:
        await backend.describe()
        while not stop.is_set():
            at = at + 1 if at + 1 < len(typed) else 1
            running = await _supersede(running)
            running = asyncio.create_task(_key(phase, backend, _request(family, above + typed[:at])))
            gap_s = plan.gap_ms / 1000 * chance.lognormvariate(0, _SIGMA)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), gap_s)
    except BackendError as error:
        phase.sent += 1
        phase.failed[error.message] += 1
    finally:
        await _supersede(running)
        await backend.aclose()


async def _supersede(running: asyncio.Task[None] | None) -> None:
    if running is not None:
        running.cancel()
        await asyncio.wait([running])


async def _key(phase: Phase, backend: Backend, request: FimRequest) -> None:
    """One keystroke's request; the first line of its answer is all that an editor shows in mid-line."""
    began, first_ms, text = time.monotonic(), None, ""
    phase.sent += 1
    try:
        async with contextlib.aclosing(backend.stream(request)) as stream:
            async for event in stream:
                if isinstance(event, TextDelta):
                    text += event.text
                    first_ms = first_ms or 1000 * (time.monotonic() - began)
                if "\n" in text.lstrip():
                    break
    except asyncio.CancelledError:
        phase.given_up += 1
        raise
    except BackendError as error:
        phase.failed[error.message] += 1
        return
    total_ms = 1000 * (time.monotonic() - began)
    phase.total_ms.append(total_ms)
    phase.first_ms.append(first_ms or total_ms)


async def _fix(plan: LoadPlan, phase: Phase, number: int, stop: asyncio.Event) -> None:
    """One editor's assistant: a long answer after the other; what still runs at the end is given up."""
    backend = _backend(plan, phase.url, ACTIONS_LATER, f"editor-{number}")
    above, _ = _document(number)
    question = f"Rewrite this module with types, docstrings and error handling:\n\n{above}"
    request = ChatRequest((ChatMessage("user", question),), plan.fix_tokens)
    try:
        await backend.describe()
        while not stop.is_set():
            phase.fixes_sent += 1
            if await _answered(phase, backend, request, stop):
                phase.fixes_done += 1
            else:
                phase.fixes_given_up += 1
    except BackendError as error:
        phase.failed[error.message] += 1
    finally:
        await backend.aclose()


async def _answered(phase: Phase, backend: Backend, request: ChatRequest, stop: asyncio.Event) -> bool:
    async with contextlib.aclosing(backend.chat(request)) as stream:
        async for event in stream:
            phase.fix_tokens += isinstance(event, TextDelta)
            if stop.is_set():
                return False
    return True


def _backend(plan: LoadPlan, url: str, priority: int, session: str) -> OpenAIBackend:
    """As the server's own connector makes it: each editor is a process with connections of its own."""
    endpoint = Endpoint(
        url,
        plan.model,
        plan.api_key_env,
        timeouts=Timeouts(read_s=_READ_S),
        priority=priority if plan.priority else 0,
        session=session,
    )
    return OpenAIBackend(endpoint)


def _request(family: FamilyChoice, prefix: str) -> FimRequest:
    context = CodeContext("module.py", "python", prefix, "\n\n\nif __name__ == '__main__':\n    main()\n", "#")
    prompt = render_fim_prompt(family.family, context)
    return FimRequest(prompt.text, _KEY_TOKENS, prompt.stop)


def _document(number: int) -> tuple[str, str]:
    """What stands above the cursor (each editor's own, so that no cache serves two of them), and what is typed."""
    lines = FUNCTIONS.splitlines(keepends=True)
    above = f"# module {number} of the load\n" + "".join(lines[:_LINES_ABOVE]).replace("merge", f"merge_{number}")
    return above, "".join(lines[_LINES_ABOVE:])
