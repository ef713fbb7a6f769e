"""``autothink-lsp model list | pull | path | remove``: the embedded engine's models, from the command line."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from pathlib import Path
from typing import TextIO

from attrs import define, field

from autothink_lsp.engines.models.catalogue import CATALOGUE
from autothink_lsp.engines.models.local_file import LocalFileSource
from autothink_lsp.engines.models.pull import ModelPull, megabytes, model_lock
from autothink_lsp.engines.models.store import ModelStore
from autothink_lsp.engines.models.watch import PullProgress, Watch, unwatched
from autothink_lsp.errors import ModelError

_BAR_WIDTH = 28
_PLAIN_STEP = 0.1
_REDRAW_S = 0.1


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``model`` and its own subcommands."""
    parser = subparsers.add_parser("model", help="list, fetch and remove the embedded engine's models")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="show the models that are known, and which ones are installed")
    listing.add_argument("--json", action="store_true", help="print JSON instead of a table")
    pulling = actions.add_parser("pull", help="fetch a model")
    pulling.add_argument("name", nargs="?", default=CATALOGUE[0].name, help="default: %(default)s")
    pulling.add_argument("--from", dest="file", type=Path, metavar="FILE", help="take the model's file from here")
    for action, text in (("path", "print where a model's file is"), ("remove", "delete a model's file")):
        actions.add_parser(action, help=text).add_argument("name")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do it; the exit status. Errors of ours go to standard error with their hint and give 1, an interrupt 130."""
    store = ModelStore.default()
    try:
        match args.action:
            case "list":
                _list(store, as_json=args.json)
            case "pull":
                _pull(store, args.name, args.file)
            case "path":
                print(_path(store, args.name))
            case _:
                _remove(store, args.name)
    except ModelError as error:
        print(f"autothink-lsp: {error.message}", file=sys.stderr)
        if error.hint:
            print(error.hint, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nautothink-lsp: interrupted; pulling again goes on where it can.", file=sys.stderr)
        return 130
    return 0


def _list(store: ModelStore, *, as_json: bool) -> None:
    models = store.models()
    if as_json:
        rows = [
            {
                "name": model.entry.name,
                "size_bytes": model.entry.size_bytes,
                "licence": model.entry.licence,
                "installed": model.path is not None,
                "path": str(model.path) if model.path else None,
                "source": model.source,
            }
            for model in models
        ]
        print(json.dumps(rows, indent=2))
        return
    print(f"{'NAME':<20} {'SIZE':>8}  {'LICENCE':<12} INSTALLED")
    for model in models:
        size = f"{megabytes(model.entry.size_bytes)} MB"
        print(f"{model.entry.name:<20} {size:>8}  {model.entry.licence:<12} {model.path or 'no'}")


def _pull(store: ModelStore, name: str, file: Path | None) -> None:
    entry = store.find(name)
    if path := store.path(entry.name):
        print(f"{entry.name} is installed already: {path}")
        return
    display = ProgressDisplay(entry.name, sys.stderr)
    pull = ModelPull(store, (LocalFileSource(file),)) if file else ModelPull(store)
    try:
        path = pull.run(entry.name, Watch(display.show))
    finally:
        display.close()
    print(f"{entry.name} is installed: {path}")


def _path(store: ModelStore, name: str) -> Path:
    entry = store.find(name)
    path = store.path(entry.name)
    if path is None:
        raise ModelError(
            f"The model {entry.name} is not installed.", hint=f"`autothink-lsp model pull {entry.name}` fetches it."
        )
    return path


def _remove(store: ModelStore, name: str) -> None:
    entry = store.find(name)
    if not store.directory.is_dir():
        print(f"{entry.name} is not installed.")
        return
    with model_lock(store, entry, unwatched()):
        freed_bytes = store.remove(entry.name)
    print(
        f"{entry.name} was removed ({megabytes(freed_bytes)} MB)." if freed_bytes else f"{entry.name} is not installed."
    )


@define
class ProgressDisplay:
    """A bar on a terminal, a line for each tenth elsewhere (logs of a build should not fill with them)."""

    _name: str
    _out: TextIO
    _last_text: str = field(default="", init=False)
    _last_tenth: int = field(default=-1, init=False)
    _drawn_at: float = field(default=float("-inf"), init=False)
    _width: int = field(default=0, init=False)

    def show(self, progress: PullProgress) -> None:
        """Show one step."""
        share = progress.done_bytes / progress.total_bytes if progress.total_bytes else 0.0
        amount = f"{megabytes(progress.done_bytes)} of {megabytes(progress.total_bytes)} MB"
        if self._out.isatty():
            self._draw(progress, f"{self._name} {_bar(share)} {share:4.0%} {amount}  {progress.text}")
            return
        tenth = int(share / _PLAIN_STEP)
        kind = progress.text.partition(" ")[0]
        if tenth != self._last_tenth or kind != self._last_text:
            print(f"{self._name}: {progress.text}, {amount}", file=self._out, flush=True)
        self._last_tenth, self._last_text = tenth, kind

    def close(self) -> None:
        """Leave the bar's line."""
        if self._width:
            print(file=self._out, flush=True)

    def _draw(self, progress: PullProgress, line: str) -> None:
        now = time.monotonic()
        if now - self._drawn_at < _REDRAW_S and progress.done_bytes < progress.total_bytes:
            return
        line = line[: shutil.get_terminal_size().columns - 1]
        print(f"\r{line:<{self._width}}", end="", file=self._out, flush=True)
        self._drawn_at, self._width = now, len(line)


def _bar(share: float) -> str:
    filled = round(share * _BAR_WIDTH)
    return "█" * filled + "░" * (_BAR_WIDTH - filled)
