"""The steps of a probe: about twenty small requests, one after the other.

Each step looks at an effect. If its request fails, the capability stays unknown and a note gives the reason. A model
that thinks gets a larger limit of tokens, since a cut thought cannot be judged.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable

from attrs import define, evolve, field

from autothink_lsp.backends.endpoint import Endpoint, host_of
from autothink_lsp.backends.http import HttpClient
from autothink_lsp.backends.probe import Identity, ProbeResponse, ServerProbe
from autothink_lsp.context.values import CodeContext
from autothink_lsp.errors import BackendError, BadResponse
from autothink_lsp.features.probing.capabilities import Capabilities, ProbeReport
from autothink_lsp.features.probing.findings import findings_of
from autothink_lsp.prompt.chat import ChatPrompt, render_chat_prompt
from autothink_lsp.prompt.fim.detect import FamilyChoice, choose_family, markers
from autothink_lsp.prompt.fim.render import render_fim_prompt
from autothink_lsp.prompt.think.choose import choose_profile
from autothink_lsp.prompt.think.profile import ThinkControl, ThinkProfile
from autothink_lsp.stream.segments import SegmentKind
from autothink_lsp.stream.think_parser import ThinkParser
from autothink_lsp.thinking.mode import ThinkMode, ThinkPolicy
from autothink_lsp.values import ChatMessage

logger = logging.getLogger(__name__)

_HOLE = CodeContext("probe.py", "python", "def add(a, b):\n    return ", "\n\n\nprint(add(1, 2))\n", "#")
_QUESTION = "Which number is 17 + 25? Answer with the number only."
_PLANET = ({"role": "user", "content": "What is the largest planet? One word."},)
_BEGUN = "The largest planet is Jup"
_COUNT = "1 2 3 4 5 6 7 8 9 10 11 12"
_THOUGHT_TOKENS = 384
_BUDGET_TOKENS = 16
_BUDGET_SLACK_TOKENS = 48
_CHOICE = "zq7"
_STOPS = tuple(f"#{number}#" for number in range(6))
_CACHE_LINES = 60
_CACHED_SHARE = 0.5
_FASTER = 0.6
_ANSWER_TOKENS = 24
_HANG_UP_TOKENS = 400


async def inspect_endpoint(
    endpoint: Endpoint,
    *,
    think_profile: str = "auto",
    deadline_s: float = 120.0,
    client: HttpClient | None = None,
    on_step: Callable[[str], None] = lambda _: None,
) -> ProbeReport:
    """Probe the endpoint. ``on_step`` gets the subject of each step.

    Raises ``BackendError`` if the server does not answer. A step that fails is a finding.
    """
    probe = ServerProbe(endpoint, client)
    inspection = Inspection(
        probe,
        lambda model, server: (
            choose_profile(model, server, configured=think_profile, host=host_of(endpoint.url)).profile
        ),
    )
    try:
        await inspection.run(on_step)
    finally:
        if client is None:
            await probe.aclose()
    facts = inspection.facts
    return ProbeReport(
        url=endpoint.shown_url,
        capabilities=facts,
        findings=findings_of(facts, inspection.notes, deadline_s),
        at_s=time.time(),
        requests=probe.requests,
    )


@define
class Inspection:
    """The state of a probe. ``facts`` grow step by step; ``notes`` explain each by its subject."""

    probe: ServerProbe
    profile_for: Callable[[str, str], ThinkProfile]
    facts: Capabilities = field(factory=Capabilities)
    notes: dict[str, str] = field(factory=dict)
    identity: Identity | None = None
    family: FamilyChoice | None = None

    async def run(self, on_step: Callable[[str], None] = lambda _: None) -> None:
        """Run all steps; ``on_step`` gets the subject of each. Raises ``BackendError`` where the server does not
        answer at all."""
        self.identity = await self.probe.identify()
        who = self.identity
        self.facts = evolve(
            self.facts, server=who.kind, version=who.version, model=who.model, context_tokens=who.context_tokens
        )
        for subject, step in self._steps():
            on_step(subject)
            try:
                await step()
            except BackendError as error:
                self.notes[subject] = error.message
                logger.debug("probe %s: %s", subject, error)

    def _steps(self) -> tuple[tuple[str, Callable[[], Awaitable[None]]], ...]:
        return (
            ("fim", self._fim),
            ("stop", self._stop),
            ("streaming", self._streaming),
            ("speed", self._speed),
            ("prefix cache", self._prefix_cache),
            ("hang-up", self._hang_up),
            ("priority", self._priority),
            ("structured", self._structured),
            ("prefill", self._prefill),
            ("think off", self._think_off),
            ("think on", self._think_on),
            ("think budget", self._think_budget),
        )

    @property
    def profile(self) -> ThinkProfile:
        """The think profile of the model."""
        return self.profile_for(self.facts.model, self.facts.server)

    async def _fim(self) -> None:
        counts = await self.probe.token_counts(markers())
        self.family = choose_family(counts, self.facts.model)
        prompt = render_fim_prompt(self.family.family, _HOLE)
        seen = await self.probe.complete(prompt.text, _ANSWER_TOKENS, stop=list(prompt.stop[:4]))
        self.notes["fim"] = f"{self.family.family.name}: {self.family.reason}; it filled in {_short(seen.text)}"
        right = seen.text.replace(" ", "").removeprefix("return").startswith(("a+b", "b+a", "sum("))
        self.facts = evolve(self.facts, fim=right and bool(self.family.family.markers))

    async def _stop(self) -> None:
        refusal = await self.probe.takes("completions", {"prompt": "a", "max_tokens": 1, "stop": list(_STOPS)})
        if refusal is not None and "stop" in refusal:
            self.facts = evolve(self.facts, stop_limit=4)
            self.notes["stop"] = "4 stop strings at most; AutoThink applies the others itself"
        else:
            self.notes["stop"] = f"takes {len(_STOPS)} stop strings or more"

    async def _streaming(self) -> None:
        fields = {"stream_options": {"include_usage": True}}
        seen = await self.probe.chat(({"role": "user", "content": f"Write exactly: {_COUNT}"},), 48, **fields)
        self.facts = evolve(self.facts, reasoning_field=seen.reasoning_field)
        self.notes["streaming"] = (
            f"{seen.pieces} pieces for {seen.tokens} tokens, "
            f"{'usage reported' if seen.usage else 'usage not told'}, {'[DONE]' if seen.done_marker else 'no [DONE]'}"
        )

    async def _speed(self) -> None:
        """Measure prefill and decode speed with a prompt that no cache contains."""
        prompt = _fresh_code("speed")
        seen = await self.probe.complete(prompt, 48, stream_options={"include_usage": True})
        decode_s = (seen.total_ms - seen.first_ms) / 1000
        decode = (seen.tokens - 1) / decode_s if seen.tokens > 4 and decode_s > 0 else None
        evaluated = (seen.prompt_tokens or len(prompt) // 4) - (seen.cached_tokens or 0)
        prefill = 1000 * evaluated / seen.first_ms if seen.first_ms > 0 else None
        self.facts = evolve(self.facts, decode_tokens_per_s=decode, prefill_tokens_per_s=prefill)

    async def _prefix_cache(self) -> None:
        prompt = _fresh_code("cache")
        first = await self.probe.complete(prompt, 1, stream_options={"include_usage": True})
        again = await self.probe.complete(prompt + "x", 1, stream_options={"include_usage": True})
        total = again.prompt_tokens or len(prompt) // 4
        if again.cached_tokens is not None:
            cached = again.cached_tokens >= _CACHED_SHARE * total
            self.notes["prefix cache"] = f"{again.cached_tokens} of {total} prompt tokens came from the cache"
        else:
            cached = again.first_ms < _FASTER * first.first_ms
            self.notes["prefix cache"] = f"first token after {first.first_ms:.0f} ms, then {again.first_ms:.0f} ms"
        self.facts = evolve(self.facts, prefix_cache=cached)

    async def _hang_up(self) -> None:
        self.facts = evolve(self.facts, aborts=await self.probe.hang_up(f"Count: {_COUNT} 13 14", _HANG_UP_TOKENS))

    async def _priority(self) -> None:
        if self.facts.server != "vllm":
            self.notes["priority"] = "only vLLM has it"
            return
        refusal = await self.probe.takes("completions", {"prompt": "a", "max_tokens": 1, "priority": -1})
        if refusal is not None:
            self.facts = evolve(self.facts, priority=False)
        else:
            # vLLM 0.32 takes the field whatever its scheduler does, and none of its answers shows which it is.
            self.notes["priority"] = "accepts the field; it has an effect with --scheduling-policy priority"

    async def _structured(self) -> None:
        """Force a text that no model would generate: with the fields of vLLM and SGLang, and of llama.cpp."""
        forced = {
            "llama.cpp": {"grammar": f'root ::= "{_CHOICE}"'},
            "sglang": {"regex": _CHOICE},
        }.get(self.facts.server, {"structured_outputs": {"choice": [_CHOICE]}})
        seen = await self.probe.complete("Say hello:", 8, **forced)
        self.facts = evolve(self.facts, structured=seen.text.strip() == _CHOICE)

    async def _prefill(self) -> None:
        messages = (*_PLANET, {"role": "assistant", "content": _BEGUN})
        fields = {"continue_final_message": True, "add_generation_prompt": False}
        try:
            seen = await self.probe.chat(messages, 6, **({} if self.facts.server == "llama.cpp" else fields))
        except BadResponse as error:
            if error.status is None or error.status < 400:
                raise
            self.facts = evolve(self.facts, prefill=False)
            self.notes["prefill"] = error.message
            return
        text = seen.text.lstrip()
        echoes = text.startswith(_BEGUN)
        self.facts = evolve(self.facts, prefill=text.removeprefix(_BEGUN).startswith("it"), echoes_prefill=echoes)
        self.notes["prefill"] = f"“{_BEGUN}” went on as {_short(seen.text)}"

    async def _think_off(self) -> None:
        if not self._can_be_asked(ThinkMode.OFF):
            self.notes["think off"] = "this model is not known to think" if not self.profile.can_on else "not possible"
            return
        thought, seen = await self._thought(ThinkMode.OFF, 0)
        self.facts = evolve(self.facts, off_honoured=thought == 0)
        self.notes["think off"] = f"{thought} characters of thinking, {seen.tokens} tokens in all"

    async def _think_on(self) -> None:
        if not self._can_be_asked(ThinkMode.ON):
            self.notes["think on"] = "this model is not known to think"
            return
        thought, seen = await self._thought(ThinkMode.ON, _THOUGHT_TOKENS)
        self.facts = evolve(self.facts, on_honoured=thought > 0)
        where = f"in the field {seen.reasoning_field}" if seen.reasoning_field else "inline"
        self.notes["think on"] = f"{thought} characters of thinking, {where}"

    async def _think_budget(self) -> None:
        name = " and ".join(self.profile.budget_fields)
        if not name or not self.facts.on_honoured:
            self.notes["think budget"] = "the server has no field for it: AutoThink ends the thinking itself"
            return
        try:
            thought, _ = await self._thought(ThinkMode.ON, _BUDGET_TOKENS)
        except BackendError as error:
            self.facts = evolve(self.facts, budget_honoured=False)
            self.notes["think budget"] = error.message
            return
        self.facts = evolve(self.facts, budget_honoured=thought <= 4 * _BUDGET_SLACK_TOKENS)
        self.notes["think budget"] = f"{name} {_BUDGET_TOKENS}: {thought} characters of thinking"

    def _can_be_asked(self, mode: ThinkMode) -> bool:
        profile = self.profile
        if profile.control is ThinkControl.PREFILL and self.facts.prefill is False:
            return False
        return profile.control is not ThinkControl.NONE and (
            profile.can_on if mode is ThinkMode.ON else profile.can_off
        )

    async def _thought(self, mode: ThinkMode, budget: int) -> tuple[int, ProbeResponse]:
        """The number of characters of thinking in the answer to a small question, and the observation."""
        messages = (ChatMessage("user", _QUESTION),)
        prompt = render_chat_prompt(
            messages, ThinkPolicy(mode=mode, budget_tokens=budget), self.profile, answer_tokens=64
        )
        seen = await self._ask(prompt)
        parser = ThinkParser(prompt.tag_style, prompt.start_state, prefill=prompt.prefill)
        segments = [*parser.feed_reasoning(seen.reasoning), *parser.feed(seen.text), *parser.finish()]
        thoughts = "".join(each.text for each in segments if each.kind in {SegmentKind.THINK, SegmentKind.RETRACT})
        return len(thoughts.strip()), seen

    async def _ask(self, prompt: ChatPrompt) -> ProbeResponse:
        messages = [{"role": message.role, "content": message.content} for message in prompt.messages]
        fields: dict[str, object] = dict(prompt.fields)
        if prompt.prefill:
            messages.append({"role": "assistant", "content": prompt.prefill})
            if self.facts.server != "llama.cpp":
                fields |= {"continue_final_message": True, "add_generation_prompt": False}
        if prompt.stop:
            fields["stop"] = list(prompt.stop)
        return await self.probe.chat(messages, prompt.max_tokens, **fields)


def _fresh_code(word: str) -> str:
    """Code that no cache contains: its first line has the time."""
    head = f"# {word} {time.time_ns()}\n"
    return head + "".join(
        f"def {word}_{i}(value):\n    return value * {i} + {i * i}\n" for i in range(_CACHE_LINES // 2)
    )


def _short(text: str) -> str:
    line = " ".join(text.split())
    return repr(line if len(line) <= 40 else line[:39] + "…")
