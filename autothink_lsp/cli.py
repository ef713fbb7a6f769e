"""``autothink-lsp``: each command is a module in ``commands/``, which is imported only if that command is run."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Protocol, cast

from autothink_lsp import __version__
from autothink_lsp.commands.terminal import open_missing_streams, printable, tolerate_any_character
from autothink_lsp.errors import AutothinkError


class Command(Protocol):
    """The interface of a module in ``commands/``."""

    def add_parser(self, subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None: ...

    def run(self, args: argparse.Namespace) -> int: ...


# Name, module in commands/, and the line that --help shows without importing it.
COMMANDS = (
    ("serve", "serve", "run the language server (stdio, or --tcp HOST:PORT)"),
    ("api", "api", "serve the completion model to Zed and cursortab.nvim (OpenAI's /v1/completions)"),
    ("complete", "complete", "print the suggestion for FILE:LINE:COL"),
    ("fix", "fix", "explain and fix a problem at FILE:LINE, and check the fix"),
    ("explain", "explain", "explain the code at FILE:LINE, or lines of a file (FILE:START-END)"),
    ("privacy", "privacy", "show what of a file may be sent to which model"),
    ("stats", "stats", "show counts of suggestions and actions; they are never sent"),
    ("tune", "tune", "learn on your own code when this model should think"),
    ("eval", "evaluate", "compare think policies on tasks with tests"),
    ("model", "model", "list, download, choose or remove models of the built-in engine"),
    ("doctor", "doctor", "check the installation, the settings and the model"),
    ("config", "config", "show the settings and their sources, or their JSON schema"),
    ("trust", "trust", "trust a folder: its autothink.toml may set addresses, keys and commands"),
    ("untrust", "trust", "stop trusting a folder"),
)

PROGRAM = "autothink-lsp"
# The exit status after Ctrl-C: the shell's convention is 128 + SIGINT.
INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status. An error is at most two lines on standard error, never a traceback."""
    open_missing_streams()
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser, command = _parser(arguments)
    try:
        try:
            args = parser.parse_args(arguments)
            if command is None:  # argparse reports every other mistake
                parser.error("a COMMAND is required")
        except SystemExit:  # --help, --version, or wrong arguments
            sys.stdout.flush()
            raise
        tolerate_any_character()
        status = command.run(args)
        sys.stdout.flush()  # a full disk is reported here, not by a traceback when the interpreter ends
    except AutothinkError as error:
        _print_error(error.message, error.hint)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # the reader of the output has ended (| head)
        sys.stderr.close()
        return 0
    except OSError as error:  # for standard output, or for a file that a command did not check
        where = f" ({error.filename})" if error.filename else ""
        _print_error(f"{error.strerror or error}{where}.", "")
        _discard_output()
        return 1
    return status


def _print_error(message: str, hint: str) -> None:
    print(f"{PROGRAM}: {printable(message)}", file=sys.stderr)
    if hint:
        print(f"  {printable(hint)}", file=sys.stderr)


def _discard_output() -> None:
    """Drop the buffered output, which cannot be written: otherwise the interpreter reports an error when it ends."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser(arguments: list[str]) -> tuple[argparse.ArgumentParser, Command | None]:
    """The parser, and the module of the requested command; ``None`` if the arguments name none."""
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        description="Language server for code completion and checked fixes with your own model.",
    )
    parser.add_argument("--version", action="version", version=f"autothink-lsp {__version__}")
    # Without ``prog`` argparse would render a help text here to derive it, and import compression modules for that.
    subparsers = parser.add_subparsers(prog=PROGRAM, metavar="COMMAND", required=True)
    asked = next((word for word in arguments if not word.startswith("-")), None)
    module = next((module for name, module, _ in COMMANDS if name == asked), None)
    command: Command | None = None
    if module is not None:
        command = cast("Command", import_module(f"autothink_lsp.commands.{module}"))
        command.add_parser(subparsers)
        if not {"-h", "--help"}.isdisjoint(arguments):
            _describe(subparsers)
    else:
        for name, _, line in COMMANDS:
            subparsers.add_parser(name, help=line)
    return parser, command


def _describe(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    from autothink_lsp.commands.help_text import set_description  # only for --help

    lines = {name: line for name, _, line in COMMANDS}
    for name, parser in subparsers.choices.items():
        set_description(parser, lines[name])


if __name__ == "__main__":
    sys.exit(main())
