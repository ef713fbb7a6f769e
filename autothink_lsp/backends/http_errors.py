"""Translates failures of requests to a model server into errors of this package, each with a hint for the user.

Decides wording and class only; does no I/O. A server's own message is quoted up to ``MAX_QUOTE_CHARS``, without keys.
"""

from __future__ import annotations

import json
import re
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from autothink_lsp.backends.credentials import Credentials
from autothink_lsp.backends.endpoint import Endpoint
from autothink_lsp.backends.wire_error import Kind, WireError
from autothink_lsp.errors import (
    BackendAuthError,
    BackendError,
    BackendRateLimited,
    BackendTimeout,
    BackendUnavailable,
    BadResponse,
)
from autothink_lsp.values import frozen

MAX_QUOTE_CHARS = 200
_MAX_SERVER_MESSAGE_CHARS = 4000  # a template error comes after the template's text
_MOST_READ_CHARS = 4_000
"""Of a text from which a quotation is taken: the key is looked for in all of it."""

MOST_RETRY_AFTER_S = 3_600.0
"""A server's wish to be left alone counts up to here: a date in ten years is a mistake, or meant to do harm."""

_CONTEXT_TOO_LONG = re.compile(
    r"context (size|length|window)|exceeds?\b[^\n]{0,200}?context|too many tokens|prompt is too long", re.IGNORECASE
)
_NO_SUCH_MODEL = re.compile(
    r"model[^.]{0,80}(not found|does not exist|not exist|unknown|not available|not loaded)|(unknown|no such) model",
    re.IGNORECASE,
)
_NO_CREDIT = re.compile(
    r"insufficient[_ ](?:quota|balance|credits?|funds)|(?:credit )?balance is too low|out of credits?|billing"
    r"|payment required|more credits|current quota|欠费|余额不足",
    re.IGNORECASE,
)
_BAD_KEY = re.compile(
    r"\b(?:api[ _-]?key|access token|credentials?)\b[^.]{0,60}\b(?:not valid|invalid|incorrect|missing|expired"
    r"|required)|(?:invalid|incorrect|missing) (?:api[ _-]?key|access token|credentials?)",
    re.IGNORECASE,
)
_NO_ACCESS = re.compile(
    r"\b(?:country|region|territory|location)\b|(?:no|not have) access|permission|not allowed|forbidden by|not entitled"
    r"|terms|agree|gated",
    re.IGNORECASE,
)
_TRY_AGAIN = re.compile(
    r"(?:try again|retry|wait)\b[^.\n\d]{0,40}?(?P<value>\d{1,6}(?:\.\d{1,6})?)"
    r" ?(?P<unit>ms|s|sec|seconds?|m|min|minutes?)\b",
    re.IGNORECASE,
)
_NO_CREDIT_HINT = "The account has no credit or quota left; its web page shows it."
_OVERLOADED = frozenset({498, 503, 529})  # also of Hugging Face and Anthropic
_CLOUDFLARE_TIMEOUTS = frozenset({522, 524})
_CLOUDFLARE_DOWN = frozenset({520, 521, 523, 525, 526, 527, 530})
_LOG_SAYS_WHY = "Its own log should say why; a server that runs out of memory ends like this."
# Replies of servers to plain http on their https port: nginx, Go, Apache, Tomcat, Jetty, hypercorn.
_WANTS_TLS = re.compile(
    r"plain HTTP request was sent to HTTPS|HTTP request to an HTTPS server|speaking plain HTTP|requires TLS"
    r"|https (?:is )?required|use https|requires https|SSL[- ]enabled (?:server )?port",
    re.IGNORECASE,
)
_TLS_RECORD = re.compile(r"\\x15\\x03|\x15\x03")  # a TLS alert, as quoted in an error's text
_NOT_TLS = re.compile(
    r"WRONG_VERSION_NUMBER|RECORD_LAYER_FAILURE|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|UNKNOWN_PROTOCOL"
    r"|wrong version number",
    re.IGNORECASE,
)
_MESSAGE_FIELDS = (
    *("error", "message", "detail", "msg", "error_msg", "errors", "x_groq", "base_resp", "status_msg", "Message"),
    *("error_message", "errorMessage", "errmsg", "err_msg", "err", "exception", "fault", "faultstring", "header"),
    *("response", "delta", "title", "reason"),
)
_TITLE = re.compile(r"<title[^<>]{0,200}>([^<]{0,400})</title>", re.IGNORECASE | re.DOTALL)


@frozen
class ErrorTranslator:
    """Makes the errors of one endpoint."""

    endpoint: Endpoint
    credentials: Credentials

    def from_exception(self, error: Exception) -> BackendError:
        """The error for a network exception. The caller raises it ``from`` the exception."""
        timeouts, place = self.endpoint.timeouts, self.endpoint.place
        match kind_of(error):
            case "connect timeout":
                return BackendTimeout(
                    f"{_capital(place)} did not accept a connection within {timeouts.connect_s:g} s.",
                    hint=" ".join((self._is_it_right(), self._if_it_speaks_http())).strip(),
                )
            case "read timeout":
                return BackendTimeout(
                    f"{_capital(place)} was silent for {timeouts.read_s:g} s.",
                    hint="It may still be loading its model or be busy with other requests.",
                )
            case "write timeout":
                return BackendTimeout(f"{_capital(place)} did not take the request within {timeouts.write_s:g} s.")
            case "pool timeout":
                return BackendTimeout(f"All connections to {place} are busy.")
            case "proxy":
                return BackendUnavailable(
                    f"The proxy on the way to {place} failed: {self.quote(str(error))}.",
                    hint="HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY decide which proxy is used.",
                )
            case "no connection":
                return self._no_connection(error)
            case "not HTTP":
                return BadResponse(
                    f"{_capital(place)} answered with something that is not HTTP ({self.quote(str(error))}).",
                    hint=self._not_http_hint(str(error)),
                )
            case "exchange":
                return BadResponse(f"The exchange with {place} failed: {self.quote(str(error))}.")
            case "disconnect":
                return BackendUnavailable(
                    f"{_capital(place)} broke off the connection.",
                    hint=" ".join((_LOG_SAYS_WHY, self._if_it_wants_https())).strip(),
                )

    def from_status(self, status: int, headers: Mapping[str, str], body: bytes, asked_url: str) -> BackendError:
        """The error for a response with another status than 200. ``headers`` are in lower case or case-insensitive."""
        place, whole = (
            _capital(self.endpoint.place),
            self.credentials.redact(server_message_in(body))[:_MAX_SERVER_MESSAGE_CHARS],
        )
        message = self.quote(whole)
        answered = f"{status}: {message}" if message else str(status)
        if status == 401 or (status == 403 and not _NO_ACCESS.search(message) and not looks_like_html(body)):
            return BackendAuthError(f"{place} refused us ({answered}).", hint=self._key_hint(), status=status)
        if status == 403:
            page = "A firewall or a proxy on the way answers with a web page."
            hint = page if looks_like_html(body) else "The key or the account may not use this model or this service."
            return BackendAuthError(f"{place} refused us ({answered}).", hint=self._for_configured(hint), status=status)
        if status in {408, 504} or status in _CLOUDFLARE_TIMEOUTS:
            return BackendTimeout(f"{place} timed out ({answered}).", hint="It may be overloaded.", status=status)
        if status == 429:
            wait_s = retry_after_s(headers)
            wait_s = _wait_in(message) if wait_s is None else wait_s
            hint = _wait_hint(wait_s) or "It is asked too often; a larger debounce_ms helps."
            if _NO_CREDIT.search(message):
                hint = self._for_configured(_NO_CREDIT_HINT)
            return BackendRateLimited(f"{place} asks us to slow down ({answered}).", hint=hint, retry_after_s=wait_s)
        if status == 502 or status in _OVERLOADED or status in _CLOUDFLARE_DOWN:
            loading = "loading" in message.lower()
            waits = _wait_hint(retry_after_s(headers)) or "It usually recovers by itself."
            hint = "It is still loading its model." if loading else waits
            return BackendUnavailable(f"{place} is not ready ({answered}).", hint=hint, status=status)
        if 300 <= status < 400 and headers.get("location"):
            target = self.quote(headers["location"].partition("?")[0])
            return BadResponse(
                f"{place} redirects to {target}.", hint="Set url to the address behind it.", status=status
            )
        if status >= 500:
            return BadResponse(
                f"{place} failed ({answered}).",
                hint="Its own log should say why.",
                status=status,
                retryable=True,
                server_message=whole,
            )
        return BadResponse(
            f"{place} refused the request ({answered}).",
            hint=self._hint_4xx(status, message, asked_url),
            status=status,
            server_message=whole,
        )

    def not_a_stream(self, content_type: str, body: bytes) -> BadResponse:
        """The error for a 200 whose body is not a completion."""
        what = (
            "a web page"
            if "html" in content_type or looks_like_html(body)
            else f"{self.quote(content_type)!r} instead of a stream"
        )
        return BadResponse(
            f"{_capital(self.endpoint.place)} answered with {what} ({self.quote(server_message_in(body)) or 'empty'}).",
            hint=self._for_configured("Is url the server's API, and not its web page or a proxy's sign-in page?"),
            status=200,
        )

    def rubbish(self, what: str, excerpt: str = "", *, status: int | None = None) -> BadResponse:
        """The error for a part of a response that violates the protocol."""
        seen = f" ({self.quote(excerpt)!r})" if excerpt else ""
        return BadResponse(
            f"{_capital(self.endpoint.place)} answered with {what}{seen}.",
            hint=self._for_configured("Does the backend setting name the right kind of server?"),
            status=status,
        )

    def no_language_model(self, names: Sequence[str]) -> BadResponse:
        """The error for a list of models in which none generates text."""
        listed = self.quote(", ".join(names[:5]) + (", …" if len(names) > 5 else ""))
        return BadResponse(
            f"{_capital(self.endpoint.place)} lists no model that writes text, only {listed}.",
            hint=self._for_configured("Load a language model there, or set model to the name of the one to use."),
            status=200,
        )

    def broke_off(self) -> BackendUnavailable:
        """The error for a stream that ended before the answer was complete."""
        return BackendUnavailable(
            f"{_capital(self.endpoint.place)} broke off in the middle of an answer.",
            hint=_LOG_SAYS_WHY,
        )

    def quote(self, text: str) -> str:
        """``text`` on one line, without the key, at most ``MAX_QUOTE_CHARS`` characters."""
        masked = self.endpoint.without_query_values(self.credentials.redact(text[:_MOST_READ_CHARS]))
        line = " ".join("".join(c if c.isprintable() else " " for c in masked).split())
        return line if len(line) <= MAX_QUOTE_CHARS else line[: MAX_QUOTE_CHARS - 1] + "…"

    def _no_connection(self, error: Exception) -> BackendUnavailable:
        place = self.endpoint.place
        for cause in _causes(error):
            if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLCertVerificationError):
                cause_text = self.quote(getattr(cause, "reason", None) or str(cause))
                if _NOT_TLS.search(f"{cause_text} {cause}"):
                    return BackendUnavailable(
                        f"{_capital(place)} does not speak https ({cause_text}).", hint=self._other_scheme("http")
                    )
            if isinstance(cause, ssl.SSLError):
                ended = isinstance(cause, ssl.SSLEOFError) or "EOF" in str(cause)
                return BackendUnavailable(
                    f"No safe connection to {place}: {self.quote(getattr(cause, 'reason', None) or str(cause))}.",
                    hint=self._if_it_speaks_http()
                    if ended
                    else "Is it https at all? For a certificate of your own set SSL_CERT_FILE to the authority's file.",
                )
            if isinstance(cause, socket.gaierror):
                return BackendUnavailable(f"The name of {place} cannot be resolved.", hint="Is the URL spelt right?")
        return BackendUnavailable(
            f"No server answers at {self.endpoint.label or self.endpoint.shown_url}.",
            hint=self._for_configured("Is the server running there?"),
        )

    def _key_hint(self) -> str:
        if self.endpoint.label:
            return ""
        if self.credentials.origin:
            return f"The key comes from {self.credentials.origin}; is it the right one, and still valid?"
        return "It wants an API key: name a variable in api_key_env or a command in api_key_command."

    def _hint_4xx(self, status: int, message: str, asked_url: str) -> str:
        if self.endpoint.is_plain_http and _WANTS_TLS.search(message):
            return self._other_scheme("https")
        if names_no_model(message):
            return self._for_configured("Is the model setting a name that this server knows?")
        if _CONTEXT_TOO_LONG.search(message):
            return "The prompt is longer than the context the server was started with."
        if status == 402 or _NO_CREDIT.search(message):
            return self._for_configured(_NO_CREDIT_HINT)
        if _BAD_KEY.search(message):
            return self._key_hint()
        if status in {413, 414, 431}:
            return self._for_configured(
                "The request is too large for it: set context_tokens lower, or its own limit higher."
            )
        if status in {400, 409, 422, 424, 425, 451} and message:
            return self._for_configured("Its message says why; are backend and model right for this server?")
        if status == 410:
            return self._for_configured("The model or this address is no longer offered.")
        if status in {404, 405}:
            other = "without /v1" if "/v1/" in asked_url else "with /v1"
            return self._for_configured(f"It was asked for {asked_url}: is the URL right? Try it {other} at the end.")
        return self._for_configured("Does the backend setting name the right kind of server?")

    def _other_scheme(self, scheme: str, known: str = "") -> str:
        """The hint for https to an http port, or http to an https port."""
        address = f"{scheme}://{self.endpoint.shown_url.partition('://')[2]}"
        separator = "," if known else ":"
        return self._for_configured(f"{known or f'The server speaks {scheme}'}{separator} try {address}.")

    def _not_http_hint(self, message: str) -> str:
        if not self.endpoint.is_plain_http:
            return self._for_configured("Does another program use this port?")
        if _TLS_RECORD.search(message):
            return self._other_scheme("https")
        return self._for_configured(f"Does another program use this port? {self._if_it_wants_https()}")

    def _if_it_wants_https(self) -> str:
        return self._other_scheme("https", "If the server wants https") if self.endpoint.is_plain_http else ""

    def _is_it_right(self) -> str:
        return self._for_configured("Is the address right, and does no firewall swallow the connection?")

    def _if_it_speaks_http(self) -> str:
        """The hint that the server may only speak http. Such a server may also wait for ever for the rest of a TLS
        handshake."""
        return "" if self.endpoint.is_plain_http else self._other_scheme("http", "If the server speaks http")

    def _for_configured(self, hint: str) -> str:
        """``hint``, or empty for a server that we started: the user did not choose its URL."""
        return "" if self.endpoint.label else hint


def _wait_hint(wait_s: float | None) -> str:
    if wait_s is None:
        return ""
    if wait_s >= MOST_RETRY_AFTER_S:
        return "It asks to wait for an hour or longer; it is asked again before."
    return f"It asks to wait {wait_s:g} s."


def _wait_in(message: str) -> float | None:
    """The time to wait in a message, in seconds: OpenAI's and Groq's "Please try again in 7.66s"."""
    found = _TRY_AGAIN.search(message)
    if found is None:
        return None
    unit = found["unit"].lower()
    scale = 0.001 if unit == "ms" else 60.0 if unit.startswith("m") else 1.0
    return min(float(found["value"]) * scale, MOST_RETRY_AFTER_S)


def kind_of(error: Exception) -> Kind:
    """The kind of a failure: one of this package, of httpx, or of the operating system."""
    if isinstance(error, WireError):
        return error.kind
    if isinstance(error, OSError):
        return "disconnect"
    import httpx  # takes 0.3 s if only local servers were used so far

    match error:
        case httpx.ConnectTimeout():
            return "connect timeout"
        case httpx.ReadTimeout():
            return "read timeout"
        case httpx.WriteTimeout():
            return "write timeout"
        case httpx.PoolTimeout():
            return "pool timeout"
        case httpx.ProxyError():
            return "proxy"
        case httpx.ConnectError():
            return "no connection"
        case httpx.RemoteProtocolError() if not is_disconnect(error):
            return "not HTTP"
        case httpx.DecodingError() | httpx.LocalProtocolError() | httpx.UnsupportedProtocol() | httpx.InvalidURL():
            return "exchange"
        case _:
            return "disconnect"


def is_disconnect(error: Exception) -> bool:
    """Whether the server closed the connection, as opposed to using another protocol."""
    import httpx

    if isinstance(error, httpx.RemoteProtocolError):  # h11 has one class for both
        return "disconnected" in str(error) or "peer closed" in str(error)
    return isinstance(error, httpx.ReadError | httpx.WriteError | httpx.CloseError)


def server_message_in(body: bytes) -> str:
    """The message in an error body, in the shapes of OpenAI, vLLM, llama.cpp, FastAPI, Ollama, Baidu and MiniMax."""
    text = body.decode("utf-8", "replace").strip()
    try:
        value: Any = json.loads(text)
    except (ValueError, RecursionError):
        title = _TITLE.search(text)
        return title.group(1) if title else text
    for _ in range(4):
        if isinstance(value, str):
            return value
        if isinstance(value, list):
            value = value[0] if value else ""
        elif isinstance(value, dict) and isinstance(value.get("msg"), str):  # of FastAPI, with the field's place
            place = value.get("loc")
            names = [str(name) for name in place[1:]] if isinstance(place, list) else []
            return f"{value['msg']}: {'.'.join(names)}" if names else value["msg"]
        elif isinstance(value, dict):
            value = next((value[name] for name in _MESSAGE_FIELDS if value.get(name)), text)
    return text


def names_no_model(message: str) -> bool:
    """Whether a server's message is about an unknown model name."""
    return bool(_NO_SUCH_MODEL.search(message))


def looks_like_html(body: bytes) -> bool:
    return body.lstrip()[:15].lower().startswith((b"<!doctype html", b"<html"))


def retry_after_s(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """The value of ``Retry-After`` in seconds (RFC 9110, 10.2.3: seconds or a date), at most ``MOST_RETRY_AFTER_S``.

    OpenAI's finer ``retry-after-ms`` takes precedence. ``None`` if absent or invalid.
    """
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = headers.get(name, "").strip()
        if re.fullmatch(r"[0-9]{1,30}(\.[0-9]{1,6})?", value):
            return min(float(value) * scale, MOST_RETRY_AFTER_S)
    try:
        moment = parsedate_to_datetime(headers.get("retry-after", ""))
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        seconds = (moment - (now or datetime.now(UTC))).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(0.0, seconds), MOST_RETRY_AFTER_S)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield ``error`` and its causes. A connection attempt to several addresses raises a group, whose members are
    included."""
    seen: set[int] = set()
    queue = [error]
    while queue:
        current = queue.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        queue += [current.__context__, current.__cause__]
        if isinstance(current, BaseExceptionGroup):
            queue += current.exceptions


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
