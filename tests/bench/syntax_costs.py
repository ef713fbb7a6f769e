"""What syntax costs, in CPU milliseconds (median, worst), for files of 300, 3,500 and 100,000 lines.

    python tests/bench/syntax_costs.py [--language python|typescript|go]

The file is made of the language folder's own sample, repeated. What the keystroke's path may call (did_change,
ready_tree, judge, cut) must not grow with the file; parse, definitions and imports do, and are for idle times.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from autothink_lsp.document.snapshot import ContentChange, Snapshot
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.syntax.scopes import definitions, enclosing_scopes, imports, scope_kind
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import Point, Position, Range

SIZES = (300, 3_500, 100_000)
ROUNDS = 15
ANSWERS = {"python": "value = 1\n", "typescript": "const value = 1;\n", "go": "value := 1\n"}


class Session:
    """One document of ``size`` lines, and a place in it that moves."""

    def __init__(self, language: str, size: int) -> None:
        (path,) = (Path(__file__).resolve().parents[2] / "grammars" / language).glob("sample.*")
        sample = path.read_text(encoding="utf-8")
        text = sample * (size // sample.count("\n") + 1)
        self.syntax = Syntax()
        self.store = DocumentStore()
        self.store.subscribe(self.syntax.trees)
        self.rng = random.Random(1)
        self.answer = ANSWERS[language] * 3
        self.snapshot: Snapshot = self.store.open(path.as_uri(), language, 1, text)

    def type_key(self) -> None:
        line = self.rng.randrange(self.snapshot.text.line_count)
        at = Position(line, len(self.snapshot.text.line(line)))
        change = ContentChange(Range(at, at), " ")
        changed = self.store.change(self.snapshot.uri, self.snapshot.version + 1, [change])
        assert changed is not None
        self.snapshot = changed[0]

    def point(self) -> Point:
        line = self.rng.randrange(self.snapshot.text.line_count)
        return Point(line, len(self.snapshot.text.line(line)))


def measured(work: Callable[[], object], prepare: Callable[[], object] = lambda: None, rounds: int = ROUNDS) -> str:
    times: list[float] = []
    for _ in range(rounds):
        prepare()
        started = time.thread_time()
        work()
        times.append((time.thread_time() - started) * 1_000)
    return f"{statistics.median(times):8.2f} {max(times):8.2f}"


def costs(language: str, size: int) -> dict[str, str]:
    session = Session(language, size)
    tree, trees = (lambda: session.syntax.trees.tree(session.snapshot)), session.syntax.trees
    found = {"edit in the store, tree told": measured(session.type_key)}
    found["first parse"] = measured(tree, rounds=1)
    found["parse after one key"] = measured(tree, session.type_key)
    found["parse after 20 keys"] = measured(tree, lambda: [session.type_key() for _ in range(20)])
    found["ready tree"] = measured(lambda: trees.ready_tree(session.snapshot))
    ready = tree()
    assert ready is not None
    found["scope kind"] = measured(lambda: scope_kind(ready, session.point()))
    found["enclosing scopes"] = measured(lambda: enclosing_scopes(ready, session.point()))
    found["definitions"] = measured(lambda: definitions(ready), rounds=3)
    found["imports"] = measured(lambda: imports(ready), rounds=3)
    found["judge (region chosen), with tree"] = measured(
        lambda: session.syntax.judge(session.snapshot, session.point())
    )
    session.type_key()
    judge = lambda: session.syntax.judge(session.snapshot, session.point())  # noqa: E731 - a name for a column
    found["judge (region chosen), no tree"] = measured(judge)
    judges = [judge() for _ in range(ROUNDS)]
    found["cut of a whole answer"] = measured(lambda: judges.pop().cut(session.answer))
    streaming = judge()
    parts = [session.answer[: end + 1] for end, letter in enumerate(session.answer) if letter == "\n"]
    found["cut, next line of a stream"] = measured(lambda: [streaming.cut(part, None) for part in parts], rounds=3)
    return found


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--language", choices=sorted(ANSWERS), default="python")
    language = arguments.parse_args().language
    columns = {size: costs(language, size) for size in SIZES}
    sys.stdout.write(f"{'CPU ms, median and worst':36}" + "".join(f"{size:>13,} lines" for size in SIZES) + "\n")
    for name in columns[SIZES[0]]:
        sys.stdout.write(f"{name:36}" + "".join(f"{columns[size][name]:>19}" for size in SIZES) + "\n")


if __name__ == "__main__":
    main()
