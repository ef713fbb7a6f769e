"""Public class names are unique in the package, so that a name means one thing and a search finds one class."""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "autothink_lsp"
CLASS = re.compile(r"^class[ \t]+(\w+)", re.MULTILINE)  # in strings, too


def defined_twice(sources: Iterable[tuple[str, str]]) -> Mapping[str, list[str]]:
    """The public classes of several modules with the same name. ``sources`` are (path, text)."""
    texts = dict(sources)
    count = Counter(name for text in texts.values() for name in CLASS.findall(text))
    places: defaultdict[str, list[str]] = defaultdict(list)
    for path, text in texts.items():
        if all(count[name] == 1 for name in CLASS.findall(text)):  # to parse every file takes a second
            continue
        for node in ast.parse(text).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(path)
    return {name: paths for name, paths in sorted(places.items()) if len(paths) > 1}


def test_no_public_class_name_exists_twice() -> None:
    modules = sorted(PACKAGE.rglob("*.py"))
    assert len(modules) > 400, "the package was not found"
    found = defined_twice((path.relative_to(PACKAGE).as_posix(), path.read_text(encoding="utf-8")) for path in modules)
    assert not found, found


def test_the_search_finds_names_that_exist_twice() -> None:
    sources = [("a.py", "class Place: ...\nclass _Own: ...\n"), ("b.py", "class Place: ...\nclass _Own: ...\n")]
    assert defined_twice(sources) == {"Place": ["a.py", "b.py"]}
