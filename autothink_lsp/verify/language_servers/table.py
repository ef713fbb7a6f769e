"""The table of known language servers. To add one, add a row.

``sources`` are the names that editors show: Pylance and Pyright report the same messages under two names.
``docs/guide/language-servers.md`` lists the servers that this repository's tests run.
"""

from __future__ import annotations

from autothink_lsp.verify.language_servers.values import WORKSPACE_FOLDER, LanguageServerSpec

_SCRIPT = frozenset({"javascript", "javascriptreact", "typescript", "typescriptreact"})
_C = frozenset({"c", "cpp", "objective-c", "objective-cpp", "cuda-cpp"})
_PYTHON = frozenset({"python"})
_PYTHON_MARKERS = ("pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "Pipfile")
_VALIDATED = {"validate": True}

SERVERS: tuple[LanguageServerSpec, ...] = (
    LanguageServerSpec(
        name="pyright",
        title="Pyright",
        languages=_PYTHON,
        sources=frozenset({"pyright", "pylance"}),
        commands=(("pyright-langserver", "--stdio"),),
        bundled=(
            ("ms-pyright.pyright-*/dist/server.js", "--stdio"),
            ("ms-pyright.pyright-*/dist/pyright-langserver.js", "--stdio"),
        ),
        root_markers=("pyrightconfig.json", *_PYTHON_MARKERS),
        reads="push",
        start_s=30.0,
        is_primary=True,
        replaces_checkers=frozenset({"pyright"}),
    ),
    LanguageServerSpec(
        name="basedpyright",
        title="basedpyright",
        languages=_PYTHON,
        sources=frozenset({"basedpyright", "pyright", "pylance"}),
        commands=(("basedpyright-langserver", "--stdio"),),
        bundled=(("detachhead.basedpyright-*/dist/server.js", "--stdio"),),
        root_markers=("pyrightconfig.json", *_PYTHON_MARKERS),
        reads="pull",
        start_s=30.0,
        is_primary=True,
        replaces_checkers=frozenset({"basedpyright"}),
    ),
    LanguageServerSpec(
        name="ty",
        title="ty",
        languages=_PYTHON,
        sources=frozenset({"ty"}),
        commands=(("ty", "server"),),
        bundled=(
            ("astral-sh.ty-*/bundled/libs/bin/ty", "server"),
            ("astral-sh.ty-*/bundled/libs/bin/ty.exe", "server"),
        ),
        root_markers=("ty.toml", *_PYTHON_MARKERS),
        reads="pull",
        is_primary=True,
        replaces_checkers=frozenset({"ty"}),
    ),
    LanguageServerSpec(
        name="ruff",
        title="Ruff",
        languages=_PYTHON,
        sources=frozenset({"ruff"}),
        commands=(("ruff", "server"),),
        bundled=(
            ("charliermarsh.ruff-*/bundled/libs/bin/ruff", "server"),
            ("charliermarsh.ruff-*/bundled/libs/bin/ruff.exe", "server"),
        ),
        root_markers=("ruff.toml", ".ruff.toml", "pyproject.toml"),
        reads="pull",
        replaces_checkers=frozenset({"ruff"}),
    ),
    LanguageServerSpec(
        name="vtsls",
        title="vtsls",
        languages=_SCRIPT,
        sources=frozenset({"ts", "typescript", "javascript", "js", "tsserver", "deno-ts"}),
        commands=(("vtsls", "--stdio"),),
        root_markers=("tsconfig.json", "jsconfig.json", "package.json"),
        reads="tsserver",
        start_s=30.0,
        is_primary=True,
        replaces_checkers=frozenset({"tsc"}),
    ),
    LanguageServerSpec(
        name="typescript-language-server",
        title="TypeScript",
        languages=_SCRIPT,
        sources=frozenset({"ts", "typescript", "javascript", "js", "tsserver"}),
        commands=(("typescript-language-server", "--stdio"),),
        root_markers=("tsconfig.json", "jsconfig.json", "package.json"),
        initialization_options={"disableAutomaticTypingAcquisition": True},
        reads="tsserver",
        start_s=30.0,
        is_primary=True,
        replaces_checkers=frozenset({"tsc"}),
    ),
    LanguageServerSpec(
        name="typescript-7",  # the native compiler includes a language server
        title="TypeScript",
        languages=_SCRIPT,
        sources=frozenset({"ts", "typescript", "javascript", "js"}),
        commands=(("tsgo", "--lsp", "--stdio"), ("tsc", "--lsp", "--stdio")),
        least_package_major={"tsc": 7},
        bundled=(("typescriptteam.native-preview-*/lib/tsgo", "--lsp", "--stdio"),),
        root_markers=("tsconfig.json", "jsconfig.json", "package.json"),
        reads="pull",
        is_primary=True,
        replaces_checkers=frozenset({"tsc"}),
    ),
    LanguageServerSpec(
        name="eslint",
        title="ESLint",
        languages=_SCRIPT | {"vue", "svelte"},
        sources=frozenset({"eslint"}),
        commands=(("vscode-eslint-language-server", "--stdio"),),
        bundled=(("dbaeumer.vscode-eslint-*/server/out/eslintServer.js", "--stdio"),),
        root_markers=("eslint.config.js", "eslint.config.mjs", "eslint.config.ts", ".eslintrc.json", "package.json"),
        # It requests all settings in one section without a name.
        settings={
            "": {
                "validate": "on",
                "packageManager": None,
                "useESLintClass": False,
                "experimental": {"useFlatConfig": False},
                "codeAction": {
                    "disableRuleComment": {"enable": True, "location": "separateLine"},
                    "showDocumentation": {"enable": True},
                },
                "codeActionOnSave": {"enable": False, "mode": "all"},
                "format": False,
                "quiet": False,
                "onIgnoredFiles": "off",
                "options": {},
                "rulesCustomizations": [],
                "run": "onType",
                "problems": {"shortenToSingleLine": False},
                "nodePath": None,
                "workingDirectory": {"mode": "location"},
                "workspaceFolder": WORKSPACE_FOLDER,
            }
        },
        reads="pull",
        quiet_s=1.0,
    ),
    LanguageServerSpec(
        name="vscode-json-language-server",
        title="JSON",
        languages=frozenset({"json", "jsonc"}),
        sources=frozenset({"json", "jsonc"}),
        commands=(("vscode-json-language-server", "--stdio"), ("vscode-json-languageserver", "--stdio")),
        initialization_options={"provideFormatter": False},
        settings={"json": {"validate": {"enable": True}}, "http": {}},
        reads="pull",
        quiet_s=1.0,
        is_primary=True,
    ),
    LanguageServerSpec(
        name="vscode-css-language-server",
        title="CSS",
        languages=frozenset({"css", "scss", "less"}),
        sources=frozenset({"css", "scss", "less"}),
        commands=(("vscode-css-language-server", "--stdio"), ("css-languageserver", "--stdio")),
        settings={name: {**_VALIDATED, "lint": {}} for name in ("css", "scss", "less")},
        reads="pull",
        quiet_s=1.0,
        is_primary=True,
    ),
    LanguageServerSpec(
        name="vscode-html-language-server",
        title="HTML",
        languages=frozenset({"html", "handlebars"}),
        sources=frozenset({"html", "javascript", "css"}),
        commands=(("vscode-html-language-server", "--stdio"), ("html-languageserver", "--stdio")),
        initialization_options={"embeddedLanguages": {"css": True, "javascript": True}},
        settings={"html": {"validate": {"scripts": True, "styles": True}}, "css": {**_VALIDATED, "lint": {}}},
        reads="pull",
        quiet_s=1.0,
        is_primary=True,
    ),
    LanguageServerSpec(
        name="clangd",
        title="clangd",
        languages=_C,
        sources=frozenset({"clang", "clangd", "clang-tidy"}),
        commands=(("clangd", "--background-index=false", "--log=error"),),
        bundled=(("llvm-vs-code-extensions.vscode-clangd-*/install/*/bin/clangd", "--background-index=false"),),
        root_markers=("compile_commands.json", ".clangd", "compile_flags.txt", "CMakeLists.txt", "Makefile"),
        initialization_options={"clangdFileStatus": True},
        reads="push",
        is_primary=True,
        replaces_checkers=frozenset({"clang", "gcc"}),
    ),
    LanguageServerSpec(
        name="gopls",
        title="gopls",
        languages=frozenset({"go", "go.mod"}),
        # The compiler's messages, syntax errors, and the names of gopls' analyzers.
        sources=frozenset({"compiler", "gopls", "go", "syntax", "go list", "vet", "staticcheck", "modernize"}),
        commands=(("gopls",),),
        root_markers=("go.work", "go.mod"),
        initialization_options={"diagnosticsDelay": "100ms"},
        reads="push",
        quiet_s=1.0,  # the compiler's messages arrive first, those of analyzers later
        is_primary=True,
        replaces_checkers=frozenset({"go-vet", "vet", "gofmt"}),
    ),
    LanguageServerSpec(
        name="rust-analyzer",
        title="rust-analyzer",
        languages=frozenset({"rust"}),
        # cargo's messages (rustc, clippy) need saved files; rust-analyzer finds many of them itself, with the same
        # codes.
        sources=frozenset({"rust-analyzer", "rustc"}),
        commands=(("rust-analyzer",),),
        bundled=(
            ("rust-lang.rust-analyzer-*/server/rust-analyzer",),
            ("rust-lang.rust-analyzer-*/server/rust-analyzer.exe",),
        ),
        root_markers=("Cargo.toml", "rust-project.json"),
        initialization_options={
            "checkOnSave": False,
            "cachePriming": {"enable": False},
            "diagnostics": {"experimental": {"enable": True}},
        },
        settings={"rust-analyzer": {"checkOnSave": False, "cachePriming": {"enable": False}}},
        reads="pull",
        start_s=30.0,
        is_primary=True,
    ),
    LanguageServerSpec(
        name="lua-language-server",
        title="LuaLS",
        languages=frozenset({"lua"}),
        sources=frozenset({"lua diagnostics.", "lua syntax check.", "lua"}),
        commands=(("lua-language-server",),),
        bundled=(
            ("sumneko.lua-*/server/bin/lua-language-server",),
            ("sumneko.lua-*/server/bin/lua-language-server.exe",),
        ),
        root_markers=(".luarc.json", ".luarc.jsonc"),
        settings={"Lua": {"workspace": {"checkThirdParty": False}, "telemetry": {"enable": False}}},
        reads="push",
        quiet_s=1.0,
        is_primary=True,
    ),
    LanguageServerSpec(
        name="jdtls",
        title="Java",
        languages=frozenset({"java"}),
        sources=frozenset({"java"}),
        commands=(("jdtls",),),
        root_markers=("pom.xml", "build.gradle", "build.gradle.kts", "settings.gradle"),
        reads="push",
        quiet_s=2.0,
        start_s=60.0,
        is_primary=True,
    ),
    LanguageServerSpec(
        name="bash-language-server",
        title="Bash",
        languages=frozenset({"shellscript", "sh", "bash"}),
        sources=frozenset({"shellcheck", "bash-language-server"}),
        commands=(("bash-language-server", "start"),),
        settings={"bashIde": {"backgroundAnalysisMaxFiles": 0, "enableSourceErrorDiagnostics": True}},
        reads="push",
        quiet_s=1.0,  # ShellCheck runs in another process
        is_primary=True,
    ),
    LanguageServerSpec(
        name="yaml-language-server",
        title="YAML",
        languages=frozenset({"yaml", "yaml.docker-compose", "dockercompose", "github-actions-workflow"}),
        sources=frozenset({"yaml"}),
        commands=(("yaml-language-server", "--stdio"),),
        bundled=(("redhat.vscode-yaml-*/dist/languageserver.js", "--stdio"),),
        settings={"yaml": {**_VALIDATED, "schemaStore": {"enable": False}}, "http": {}, "[yaml]": {}, "editor": {}},
        reads="push",
        quiet_s=1.0,
        is_primary=True,
    ),
)


def servers_for(language_id: str, source: str) -> tuple[LanguageServerSpec, ...]:
    """The servers that may report a message of ``source`` in this language, the most likely first. If no server has
    that source, the language's primary servers."""
    reporting = [spec for spec in SERVERS if language_id in spec.languages and source.lower() in spec.sources]
    # A server whose name equals the source comes first: "basedpyright" is also a source of Pyright's.
    reporting.sort(key=lambda spec: spec.name != source.lower())
    return tuple(reporting) or primary_servers(language_id)


def primary_servers(language_id: str) -> tuple[LanguageServerSpec, ...]:
    """The servers that detect most kinds of mistakes in this language."""
    return tuple(spec for spec in SERVERS if language_id in spec.languages and spec.is_primary)


def linters_for(language_id: str) -> tuple[LanguageServerSpec, ...]:
    """The servers that detect only some kinds of mistakes and run beside a primary server."""
    return tuple(spec for spec in SERVERS if language_id in spec.languages and not spec.is_primary)
