"""``autothink-lsp api``: serve the completion model to editors on this machine, as OpenAI's ``/v1/completions``.

For Zed (``open_ai_compatible_api``) and cursortab.nvim, which build the prompt themselves. Listens on 127.0.0.1, while
this command runs. Each request needs the API key: that of the environment variable AUTOTHINK_API_KEY, else a random one
that is printed. Requests from web pages are refused. The user's settings choose the model. Secrets in a prompt are
replaced by placeholders; which files a prompt contains is decided by the editor.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import sys
from typing import TYPE_CHECKING

from autothink_lsp.commands.service_events import ServiceEvents
from autothink_lsp.errors import AutothinkError

if TYPE_CHECKING:
    from autothink_lsp.backends.base import Backend
    from autothink_lsp.errors import BackendError
    from autothink_lsp.features.completion.endpoint import CompletionEndpoint
    from autothink_lsp.features.completions_api.server import Ended, Model

KEY_VARIABLE = "AUTOTHINK_API_KEY"
SHORTEST_KEY_CHARACTERS = 16
_HIGHEST_PORT = 65_535


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``api``."""
    parser = subparsers.add_parser("api", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--port", type=int, default=0, help="the port on 127.0.0.1 to listen on (default: any free port)"
    )


def run(args: argparse.Namespace) -> int:
    """Serve until interrupted."""
    user_key = os.environ.pop(KEY_VARIABLE, "").strip()  # no child process needs it
    if user_key and len(user_key) < SHORTEST_KEY_CHARACTERS:
        raise AutothinkError(
            f"{KEY_VARIABLE} has fewer than {SHORTEST_KEY_CHARACTERS} characters and can be guessed.",
            hint="Set a longer key, or unset the variable: a random key is then generated and printed.",
        )
    if not 0 <= args.port <= _HIGHEST_PORT:
        raise AutothinkError(
            f"{args.port} is not a valid port.", hint=f"Use a port from 1 to {_HIGHEST_PORT}, or 0 for any free port."
        )
    asyncio.run(_serve(args.port, user_key or secrets.token_urlsafe(32), is_printed=not user_key))
    return 0


async def _serve(port: int, key: str, *, is_printed: bool) -> None:
    from autothink_lsp.app import build_services
    from autothink_lsp.features.completions_api.server import CompletionsApi
    from autothink_lsp.settings.load import load_settings
    from autothink_lsp.settings.paths import state_dir
    from autothink_lsp.settings.trust import TrustStore

    events = ServiceEvents()
    settings = load_settings(environ=os.environ, trust=TrustStore(state_dir())).settings
    services = build_services(listener=events, consent=events.may_fetch, working=events.working)

    api = CompletionsApi(*model_at(services.endpoints.get(settings), events), key=key)
    try:
        server = await api.listen(port)
        print(f"autothink-lsp: listening on {api.url}", file=sys.stderr, flush=True)
        if is_printed:
            print(f"autothink-lsp: key: {key}", file=sys.stderr, flush=True)
        await api.serve(server)
    finally:
        await services.aclose()


def model_at(endpoint: CompletionEndpoint, events: ServiceEvents) -> tuple[Model, Ended]:
    """The endpoint's model for the API. A model that is away is connected anew at a later request: a restarted engine
    has another port."""

    async def model() -> tuple[Backend, str]:
        connection = await endpoint.connect()
        if connection is None:
            raise events.problem or AutothinkError("The completion model cannot be reached.")
        return connection.backend, connection.model

    def ended(error: BackendError | None) -> None:
        if error is None:
            endpoint.on_success()
        elif error.retryable:  # what is wrong with one request says nothing about the server
            endpoint.on_failed(error)

    return model, ended
