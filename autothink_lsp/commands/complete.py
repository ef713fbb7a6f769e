"""``autothink-lsp complete FILE:LINE:COL``: print the suggestion that an editor would show there.

Line and column count from 1, as compilers print them; column 1 is before the first character, columns are characters.
Takes the same path as the server, with a longer deadline. ``--explain`` prints the prompt instead, with the reason for
each part of it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autothink_lsp.app import Services
    from autothink_lsp.document.snapshot import Snapshot
    from autothink_lsp.features.completion.insertion import CompletionItemEdit
    from autothink_lsp.features.completion.model import CompletionOutcome, CompletionRequest

from autothink_lsp.commands.service_events import ServiceEvents
from autothink_lsp.commands.source_file import read_regular_file
from autothink_lsp.commands.terminal import printable, printable_json
from autothink_lsp.errors import AutothinkError
from autothink_lsp.quantities import counted

# The model may have to be loaded and the whole prompt evaluated first.
DEADLINE_MS = 120_000.0

_MAX_FILE_BYTES = 512_000_000
_PLACE = re.compile(r"(?P<file>.+?):(?P<line>\d{1,9})(?::(?P<column>\d{1,9}))?", re.DOTALL)


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``complete``."""
    parser = subparsers.add_parser(
        "complete", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("place", metavar="FILE:LINE:COL", help="counted from 1; default COL: end of the line")
    parser.add_argument("--json", action="store_true", help="print the items and their cost as JSON")
    parser.add_argument(
        "--explain", action="store_true", help="print the prompt with the reason for each part; no model is used"
    )
    parser.add_argument("--clipboard", metavar="FILE", type=Path, help="a file with code that was copied, as context")
    parser.add_argument(
        "--open", metavar="FILE", action="append", default=[], type=Path, help="another open file (repeatable)"
    )


def run(args: argparse.Namespace) -> int:
    """Print the suggestion. Exit status 0 with a suggestion, 1 without one or after an error."""
    match = _PLACE.fullmatch(args.place)
    if match is None:
        raise AutothinkError(
            f"{args.place!r} is not FILE:LINE:COL.", hint="For example src/main.py:12:5, counted from 1."
        )
    file = Path(match["file"])
    text = _read(file)
    column = int(match["column"]) if match["column"] else None
    return asyncio.run(_complete(args, file, text, int(match["line"]), column))


def _read(file: Path) -> str:
    content, _ = read_regular_file(file, _MAX_FILE_BYTES)
    return content.decode("utf-8", errors="replace")


async def _complete(args: argparse.Namespace, file: Path, text: str, line: int, column: int | None) -> int:
    from autothink_lsp.app import build_services
    from autothink_lsp.features.completion.insertion import inline_edit

    listener = ServiceEvents(quiet=args.json)
    services = build_services(listener=listener, consent=listener.may_fetch, working=listener.working)
    try:
        for other in args.open:
            _open(services, other, _read(other))
        if args.clipboard is not None:
            services.context_provider.learn_clipboard(_read(args.clipboard))
        query = _query(services, file, text, line, column)
        if args.explain:
            from autothink_lsp.commands.explain_prompt import explain

            return await explain(services, query, as_json=args.json)
        outcome = await services.completion.complete(query)
        edit = None
        if outcome.suggestion is not None:
            edit = inline_edit(
                query.snapshot.text.line(query.point.line),
                query.point.column,
                outcome.suggestion.text,
                eol=query.snapshot.text.eol_at(query.point.line),
                replaces_right=outcome.suggestion.replaces_right,
            )
        report = _report(query, outcome, edit, listener)
    finally:
        await services.aclose()
    if listener.problem is not None:
        raise listener.problem
    _print(report, query, as_json=args.json)
    return 0 if edit is not None else 1


def _query(services: Services, file: Path, text: str, line: int, column: int | None) -> CompletionRequest:
    import os

    from autothink_lsp.app import now_ms
    from autothink_lsp.features.completion.model import CompletionRequest
    from autothink_lsp.settings.load import load_settings
    from autothink_lsp.settings.paths import state_dir
    from autothink_lsp.settings.trust import TrustStore
    from autothink_lsp.values import Point

    folder = Path.cwd()
    loaded = load_settings(folder=folder, environ=os.environ, trust=TrustStore(state_dir()))
    for warning in loaded.warnings:
        print(f"autothink-lsp: {printable(warning.message)}", file=sys.stderr)
    path = file.absolute()
    snapshot = _open(services, path, text)
    if not 1 <= line <= snapshot.text.line_count:
        raise AutothinkError(f"{file} has {counted(snapshot.text.line_count, 'line')}; there is no line {line}.")
    content = snapshot.text.line(line - 1)
    if column is not None and not 1 <= column <= len(content) + 1:
        raise AutothinkError(
            f"Line {line} of {file} has {counted(len(content), 'character')}; there is no column {column}."
        )
    return CompletionRequest(
        snapshot=snapshot,
        point=Point(line - 1, len(content) if column is None else column - 1),
        trigger="invoked",
        received_ms=now_ms(),
        settings=loaded.settings,
        deadline_ms=DEADLINE_MS,
        path=path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.name,
        folder=folder.as_uri() if path.is_relative_to(folder) else None,
    )


def _open(services: Services, file: Path, text: str) -> Snapshot:
    uri = file.absolute().as_uri()
    language = services.syntax.registry.by_path(uri)
    return services.documents.open(uri, language.language_ids[0] if language else "plaintext", 1, text)


def _report(
    query: CompletionRequest, outcome: CompletionOutcome, edit: CompletionItemEdit | None, listener: ServiceEvents
) -> dict[str, Any]:
    from autothink_lsp.values import Point

    items: list[dict[str, Any]] = []
    if edit is not None:
        line = query.point.line
        start, end = (query.snapshot.position(Point(line, column)) for column in (edit.start_column, edit.end_column))
        items.append(
            {
                "insertText": edit.insert_text,
                "range": {
                    "start": {"line": start.line, "character": start.character},
                    "end": {"line": end.line, "character": end.character},
                },
            }
        )
    usage = outcome.usage
    return {
        "items": items,
        "reason": outcome.reason,
        "backend": query.settings.completion.backend,
        "model": listener.model,
        "tokens": {
            "prompt_evaluated": usage.prompt_evaluated_tokens if usage else None,
            "prompt_cached": usage.prompt_cached_tokens if usage else None,
            "predicted": usage.predicted_tokens if usage else None,
        },
        "elapsed_ms": round(outcome.elapsed_ms, 1),
        "prompt_ms": usage.prompt_ms if usage else None,
        "predicted_ms": usage.predicted_ms if usage else None,
    }


def _print(report: dict[str, Any], query: CompletionRequest, *, as_json: bool) -> None:
    if as_json:
        print(printable_json(json.dumps(report, ensure_ascii=False, indent=2)))
        return
    if not report["items"]:
        print(f"No suggestion: {printable(report['reason'])}", file=sys.stderr)
        return
    line = query.snapshot.text.line(query.point.line)
    (item,) = report["items"]
    start = query.snapshot.point(query.snapshot.position(query.point)).column
    typed, text = line[:start], item["insertText"]
    replaced = item["range"]["start"]["character"]
    ghost = text if replaced else text.removeprefix(typed)
    dim = ("\x1b[2m", "\x1b[0m") if sys.stdout.isatty() else ("", "")
    print(f"{printable(typed)}{dim[0]}{printable(ghost)}{dim[1]}")
