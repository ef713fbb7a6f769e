"""A role whose settings name no server: the warning of the settings tells it, no second message follows."""

from __future__ import annotations

from typing import Any, cast

import pytest

from autothink_lsp.context.redaction import SecretNames
from autothink_lsp.errors import AutothinkError, BackendUnavailable, ServerNotNamed
from autothink_lsp.features.connector import BackendConnector
from autothink_lsp.features.model_servers import ModelServers
from autothink_lsp.lsp.status_reporter import StatusReporter
from autothink_lsp.settings.load import load_settings


class RecordingClient:
    """Keeps what is shown."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        self.statuses: list[tuple[str, object]] = []

    def progress(self, *_arguments: object, **_more: object) -> Any:
        return self

    def end(self, _text: str) -> None:
        """As ``WorkProgress``."""

    def show_error(self, text: str) -> None:
        self.errors.append(text)

    def notify_status(self, state: str, **details: object) -> None:
        self.statuses.append((state, details.get("reason")))


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


def test_another_failure_is_shown() -> None:
    client = reported(BackendUnavailable("No server answers at http://a.", hint="Start it."))
    assert client.errors == ["No server answers at http://a. Start it."]
