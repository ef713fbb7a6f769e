"""What a release and the registries' files say is what the code says. Nothing is built here."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import json
import re
import subprocess
import tarfile
import tomllib
from datetime import UTC, datetime
from importlib.metadata import distribution
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import tree_sitter
import tree_sitter_lua
import tree_sitter_ruby
import tree_sitter_rust
import tree_sitter_yaml

from autothink_lsp import __version__

ROOT = Path(__file__).parents[2]
PACKAGING = ROOT / "packaging"
GRAMMARS: dict[str, Any] = {
    ".lua": tree_sitter_lua,
    ".rb": tree_sitter_ruby,
    ".rs": tree_sitter_rust,
    ".yaml": tree_sitter_yaml,
    ".yml": tree_sitter_yaml,
}


def script(name: str) -> ModuleType:
    """A script of ``packaging/``, which is no package (PyPI's ``packaging`` has that name)."""
    spec = importlib.util.spec_from_file_location(f"packaging_{name}", PACKAGING / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name]


@pytest.mark.parametrize(
    "path",
    [
        path
        for folder in ("packaging", ".github", "examples/team")
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in GRAMMARS
    ],
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_the_file_has_the_syntax_of_its_language(path: Path) -> None:
    language = tree_sitter.Language(GRAMMARS[path.suffix].language())
    assert not tree_sitter.Parser(language).parse(path.read_bytes()).root_node.has_error


def test_every_file_that_names_our_version_names_this_one() -> None:
    named = {
        "packaging/mason/package.yaml": rf"pkg:pypi/autothink-lsp@{__version__}\?",
        "packaging/nix/flake.nix": rf'version = "{__version__}";',
        "packaging/zed/extension.toml": rf'(?m)^version = "{__version__}"$',
        "packaging/zed/Cargo.toml": rf'(?m)^version = "{__version__}"$',
        "docs/start/install.md": rf"autothink_lsp-{__version__}-py3-none-any\.whl",
        "docs/zh/start/install.md": rf"autothink_lsp-{__version__}-py3-none-any\.whl",
        "CHANGELOG.md": rf"(?m)^## {__version__}$",
        "editors/vscode/CHANGELOG.md": rf"(?m)^## {__version__}$",
    }
    for name, pattern in named.items():
        assert re.search(pattern, (ROOT / name).read_text(encoding="utf-8")), name
    lock = json.loads((ROOT / "editors/vscode/package-lock.json").read_text(encoding="utf-8"))
    assert (lock["version"], lock["packages"][""]["version"]) == (__version__, __version__)


def test_the_extension_has_what_a_marketplace_shows() -> None:
    package = json.loads((ROOT / "editors/vscode/package.json").read_text(encoding="utf-8"))
    icon = (ROOT / "editors/vscode" / package["icon"]).read_bytes()
    assert icon.startswith(b"\x89PNG")
    assert int.from_bytes(icon[16:20]) >= 128
    assert re.fullmatch(r"#[0-9a-f]{6}", package["galleryBanner"]["color"])
    assert package["galleryBanner"]["theme"] in ("dark", "light")
    assert package["license"] == "Apache-2.0"
    known = {"AI", "Chat", "Programming Languages", "Snippets", "Linters", "Machine Learning", "Other"}
    assert set(package["categories"]) <= known
    assert len(package["keywords"]) <= 30
    for name in ("README.md", "CHANGELOG.md", "LICENSE"):
        assert (ROOT / "editors/vscode" / name).is_file()


def test_registries_start_the_server_by_its_command() -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
    (command,) = scripts
    assert f"  {command}: pypi:{command}" in (PACKAGING / "mason/package.yaml").read_text(encoding="utf-8")
    lua = (PACKAGING / "nvim-lspconfig/lsp/autothink.lua").read_text(encoding="utf-8")
    assert f"cmd = {{ '{command}', 'serve' }}" in lua
    helix = tomllib.loads((PACKAGING / "helix/languages.toml").read_text(encoding="utf-8"))
    assert helix["language-server"]["autothink"] == {"command": command, "args": ["serve"]}
    assert "autothink" in helix["language"][0]["language-servers"]
    assert f'.which("{command}")' in (PACKAGING / "zed/src/lib.rs").read_text(encoding="utf-8")
    zed = tomllib.loads((PACKAGING / "zed/extension.toml").read_text(encoding="utf-8"))
    assert zed["schema_version"] == 1
    assert zed["language_servers"]["autothink"]["languages"]


def test_extras_that_packages_install_exist() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    named = {
        extra
        for path in [*PACKAGING.rglob("*"), *(ROOT / "docs").rglob("*.md"), ROOT / "README.md"]
        if path.is_file()
        for asked in re.findall(
            r"(?:autothink-lsp|whl|\.|buildpath\})\[([a-z,]+)\]", path.read_text(encoding="utf-8", errors="replace")
        )
        for extra in asked.split(",")
    }
    assert {"embedded", "checkers"} <= named <= set(extras)


def test_brackets_of_the_flake_are_balanced() -> None:
    text = re.sub(
        r"''.*?''|\"[^\"]*\"|#.*", "", (PACKAGING / "nix/flake.nix").read_text(encoding="utf-8"), flags=re.DOTALL
    )
    opened: list[str] = []
    for character in text:
        if character in "{[(":
            opened.append(character)
        elif character in "}])":
            assert opened.pop() + character in ("{}", "[]", "()")
    assert opened == []


def test_the_formula_is_filled_with_the_digest() -> None:
    release = script("release")
    formula = release.filled((PACKAGING / "homebrew/autothink-lsp.rb").read_text(encoding="utf-8"), b"sdist")
    assert "@" not in formula.replace("python@3.13", "")
    assert hashlib.sha256(b"sdist").hexdigest() in formula
    assert f"autothink_lsp-{__version__}.tar.gz" in formula


def test_the_sbom_lists_what_the_wheel_installs() -> None:
    release = script("release")
    bom = release.sbom(distribution("autothink-lsp"), ("embedded",), datetime(2026, 11, 29, tzinfo=UTC))
    assert (bom["bomFormat"], bom["specVersion"], bom["version"]) == ("CycloneDX", "1.6", 1)
    assert re.fullmatch(
        r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", bom["serialNumber"]
    )
    names = [component["name"] for component in bom["components"]]
    assert names == sorted(set(names))
    assert {"pygls", "tree-sitter", "tree-sitter-python", "httpcore", "xllamacpp"} <= set(names)
    assert not {"pytest", "ruff", "autothink-lsp"} & set(names)
    refs = {component["bom-ref"] for component in bom["components"]} | {bom["metadata"]["component"]["bom-ref"]}
    assert {entry["ref"] for entry in bom["dependencies"]} == refs
    assert {each for entry in bom["dependencies"] for each in entry["dependsOn"]} <= refs
    assert release.sbom(distribution("autothink-lsp"), ("embedded",), datetime(2026, 11, 29, tzinfo=UTC)) == bom


def test_the_neovim_plugin_is_packed_as_a_package() -> None:
    at = datetime(2026, 11, 29, tzinfo=UTC)
    packed = script("release").neovim_plugin(ROOT / "editors/nvim", at)
    assert packed == script("release").neovim_plugin(ROOT / "editors/nvim", at)
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        names = archive.getnames()
    assert {"autothink.nvim/plugin/autothink.lua", "autothink.nvim/lua/autothink/init.lua"} <= set(names)
    assert {"autothink.nvim/doc/autothink.txt", "autothink.nvim/lsp/autothink.lua"} <= set(names)


def test_checksums_are_what_sha256sum_reads(tmp_path: Path) -> None:
    (tmp_path / "b.whl").write_bytes(b"b")
    (tmp_path / "a.vsix").write_bytes(b"a")
    lines = script("release").checksums(tmp_path.iterdir()).splitlines()
    assert lines == [
        f"{hashlib.sha256(text).hexdigest()}  {name}" for text, name in ((b"a", "a.vsix"), (b"b", "b.whl"))
    ]


@pytest.mark.parametrize(
    ("link", "folder", "site", "expected"),
    [
        ("guide/tune.md", "docs", "README.md", "guide/tune.md"),
        ("../ARCHITECTURE.md#map", "docs", "README.md", "design/architecture.md#map"),
        ("docs/guide/tune.md", "", "design/architecture.md", "../guide/tune.md"),
        ("docs/decisions", "", "contributing/first-hour.md", "../decisions/README.md"),
        ("vscode/README.md", "editors", "start/other-editors.md", "vscode.md"),
        ("images/ghost.png", "editors/vscode", "start/vscode.md", "../images/editors/vscode/images/ghost.png"),
        (
            "tests/scenarios/README.md",
            "",
            "contributing/first-hour.md",
            "https://example.org/r/blob/HEAD/tests/scenarios/README.md",
        ),
        ("grammars", "", "contributing/first-hour.md", "https://example.org/r/tree/HEAD/grammars"),
        ("#map", "docs", "README.md", "#map"),
        ("https://example.org", "docs", "README.md", "https://example.org"),
    ],
)
def test_links_are_rewritten_for_the_site(link: str, folder: str, site: str, expected: str) -> None:
    assert script("docs_site").site_link(link, folder, site, "https://example.org/r") == expected


@pytest.mark.parametrize(
    ("prose", "expected"),
    [
        ("很可能，\n否则", "很可能，否则"),
        ("设置\n  模型", "设置模型"),
        ("一次，\n`tune` 打印", "一次，`tune` 打印"),
        ("（英文）。\n[测试](a.md)", "（英文）。[测试](a.md)"),
        ("一个 token\n是", "一个 token\n是"),
        ("一次。\n\n二", "一次。\n\n二"),
        ("一次。\n- 二\n2. 三\n| 四 |\n# 五", "一次。\n- 二\n2. 三\n| 四 |\n# 五"),
        ("in English,\nlines", "in English,\nlines"),
    ],
)
def test_chinese_lines_are_joined(prose: str, expected: str) -> None:
    assert script("docs_site").joined_lines(prose) == expected


def test_every_page_is_on_the_site() -> None:
    nav = set(re.findall(r"(?m)^ +- (?:[^:\n]+: )?([\w/.-]+\.md)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8")))
    pages = script("docs_site").PAGES
    docs = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert nav == docs | set(pages.values())
    assert [name for name in pages if not (ROOT / name).is_file()] == []


def test_a_warning_of_the_site_is_an_error() -> None:
    (build,) = re.findall(r"-m mkdocs build .+", (ROOT / "Makefile").read_text(encoding="utf-8"))
    assert "--strict" in build
    assert "--quiet" not in build  # hides warnings from --strict, too


WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_call_make_targets_and_pin_actions(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    run = [
        name for command in re.findall(r"run: (.+)", text) for name in re.findall(r"make (\S+|\$\{\{.+?\}\})", command)
    ]
    assert len(run) == text.count("run: "), "a step that is no make target"
    listed = re.search(r"target: \[(.+)\]", text)
    named = {name for name in run if not name.startswith("$")} | set(listed[1].split(", ") if listed else ())
    assert named
    assert named <= targets
    uses = re.findall(r"uses: (\S+)(.*)", text)
    assert uses
    for action, comment in uses:
        assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}", action), action
        assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment), action
    assert "permissions:\n  contents: read\n" in text
    assert text.count("timeout-minutes:") == text.count("runs-on:")


def test_public_ci_covers_the_pythons_and_systems_that_we_name() -> None:
    text = (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    named = re.findall(r"Python :: (3\.\d+)", "\n".join(pyproject["project"]["classifiers"]))
    assert re.findall(r'"(3\.\d+)"', re.search(r"python: \[(.+)\]", text)[1]) == named
    assert re.search(r"os: \[(.+)\]", text)[1] == "ubuntu-latest, windows-latest, macos-latest"


# pip, npm and docker know where packages come from, and a checkout may be anywhere.
PRIVATE = re.compile(
    r"(?:pypi\.org|pythonhosted\.org|registry\.npmjs\.org|registry\.yarnpkg\.com|[a-z]+\.docker\.io|mcr\.microsoft\.com|ghcr\.io)/"
    r"|(?<![\w./~-])/(?:root/(?!\.cache)|work/(?:wt|main|shared)|opt/pypi)\S*"
)


@pytest.mark.process  # git lists the files
def test_no_registry_and_no_path_of_a_machine_is_committed() -> None:
    found = []
    for path in files():
        if path.suffix in (".png", ".gguf", ".gz") or path == Path(__file__) or not path.is_file():
            continue
        if ROOT / "tests" in path.parents or ROOT / "grammars" in path.parents:  # cases may show any text
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        found += [(path.relative_to(ROOT).as_posix(), match) for match in PRIVATE.findall(text)]
    assert found == []


def test_a_registry_or_a_path_of_a_machine_is_found() -> None:
    for text in ("https://pypi.org/simple", "in /root/main", "image: ghcr.io/a/b", "/work/wt/a"):
        assert PRIVATE.search(text), text
    for text in ("~/root/x", "a/work/wt", "docs/work/", "models:/root/.cache/huggingface"):
        assert not PRIVATE.search(text), text
