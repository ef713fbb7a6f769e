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
from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO

from autothink_lsp.errors import AutothinkError

if TYPE_CHECKING:
    from autothink_lsp.lsp.tcp import TcpClient

_SHORT_TOKEN = 16


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``serve``. ``--stdio``, which editors pass by habit, is the default."""
    parser = subparsers.add_parser("serve", description=__doc__)
    parser.add_argument("--stdio", action="store_true", help="use standard input and output (default)")
    parser.add_argument(
        "--tcp",
        metavar="HOST:PORT",
        help="listen for one TCP client; port 0: any free port. The connection is not encrypted",
    )
    parser.add_argument("--allow-remote", action="store_true", help="allow a HOST that other machines can reach")
    parser.add_argument(
        "--no-token",
        action="store_true",
        help="accept the first client without a token; requires --allow-any-local-client",
    )
    parser.add_argument(
        "--allow-any-local-client",
        action="store_true",
        help="with --no-token: any user and program on this machine may connect first, read files that you can "
        "read, and use your model",
    )
    parser.add_argument(
        "--log-level", choices=["error", "warning", "info", "debug", "trace"], help="overrides log.level"
    )
    parser.add_argument("--record", metavar="FILE", help="record all messages of the session in FILE, with masked text")
    parser.add_argument(
        "--record-code", action="store_true", help="with --record: do not mask the text; the file contains your code"
    )
    parser.add_argument("--log-file", metavar="FILE", help="overrides log.file (default: standard error)")
    # vscode-languageclient passes it to every server that it starts.
    parser.add_argument("--clientProcessId", type=int, dest="client_process_id", help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    """Serve until the client disconnects."""
    gc.disable()  # classes and functions are not garbage, and searching them takes a tenth of the start-up time
    from autothink_lsp.app import build_server
    from autothink_lsp.lsp.transport import STANDARD_INPUT, Writer, take_stdio, writes_without_waiting

    _check_flags(args)
    client_trust = "user" if not args.tcp else "none" if args.no_token else "token"
    server = build_server(log_level=args.log_level, log_file=args.log_file, client_trust=client_trust)
    descriptor, write_now = None, None
    if args.tcp:
        client = _tcp_client(args)
        read, stream = client.reader(), client.connection.makefile("wb")
    else:
        read, stream = take_stdio()
        descriptor, write_now = STANDARD_INPUT, writes_without_waiting(stream.fileno())
    if args.record:
        read, stream = _recorded(args, read, stream)
        descriptor, write_now = None, None
    gc.freeze()  # later collections skip the objects that exist now
    gc.enable()
    writer = Writer(stream, write_now)
    status = asyncio.run(server.run(read, writer, descriptor=descriptor, strict=bool(args.tcp)))
    logging.shutdown()
    # Threads that wait (a read from the editor, a download) must not keep a finished server alive.
    sys.stderr.flush()
    os._exit(status)


def _check_flags(args: argparse.Namespace) -> None:
    """Raise ``AutothinkError`` for flags that would open the TCP port further than requested."""
    if args.record_code and not args.record:
        raise AutothinkError("--record-code requires --record FILE.")
    if args.no_token and not args.tcp:
        raise AutothinkError("--no-token requires --tcp HOST:PORT.")
    if args.no_token and not args.allow_any_local_client:
        raise AutothinkError(
            "--no-token lets every user and program of this machine connect.",
            hint="Add --allow-any-local-client to accept that risk.",
        )
    if args.no_token and args.allow_remote:
        raise AutothinkError("--allow-remote needs a token.", hint="Remove --no-token.")


def _recorded(
    args: argparse.Namespace, read: Callable[[int], bytes], stream: BinaryIO
) -> tuple[Callable[[int], bytes], BinaryIO]:
    """The reader and stream with their messages recorded. Raises ``AutothinkError`` if the file cannot be written."""
    from pathlib import Path

    from autothink_lsp.lsp.recording import SessionRecorder

    try:
        recorder = SessionRecorder(Path(args.record), with_code=args.record_code)
    except OSError as error:
        raise AutothinkError(f"{args.record} cannot be written: {error.strerror or error}.") from None
    holds = "all text of the session, your code included" if args.record_code else "paths, settings and messages"
    print(f"autothink-lsp: recording to {args.record}, which holds {holds}", file=sys.stderr, flush=True)
    return recorder.reader(read), recorder.stream(stream)


def _tcp_client(args: argparse.Namespace) -> TcpClient:
    """Listen, print address and token, and wait for the client."""
    import secrets

    from autothink_lsp.lsp.tcp import TOKEN_VARIABLE, accept_client, listen

    # Removed from the environment: no child of the server needs it.
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
