"""Which command is found, how single files are asked for, which tests touch a file, what an answer allows."""

from __future__ import annotations

from pathlib import Path

import pytest

from autothink_lsp.verify.project_tests.agreed_command import AgreedCommands
from autothink_lsp.verify.project_tests.related_tests import is_test_file, related_tests
from autothink_lsp.verify.project_tests.runners import command_line, find_test_command, runner_of

PYTEST_PACKAGE = ".venv/lib/python3.11/site-packages/pytest/__init__.py"
PROJECTS = [
    ({}, None),
    ({"a.py": ""}, None),
    ({"tests/test_a.py": "", PYTEST_PACKAGE: "", ".venv/bin/python": ""}, (".venv/bin/python", "-m", "pytest", "-q")),
    ({"tests/test_a.py": "import unittest"}, ("python3", "-m", "unittest", "discover", "-s", "tests")),
    (
        {"tests/test_a.py": "import unittest", "tests/__init__.py": "", "venv/bin/python": ""},
        ("venv/bin/python", "-m", "unittest", "discover", "-s", "tests", "-t", "."),
    ),
    ({"Cargo.toml": ""}, ("cargo", "test")),
    ({"go.mod": ""}, ("go", "test", "./...")),
    ({"package.json": '{"scripts": {"test": "vitest"}}', "node_modules/.bin/vitest": ""}, ("vitest", "run")),
    ({"package.json": '{"scripts": {"test": "jest --ci"}}', "node_modules/.bin/jest": ""}, ("jest",)),
    ({"package.json": '{"scripts": {"test": "mocha"}}', "node_modules/.bin/mocha": ""}, ("mocha",)),
    ({"package.json": '{"scripts": {"test": "node --test tests/"}}'}, ("node", "--test", "tests/")),
    ({"package.json": '{"scripts": {"test": "node --test && rm -rf x"}}'}, ("npm", "test")),
    ({"package.json": '{"scripts": {"test": "tap"}}', "pnpm-lock.yaml": ""}, ("pnpm", "test")),
    ({"package.json": '{"scripts": {"test": "tap"}}', "yarn.lock": ""}, ("yarn", "test")),
    ({"package.json": '{"scripts": {"test": "echo \\"Error: no test specified\\" && exit 1"}}'}, None),
    ({"package.json": "[]"}, None),
    ({"package.json": "{"}, None),
    ({"a.sln": ""}, ("dotnet", "test")),
    ({"pom.xml": "", "mvnw": ""}, ("./mvnw", "-q", "test")),
    ({"build.gradle.kts": ""}, ("gradle", "-q", "test")),
    ({"Makefile": "all:\n\techo\ntest: all\n\techo\n"}, ("make", "test")),
    ({"Makefile": "latest:\n\techo\n"}, None),
]


def project(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize(("files", "command"), PROJECTS)
def test_the_command_follows_from_the_files(
    files: dict[str, str], command: tuple[str, ...] | None, tmp_path: Path
) -> None:
    assert find_test_command(project(tmp_path, files)) == command


@pytest.mark.parametrize(
    ("command", "selected", "line"),
    [
        ("pytest -q", ["t/test_a.py"], "pytest -q -p no:cacheprovider --junitxml=R t/test_a.py"),
        (
            "python -m pytest tests -x",
            ["t/test_a.py"],
            "python -m pytest -x -p no:cacheprovider --junitxml=R t/test_a.py",
        ),
        ("python3 -m unittest discover -s tests", ["tests/test_a.py"], "python3 -m unittest -v tests/test_a.py"),
        ("go test ./...", ["./a"], "go test -json -count=1 ./a"),
        ("go test -race ./...", [], "go test -json -count=1 -race ./..."),
        ("./gradlew -q test", [], "./gradlew -q test --no-build-cache"),
        ("node --test tests/", ["a.test.js"], "node --test --test-reporter=tap a.test.js"),
        ("vitest run", ["a.ts"], "vitest related --run a.ts --reporter=json --outputFile=R"),
        ("npx jest --ci", ["a.js"], "npx jest --ci --json --outputFile=R --findRelatedTests a.js"),
        ("cargo test -- --nocapture", [], "cargo test --no-fail-fast -- --nocapture"),
        ("make test", [], "make test"),
        ("./run-my-pytest-things.sh", [], "./run-my-pytest-things.sh"),
    ],
)
def test_the_command_line_of_a_run(command: str, selected: list[str], line: str) -> None:
    words = tuple(command.split())
    assert " ".join(command_line(words, runner_of(words), "R", selected)) == line


def test_tests_that_import_or_name_the_file_are_related(tmp_path: Path) -> None:
    folder = project(
        tmp_path,
        {
            "shop/cart.py": "def total_price():\n    pass\n",
            "tests/test_cart.py": "",
            "tests/test_import.py": "from shop.cart import x",
            "tests/test_name.py": "assert total_price() == 1",
            "tests/test_other.py": "cart = 1",
            "tests/conftest.py": "import cart",
            "tests/shop_makers.py": "from shop.cart import total_price\n",
            "node_modules/a/test_cart.py": "",
        },
    )
    found = related_tests(folder, folder / "shop/cart.py", "def total_price():\n    pass\n", runner_of(("pytest",)))
    assert found == ("tests/test_import.py", "tests/test_cart.py", "tests/test_name.py")
    assert related_tests(folder, folder / "tests/test_other.py", "", runner_of(("pytest",))) == ("tests/test_other.py",)
    assert related_tests(folder, folder / "shop/cart.py", "", runner_of(("make", "test"))) == ()


@pytest.mark.parametrize(
    ("line", "is_related"),
    [
        ("import shop.cart", True),
        ("import os, shop.cart as c", True),
        ("from shop import cart", True),
        ("from shop import (\n    basket,\n    cart as c,  # the tested one\n)", True),
        ("    from shop.cart import total", True),
        ("from .cart import total", True),
        ("from src.shop.cart import total", False),  # of another folder
        ("from shop.cart.items import Item", False),
        ("from other.cart import total", False),
        ("from other import cart", False),
        ("import shop", False),
        ("# from shop.cart import total", False),
    ],
)
def test_a_python_test_is_related_by_the_whole_path_of_an_import(tmp_path: Path, line: str, is_related: bool) -> None:
    folder = project(tmp_path, {"shop/cart.py": "", "tests/test_a.py": f"import os\n{line}\n"})
    found = related_tests(folder, folder / "shop/cart.py", "", runner_of(("pytest",)))
    assert found == (("tests/test_a.py",) if is_related else ())


@pytest.mark.parametrize(
    ("source", "test", "line", "is_related"),
    [
        ("index.js", "a.test.js", "const a = require('./other');", False),
        ("index.js", "a.test.js", "import a from 'shop';", True),
        ("__init__.py", "tests/test_a.py", "from shop import a", True),
        ("__init__.py", "tests/test_a.py", "import os", False),
    ],
)
def test_the_main_file_of_a_project_is_imported_by_the_projects_name(
    tmp_path: Path, source: str, test: str, line: str, *, is_related: bool
) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    folder = project(folder, {source: "", test: f"{line}\n"})
    found = related_tests(folder, folder / source, "", runner_of(("pytest",) if source.endswith("py") else ("mocha",)))
    assert found == ((test,) if is_related else ())


def test_related_tests_in_a_folder_named_like_the_files_come_first(tmp_path: Path) -> None:
    imports = "from app.shop.cart import total\n"
    tests = {"tests/e2e/test_a.py": imports, "tests/unit/shop/test_z.py": imports}
    folder = project(tmp_path, {"app/shop/cart.py": "", **tests})
    found = related_tests(folder, folder / "app/shop/cart.py", "", runner_of(("pytest",)))
    assert found == ("tests/unit/shop/test_z.py", "tests/e2e/test_a.py")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("tests/test_a.py", True),
        ("a_test.go", True),
        ("src/a.spec.ts", True),
        ("src/__tests__/a.js", True),
        ("src/test/java/A.java", True),
        ("shop/contest.py", False),
        ("latest.js", False),
    ],
)
def test_test_files_are_known_by_their_path(path: str, expected: bool) -> None:
    assert is_test_file(path) is expected


def test_a_found_command_is_used_after_the_user_agreed_to_exactly_it(tmp_path: Path) -> None:
    folder = project(tmp_path / "p", {"Cargo.toml": ""})
    commands = AgreedCommands(tmp_path / "state")
    assert commands.command_for(folder, (), trusted=True) == ()
    assert commands.to_ask_about(folder, (), trusted=True) == ("cargo", "test")
    assert commands.to_ask_about(folder, ("make", "check"), trusted=True) == ()
    assert commands.to_ask_about(folder, (), trusted=False) == ()
    commands.answer(folder, ("cargo", "test"), agreed=True)
    assert commands.command_for(folder, (), trusted=True) == ("cargo", "test")
    assert commands.command_for(folder, (), trusted=False) == ()
    assert commands.command_for(folder, ("make", "check"), trusted=True) == ("make", "check")
    assert commands.to_ask_about(folder, (), trusted=True) == ()
    commands.answer(folder, ("cargo", "test"), agreed=False)
    assert commands.command_for(folder, (), trusted=True) == ()
    assert commands.to_ask_about(folder, (), trusted=True) == ()
    (folder / "Cargo.toml").unlink()
    (folder / "go.mod").write_text("")
    assert commands.to_ask_about(folder, (), trusted=True) == ("go", "test", "./...")
