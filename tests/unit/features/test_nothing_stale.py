"""Whatever is shown, the model has generated for this text: caches, joined runs, prefetches against a pure function.

The model is a function of the text before and after the cursor. A suggestion is right if some request was answered so
that its text before the cursor and its answer read, as far as the suggestion goes, as the document would with it, and
if the text after the cursor was this one. As the answer depends on nothing else, a server without any memory would have
said the same when the document read like that request.
"""

from __future__ import annotations

import asyncio
import hashlib

from attrs import define, field, frozen
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from autothink_lsp.backends.base import FimRequest
from autothink_lsp.context.window import WindowTracker
from autothink_lsp.document.snapshot import ContentChange
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.features.completion.endpoint import CompletionEndpoint
from autothink_lsp.features.completion.model import CompletionOutcome, CompletionRequest, Trigger
from autothink_lsp.features.completion.service import CompletionService
from autothink_lsp.settings.model import CompletionSettings, Settings
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import Point, Position, PositionEncoding, Range
from tests.support import virtual_time
from tests.support.completion_harness import Quiet
from tests.support.example_counts import examples
from tests.support.scripted_backend import Pause, ScriptedBackend, Step

URIS = ("file:///a.py", "file:///b.py")
START = "def add(a, b):\n    \n\ndef mul(a, b):\n    x = a\n    \n    return x\n\n\n"
SAID = (
    *("alpha(beta)", "alpha = beta(1)", "beta(alpha)\n    gamma(alpha)\n    delta()", "return gamma(alpha, [1])"),
    *("(alpha)", " = alpha[beta]", "gamma(1)", "\n    delta(1)", ""),
)
TYPED = ("alpha", "alpha(", "beta", " = ", "\n    ", "x", ")", "a", "\n\n")
SYNTAX = Syntax()  # loads grammars, and knows nothing of a document that was opened anew
CLOSERS = ")]}\"'"


@frozen
class Answer:
    """The output of a request, whether it was read to its end or not."""

    model: str
    before: str
    after: str
    text: str

    def shows(self, before: str, after: str, suggestion: str) -> bool:
        """Whether this answer is a reason to show ``suggestion`` there. Closing brackets and empty lines may have been
        added behind the cursor."""
        added = after.removesuffix(self.after)
        same_end = after.endswith(self.after) and len(added) <= 3 and not added.strip(CLOSERS + "\n")
        return same_end and _bare(self.before + self.text).startswith(_bare(before + suggestion))


def _bare(text: str) -> str:
    """Blanks are the editor's or the user's: only the lines and what stands on them count."""
    return "\n".join("".join(line.split()) for line in text.rstrip().split("\n"))


def _without_next_line(after: str) -> str:
    """``after`` without the first line below the cursor's that is not blank."""
    line, *below = after.split("\n")
    at = next((index for index, text in enumerate(below) if text.strip()), len(below))
    return "\n".join([line, *below[:at], *below[at + 1 :]])


@define(eq=False)
class Model(ScriptedBackend):
    """One of two models, which say different things."""

    model: str
    answers: list[Answer] = field(factory=list)

    def __attrs_post_init__(self) -> None:
        super().__init__(self._say, sleep=asyncio.sleep)

    def _say(self, request: FimRequest) -> list[Step]:
        before, _, rest = request.prompt.removeprefix("<|fim_prefix|>").partition("<|fim_suffix|>")
        after, _, begun = rest.partition("<|fim_middle|>")
        seen = f"{self.model}{before[-9:]}{begun}|{after[:9]}".encode()
        # Filters take off what repeats the line's beginning, and empty lines: that would have to be understood here.
        line = before.rpartition("\n")[2].strip()
        texts = [text for text in SAID if not text or (text[0] not in line and (line or text[0] != "\n"))]
        text = texts[int.from_bytes(hashlib.sha256(seen).digest()[:4], "big") % len(texts)]
        self.answers.append(Answer(self.model, before + begun, after, text))
        return [Pause(0.05), *(step for char in text for step in (char, Pause(0.01)))]


def settings_for(model: str) -> Settings:
    completion = CompletionSettings(backend="openai", url="http://127.0.0.1:1", model=model, prompt_order="psm")
    return Settings(completion=completion)


@define(eq=False)
class Harness:
    """The service over two documents with the same text and two models, and an editor with one cursor."""

    models: dict[str, Model]
    service: CompletionService
    documents: DocumentStore
    model: str = "qwen2.5-coder-a"
    uri: str = URIS[0]
    offset: int = START.index("\n\ndef mul")
    shown: str = ""
    pending: asyncio.Task[CompletionOutcome] | None = None
    showings: int = 0

    @classmethod
    def build(cls) -> Harness:
        models = {name: Model(name) for name in ("qwen2.5-coder-a", "qwen2.5-coder-b")}

        def now_ms() -> float:
            return asyncio.get_running_loop().time() * 1_000

        async def connect(settings: Settings) -> Model:
            return models[settings.completion.model]

        endpoints = {name: CompletionEndpoint(settings_for(name), connect, Quiet(), now_ms) for name in models}
        syntax, documents = SYNTAX, DocumentStore(PositionEncoding.UTF32)
        service = CompletionService(
            endpoint_for=lambda settings: endpoints[settings.completion.model],
            syntax=syntax,
            gatherer=WindowTracker(),
            now_ms=now_ms,
        )
        documents.subscribe(syntax.trees)
        documents.subscribe(service)
        for uri in URIS:
            documents.open(uri, "python", 1, START)
        return cls(models, service, documents)

    @property
    def text(self) -> str:
        snapshot = self.documents.snapshot(self.uri)
        assert snapshot is not None
        return str(snapshot.text)

    def point(self, offset: int) -> Point:
        before = self.text[:offset]
        return Point(before.count("\n"), offset - before.rfind("\n") - 1)

    def edit(self, start: int, end: int, text: str) -> None:
        """As an editor: the request on the way is cancelled, what is shown goes away."""
        if self.pending is not None:
            self.pending.cancel()
            self.pending = None
        self.shown = ""
        first, last = self.point(start), self.point(end)
        where = Range(Position(first.line, first.column), Position(last.line, last.column))
        snapshot = self.documents.snapshot(self.uri)
        assert snapshot is not None
        self.documents.change(self.uri, snapshot.version + 1, [ContentChange(where, text)])

    async def ask(self, wait_s: float | None, trigger: Trigger = "automatic") -> None:
        """With ``wait_s`` it may still be on its way when the next key comes."""
        snapshot = self.documents.snapshot(self.uri)
        assert snapshot is not None
        now_ms = asyncio.get_running_loop().time() * 1_000
        query = CompletionRequest(
            snapshot, self.point(self.offset), trigger, now_ms, settings_for(self.model), self.uri[-4:]
        )
        task = self.pending = asyncio.create_task(self.service.complete(query))
        await asyncio.wait([task], timeout=wait_s)
        if task.done():
            self.pending = None
            self.check(task.result())

    def check(self, outcome: CompletionOutcome) -> None:
        before, after = self.text[: self.offset], self.text[self.offset :]
        for suggestion in (outcome.suggestion, *outcome.others):
            if suggestion is None:
                continue
            rest = after[suggestion.replaces_right :]
            reasons = self.models[self.model].answers
            # A second try by hand is requested without the next line (``alternatives.py``).
            places = {after, rest, _without_next_line(after), _without_next_line(rest)}
            assert any(answer.shows(before, kept, suggestion.text) for answer in reasons for kept in places), (
                f"{suggestion} before {after!r} after {before!r}"
            )
            self.showings += 1
        self.shown = outcome.suggestion.text if outcome.suggestion is not None else ""

    async def do(self, step: tuple[object, ...]) -> None:
        """One step of the user or the clock."""
        match step:
            case ("type", str() as text):
                self.edit(self.offset, self.offset, text)
                self.offset += len(text)
            case ("type shown", int() as count):
                text = self.shown[: count or None]
                self.edit(self.offset, self.offset, text)
                self.offset += len(text)
            case ("bracket", None):
                self.edit(self.offset, self.offset, "()")
                self.offset += 1
            case ("delete", int() as count):
                count = min(count, self.offset)
                self.edit(self.offset - count, self.offset, "")
                self.offset -= count
            case ("elsewhere", (str() as text, bool() as above)):
                at = 0 if above else len(self.text)
                self.edit(at, at, text)
                self.offset += len(text) if above else 0
            case ("change below", str() as text):
                at = self.text.find("\n", self.offset) + 1 or len(self.text)
                self.edit(at, at, text)
            case ("jump", int() as offset):
                self.offset = offset % (len(self.text) + 1)
                self.shown = ""
            case ("rest", float() as pause_s):
                await asyncio.sleep(pause_s)
            case ("ask", wait_s):
                await self.ask(wait_s)  # type: ignore[arg-type]
            case ("invoke", None):
                await self.ask(None, "invoked")
            case ("model", str() as model):
                self.model = model
                self.shown = ""
            case ("document", str() as uri):
                self.uri = uri
                self.offset = min(self.offset, len(self.text))
                self.shown = ""
            case ("reopen", None):
                self.documents.close(self.uri)
                self.documents.open(self.uri, "python", 1, START)
                self.offset = min(self.offset, len(START))
                self.shown = ""

    async def undo(self, text: str) -> None:
        """To an earlier text, as one edit."""
        self.edit(0, len(self.text), text)
        self.offset = min(self.offset, len(text))


STEPS = st.one_of(
    st.tuples(st.just("type"), st.sampled_from(TYPED)),
    st.tuples(st.just("type shown"), st.integers(0, 6)),
    st.tuples(st.just("ask"), st.sampled_from([None, None, 0.0, 0.06, 0.12])),
    st.tuples(st.just("rest"), st.sampled_from([0.01, 0.4, 1.0])),
    st.tuples(st.just("delete"), st.integers(1, 5)),
    st.tuples(st.just("elsewhere"), st.tuples(st.sampled_from(["x = 1\n", "a"]), st.booleans())),
    st.tuples(st.just("change below"), st.sampled_from(["    y()\n", "\n"])),
    st.tuples(st.just("jump"), st.integers(0, 80)),
    st.tuples(st.sampled_from(["bracket", "invoke", "undo", "reopen"]), st.none()),
    st.tuples(st.just("model"), st.sampled_from(["qwen2.5-coder-a", "qwen2.5-coder-b"])),
    st.tuples(st.just("document"), st.sampled_from(URIS)),
)


async def play(steps: list[tuple[object, ...]]) -> Harness:
    harness = Harness.build()
    texts: dict[str, list[str]] = {uri: [START] for uri in URIS}
    for step in steps:
        if step[0] == "undo":
            await harness.undo(texts[harness.uri][-1])
        else:
            await harness.do(step)
        if harness.text != texts[harness.uri][-1]:
            texts[harness.uri].append(harness.text)
            await harness.ask(0.06)
        if step[0] == "undo" and len(texts[harness.uri]) > 1:
            texts[harness.uri].pop()
    await harness.ask(None)
    await harness.service.aclose()
    return harness


@hypothesis_settings(max_examples=examples(100))
@given(st.lists(STEPS, max_size=25))
@example([("type", "beta"), ("type", "alpha("), ("invoke", None)])  # shows the second try by hand
def test_what_is_shown_was_generated_for_this_text(steps: list[tuple[object, ...]]) -> None:
    virtual_time.run(play(steps))


def test_something_is_shown_at_all() -> None:
    """Or the test above proves nothing."""
    once: list[tuple[object, ...]] = [
        ("type", "\n    "),
        ("ask", None),
        ("rest", 1.0),
        ("type shown", 3),
        ("type shown", 0),
    ]
    harnesses = [virtual_time.run(play([("jump", offset), *once * 2])) for offset in (18, 37, 49, 53, 66, 67)]
    assert sum(harness.showings for harness in harnesses) >= 20
    counted = [harness.service.counters for harness in harnesses]
    for name in ("from_cache", "speculative_used"):
        assert sum(getattr(one, name) for one in counted) >= 3, name
