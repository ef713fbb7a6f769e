"""The reference pages that are made from the code. `make docs` writes them, a unit test checks that they are fresh.

Settings come from the settings tree, commands from argparse, languages from the grammar folders.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from itertools import groupby
from pathlib import Path

from autothink_lsp.cli import COMMANDS
from autothink_lsp.engines.choice import needed_memory_bytes
from autothink_lsp.engines.models.model_cards import ModelCard, model_cards
from autothink_lsp.quantities import megabytes
from autothink_lsp.settings.schema import json_schema
from autothink_lsp.settings.tree import Key, all_keys
from autothink_lsp.syntax.languages import LanguageRegistry

REFERENCE = Path(__file__).parents[2] / "docs/reference"
_PROJECT_FILE_RULE = {
    "always": "counts",
    "narrows": "may only restrict",
    "trusted": "needs trust",
}
_MADE = "<!-- Made by `make docs`. Do not edit. -->\n\n"
_SETTINGS = """\
# Settings

From weak to strong: defaults, your own file (`autothink-lsp config path` prints its place), a project's
`autothink.toml`, environment variables (`AUTOTHINK_COMPLETION__URL` for `completion.url`), the editor
(`initializationOptions`, section `autothink`). A key that is unknown or has the wrong type is a warning that names it,
its place and the nearest valid one; the rest applies. `autothink-lsp config show` prints each value and its source,
`autothink-lsp config schema` the JSON schema.

*In a project file*: *counts*, *may only restrict* (a project that you do not trust may forbid or lower, never widen),
or *needs trust* (used only after you have trusted the folder).
"""
_LANGUAGES = """\
# Languages

Suggestions come in every language that the editor names. What is known of a language decides how well they are cut.

## With a syntax tree

Answers are cut by the syntax tree (tree-sitter) in these languages:

{with_grammar}

## Without one

The comments, strings and blocks of these are known, so that answers are cut by text:

{described}

Any other language completes, too. To add one: [grammars/README.md](../../grammars/README.md).
"""

_MODELS = """\
# Known models

What `autothink-lsp model list` and `doctor` know, from small to large for each role. Any other GGUF model works, too
([choosing a model](../guide/choosing-a-model.md)). Sizes are those of the named file; *tested* means that the tests
and benchmarks of this repository run it. Figures of others are named with their source; they were not checked.

{models}

- A model without a file is not for the embedded engine: vLLM or transformers serve it
  ([your own GPU](../guide/own-gpu.md)).
- *memory* is that of the weights, 4,096 tokens of context and llama.cpp itself.
- Models for next edits are not for the embedded engine either: a server of yours runs them, and `next_edit.url` names
  it ([next edits](../guide/next-edit.md#with-a-model)).
- The Hub could not be reached where this table was written: sizes and digests are those that public manifests give for
  the same files. `model pull` shows the Hub's own size, licence and digest, or checks the digest that is known.
"""


def pages() -> dict[str, str]:
    """File name in ``docs/reference/`` -> its whole text."""
    return {
        "settings.md": _settings(),
        "commands.md": _commands(),
        "languages.md": _languages(),
        "models.md": _models(),
    }


def _models() -> str:
    rows = ["| model | for | file | licence | size | memory | thinks | tested | figures |", "|" + "---|" * 9]
    rows += [_model_row(card) for card in model_cards()]
    return _MADE + _MODELS.format(models="\n".join(rows))


def _model_row(card: ModelCard) -> str:
    memory_bytes = needed_memory_bytes(card.size_bytes, card.kv_bytes_per_token, 4096)
    is_known = card.size_bytes and card.kv_bytes_per_token
    figure = card.figure and f"{card.figure} ({card.measured_by}, [source]({_link(card.figure_source)}))"
    cells = [
        f"[{card.name}]({card.source})",
        ", ".join(card.roles),
        f"`{card.reference}`",
        card.licence or "see the repository",
        f"{megabytes(card.size_bytes):,} MB" if card.size_bytes else "",
        f"{megabytes(memory_bytes):,} MB" if is_known else "",
        card.thinks,
        "yes" if card.is_run else "no",
        figure,
    ]
    return "| " + " | ".join(cells) + " |"


def _link(source: str) -> str:
    """A link as it is written in a page of ``docs/reference/``."""
    return f"../{source.removeprefix('docs/')}" if source.startswith("docs/") else source


def settings_table() -> str:
    """One row for each setting: name, default, meaning, accepted values, effect in a project file."""
    rows = ["| setting | default | what it does | accepts | in a project file |", "|---|---|---|---|---|"]
    for key in all_keys().values():
        rule = _PROJECT_FILE_RULE[key.spec.trust]
        cells = (f"`{key.dotted}`", _default_cell(key), key.spec.description, key.spec.type.accepts, rule)
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def _default_cell(key: Key) -> str:
    default = json.dumps(key.spec.type.masked(key.default))
    return f"`{default}`" if len(default) <= 40 else "see `autothink-lsp config show`"


def _settings() -> str:
    head, rule, *rows = settings_table().strip().split("\n")
    sections = json_schema()["properties"]
    parts = [f"{_MADE}{_SETTINGS}"]
    for name, group in groupby(rows, key=lambda row: row.removeprefix("| `").partition(".")[0]):
        parts += [f"## `{name}`\n", f"{sections[name]['description']}\n", "\n".join([head, rule, *group]) + "\n"]
    return "\n".join(parts)


def _languages() -> str:
    registry = LanguageRegistry()
    with_grammar = [each.name for each in registry.all() if each.has_grammar]
    described = [each.name for each in registry.all() if not each.has_grammar]
    return _MADE + _LANGUAGES.format(with_grammar=_list(with_grammar), described=_list(described))


def _list(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _commands() -> str:
    parts = [f"{_MADE}# Commands\n\n`autothink-lsp COMMAND --help` prints the same.\n"]
    for name, module, line in COMMANDS:
        parser = argparse.ArgumentParser(prog="autothink-lsp")
        subparsers = parser.add_subparsers()
        import_module(f"autothink_lsp.commands.{module}").add_parser(subparsers)
        parts.append("\n".join(_command(f"autothink-lsp {name}", subparsers.choices[name], line, "##")))
    return "\n".join(parts)


def _command(name: str, parser: argparse.ArgumentParser, line: str, level: str) -> Iterator[str]:
    yield f"{level} `{name}`\n"
    yield f"{line[:1].upper()}{line[1:]}.\n"
    rows = [row for action in parser._actions for row in _argument(parser, action)]
    if rows:
        yield "\n".join(["| argument | meaning |", "|---|---|", *rows]) + "\n"
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            helps = {each.dest: each.help or "" for each in action._choices_actions}
            for sub, sub_parser in action.choices.items():
                yield from _command(f"{name} {sub}", sub_parser, helps.get(sub, sub), f"{level}#")


def _argument(parser: argparse.ArgumentParser, action: argparse.Action) -> Iterator[str]:
    if isinstance(action, argparse._HelpAction | argparse._SubParsersAction) or action.help == argparse.SUPPRESS:
        return
    value = "" if action.nargs == 0 else _value(action)
    if action.option_strings:
        shown = ", ".join(f"`{option} {value}`" if value else f"`{option}`" for option in action.option_strings)
    else:
        shown = f"`[{value}]`" if action.nargs in ("?", "*") else f"`{value}`"
    text = parser._get_formatter()._expand_help(action) if action.help else ""
    yield f"| {shown} | {_cell(text)} |".replace("\u2028", " ")


def _value(action: argparse.Action) -> str:
    if action.choices is not None and action.metavar is None:
        return "{" + ",".join(str(choice) for choice in action.choices) + "}"
    if isinstance(action.metavar, str):
        return action.metavar
    return action.dest.upper()


def _cell(text: str) -> str:
    text = re.sub(r"\s+", " ", text).replace(str(Path.home()), "~")
    return text.replace("|", "\\|").replace("<", "&lt;")


def stale() -> list[str]:
    """Names of pages that differ from what the code says."""
    paths = {name: REFERENCE / name for name in pages()}
    return [
        name
        for name, text in pages().items()
        if not paths[name].exists() or paths[name].read_text(encoding="utf-8") != text
    ]


if __name__ == "__main__":
    if "--write" in sys.argv:
        for file_name, page_text in pages().items():
            (REFERENCE / file_name).write_text(page_text, encoding="utf-8")
    not_fresh = stale()
    sys.exit(f"{', '.join(not_fresh)}: make docs" if not_fresh else 0)
