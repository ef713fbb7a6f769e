"""``autothink-lsp serve``: the language server over standard input and output, or for one client over TCP."""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import os
import sys


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Editors pass ``--stdio`` by habit; it is what we do anyway."""
    parser = subparsers.add_parser("serve", description=__doc__)
    parser.add_argument("--stdio", action="store_true", help="serve standard input and output (the default)")
    parser.add_argument("--tcp", metavar="HOST:PORT", help="listen for one client instead; port 0 takes a free one")
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
    from autothink_lsp.lsp.transport import Writer, listen, take_stdio

    server = build_server(log_level=args.log_level, log_file=args.log_file)
    if args.tcp:
        listener = listen(args.tcp)
        host, port = listener.getsockname()[:2]
        print(f"autothink-lsp: listening on {host}:{port}", file=sys.stderr, flush=True)
        try:
            connection, _ = listener.accept()
        finally:
            listener.close()
        read, stream = connection.recv, connection.makefile("wb")
    else:
        read, stream = take_stdio()
    gc.freeze()  # nor will they ever be: no later collection has to look at them
    gc.enable()
    status = asyncio.run(server.run(read, Writer(stream)))
    logging.shutdown()
    # Threads that wait for something (a read from the editor, a download) must not keep a finished server alive.
    sys.stderr.flush()
    os._exit(status)
