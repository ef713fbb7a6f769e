"""What a file sees of the installed packages that it imports, from real files of an environment."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from autothink_lsp.context.installed_packages import LARGEST_BYTES, MOST_FILES
from tests.support.context_harness import ContextHarness, settings

LOCAL = "http://127.0.0.1:8080"
CLIENT = """\
class Client:
    def get(self, url: str, *, timeout: float = 5.0) -> Response:
        raise SystemExit("this file was run")

    def _own(self): ...


def get(url: str) -> Response: ...
"""
CODE = "from web import Client\n\nclient = Client()\nclient."


@pytest.fixture
def harness(tmp_path: Path) -> ContextHarness:
    (tmp_path / "project").mkdir()
    return ContextHarness(tmp_path / "project", tmp_path / "cache", is_trusted=True)


@pytest.fixture(autouse=True)
def _started_outside_of_any_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)


def environment(folder: Path, files: dict[str, str]) -> Path:
    """A virtual environment's folder of packages with these files."""
    site = folder / ("Lib/site-packages" if os.name == "nt" else "lib/python3.12/site-packages")
    site.mkdir(parents=True)
    (folder / "pyvenv.cfg").write_text("home = /usr/bin\n")
    for path, text in files.items():
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_text(text, encoding="utf-8")
    return site


def blocks(harness: ContextHarness, code: str, *, url: str = LOCAL) -> list[tuple[str, str]]:
    """The blocks at the end of a document with this code."""
    harness.open("a.py", code)
    line = code.count("\n")
    context = harness.gather("a.py", line, len(code.rpartition("\n")[2]), settings("imports", url=url))
    return [(block.path, block.text) for block in context.blocks]


STUB = "class Client:\n    def get(self, url: str, *, timeout: float = 5.0) -> Response: ..."


@pytest.mark.parametrize(
    ("files", "path"),
    [
        ({"web/__init__.py": CLIENT}, "web/__init__.py"),
        ({"web.py": CLIENT}, "web.py"),
        ({"web/__init__.py": "from ._client import Client, get\n", "web/_client.py": CLIENT}, "web/_client.py"),
        ({"web/__init__.py": "from web._client import Client\n", "web/_client.py": CLIENT}, "web/_client.py"),
        ({"web/__init__.py": "from ._client import *\n", "web/_client.py": CLIENT}, "web/_client.py"),
        ({"web/__init__.py": "class Client: ...\n", "web/__init__.pyi": CLIENT}, "web/__init__.pyi"),
        ({"web/__init__.pyi": "from weba import Client as Client\n", "weba/__init__.pyi": CLIENT}, "weba/__init__.pyi"),
        ({"web/__init__.py": "class Client: ...\n", "web-stubs/__init__.pyi": CLIENT}, "web-stubs/__init__.pyi"),
    ],
)
def test_the_file_that_defines_an_imported_name(harness: ContextHarness, files: dict[str, str], path: str) -> None:
    environment(harness.project / ".venv", files)
    assert blocks(harness, CODE) == [(path, STUB)]


def test_a_source_passes_no_names_of_another_package_on(harness: ContextHarness) -> None:
    environment(harness.project / ".venv", {"web.py": "from weba import Client\n", "weba.py": CLIENT})
    assert blocks(harness, CODE) == []


@pytest.mark.parametrize(
    "line", ["import web, shop", "import web as web, shop as shop", "import os, web, shop.cart, shop"]
)
def test_modules_of_one_line(harness: ContextHarness, line: str) -> None:
    environment(harness.project / ".venv", {"web.py": CLIENT, "shop/__init__.py": "def buy(count: int) -> bool: ...\n"})
    found = blocks(harness, f"{line}\n\nweb.get('x')\nshop.buy(")
    assert {path for path, _ in found} == {"web.py", "shop/__init__.py"}


@pytest.mark.parametrize(
    "code",
    [
        "import web\n\nweb.get(",
        "import web as w\n\nw.get(",
        "import lib.web\n\nlib.web.get(",
        "from lib import web\n\nweb.get(",
    ],
)
def test_the_attributes_of_a_module_that_are_used_near_the_cursor(harness: ContextHarness, code: str) -> None:
    environment(harness.project / ".venv", {"web.py": CLIENT, "lib/__init__.py": "", "lib/web.py": CLIENT})
    (block,) = blocks(harness, code)
    assert block[1] == "def get(url: str) -> Response: ..."


@pytest.mark.parametrize(
    "line", ["from web import logger as log", "from web import log", "from web import missing as log"]
)
def test_the_attributes_of_an_object_are_not_those_of_its_module(harness: ContextHarness, line: str) -> None:
    source = "def info(message: str) -> None: ...\n\nlogger = make()\n"
    environment(harness.project / ".venv", {"web.py": source})
    assert blocks(harness, f"{line}\n\nlog.info(") == []


def test_a_folder_that_may_not_be_looked_into(
    harness: ContextHarness, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    environment(harness.project / ".venv", {"web.py": CLIENT})
    is_dir = Path.is_dir

    def refusing(path: Path) -> bool:  # as Python up to 3.12 does
        if path.name == "site-packages":
            raise PermissionError(13, "Permission denied", str(path))
        return is_dir(path)

    monkeypatch.setattr(Path, "is_dir", refusing)
    assert blocks(harness, CODE) == []
    assert "a source of context failed" not in caplog.text


def test_an_environment_in_an_untrusted_folder_is_not_read(harness: ContextHarness) -> None:
    harness.is_trusted = False
    environment(harness.project / ".venv", {"web.py": CLIENT})
    assert blocks(harness, CODE) == []
    assert harness.context_provider.knowledge.packages.parsed == 0


@pytest.mark.parametrize("named", ["as it is", "by a link from outside", "by a link from inside"])
def test_an_untrusted_environment_is_not_read_because_the_editor_was_started_in_it(
    harness: ContextHarness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    harness.is_trusted = False
    inside = harness.project / ".venv"
    environment(inside, {"web.py": CLIENT})
    if named == "by a link from outside":
        (tmp_path / "link").symlink_to(inside)
        inside = tmp_path / "link"
    elif named == "by a link from inside":
        environment(tmp_path / "elsewhere", {"web.py": CLIENT})
        (harness.project / "env").symlink_to(tmp_path / "elsewhere")
        inside = harness.project / "env"
    monkeypatch.setenv("VIRTUAL_ENV", str(inside))
    assert blocks(harness, CODE) == []


def test_the_environment_that_the_editor_was_started_in(
    harness: ContextHarness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.is_trusted = False
    environment(tmp_path / "env", {"web.py": CLIENT})
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "env"))
    assert blocks(harness, CODE) == [("web.py", STUB)]


@pytest.mark.parametrize("is_trusted", [True, False])
def test_the_environment_of_another_folder_of_the_workspace(
    harness: ContextHarness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_trusted: bool
) -> None:
    harness.is_trusted = is_trusted
    harness.context_provider.privacy.folders = lambda: [(tmp_path / "other").as_uri()]
    environment(tmp_path / "other" / ".venv", {"web.py": CLIENT})
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "other" / ".venv"))
    assert blocks(harness, CODE) == ([("web.py", STUB)] if is_trusted else [])


def test_that_git_ignores_the_environment_counts_for_models_elsewhere_only(harness: ContextHarness) -> None:
    environment(harness.project / ".venv", {"web.py": CLIENT})
    harness.write(".gitignore", ".venv/\n")
    assert blocks(harness, CODE) == [("web.py", STUB)]
    harness.again("a.py")
    assert blocks(harness, CODE, url="https://models.example") == []


def test_what_autothinkignore_names_no_model_sees(harness: ContextHarness) -> None:
    environment(harness.project / ".venv", {"web.py": CLIENT})
    harness.write(".autothinkignore", ".venv/\n")
    assert blocks(harness, CODE) == []


def test_the_project_itself_comes_before_its_installed_copy(harness: ContextHarness) -> None:
    environment(harness.project / ".venv", {"web.py": "class Client:\n    def old(self): ...\n"})
    harness.write("web.py", "class Client:\n    def new(self): ...\n")
    harness.index()
    assert blocks(harness, CODE) == [("web.py", "class Client:\n    def new(self): ...")]


def test_a_file_is_parsed_once_and_again_when_it_has_changed(harness: ContextHarness) -> None:
    site, packages = (
        environment(harness.project / ".venv", {"web.py": CLIENT}),
        harness.context_provider.knowledge.packages,
    )
    for _ in range(3):
        assert blocks(harness, CODE) == [("web.py", STUB)]
        harness.again("a.py")
    assert packages.parsed == 1
    (site / "web.py").write_text(CLIENT.replace("timeout", "seconds"), encoding="utf-8")
    assert "seconds: float" in blocks(harness, CODE)[0][1]
    assert packages.parsed == 2


def test_no_more_files_than_the_limit_at_once_and_the_others_at_the_next_place(harness: ContextHarness) -> None:
    count = MOST_FILES + 3
    environment(harness.project / ".venv", {f"p{n}.py": f"def f{n}(): ...\n" for n in range(count)})
    code = "".join(f"from p{n} import f{n}\n" for n in range(count)) + "\n"
    assert len(blocks(harness, code)) == MOST_FILES
    harness.again("a.py")
    assert len(blocks(harness, code)) == count


@pytest.mark.parametrize(
    "source",
    [
        "#" * (LARGEST_BYTES + 1) + "\n" + CLIENT,
        "\0" + CLIENT,
        "",
        "from . import Client\n",
        "from web import Client\n",
    ],
    ids=["too large", "binary", "empty", "itself by a dot", "itself"],
)
def test_a_file_that_says_nothing(harness: ContextHarness, source: str) -> None:
    environment(harness.project / ".venv", {"web.py": source})
    assert blocks(harness, CODE) == []


@pytest.mark.parametrize("module", ["..web", "web.", "a/b", "-x", "web.\u00e9\u00e8", ""])
def test_odd_names_of_modules(harness: ContextHarness, module: str) -> None:
    environment(harness.project / ".venv", {"web.py": CLIENT})
    packages = harness.context_provider.knowledge.packages
    harness.open("a.py", CODE)
    blocks(harness, CODE)
    query = harness.context_provider._kept[harness.uri("a.py")].query
    assert packages.definition(packages.visit(query), module, "Client") is None


def test_a_secret_in_a_signature_is_not_shown(harness: ContextHarness) -> None:
    key = "sk-proj-" + "a1B2c3D4e5F6g7H8i9J0" * 3
    environment(harness.project / ".venv", {"web.py": f'def get(key="{key}"): ...\n\nclass Client: ...\n'})
    assert all(key not in text for _, text in blocks(harness, "import web\n\nweb.get("))
