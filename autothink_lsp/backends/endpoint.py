"""The address of a model server and the parameters of its connection, as one value made from the settings."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import unquote, unquote_plus, urlsplit, urlunsplit

from attrs import field

from autothink_lsp.errors import SettingsError
from autothink_lsp.values import frozen

_AZURE_OPENAI = re.compile(
    r"\.(?:(?:openai|cognitiveservices|services\.ai)\.azure\.(?:com|us|cn)|azure-api\.(?:net|us|cn))\Z"
)
_SHORTEST_SECRET_CHARS = 6
"""Shorter values of a query are switches (``v=1``), and replacing them would spoil a message."""


@frozen
class Timeouts:
    """The longest silence in each phase of a request, in seconds."""

    connect_s: float = 2.0
    read_s: float = 30.0  # between two pieces of an answer, and before the first one
    write_s: float = 5.0
    pool_s: float = 2.0


@frozen
class Endpoint:
    """The server of one role. Raises ``SettingsError`` for an invalid URL.

    ``label`` replaces the URL in messages, for servers that the user did not configure (``"the embedded model"``);
    hints then do not mention URLs, keys or settings. ``slot`` is the llama.cpp slot of this role's requests, if we
    started the server: each role keeps its own prompt cache. ``priority`` is sent to vLLM only (lower values come
    first), ``session`` in a header that routers read. ``keep_free`` is the number of llama.cpp slots left to other
    clients, so that an assistant does not occupy all of them.
    """

    url: str = field(repr=lambda url: repr(_shown(url)))
    model: str = ""
    api_key_env: str = ""
    api_key_command: str | tuple[str, ...] = field(default="", repr=False)
    timeouts: Timeouts = Timeouts()
    label: str = ""
    slot: int | None = None
    priority: int = 0
    session: str = ""
    api_key_keyring: str = ""
    keep_free: int = 0

    def __attrs_post_init__(self) -> None:
        try:
            parts = urlsplit(self.url)
            valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        except ValueError:
            valid = False
        if not valid:
            raise SettingsError(
                f"{self.shown_url!r} is not the URL of a model server.",
                hint="Write it in full, such as http://127.0.0.1:8080 or https://example.org/v1.",
            )

    @property
    def base_url(self) -> str:
        """``url`` without user name, password, query, fragment and trailing slashes."""
        parts = urlsplit(self.url)
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path.rstrip("/"), "", ""))

    @property
    def query(self) -> str:
        """The URL's query without the ``?``; it is added to every request."""
        return urlsplit(self.url).query

    def with_query(self, url: str) -> str:
        """``url``, which begins with ``base_url``, with the configured query appended to its query."""
        if not self.query:
            return url
        return f"{url}{'&' if '?' in url else '?'}{self.query}"

    def without_query_values(self, text: str) -> str:
        """``text`` without the values in the query, which may be keys: some servers repeat the requested URL."""
        for pair in re.split("[&;]", self.query):
            value = pair.partition("=")[2]
            for spelling in {value, unquote_plus(value)}:
                if len(spelling) >= _SHORTEST_SECRET_CHARS:
                    text = text.replace(spelling, "***")
        return text

    @property
    def shown_url(self) -> str:
        """The URL for messages and logs, without a password and without the query, which may contain a key."""
        return _shown(self.url)

    @property
    def userinfo(self) -> tuple[str, str] | None:
        """User name and password from ``https://user:password@host``, sent as HTTP Basic."""
        parts = urlsplit(self.url)
        if parts.username is None and parts.password is None:
            return None
        return unquote(parts.username or ""), unquote(parts.password or "")

    @property
    def place(self) -> str:
        """The name of the server in messages."""
        return self.label or f"the model server at {self.shown_url}"

    @property
    def is_loopback(self) -> bool:
        """Whether the server runs on this machine: no proxy is used and, for ``http``, no TLS context is needed."""
        host = host_of(self.url)
        if host == "localhost" or host.endswith(".localhost"):
            return True
        try:
            address = ip_address(host)
        except ValueError:
            return False
        return address.is_loopback or address.is_unspecified  # 0.0.0.0: a connection to it stays on this machine

    @property
    def is_azure(self) -> bool:
        """Whether it is Azure OpenAI, or a gateway with the same paths: it reads keys from ``api-key``. Azure's other
        endpoints for models (``*.inference.ml.azure.com``) read them from ``Authorization``."""
        return _AZURE_OPENAI.search(host_of(self.url)) is not None or "/openai/deployments/" in urlsplit(self.url).path

    @property
    def is_plain_http(self) -> bool:
        return urlsplit(self.url).scheme == "http"


def host_of(url: str) -> str:
    """The host in lower case; empty if there is none."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""


def _shown(url: str) -> str:
    without_query = url.partition("?")[0].partition("#")[0]
    scheme, separator, rest = without_query.rpartition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"
