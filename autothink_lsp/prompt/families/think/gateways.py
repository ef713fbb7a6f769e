"""How a server's own API changes the way a model is told to think, as data.

Sources: ``docs/reference/autothink-format.md``, sections 5 and 8.

A profile says what a model's family understands; a gateway in front of it, or a server of another kind, takes that in
fields of its own and ignores the others with status 200. ``api.*`` hosts are read in their documentation, not run here.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

from attrs import evolve, frozen

from autothink_lsp.prompt.think_profile import ThinkControl, ThinkProfile
from autothink_lsp.stream.segments import StartState


@frozen
class Gateway:
    """``hosts`` end the URL's host; ``servers`` begin what the server says it is (both in lower case)."""

    name: str
    adapt: Callable[[ThinkProfile], ThinkProfile]
    hosts: tuple[str, ...] = ()
    servers: tuple[str, ...] = ()


def _fields(**values: object) -> MappingProxyType[str, object]:
    return MappingProxyType(values)


def _reasoning_object(profile: ThinkProfile) -> ThinkProfile:
    """Either an effort or a number of tokens, in one object; the gateway knows its model's own switches."""
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
    """Ollama's OpenAI-compatible API maps the effort to its own ``think``; its chat has no begun answers."""
    return _without_prefill(
        profile, control=ThinkControl.EFFORT, off_fields=_fields(reasoning_effort="none"), takes_minimal=False
    )


def _llama_server(profile: ThinkProfile) -> ThinkProfile:
    return evolve(profile, budget_field="thinking_budget_tokens") if profile.budget_field else profile


def _sglang(profile: ThinkProfile) -> ThinkProfile:
    """Its parsers know no judge, and what they cut out of an answer that holds tags is lost (measured)."""
    fields = dict(profile.fields)
    if profile.judges:
        fields |= {"separate_reasoning": False, "stream_reasoning": False}
    return evolve(profile, fields=MappingProxyType(fields), budget_field="")


def _without_prefill(profile: ThinkProfile, **changes: object) -> ThinkProfile:
    bare = {"prefill_off": "", "prefill_on": "", "stop_off": (), "start_state": StartState.HEAD, "budget_field": ""}
    return evolve(profile, **{**bare, "fields": _fields(), "on_fields": _fields(), **changes})


GATEWAYS = (
    Gateway("OpenRouter", _reasoning_object, hosts=("openrouter.ai",)),
    Gateway("a typed thinking switch", _typed_thinking, hosts=("api.deepseek.com", "api.z.ai", "open.bigmodel.cn")),
    Gateway("Ollama", _effort, servers=("ollama", "library")),
    Gateway("llama-server", _llama_server, servers=("llama",)),
    Gateway("SGLang", _sglang, servers=("sglang",)),
)


def for_gateway(profile: ThinkProfile, server: str, host: str) -> tuple[ThinkProfile, str]:
    """The profile as this server takes it, and the gateway's name (empty where it takes it as it is)."""
    if profile.control is ThinkControl.NONE:
        return profile, ""
    for gateway in GATEWAYS:
        by_host = any(host == name or host.endswith(f".{name}") for name in gateway.hosts)
        if by_host or any(server.lower().startswith(name) for name in gateway.servers):
            adapted = gateway.adapt(profile)
            return adapted, gateway.name if adapted != profile else ""
    return profile, ""
