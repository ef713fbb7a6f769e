"""Takes secrets out of text that goes to a model, and puts them back into its answer.

A key that stands in a source file is no use to a model and must not leave the machine in a prompt. Each value is
replaced by a name of its own, the same one every time, so that code that uses it twice stays understandable, and an
answer that moves the line around gets the real value back. Pure.

What is recognised: the published shapes of common tokens (GitHub, GitLab, AWS, Google, Slack, Stripe, OpenAI,
Anthropic, Hugging Face, npm, PyPI, JSON web tokens), private key blocks, passwords in addresses, and quoted values that
are assigned to a name such as ``password``, ``secret``, ``token`` or ``api_key``. Files that are secret as a whole are
``exclusion.py``'s business.
"""

from __future__ import annotations

import re

from attrs import define, field

_SHAPES = (
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----",
    r"\bgh[pousr]_[A-Za-z0-9]{30,}\b",
    r"\bgithub_pat_[A-Za-z0-9_]{30,}\b",
    r"\bglpat-[A-Za-z0-9_-]{20,}",
    r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    r"\bAIza[A-Za-z0-9_-]{35}",
    r"\bxox[abprs]-[A-Za-z0-9-]{10,}",
    r"\b[sr]k_(?:live|test)_[A-Za-z0-9]{16,}\b",
    r"\bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{20,}",
    r"\bhf_[A-Za-z0-9]{30,}\b",
    r"\bnpm_[A-Za-z0-9]{36}\b",
    r"\bpypi-[A-Za-z0-9_-]{30,}",
    r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}",
)
_NAMED = (
    r"(?i:\b[\w.-]*(?:password|passwd|passphrase|secret|api_?key|access_?key|auth_?token|token|private_?key)"
    r"[\w-]*[\"']?\s*(?:=>|:=|=|:)\s*)([\"'])(?P<named>[^\"'\s]{8,})\1"
)
_IN_ADDRESS = r"(?<=://)[^\s/:@\"']+:(?P<address>[^\s/@\"']{3,})(?=@)"
_SECRET = re.compile("|".join(f"(?P<shape{i}>{shape})" for i, shape in enumerate(_SHAPES)))
_VALUES = (re.compile(_NAMED), re.compile(_IN_ADDRESS))
# A value that is a placeholder already, or a template, is no secret and may matter to the code.
_HARMLESS = re.compile(r"(?i)^(?:[<{$%].*|.*(?:example|changeme|placeholder|your[_-]).*|x+|\*+)$")
_NAME = re.compile(r"REDACTED_SECRET_\d+")


@define
class Redaction:
    """The secrets of one request. ``hide`` and ``restore`` belong together; neither raises."""

    _names: dict[str, str] = field(factory=dict)  # the secret -> what stands for it

    @property
    def count(self) -> int:
        return len(self._names)

    def hide(self, text: str) -> str:
        """``text`` without secrets."""
        text = _SECRET.sub(lambda match: self._name(match.group()), text)
        for pattern in _VALUES:
            text = pattern.sub(self._value, text)
        return text

    def restore(self, text: str) -> str:
        """``text`` with the secrets that ``hide`` took out."""
        secrets = {name: secret for secret, name in self._names.items()}
        return _NAME.sub(lambda match: secrets.get(match.group(), match.group()), text)

    def _value(self, match: re.Match[str]) -> str:
        group = str(match.lastgroup)
        secret = match.group(group)
        if _HARMLESS.match(secret) or _NAME.fullmatch(secret):
            return match.group()
        start, end = match.span(group)
        return match.string[match.start() : start] + self._name(secret) + match.string[end : match.end()]

    def _name(self, secret: str) -> str:
        return self._names.setdefault(secret, f"REDACTED_SECRET_{len(self._names) + 1}")
