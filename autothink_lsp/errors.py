"""Every exception of ours. Each has a sentence for the user and a hint that says what to do about it.

    AutothinkError
    ├── SettingsError            settings that cannot be used at all (single bad keys are warnings, not errors)
    │   └── ServerNotNamed       a role whose settings name no server or no model to serve: a warning has said so
    ├── ModelError               the model's file: absent, damaged, not enough disk, offline
    ├── EngineError              a model server that we start: missing package, died, not ready in time
    ├── EditRefused              a model's answer that must not become an edit (defined in ``edits/values.py``)
    └── BackendError             a request to a model server (retryable: trying again later may help)
        ├── BackendUnavailable   nothing listens, the connection was refused or broke
        ├── BackendTimeout       it listens but did not answer in time
        ├── BackendAuthError     401, 403
        ├── BackendRateLimited   429
        │   └── RequestLimitReached   our own limit of requests a minute; nothing was sent
        └── BadResponse          an answer that is not what the protocol says, 4xx, 5xx
            └── PrefillRefused   the server does not continue an answer that was begun

Errors of other libraries are converted at the border where they arise; no layer above sees an httpx or OS exception.
"""

from __future__ import annotations

import errno


class AutothinkError(Exception):
    """``str()`` is one sentence for the user; ``hint`` one more that says what to do, or empty."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def for_user(self) -> str:
        """Both sentences."""
        return f"{self.message} {self.hint}".strip()


class SettingsError(AutothinkError):
    """Settings that cannot be used at all."""


class ServerNotNamed(SettingsError):
    """The settings of a role name no server, or no model to serve. Loading them has given a warning about it."""


class ModelError(AutothinkError):
    """A model's file cannot be had or used."""


class EngineError(AutothinkError):
    """A model server that we run did not start or did not stay up."""


class BackendError(AutothinkError):
    """A request to a model server failed. ``status`` is the HTTP status where there was one.

    ``retryable`` says whether the same request may succeed later without any change. The class decides,
    except where the server's own status says otherwise (a ``BadResponse`` with status 500 is worth another try).
    """

    retryable: bool = True

    def __init__(
        self, message: str, *, hint: str = "", status: int | None = None, retryable: bool | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        if retryable is not None:
            self.retryable = retryable


class BackendUnavailable(BackendError):
    """Nothing listens there, or the connection broke."""


class BackendTimeout(BackendError):
    """No answer within the deadline."""


class BackendAuthError(BackendError):
    """The server wants another key (401, 403)."""

    retryable = False


class BackendRateLimited(BackendError):
    """The server asks us to slow down (429). ``retry_after_s`` is the delay that it asks for, if any."""

    def __init__(
        self, message: str, *, hint: str = "", status: int | None = 429, retry_after_s: float | None = None
    ) -> None:
        super().__init__(message, hint=hint, status=status)
        self.retry_after_s = retry_after_s


class RequestLimitReached(BackendRateLimited):
    """The user's limit of requests a minute is reached; the request was not sent."""


class BadResponse(BackendError):
    """The server answered, but not with what its protocol promises.

    ``server_message`` is the server's full message, of which ``message`` quotes a part: for code, not for the user.
    """

    retryable = False

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        status: int | None = None,
        retryable: bool | None = None,
        server_message: str = "",
    ) -> None:
        super().__init__(message, hint=hint, status=status, retryable=retryable)
        self.server_message = server_message


class PrefillRefused(BadResponse):
    """The server does not continue an assistant message that was begun. Asking without one may succeed."""


def listen_failure(error: OSError) -> str:
    """Why a program cannot listen at an address. Python's own words for a port in use repeat the address."""
    return "the port is in use" if error.errno == errno.EADDRINUSE else error.strerror or str(error)
