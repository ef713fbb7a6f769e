"""``autothink-lsp serve``: the language server over standard input and output, or for one client over TCP.

Over TCP the client proves with a token that it is the user's: it sends the token as `initializationOptions.token`. The
server makes one and prints it, or takes the one in the environment variable AUTOTHINK_TCP_TOKEN. Its settings for
commands, addresses, keys, models and engines are not used: set those in config.toml or in the server's environment. The
server ends when its client ends.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import os
import sys
from typing import TYPE_CHECKING

from autothink_lsp.errors import AutothinkError

if TYPE_CHECKING:
    from autothink_lsp.lsp.tcp import Client

_SHORT_TOKEN = 16


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Editors pass ``--stdio`` by habit; it is what we do anyway."""
    parser = subparsers.add_parser("serve", description=__doc__)
    parser.add_argument("--stdio", action="store_true", help="serve standard input and output (the default)")
    parser.add_argument(
        "--tcp",
        metavar="HOST:PORT",
        help="listen for one client instead; port 0 takes a free one. The connection is not encrypted",
    )
    parser.add_argument(
        "--allow-remote", action="store_true", help="let HOST be an address that other machines can reach"
    )
    parser.add_argument(
        "--no-token",
        action="store_true",
        help="take the first client without a token; needs --allow-any-local-client",
    )
    parser.add_argument(
        "--allow-any-local-client",
        action="store_true",
        help="with --no-token: any user and program of this machine may connect first, have files read that you can "
        "read, and use your model",
    )
    parser.add_argument(
        "--log-level", choices=["error", "warning", "info", "debug", "trace"], help="overrides log.level"
    )
    parser.add_argument("--log-file", metavar="FILE", help="overrides log.file; standard error otherwise")
    # vscode-languageclient adds it to every server that it starts.
    parser.add_argument("--clientProcessId", type=int, dest="client_process_id", help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    """Serve until the client is done."""
    gc.disable()  # classes and functions are no garbage, and looking for some among them takes a tenth of the start
    from autothink_lsp.app import build_server
    from autothink_lsp.lsp.transport import Writer, take_stdio

    _check_flags(args)
    client_trust = "user" if not args.tcp else "none" if args.no_token else "token"
    server = build_server(log_level=args.log_level, log_file=args.log_file, client_trust=client_trust)
    if args.tcp:
        client = _tcp_client(args)
        read, stream = client.reader(), client.connection.makefile("wb")
    else:
        read, stream = take_stdio()
    gc.freeze()  # nor will they ever be: no later collection has to look at them
    gc.enable()
    status = asyncio.run(server.run(read, Writer(stream), strict=bool(args.tcp)))
    logging.shutdown()
    # Threads that wait for something (a read from the editor, a download) must not keep a finished server alive.
    sys.stderr.flush()
    os._exit(status)


def _check_flags(args: argparse.Namespace) -> None:
    """Raises ``AutothinkError`` for flags that open the TCP port wider than the user has said."""
    if args.no_token and not args.tcp:
        raise AutothinkError("--no-token is for --tcp HOST:PORT.")
    if args.no_token and not args.allow_any_local_client:
        raise AutothinkError(
            "--no-token lets every user and program of this machine connect.",
            hint="Add --allow-any-local-client if that is what you want.",
        )
    if args.no_token and args.allow_remote:
        raise AutothinkError("--allow-remote needs a token.", hint="Leave --no-token out.")


def _tcp_client(args: argparse.Namespace) -> Client:
    """Listen, say where and with which token, and wait for the client."""
    import secrets

    from autothink_lsp.lsp.tcp import TOKEN_VARIABLE, accept_client, listen

    # Out of the environment: no child of the server needs it.
    given = os.environ.pop(TOKEN_VARIABLE, "").strip()
    listener = listen(args.tcp, allow_remote=args.allow_remote)
    host, port = listener.getsockname()[:2]
    print(f"autothink-lsp: listening on {f'[{host}]' if ':' in host else host}:{port}", file=sys.stderr, flush=True)
    token = None if args.no_token else given or secrets.token_urlsafe(32)
    if token is not None and not given:
        print(f"autothink-lsp: token: {token}", file=sys.stderr, flush=True)
    elif given and len(given) < _SHORT_TOKEN:
        text = f"{TOKEN_VARIABLE} has fewer than {_SHORT_TOKEN} characters and can be guessed"
        print(f"autothink-lsp: {text}", file=sys.stderr, flush=True)
    return accept_client(listener, token)
