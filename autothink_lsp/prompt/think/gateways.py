"""Gateways: how a server's API replaces the fields of a think profile, as data.

Sources: ``docs/reference/autothink-format.md``, sections 5 and 8.

A profile has the fields that a model's family understands. A gateway in front of the model, or another kind of server,
has other fields and ignores these with status 200. ``api.*`` hosts follow their documentation and are untested.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

from attrs import evolve, frozen

from autothink_lsp.prompt.think.profile import ThinkControl, ThinkProfile
from autothink_lsp.stream.segments import StartState


@frozen
class Gateway:
    """``hosts`` are suffixes of the URL's host, ``servers`` prefixes of the server's own name (both lower case)."""

    name: str
    adapt: Callable[[ThinkProfile], ThinkProfile]
    hosts: tuple[str, ...] = ()
    servers: tuple[str, ...] = ()


_LLAMA_BUDGET = ("thinking_budget_tokens", "reasoning_budget_tokens")


def _fields(**values: object) -> MappingProxyType[str, object]:
    return MappingProxyType(values)


def _reasoning_object(profile: ThinkProfile) -> ThinkProfile:
    """One object with an effort or a number of tokens; the gateway translates it to the model's switches."""
    return _without_prefill(
        profile, control=ThinkControl.REASONING_OBJECT, off_fields=_fields(reasoning={"enabled": False})
    )


def _typed_thinking(profile: ThinkProfile) -> ThinkProfile:
    return _without_prefill(
        profile,
        control=ThinkControl.TEMPLATE_KWARG,
        off_fields=_fields(thinking={"type": "disabled"}),
        on_fields=_fields(thinking={"type": "enabled"}),
    )


def _effort(profile: ThinkProfile) -> ThinkProfile:
    """Ollama's OpenAI-compatible API translates the effort to its ``think`` field; its chat has no prefill."""
    return _without_prefill(
        profile, control=ThinkControl.EFFORT, off_fields=_fields(reasoning_effort="none"), takes_minimal=False
    )


def _llama_server(profile: ThinkProfile) -> ThinkProfile:
    """Older builds read the first field in a chat, newer ones also the second; each ignores unknown fields."""
    return evolve(profile, budget_fields=_LLAMA_BUDGET) if profile.budget_fields else profile


def _sglang(profile: ThinkProfile) -> ThinkProfile:
    """SGLang's parsers do not know judge output and lose text of answers with tags (measured)."""
    fields = dict(profile.fields)
    if profile.judges:
        fields |= {"separate_reasoning": False, "stream_reasoning": False}
    return evolve(profile, fields=MappingProxyType(fields), budget_fields=())


def _without_prefill(profile: ThinkProfile, **changes: object) -> ThinkProfile:
    bare = {"prefill_off": "", "prefill_on": "", "stop_off": (), "start_state": StartState.HEAD, "budget_fields": ()}
    return evolve(profile, **{**bare, "fields": _fields(), "on_fields": _fields(), **changes})


GATEWAYS = (
    Gateway("OpenRouter", _reasoning_object, hosts=("openrouter.ai",)),
    Gateway("a typed thinking switch", _typed_thinking, hosts=("api.deepseek.com", "api.z.ai", "open.bigmodel.cn")),
    Gateway("Ollama", _effort, servers=("ollama", "library")),
    Gateway("llama-server", _llama_server, servers=("llama",)),
    Gateway("SGLang", _sglang, servers=("sglang",)),
)


def for_gateway(profile: ThinkProfile, server: str, host: str) -> tuple[ThinkProfile, str]:
    """The profile adapted to this server, and the gateway's name (empty if nothing changed)."""
    if profile.control is ThinkControl.NONE:
        return profile, ""
    for gateway in GATEWAYS:
        by_host = any(host == name or host.endswith(f".{name}") for name in gateway.hosts)
        if by_host or any(server.lower().startswith(name) for name in gateway.servers):
            adapted = gateway.adapt(profile)
            return adapted, gateway.name if adapted != profile else ""
    return profile, ""
