"""What is told of the completion model's server. Where the settings name none, their own warning tells it, and no
second message follows."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from autothink_lsp.context.redaction import SecretNames
from autothink_lsp.errors import AutothinkError, BackendUnavailable, ServerNotNamed
from autothink_lsp.features.completion.endpoint import CompletionConnection
from autothink_lsp.features.connector import BackendConnector
from autothink_lsp.features.model_servers import ModelServers
from autothink_lsp.lsp.status_reporter import StatusReporter
from autothink_lsp.settings.load import load_settings


class RecordingClient:
    """Keeps what is shown."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        self.statuses: list[tuple[str, object]] = []
        self.details: list[tuple[str, dict[str, Any]]] = []

    def progress(self, *_arguments: object, **_more: object) -> Any:
        return self

    def end(self, _text: str) -> None:
        """As ``WorkProgress``."""

    def show_error(self, text: str) -> None:
        self.errors.append(text)

    def notify_status(self, state: str, **details: object) -> None:
        self.statuses.append((state, details.get("reason")))
        self.details.append((state, details))


def reported(error: AutothinkError) -> RecordingClient:
    client = RecordingClient()
    StatusReporter(cast("Any", client)).endpoint_failed(error)
    return client


@pytest.mark.parametrize("section", ["completion", "assist"])
@pytest.mark.parametrize(
    ("values", "warned"),
    [
        ({"backend": "openai", "url": "localhost:9"}, "put http:// or https:// before it"),
        ({"backend": "openai"}, "url is empty: set it to"),
        ({"backend": "llama-server"}, "url is empty: set it to"),
        ({"backend": "vllm"}, "model is empty: name the model"),
        ({"backend": "transformers"}, "model is empty: name the model"),
    ],
)
async def test_a_server_that_no_setting_names_is_told_once(section: Any, values: dict[str, str], warned: str) -> None:
    loaded = load_settings(folder=None, environ={}, client_layers=[("the editor's settings", {section: values})])
    (warning,) = [one.message for one in loaded.warnings]
    assert warned in warning
    connect = BackendConnector(cast("Any", None), ModelServers(lambda _text, _fraction: None), SecretNames())
    with pytest.raises(ServerNotNamed) as caught:
        await getattr(connect, section)(loaded.settings)
    client = reported(caught.value)
    assert client.errors == []
    assert client.statuses == [("unavailable", caught.value.for_user())]


@pytest.mark.parametrize("setting", ["embedded", "vllm", "openai", "llama-server"])
@pytest.mark.parametrize("is_shared", [True, False])
def test_the_status_names_the_setting_and_whether_windows_share_the_engine(setting: str, *, is_shared: bool) -> None:
    client = RecordingClient()
    reporter = StatusReporter(cast("Any", client))
    reporter.is_engine_shared = lambda: is_shared
    # The backend of an engine that we started has no URL to show, and the name of its protocol.
    backend = SimpleNamespace(name="llama-server", url="")
    reporter.endpoint_ready(
        CompletionConnection(cast("Any", backend), cast("Any", None), "m", context_tokens=None, setting=setting)
    )
    ((state, details),) = client.details
    assert (state, details["backend"]) == ("ready", setting)
    assert details.get("shared", False) is (is_shared and setting == "embedded")


def test_another_failure_is_shown() -> None:
    client = reported(BackendUnavailable("No server answers at http://a.", hint="Start it."))
    assert client.errors == ["No server answers at http://a. Start it."]
