"""One small project for each language server: a message, an edit that removes it, one that does not, and one that
brings another mistake. The words of the messages are those that editors show."""
# ruff: noqa: E501 - each text stands in one line

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from attrs import evolve, field, frozen

from autothink_lsp.values import Diagnostic, Point
from autothink_lsp.verify.language_servers.values import OverlayCase, OverlayFile


@frozen(kw_only=True)
class ServerCase:
    """``good``, ``wrong`` and ``worse`` are the text after three edits."""

    server: str
    language_id: str
    name: str
    before: str
    line: int
    message: str
    code: str
    source: str
    good: str
    wrong: str
    worse: str
    others: Mapping[str, str] = field(factory=dict)
    program: str = ""  # relative to the environment's programs; else the table's own name
    worse_says: str = ""  # a part of the new error's message
    links: Mapping[str, str] = field(factory=dict)  # into the environment's folder

    def made(self, folder: Path, environment: Path) -> Path:
        """Write the project; its folder."""
        for name, text in {**self.others, self.name: self.before}.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        for name, target in self.links.items():
            (folder / name).symlink_to(environment / target)
        return folder

    def overlay(self, folder: Path, after: str) -> OverlayCase:
        """The case of one edit."""
        line = self.before.split("\n")[self.line]
        target = Diagnostic(
            Point(self.line, 0), Point(self.line, len(line)), self.message, code=self.code, source=self.source
        )
        file = OverlayFile(path=folder / self.name, language_id=self.language_id, before=self.before, after=after)
        return OverlayCase(folder=folder, files=(file,), target=target)


_PYTHON = ServerCase(
    server="pyright",
    language_id="python",
    name="app/report.py",
    others={
        "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\n',
        "app/__init__.py": "",
        "app/prices.py": 'def price_of(name: str) -> int:\n    return {"tea": 3}[name]\n',
    },
    # A type from a neighbour file: no check of one file sees it.
    before="from app.prices import price_of\n\n\ndef label(name: str) -> str:\n    return price_of(name)\n",
    line=4,
    message='Type "int" is not assignable to return type "str"\n  "int" is not assignable to "str"',
    code="reportReturnType",
    source="Pylance",
    good="from app.prices import price_of\n\n\ndef label(name: str) -> str:\n    return str(price_of(name))\n",
    wrong="from app.prices import price_of\n\n\ndef label(name: str) -> str:\n    value = price_of(name)\n    return value\n",
    worse="from app.prices import price_of\n\n\ndef label(name: str) -> str:\n    return str(price_off(name))\n",
    worse_says="price_off",
)
_SCRIPT = ServerCase(
    server="typescript-language-server",
    language_id="typescript",
    name="src/report.ts",
    others={
        "tsconfig.json": '{"compilerOptions": {"strict": true, "module": "es2020", "moduleResolution": "node", "types": []}}',
        "src/prices.ts": "export function priceOf(name: string): number {\n  return name.length;\n}\n",
    },
    before='import { priceOf } from "./prices";\n\nexport function label(name: string): string {\n  return priceOf(name);\n}\n',
    line=3,
    message="Type 'number' is not assignable to type 'string'.",
    code="2322",
    source="ts",
    good='import { priceOf } from "./prices";\n\nexport function label(name: string): string {\n  return String(priceOf(name));\n}\n',
    wrong='import { priceOf } from "./prices";\n\nexport function label(name: string): string {\n  const value = priceOf(name);\n  return value;\n}\n',
    worse='import { priceOf } from "./prices";\n\nexport function label(name: string): string {\n  return String(priceOff(name));\n}\n',
)

CASES = (
    _PYTHON,
    evolve(_PYTHON, server="basedpyright", source="basedpyright"),
    evolve(
        _PYTHON,
        server="ty",
        source="ty",
        code="invalid-return-type",
        message="Return type does not match returned value: expected `str`, found `int`",
    ),
    ServerCase(
        server="ruff",
        language_id="python",
        name="app/loop.py",
        # A rule that only this project's configuration selects.
        others={"pyproject.toml": '[tool.ruff.lint]\nselect = ["F", "B"]\n'},
        before="def total(rows, seen=[]):\n    seen.append(len(rows))\n    return sum(seen)\n",
        line=0,
        message="Do not use mutable data structures for argument defaults",
        code="B006",
        source="Ruff",
        good="def total(rows, seen=None):\n    seen = [*(seen or ()), len(rows)]\n    return sum(seen)\n",
        wrong="def total(rows, seen=list([1])):\n    seen.append(len(rows))\n    return sum(seen)\n",
        worse="def total(rows, seen=None):\n    seen = [*(sean or ()), len(rows)]\n    return sum(seen)\n",
    ),
    _SCRIPT,
    evolve(_SCRIPT, server="vtsls"),
    evolve(_SCRIPT, server="typescript-7", program="../typescript7/node_modules/.bin/tsc"),
    ServerCase(
        server="eslint",
        language_id="javascript",
        name="src/total.js",
        others={
            "package.json": '{"name": "shop", "type": "module"}',
            "eslint.config.js": 'export default [{rules: {eqeqeq: "error", "no-undef": "error"}}];\n',
        },
        links={"node_modules": "npm/node_modules"},
        before="export function isFree(price) {\n  return price == 0;\n}\n",
        line=1,
        message="Expected '===' and instead saw '=='.",
        code="eqeqeq",
        source="eslint",
        good="export function isFree(price) {\n  return price === 0;\n}\n",
        wrong="export function isFree(price) {\n  return 0 == price;\n}\n",
        worse="export function isFree(price) {\n  return prise === 0;\n}\n",
        worse_says="prise",
    ),
    ServerCase(
        server="vscode-json-language-server",
        language_id="json",
        name="package.json",
        before='{\n  "name": "shop",\n  "version": "1",,\n  "private": true\n}\n',
        line=2,
        message="Property expected",
        code="513",
        source="json",
        good='{\n  "name": "shop",\n  "version": "1",\n  "private": true\n}\n',
        wrong='{\n  "name": "shop",\n  "version": "2",,\n  "private": true\n}\n',
        worse='{\n  "name": "shop",\n  "version": "1",\n  "private": tru\n}\n',
    ),
    ServerCase(
        server="vscode-css-language-server",
        language_id="css",
        name="page.css",
        before="a {\n  colr: red;\n}\n",
        line=1,
        message="Unknown property: 'colr'",
        code="unknownProperties",
        source="css",
        good="a {\n  color: red;\n}\n",
        wrong="a {\n  colr: blue;\n}\n",
        worse="a {\n  color: red;\n",
    ),
    ServerCase(
        server="vscode-html-language-server",
        language_id="html",
        name="page.html",
        before="<p>x</p>\n<script>\n  let a = ;\n</script>\n",
        line=2,
        message="Expression expected.",
        code="",
        source="javascript",
        good="<p>x</p>\n<script>\n  let a = 1;\n</script>\n",
        wrong="<p>x</p>\n<script>\n  let b = ;\n</script>\n",
        worse="<p>x</p>\n<script>\n  let a = 1; }\n</script>\n",
    ),
    ServerCase(
        server="clangd",
        language_id="c",
        name="src/main.c",
        others={
            # Where the header lies only the project's own file tells.
            "compile_flags.txt": "-Iinclude\n-Wall\n",
            "include/prices.h": "int price_of(const char *name);\n",
        },
        before='#include "prices.h"\n\nint main(void) {\n  return price_off("tea");\n}\n',
        line=3,
        message="Call to undeclared function 'price_off'; ISO C99 and later do not support implicit function declarations",
        code="-Wimplicit-function-declaration",
        source="clang",
        good='#include "prices.h"\n\nint main(void) {\n  return price_of("tea");\n}\n',
        wrong='#include "prices.h"\n\nint main(void) {\n  int value = price_off("tea");\n  return value;\n}\n',
        worse='#include "prices.h"\n\nint main(void) {\n  return price_of("tea", sugar);\n}\n',
    ),
    ServerCase(
        server="gopls",
        language_id="go",
        name="main.go",
        others={
            "go.mod": "module example.org/shop\n\ngo 1.19\n",
            "prices/prices.go": "package prices\n\nfunc Of(name string) int {\n\treturn len(name)\n}\n",
        },
        before='package main\n\nimport "example.org/shop/prices"\n\nfunc main() {\n\tvar label string = prices.Of("tea")\n\tprintln(label)\n}\n',
        line=5,
        message='cannot use prices.Of("tea") (value of type int) as string value in variable declaration',
        code="IncompatibleAssign",
        source="compiler",
        good='package main\n\nimport "example.org/shop/prices"\n\nfunc main() {\n\tvar label int = prices.Of("tea")\n\tprintln(label)\n}\n',
        wrong='package main\n\nimport "example.org/shop/prices"\n\nfunc main() {\n\tvar label string = prices.Of("coffee")\n\tprintln(label)\n}\n',
        worse='package main\n\nimport "example.org/shop/prices"\n\nfunc main() {\n\tvar label int = prices.Off("tea")\n\tprintln(label)\n}\n',
    ),
    ServerCase(
        server="yaml-language-server",
        language_id="yaml",
        name="ci.yaml",
        before="steps:\n  - run: a\n  - run: [a, b\nname: x\n",
        line=3,
        message="Flow sequence in block collection must be sufficiently indented and end with a ]",
        code="0",
        source="YAML",
        good="steps:\n  - run: a\n  - run: [a, b]\nname: x\n",
        wrong="steps:\n  - run: a\n  - run: [a, c\nname: x\n",
        worse="steps:\n  - run: a\n  - run: [a, b]\nname: x\nname: y\n",
    ),
)
