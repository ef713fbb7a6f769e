"""Converts capabilities to findings: what works, what the user does without, and what helps. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from autothink_lsp.features.probing.capabilities import Capabilities, ProbeFinding, Verdict

# The largest share of an action's deadline that thinking may take (thinking/budget.py).
_THINKING_SHARE = 0.5


@frozen
class _Line:
    """The texts of one capability. ``fact`` is the field of ``Capabilities``, ``note`` the step whose note explains
    it."""

    subject: str
    fact: str
    note: str
    yes: str
    no: str
    loses: str
    remedy: str


_LINES = (
    _Line(
        "fill in the middle",
        "fim",
        "fim",
        "completes between the text before and after the cursor",
        "did not complete a trivial hole",
        "Completion while typing will be poor.",
        "Use a code model with fill-in-the-middle tokens for completion, or set completion.fim_family.",
    ),
    _Line(
        "prefix cache",
        "prefix_cache",
        "prefix cache",
        "a prompt that was seen is not evaluated again",
        "evaluates the whole prompt at every key",
        "Every keystroke waits for the whole prompt.",
        "vLLM: --enable-prefix-caching (its default); llama-server: cache_prompt; behind a router: keep a session on "
        "one replica (consistent_hash).",
    ),
    _Line(
        "hang-up",
        "aborts",
        "hang-up",
        "stops generating when a request is cancelled",
        "continues generating after a request is cancelled",
        "Fast typing queues requests whose answers are not used, and all users of the server wait for them.",
        "Check for a proxy that buffers responses, or use vLLM or llama-server directly.",
    ),
    _Line(
        "priority",
        "priority",
        "priority",
        "serves keystrokes before fixes",
        "serves requests in the order of their arrival",
        "With many users, keystrokes wait behind other users' refactorings.",
        "Start vLLM with --scheduling-policy priority.",
    ),
    _Line(
        "begun answers",
        "prefill",
        "prefill",
        "continues an answer that the request begins",
        "does not continue an answer that the request begins",
        "Models that are told to think or not by their answer's beginning (KAT, HiPO) decide by themselves, and "
        "thinking cannot be cut short.",
        "Use a server with continue_final_message (vLLM, SGLang) or llama-server.",
    ),
    _Line(
        "structured output",
        "structured",
        "structured",
        "keeps to a requested output format",
        "ignores a requested output format",
        "A model that was not trained to judge cannot be made to judge whether it should think.",
        "vLLM, SGLang and llama-server support it.",
    ),
    _Line(
        "think: off",
        "off_honoured",
        "think off",
        "does not think when thinking is off",
        "thinks although thinking is off",
        "Quick answers take as long as answers with thinking.",
        "Set assist.think_profile to the model's family; on SGLang and vLLM check the chat template of the model.",
    ),
    _Line(
        "think: on",
        "on_honoured",
        "think on",
        "thinks when thinking is on",
        "does not think although thinking is on",
        "Hard problems are not thought about; a failed attempt is only repeated with the check's message.",
        "Set assist.think_profile to the model's family.",
    ),
    _Line(
        "think: budget",
        "budget_honoured",
        "think budget",
        "keeps to a thinking budget",
        "does not keep to a thinking budget",
        "AutoThink ends the thinking itself, at the cost of one more request.",
        "vLLM: a reasoning parser or --reasoning-config with start and end strings.",
    ),
)


def findings_of(facts: Capabilities, notes: Mapping[str, str], deadline_s: float) -> tuple[ProbeFinding, ...]:
    """The findings in the order of the report of ``doctor --probe``."""
    return (
        _who(facts),
        *(_line(line, facts, notes) for line in _LINES),
        *_rest(facts, notes),
        _speed(facts, deadline_s),
    )


def _who(facts: Capabilities) -> ProbeFinding:
    context = f", context of {facts.context_tokens:,} tokens" if facts.context_tokens else ", context unknown"
    return ProbeFinding("server", "yes", f"{facts.server} {facts.version}".rstrip() + f" serves {facts.model}{context}")


def _line(line: _Line, facts: Capabilities, notes: Mapping[str, str]) -> ProbeFinding:
    value: bool | None = getattr(facts, line.fact)
    note = notes.get(line.note, "")
    if value is None:
        return ProbeFinding(line.subject, "unknown", note or "could not be determined")
    text = line.yes if value else line.no
    explained = f"{text} ({note})" if note else text
    return (
        ProbeFinding(line.subject, "yes", explained)
        if value
        else ProbeFinding(line.subject, "no", explained, line.loses, line.remedy)
    )


def _rest(facts: Capabilities, notes: Mapping[str, str]) -> tuple[ProbeFinding, ...]:
    echo = "repeats the beginning that the request sent; AutoThink removes it" if facts.echoes_prefill else ""
    return (
        *((ProbeFinding("echo", "yes", echo),) if echo else ()),
        *(ProbeFinding(name, "yes", notes[name]) for name in ("stop", "streaming") if name in notes),
    )


def _speed(facts: Capabilities, deadline_s: float) -> ProbeFinding:
    decode, prefill = facts.decode_tokens_per_s, facts.prefill_tokens_per_s
    if decode is None:
        return ProbeFinding("speed", "unknown", "could not be measured")
    reads = f"reads {prefill:.0f} tokens a second, " if prefill else ""
    thinking_s = deadline_s * _THINKING_SHARE
    text = f"{reads}writes {decode:.0f}; {thinking_s:.0f} s of thinking are about {thinking_s * decode:.0f} tokens"
    verdict: Verdict = "yes" if decode >= 8 else "no"
    if verdict == "yes":
        return ProbeFinding("speed", verdict, text)
    return ProbeFinding(
        "speed", verdict, text, "Suggestions come late or not at all.", "Use a smaller model or a faster machine."
    )
