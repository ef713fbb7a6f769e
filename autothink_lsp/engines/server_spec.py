"""What a shared engine is started with, as one value that crosses to the keeper process. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from attrs import asdict, evolve, field, frozen

PORT = "{port}"
"""Stands in ``command`` for the port that is chosen at the start."""


@frozen(kw_only=True)
class ServerSpec:
    """One model server.

    ``kind`` is ``vllm`` or ``transformers``, ``model`` the name that requests ask for. ``environment`` is added to
    ours, ``key_variable`` the variable through which the server takes an API key (none: it takes no key).
    ``silence_s`` is how long it may write nothing while it starts; ``idle_s`` how long it lives on without an editor.
    """

    kind: str
    label: str
    model: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(factory=dict, repr=False)
    key_variable: str = ""
    health_path: str = "/health"
    port: int = 0
    idle_s: float = 300.0
    silence_s: float = 900.0

    @property
    def key(self) -> str:
        """The same for two windows whose settings make the same server."""
        parts = (self.kind, self.command, sorted(self.environment.items()), self.port)
        return f"{self.kind}-{hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]}"

    def on_port(self, port: int) -> ServerSpec:
        """With its port filled in."""
        return evolve(self, command=tuple(word.replace(PORT, str(port)) for word in self.command))

    def to_message(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_message(cls, message: Mapping[str, Any]) -> ServerSpec:
        """What ``to_message`` made."""
        environment = MappingProxyType(dict(message["environment"]))
        return cls(**{**message, "command": tuple(message["command"]), "environment": environment})
