"""``autothink-lsp``: one command per module in ``commands/``, imported only when it is the one that was asked for."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from autothink_lsp import __version__
from autothink_lsp.errors import AutothinkError

# Name, module in commands/, and the line that --help shows without importing it.
COMMANDS = (
    ("serve", "serve", "run the language server (stdio, or --tcp HOST:PORT)"),
    ("try", "try_session", "play a real editing session with the server and print what an editor would show"),
    ("complete", "complete", "complete at FILE:LINE:COL and print what would be shown"),
    ("model", "model", "list, pull, locate or remove the embedded models"),
    ("doctor", "doctor", "check everything the completion needs, with a remedy for each problem"),
    ("config", "config", "show the settings and where each came from, or their JSON schema"),
    ("trust", "trust", "let a folder's autothink.toml set addresses, keys and commands"),
    ("untrust", "trust", "take that back"),
    ("bench", "bench", "measure the server's own cost on this machine"),
)

# Ended by Ctrl-C: the shell's convention is 128 + SIGINT.
INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """The exit status. Errors of ours are two lines on standard error, never a traceback."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    args = _parser(arguments).parse_args(arguments)
    try:
        return args.run(args)
    except AutothinkError as error:
        print(f"autothink-lsp: {error.message}", file=sys.stderr)
        if error.hint:
            print(f"  {error.hint}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output has gone (| head)
        sys.stderr.close()
        return 0


def _parser(arguments: list[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="autothink-lsp", description="Code completion on every keystroke with your own model, for any LSP editor."
    )
    parser.add_argument("--version", action="version", version=f"autothink-lsp {__version__}")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    asked = next((word for word in arguments if not word.startswith("-")), None)
    for name, module, line in COMMANDS:
        if name == asked:
            import_module(f"autothink_lsp.commands.{module}").add_parser(subparsers, name, line)
        else:
            subparsers.add_parser(name, help=line)
    return parser


if __name__ == "__main__":
    sys.exit(main())
