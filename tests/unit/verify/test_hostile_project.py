"""An untrusted project brings configurations, plugins and programs for every tool; none of them runs."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from autothink_lsp.document.text import Text
from autothink_lsp.settings.model import VerifySettings
from autothink_lsp.syntax.languages import LanguageRegistry
from autothink_lsp.verify.language_servers.table import SERVERS
from autothink_lsp.verify.project_tests.runners import find_test_command
from autothink_lsp.verify.service import VerificationRequest, Verifier

pytestmark = pytest.mark.process

SAMPLES = {
    "a.py": ("x = 1\n", "x = 2\n"),
    "a.sh": ("echo 1\n", "echo 2\n"),
    "a.js": ("const x = 1;\n", "const x = 2;\n"),
    "a.ts": ("const x = 1;\n", "const x = 2;\n"),
    "a.c": ("int x = 1;\n", "int x = 2;\n"),
    "a.cpp": ("int x = 1;\n", "int x = 2;\n"),
    "a.go": ("package a\n\nvar X = 1\n", "package a\n\nvar X = 2\n"),
    "a.rs": ("pub fn f() {}\n", "pub fn f() -> i32 { 1 }\n"),
    "a.rb": ("x = 1\n", "x = 2\n"),
    "a.php": ("<?php\n$x = 1;\n", "<?php\n$x = 2;\n"),
    "a.lua": ("x = 1\n", "x = 2\n"),
    "a.json": ('{"a": 1}\n', '{"a": 2}\n'),
    "a.toml": ("a = 1\n", "a = 2\n"),
    "A.java": ("class A { int x = 1; }\n", "class A { int x = 2; }\n"),
    "a.kt": ("val x = 1\n", "val x = 2\n"),
    "a.css": ("a { top: 1px }\n", "a { top: 2px }\n"),
    "a.yaml": ("a: 1\n", "a: 2\n"),
}
PROGRAMS = (
    *(
        "ruff",
        "pyright",
        "basedpyright",
        "python",
        "python3",
        "node",
        "tsc",
        "eslint",
        "gcc",
        "g++",
        "clang",
        "clang++",
    ),
    *("mypy", "pylint", "luacheck", "git", "make", "npm", "npx", "pnpm", "yarn", "pytest", "uv", "direnv", "javac"),
    *("gradle", "gradlew", "gradlew.bat", "mvn", "mvnw", "mvnw.cmd", "dotnet", "kotlinc", "stylelint", "yamllint"),
    *("go", "gofmt", "rustc", "cargo", "bash", "shellcheck", "ruby", "php", "luac"),
    *sorted({command[0] for server in SERVERS for command in server.commands}),
)
TOOL_FOLDERS = (".venv/bin", "venv/bin", "node_modules/.bin", "vendor/bin", "bin", ".")


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """Everything here writes ``pwned`` beside the project when it runs."""
    folder = tmp_path / "project"
    marker = tmp_path / "pwned"
    python, shell = f"open({str(marker)!r}, 'a').write(__file__)\n", f'#!/bin/sh\necho "$0" >> "{marker}"\n'
    script = f"require('fs').appendFileSync({str(marker)!r}, __filename); module.exports = {{}};\n"
    texts = {
        **dict.fromkeys(
            ("conftest.py", "sitecustomize.py", "usercustomize.py", "setup.py", "json.py", "tomllib.py"), python
        ),
        **dict.fromkeys(
            (".eslintrc.js", "eslint.config.js", "node_modules/typescript/index.js", ".mocharc.js"), script
        ),
        "Makefile": f"all:\n\techo make >> {marker}\n$(shell echo make >> {marker})\n",
        "build.rs": f'fn main() {{ std::fs::write({str(marker)!r}, "x"); }}\n'.replace("'", '"'),
        "Cargo.toml": '[package]\nname = "a"\nversion = "0.1.0"\nbuild = "build.rs"\n',
        "go.mod": "module a\n\ngo 1.18\n\ntoolchain go1.99.9\n",
        "pyproject.toml": '[tool.ruff]\nextend = "../x.toml"\n[tool.pyright]\nvenvPath = "."\nvenv = ".venv"\n'
        '[tool.mypy]\nplugins = ["setup.py"]\n[tool.pylint.main]\nload-plugins = ["setup"]\n',
        "mypy.ini": "[mypy]\nplugins = setup.py\n",
        ".pylintrc": f'[MAIN]\ninit-hook=\'open({str(marker)!r}, "a").write("init-hook")\'\nload-plugins=setup\n',
        "pytest.ini": "[pytest]\naddopts = -p evil_plugin\n",
        "setup.cfg": "[tool:pytest]\naddopts = -p evil_plugin\n[mypy]\nplugins = setup.py\n[flake8:local-plugins]\n"
        "extension = X = setup:x\npaths = .\n",
        **dict.fromkeys(
            (
                *("evil_plugin.py", "noxfile.py", "tasks.py", "manage.py", ".ycm_extra_conf.py", "ruff.py", "mypy.py"),
                *("pylint.py", "sitecustomize/__init__.py", "test_a.py", "tests/conftest.py"),
                ".venv/lib/python3.11/site-packages/evil_plugin.py",
            ),
            python,
        ),
        ".venv/lib/python3.11/site-packages/evil.pth": f"import os; {python}",
        ".venv/lib/python3.11/site-packages/evil-1.dist-info/entry_points.txt": "[pytest11]\nevil = evil_plugin\n",
        ".venv/pyvenv.cfg": "home = ./bin\n",
        **dict.fromkeys(
            (
                *(
                    "eslint.config.mjs",
                    "eslint.config.cjs",
                    ".eslintrc.cjs",
                    "prettier.config.js",
                    "stylelint.config.js",
                ),
                *("jest.config.js", "vitest.config.js", "babel.config.js", "webpack.config.js"),
                *("node_modules/eslint/lib/api.js", "node_modules/typescript/lib/tsserver.js", ".pnp.cjs"),
                *("node_modules/evil-plugin/index.js", "node_modules/typescript-language-server/lib/cli.mjs"),
            ),
            script,
        ),
        ".npmrc": f"node-options=--require={folder}/.eslintrc.js\nscript-shell={folder}/bin/bash\n",
        "deno.json": '{"tasks": {"x": "touch pwned"}}',
        "go.work": "go 1.18\n\nuse .\n",
        "go.env": f"GOFLAGS=-toolexec={folder}/bin/bash\nGOTOOLCHAIN=path\n",
        "rust-toolchain": f"{folder}/bin\n",
        "clippy.toml": "msrv = 1\n",
        "build.gradle": f'"touch {marker}".execute()\n',
        "settings.gradle": f'"touch {marker}".execute()\n',
        "build.gradle.kts": f'Runtime.getRuntime().exec("touch {marker}")\n',
        "pom.xml": "<project><modelVersion>4.0.0</modelVersion></project>",
        ".mvn/jvm.config": f"-javaagent:{folder}/evil.jar\n",
        "Directory.Build.props": '<Project><Target Name="x" BeforeTargets="Build">'
        f'<Exec Command="touch {marker}"/></Target></Project>',
        ".envrc": f"touch {marker}\n",
        ".direnv/bin/python": shell,
        ".git/config": f"[core]\n\tfsmonitor = {folder}/bin/bash\n\thooksPath = {folder}/.git/hooks\n"
        f"\tpager = {folder}/bin/bash\n[diff]\n\texternal = {folder}/bin/bash\n[alias]\n\tstatus = !touch {marker}\n",
        **dict.fromkeys((".git/hooks/pre-commit", ".git/hooks/post-checkout", ".husky/pre-commit"), shell),
        ".editorconfig": "root = true\n[*]\nindent_style = tab\nmax_line_length = 9999999999999999999\n",
        ".exrc": f":!touch {marker}\n",
        ".nvim.lua": f'os.execute("touch {marker}")\n',
        ".dir-locals.el": f'((nil . ((eval . (shell-command "touch {marker}")))))\n',
        ".luarc.json": '{"runtime.plugin": "evil.lua"}',
        "evil.lua": f'os.execute("touch {marker}")\n',
        ".clangd": f"CompileFlags:\n  Compiler: {folder}/bin/gcc\n",
        "compile_commands.json": f'[{{"directory": "{folder}", "file": "a.c", "command": "{folder}/bin/gcc -c a.c"}}]',
        "compile_flags.txt": f"-fplugin={folder}/evil.so\n-B{folder}/bin\n",
        ".vscode/settings.json": f'{{"python.defaultInterpreterPath": "{folder}/bin/python", "typescript.tsdk": '
        f'"{folder}/node_modules/typescript/lib", "eslint.nodePath": "{folder}/node_modules", "clangd.path": '
        f'"{folder}/bin/clangd", "rust-analyzer.server.path": "{folder}/bin/rust-analyzer"}}',
        ".vscode/tasks.json": '{"tasks": [{"command": "touch pwned", "runOptions": {"runOn": "folderOpen"}}]}',
        ".autothink-lsp.toml": f'[assist]\ntest_command = ["{folder}/bin/python"]\n[verify.servers]\n'
        f'pyright = ["{folder}/bin/python"]\n',
        "ruff.toml": 'extend = "../x.toml"\n',
        ".luacheckrc": f'io.open("{marker}", "w"):close()\n',
        "pyrightconfig.json": '{"venvPath": ".", "venv": ".venv"}',
        "tsconfig.json": '{"compilerOptions": {"plugins": [{"name": "./.eslintrc.js"}, {"name": "evil-plugin"}]}}',
        "package.json": '{"scripts": {"prepare": "touch pwned"}}',
        ".shellcheckrc": "external-sources=true\n",
        ".bashrc": shell,
        "rust-toolchain.toml": '[toolchain]\npath = "./bin"\n',
        ".cargo/config.toml": '[build]\nrustc-wrapper = "./bin/rustc"\n',
        ".rubocop.yml": "require: ./evil.rb\n",
        "evil.rb": f'File.write("{marker}", "x")\n',
        "php.ini": "auto_prepend_file=evil.php\n",
    }
    for name, text in texts.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    for place in TOOL_FOLDERS:
        for name in PROGRAMS:
            file = folder / place / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(shell)
            file.chmod(0o755)
    return folder


async def checked(folder: Path, name: str, *, trusted: bool) -> list[str]:
    """The checks that were made, by name."""
    before, after = SAMPLES[name]
    language = LanguageRegistry().by_path(f"file:///{name}")
    case = VerificationRequest(
        before=Text.from_str(before),
        after=Text.from_str(after),
        language=language,
        path=name,
        file=folder / name,
        folder=folder,
        trusted=trusted,
        test_command=(str(folder / "bin" / "python"),),
        language_id=language.language_ids[0] if language is not None else "",
        server_settings=VerifySettings(),
    )
    verifier = Verifier()
    verifier.prepare(case)
    report = await verifier.verify(case)
    await verifier.aclose()
    return [result.name for result in report.results if result.verdict != "skipped"]


@pytest.mark.parametrize("name", SAMPLES)
async def test_nothing_of_an_untrusted_project_runs(
    hostile: Path, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(hostile)
    # Relative entries, and those of an environment of the project that the user has activated, first.
    link = tmp_path / "link"
    link.symlink_to(hostile / "bin")
    own = [".", hostile.name, *(str(hostile / place) for place in TOOL_FOLDERS), str(link)]
    monkeypatch.setenv("PATH", os.pathsep.join([*own, os.environ["PATH"]]))
    monkeypatch.setenv("VIRTUAL_ENV", str(hostile / ".venv"))
    find_test_command(hostile)
    await checked(hostile, name, trusted=False)
    assert not (tmp_path / "pwned").exists(), (tmp_path / "pwned").read_text()


@pytest.mark.skipif(shutil.which("sh") is None, reason="no shell")
async def test_a_trusted_project_brings_its_own_tools(hostile: Path, tmp_path: Path) -> None:
    """The other way round, so that the test above can fail."""
    await checked(hostile, "a.py", trusted=True)
    assert ".venv/bin" in (tmp_path / "pwned").read_text()
    assert ".venv/bin/pyright-langserver" in (tmp_path / "pwned").read_text()
