"""No module imports, directly or through others, a module that imports it.

Imports inside functions and under ``TYPE_CHECKING`` count: modules of a circle can only be understood together. The
contract of import-linter in ``pyproject.toml`` is about siblings in a package; this is about modules.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Set
from pathlib import Path

import autothink_lsp

PACKAGE = Path(autothink_lsp.__file__).parent
IMPORT = re.compile(
    r"^[ \t]*(from[ \t]+[\w.]+[ \t]+import[ \t]+(?:\([^)]*\)|[^\n(]*)|import[ \t]+[^\n]*)", re.MULTILINE
)
BEHIND_CODE = re.compile(r"[:;][ \t]*(?:from[ \t]+[\w.]+[ \t]+import[ \t]|import[ \t]+[a-z])|\\\n[ \t]*import")


def import_graph(package: Path) -> dict[str, set[str]]:
    """Each module of the package with the modules of it that it imports, wherever the import stands."""
    paths = {_name(path, package): path for path in package.rglob("*.py")}
    graph: dict[str, set[str]] = {}
    for name, path in paths.items():
        imported = set()
        for node in imports(path.read_text(encoding="utf-8")):
            if isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for alias in node.names:
                    inner = f"{node.module}.{alias.name}"
                    imported.add(inner if inner in paths else node.module)
        graph[name] = (imported & paths.keys()) - {name}
    return graph


def imports(text: str) -> Iterator[ast.stmt]:
    """The import statements of a module, and maybe others. What looks like an import is parsed alone, which takes a
    fifth of the time; the whole module is if that is no code, or if an import is behind other code of its line."""
    if BEHIND_CODE.search(text) is None:
        try:
            return iter(ast.parse("\n".join(IMPORT.findall(text))).body)
        except SyntaxError:
            pass  # prose in a docstring
    return statements(ast.parse(text))


def statements(node: ast.AST) -> Iterator[ast.stmt]:
    """All statements inside of a node. Those are few of its nodes: ``ast.walk`` takes five times as long."""
    for name in ("body", "orelse", "finalbody", "handlers", "cases"):
        inner = getattr(node, name, None)
        for child in inner if isinstance(inner, list) else ():  # a lambda's body is an expression
            if isinstance(child, ast.stmt):
                yield child
            yield from statements(child)


def _name(path: Path, package: Path) -> str:
    parts = path.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def circles(graph: Mapping[str, Set[str]]) -> list[list[str]]:
    """The strongly connected components of more than one module (Tarjan 1972), sorted."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(module: str) -> None:
        index[module] = low[module] = len(index)
        stack.append(module)
        for imported in graph[module]:
            if imported not in index:
                visit(imported)
                low[module] = min(low[module], low[imported])
            elif imported in stack:
                low[module] = min(low[module], index[imported])
        if low[module] == index[module]:
            position = stack.index(module)
            component = stack[position:]
            del stack[position:]
            if len(component) > 1:
                found.append(sorted(component))

    for module in sorted(graph):
        if module not in index:
            visit(module)
    return sorted(found)


def test_no_module_imports_one_that_imports_it() -> None:
    graph = import_graph(PACKAGE)
    assert len(graph) > 300
    assert circles(graph) == []


def test_lazy_and_type_only_imports_count(tmp_path: Path) -> None:
    package = tmp_path / "shop"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "one.py").write_text("def f():\n    try:\n        g()\n    except E:\n        from shop import two\n")
    (package / "two.py").write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from shop.three import X\n"
    )
    (package / "three.py").write_text("from shop.one import f\nimport os\n")
    (package / "four.py").write_text("import shop.one\n")
    assert circles(import_graph(package)) == [["shop.one", "shop.three", "shop.two"]]
