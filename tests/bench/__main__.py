"""``python -m tests.bench [NAME]``: benchmarks of the server, run from a checkout (``make bench``).

Without a name: what the server itself costs on this machine. ``keystroke``: real code is typed in and the cost of each
key is counted. ``load``: many editors at one endpoint. ``messages``: fixes of real tools' messages, checked and
watched. ``next-edit``: proposals on git histories. ``path``: files and calls of one key. ``profile``: where the
server's CPU time goes. ``simulate``: the keystroke benchmark in virtual time. ``steps``: what the server does for a
key, counted. ``tune-worlds``: what `tune` learns where the truth is known.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from autothink_lsp.errors import AutothinkError
from tests.bench import (
    keystroke_path,
    load_command,
    next_edit,
    profile_command,
    server_cost,
    server_messages,
    simulation_command,
    steps_command,
    tuning_simulation,
)
from tests.bench.keystroke import command as keystroke_command

COMMANDS = {
    "keystroke": keystroke_command,
    "load": load_command,
    "messages": server_messages,
    "next-edit": next_edit,
    "path": keystroke_path,
    "profile": profile_command,
    "simulate": simulation_command,
    "steps": steps_command,
    "tune-worlds": tuning_simulation,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a benchmark and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=server_cost.__doc__)
    server_cost.add_arguments(parser)
    others = parser.add_subparsers(
        dest="benchmark", metavar="[keystroke|load|messages|next-edit|path|profile|simulate|steps|tune-worlds]"
    )
    for command in COMMANDS.values():
        command.add_parser(others)
    args = parser.parse_args(argv)
    try:
        return COMMANDS.get(args.benchmark, server_cost).run(args)
    except AutothinkError as error:
        print(f"{error.message}\n  {error.hint}".rstrip(), file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
