"""One run: a language server, a file, a model server, and a person who types. What came of it, as a tally."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shlex
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from attrs import evolve, frozen

from autothink_lsp.errors import AutothinkError
from tests.bench.editor import SERVE, clean_environment
from tests.bench.keystroke.backend import MadeUpBackend
from tests.bench.keystroke.editor import CAPABILITIES, Editor
from tests.bench.keystroke.jobs import Job
from tests.bench.keystroke.oracle import NOTHING, Knowledge, Oracle
from tests.bench.keystroke.pace import Latency, Pace
from tests.bench.keystroke.person import Person, Pressed
from tests.bench.keystroke.places import Place, Prose, RealFile, many_places, places, without
from tests.bench.keystroke.tally import Tally, tally
from tests.bench.keystroke.trace import strokes
from tests.bench.process_cost import cpu_s, resident_mib
from tests.support.lsp_client import LspClient, ServerError

WARM_KEYS = 15  # not counted: the first keys import and compile what all later ones use
CHARACTERS_PER_KEY = 1.3  # pastes, indentation and accepted text come without keys
READY_TIMEOUT_S = 240.0  # the embedded engine is started and reads its first prompt, perhaps on a busy machine
FIRST_ANSWER_TIMEOUT_S = 240.0
QUIET_S = 0.5
AT_ONCE = Latency(first_ms=1.0, last_ms=2.0)
_OWN_PART_KEYS = 120


@frozen
class Target:
    """A language server. ``command`` and ``options`` may hold ``{url}``, the model server's address."""

    name: str = "autothink-lsp"
    command: tuple[str, ...] = SERVE
    options: str = ""

    @classmethod
    def of(cls, text: str, options: str = "") -> Target:
        """From ``NAME=COMMAND`` or a command."""
        name, equals, command = text.partition("=")
        if not equals or not name.replace("-", "").replace(".", "").replace(" ", "").isalnum():
            name, command = Path(shlex.split(text)[0]).name, text
        return cls(name, tuple(shlex.split(command)), options)


@frozen
class Trial:
    """What is run. ``api``: what the model server speaks, ``openai`` or ``llama-server``. ``keys_at_place``: after so
    many the person goes on elsewhere, where the model has read nothing; 0 for when the place is full. ``known_lines``:
    the share of lines that the made-up model knows; with 0 it is always wrong. ``is_cold``: typing begins a second
    after the document was opened, at a model server that has read nothing, and every key counts.
    ``model_path``: of the embedded engine."""

    target: Target
    file: RealFile
    keys: int
    seed: int
    pace_name: str
    api: str
    keys_at_place: int = 0
    known_lines: float = 0.5
    is_cold: bool = False
    model_path: str = ""

    @property
    def warm_keys(self) -> int:
        """How many keys come before those that count."""
        return 0 if self.is_cold else WARM_KEYS

    @property
    def knowledge(self) -> Knowledge:
        """What the made-up model knows."""
        return Knowledge(self.known_lines) if self.known_lines else NOTHING

    def chosen(self) -> list[Place]:
        """Where is typed."""
        if self.keys_at_place:
            count = -(-(self.keys + self.warm_keys) // self.keys_at_place)
            return many_places(self.file, count, int(CHARACTERS_PER_KEY * self.keys_at_place), self.seed)
        return places(self.file, int(CHARACTERS_PER_KEY * (self.keys + self.warm_keys)), self.seed)


async def run_trial(trial: Trial, pace: Pace, *, own_part: bool = True) -> Tally:
    """Type, and count."""
    oracle = Oracle(trial.file.text, trial.seed, trial.knowledge)
    async with MadeUpBackend(oracle, pace) as backend:
        found = await run_against(trial, backend, oracle)
    if not own_part:
        return found
    return evolve(found, own_part_ms=await own_part_ms(trial))


async def run_against(trial: Trial, backend: Any, oracle: Oracle) -> Tally:
    """Type in front of a model server that keeps account: ``url`` and ``jobs``."""
    async with _editing(trial, backend, debounce_ms="auto") as (editor, start_ms):
        person, prose = Person(editor, lambda _offset: False), Prose.of(trial.file.text)
        process, warm_keys = editor.client.process.pid, trial.warm_keys
        before_s = cpu_s(process) or 0.0
        for number, place in enumerate(trial.chosen()):
            person.reached = _reaching(oracle, trial.file, place, prose)
            trace = strokes(place.text, trial.seed + number)
            if number == 0 and warm_keys:
                warm_up = [evolve(stroke, accepts=False) for stroke in trace[:warm_keys]]
                await person.type_at(place, warm_up, warm_keys)
                before_s = cpu_s(process) or 0.0
                trace = trace[warm_keys:]
            left = trial.keys + warm_keys - len(person.pressed)
            moves = number > 0 or not warm_keys
            await person.type_at(place, trace, min(left, trial.keys_at_place or left), moves=moves)
            person.leave(place)
            if len(person.pressed) >= trial.keys + warm_keys:
                break
        after_s = cpu_s(process)
        pressed = person.pressed[warm_keys:]
        jobs = [job for job in backend.jobs if job.arrived_s >= pressed[0].written_s]
        return evolve(
            tally(pressed, jobs, len(editor.client.unanswered())),
            cpu_s_per_1000_keys=None if after_s is None else 1_000 * (after_s - before_s) / len(pressed),
            prompts_found=100 * oracle.found / oracle.asked if oracle.asked else None,
            peak_mib=resident_mib(process, peak=True),
            start_ms=start_ms,
        )


async def own_part_ms(trial: Trial) -> float | None:
    """From a key's write to the last byte of its request: no delay is set, and each key waits for the answer before.

    Another server than ours has whatever delay it has.
    """
    oracle = Oracle(trial.file.text, trial.seed, NOTHING)
    async with MadeUpBackend(oracle, AT_ONCE) as backend, _editing(trial, backend, debounce_ms="0") as (editor, _):
        person = Person(editor, lambda _offset: False)
        place = trial.chosen()[0]
        person.reached = _reaching(oracle, trial.file, place, Prose((), ()))
        most = WARM_KEYS + min(_OWN_PART_KEYS, trial.keys)
        await person.type_at(place, strokes(place.text, trial.seed), most, patient=True)
        spent_ms = _to_backend_ms(person.pressed[WARM_KEYS:], backend.jobs)
    return median(spent_ms) if spent_ms else None


def _to_backend_ms(pressed: Sequence[Pressed], jobs: Sequence[Job]) -> list[float]:
    """Of each key that sent something before it was answered."""
    spent_ms: list[float] = []
    for key in pressed:
        answered_s = key.asked.answered_s if key.asked is not None else None
        arrived = [job.arrived_s for job in jobs if answered_s and key.written_s <= job.arrived_s <= answered_s]
        spent_ms += [(arrived[0] - key.written_s) * 1_000] if arrived else []
    return spent_ms


def _reaching(oracle: Oracle, file: RealFile, place: Place, prose: Prose) -> Callable[[int], bool]:
    """Tells the model where the person is, and the person whether that is in prose."""
    lines = file.text.split("\n")
    start = sum(len(line) + 1 for line in lines[: place.first]) + len(place.indent)

    def reached(offset: int) -> bool:
        oracle.here = start + offset
        return prose.holds(start + offset)

    reached(0)
    return reached


@contextlib.asynccontextmanager
async def _editing(trial: Trial, backend: Any, *, debounce_ms: str) -> AsyncIterator[tuple[Editor, float]]:
    """The server with the file open, places taken out, connected; and how long its start took, in ms."""
    with tempfile.TemporaryDirectory(prefix="autothink-bench-") as home:
        began_s = time.perf_counter()
        command = [word.replace("{url}", backend.url) for word in trial.target.command]
        client = await LspClient.start(
            command, inherited=clean_environment(), environ=_environment(trial, backend, home, debounce_ms)
        )
        try:
            options = json.loads(trial.target.options.replace("{url}", backend.url) or "null")
            initialized = await client.initialize(CAPABILITIES, options=options)
            start_ms = (time.perf_counter() - began_s) * 1_000
            editor = Editor.of(client, without(trial.file, trial.chosen()), initialized)
            if not trial.is_cold:
                await _ready(editor, trial.chosen()[0], backend)
            yield editor, start_ms
        except ConnectionError as error:
            raise AutothinkError(f"{trial.target.name} has ended.", hint=f"It was {shlex.join(command)}.") from error
        finally:
            await client.stop()


def _environment(trial: Trial, backend: Any, home: str, debounce_ms: str) -> dict[str, str]:
    """What our server needs to know; another one does not look at it."""
    where = {"AUTOTHINK_COMPLETION__URL": backend.url}
    if trial.api == "embedded":  # the server starts it
        where = {"AUTOTHINK_EMBEDDED__MODEL_PATH": trial.model_path}
    return {
        **where,
        "AUTOTHINK_HOME": home,
        "AUTOTHINK_COMPLETION__BACKEND": trial.api,
        "AUTOTHINK_COMPLETION__DEBOUNCE_MS": debounce_ms,
        "AUTOTHINK_LOG__LEVEL": "warning",
    }


async def _ready(editor: Editor, place: Place, backend: Any) -> None:
    """Ask by hand until the model server is asked; then until it is quiet."""
    editor.move(place.first)
    deadline_s = time.perf_counter() + READY_TIMEOUT_S
    while time.perf_counter() < deadline_s:
        asked = editor.ask(time.perf_counter(), by_hand=True)
        with contextlib.suppress(TimeoutError, ServerError):
            await asyncio.wait_for(asyncio.shield(asked.reply), READY_TIMEOUT_S)
        if any(not job.is_warm_up for job in backend.jobs):
            break
        await asyncio.sleep(QUIET_S)
    else:
        raise AutothinkError("The language server asked its model nothing.", hint="Is it configured?")
    deadline_s = time.perf_counter() + FIRST_ANSWER_TIMEOUT_S  # a whole prompt, perhaps on a busy small machine
    while any(job.finished_s is None and job.closed_s is None for job in backend.jobs):
        if time.perf_counter() > deadline_s:
            raise AutothinkError("The model has not answered the first request.", hint="Is this machine very busy?")
        await asyncio.sleep(QUIET_S / 10)
    await asyncio.sleep(QUIET_S)
