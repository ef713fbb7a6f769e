"""`:AutoThink`, its completion, the status line, :checkhealth, where the server is found, and `:AutoThink install`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.editors.nvim.conftest import SETUP, Start
from tests.editors.nvim.editor import Editor
from tests.support.fault_server import FaultServer

ADD = "def add(a, b):\n    \n"
WORDS = [
    "again",
    "answer",
    "cancel",
    "explain",
    "fix",
    "install",
    "log",
    "model",
    "pause",
    "refactor",
    "restart",
    "resume",
    "show",
    "stats",
    "status",
    "think",
    "why",
]


async def completions(editor: Editor, line: str) -> list[str]:
    return await editor.call("nvim_call_function", "getcompletion", [line, "cmdline"])


async def test_every_word_completes_and_wrong_ones_are_named(start: Start) -> None:
    editor = await start()
    assert await completions(editor, "AutoThink ") == WORDS
    assert await completions(editor, "AutoThink st") == ["stats", "status"]
    assert await completions(editor, "AutoThink think ") == ["auto", "off", "on"]
    assert await completions(editor, "AutoThink pause b") == ["buffer"]
    assert await completions(editor, "AutoThink log ") == []
    await editor.command("AutoThink frobnicate")
    await editor.command("AutoThink think deeply")
    assert await editor.notified() == [
        "AutoThink: Unknown command: frobnicate. See :help :AutoThink",
        "AutoThink: Invalid argument for think. Expected: auto, off, on",
    ]


async def test_status_statistics_and_log_are_shown(start: Start) -> None:
    editor = await start()
    await editor.edit("a.py", ADD, row=2)
    await editor.keys("A")
    await editor.until_ghost("return a + b")
    await editor.keys("<Tab>", "<Esc>")
    lines = await editor.lua("return require('autothink.status').lines()")
    assert any(line.startswith("model: qwen") for line in lines)
    assert any(line.startswith("accepted: 1 of") for line in lines)
    assert not any(line.startswith("engine:") for line in lines)
    heard = "require('autothink.status').heard({ state = 'ready', model = 'qwen', backend = 'embedded', shared = %s })"
    await editor.lua(heard % "true")
    assert "engine: shared between editor windows" in await editor.lua("return require('autothink.status').lines()")
    await editor.lua(heard % "false")
    await editor.command("AutoThink stats")
    await editor.until_screen(lambda f: "AutoThink statistics" in f.text(), "a window with the statistics")
    await editor.keys("q")
    await editor.command("AutoThink log")
    await editor.until_screen(lambda f: "completion is ready" in f.text(), "the server's log")
    await editor.keys("q")
    await editor.keys(":AutoThink status<CR>")
    await editor.until_screen(lambda f: "model: qwen" in f.text(), "the status")
    await editor.keys("<CR>")


async def test_the_status_line_shows_mode_and_pause(start: Start, backend: FaultServer) -> None:
    editor = await start(
        lua=SETUP
        + """
        vim.o.laststatus = 2
        vim.o.statusline = "[%{v:lua.require'autothink'.statusline()}]" """
    )
    await editor.until_screen(lambda f: "[]" in f.lines[-2], "nothing without a server")
    await editor.edit("a.py", ADD, row=2)
    await editor.until_screen(lambda f: f.lines[-2].startswith("[AT]"), "it runs")
    await editor.command("AutoThink think on")
    await editor.until_screen(lambda f: "[AT: think on]" in f.lines[-2], "the mode")
    await editor.command("AutoThink pause")
    await editor.until_screen(lambda f: "[AT: paused]" in f.lines[-2], "paused")
    component = "local c = require('autothink').lualine(); return { c[1](), c.cond() }"
    assert await editor.lua(component) == ["AT: paused", True]


async def test_nothing_is_loaded_before_it_is_needed(start: Start) -> None:
    editor = await start(lua="")
    ours = """local found = {}
        for name in pairs(package.loaded) do if name:match('^autothink') then table.insert(found, name) end end
        return found"""
    assert await editor.call("nvim_get_commands", {}) != {}
    assert await editor.lua(ours) in ([], {})
    assert await editor.lua("return rawget(_G, 'autothink') == nil")


async def test_enable_alone_gives_a_menu_entry_and_nothing_else(start: Start) -> None:
    editor = await start(lua="vim.lsp.enable('autothink')\nvim.o.completeopt = 'menu,menuone,noselect'")
    await editor.edit("a.py", ADD, row=2)
    await editor.keys("A", "<C-x>", "<C-o>")
    await editor.until_screen(lambda f: "return a + b" in f.text(), "the menu")
    await editor.keys("<C-n>")
    assert await editor.lua("return package.loaded['autothink.inline'] == nil"), "nothing is loaded that is not needed"
    await editor.keys("<C-y>")
    await editor.until(lambda: text_is(editor, "def add(a, b):\n    return a + b"), "completed")


async def test_an_entry_of_vim_lsp_completion_inserts_the_whole_suggestion(start: Start) -> None:
    editor = await start(
        lua="""vim.lsp.enable('autothink')
        vim.o.completeopt = 'menu,menuone,noselect'
        vim.api.nvim_create_autocmd('LspAttach', { callback = function(args)
          vim.lsp.completion.enable(true, args.data.client_id, args.buf, { autotrigger = true })
        end })"""
    )
    await editor.edit("a.py", "def add(a, b):\n    x \n", row=2)
    await editor.keys("A", "=")
    await editor.until_screen(lambda f: "return a + b" in f.text(), "the menu opens by itself")
    await editor.keys("<C-n>", "<C-y>")
    await editor.until(lambda: text_is(editor, "def add(a, b):\n    x =return a + b"), "all of it, not its first word")


async def text_is(editor: Editor, text: str) -> bool:
    return await editor.text() == text


async def test_options_that_are_wrong_are_named(start: Start) -> None:
    editor = await start(
        lua="""require('autothink').setup({ enable = false, inlin = {}, inline = { delay_ms = '1' },
        backend = 'mine', keys = { accept = false, dismiss = 3 } })"""
    )
    (words,) = await editor.notified()
    for part in ('unknown option "inlin"', '"inline.delay_ms" must be a number', '"backend" must be one of', "dismiss"):
        assert part in words
    assert "accept" not in words
    assert await editor.lua("return require('autothink.config').get().inline.delay_ms") == 15


async def test_settings_reach_the_server(start: Start) -> None:
    settings = "{ settings = { completion = { enabled = false } } }"
    editor = await start(lua=f"require('autothink').setup({settings})")
    await editor.edit("a.py", ADD, row=2)
    ask = """
        local client = vim.lsp.get_clients({ name = 'autothink' })[1]
        local params = { uri = vim.uri_from_bufnr(0) }
        return client:request_sync('autothink/documentStatus', params, 5000).result.reason == 'completion is off'"""
    await editor.until(lambda: editor.lua(ask), "the server has them")


async def test_checkhealth_reports_renderer_keys_server_and_model(start: Start) -> None:
    editor = await start(columns=120, rows=100)
    await editor.command("autocmd FileType python ++once inoremap <buffer> <Tab> mine")
    await editor.edit("a.py", ADD, row=2)
    await editor.keys("A")
    await editor.until_ghost("return a + b")
    await editor.keys("<Esc>")
    await editor.command("checkhealth autothink")
    text = await editor.text()
    for words in (
        "OK Neovim 0.11",
        "OK drawn by this plugin",
        "<Tab> (accept) is already mapped: mine",
        "<Plug>(autothink-accept)",
        "OK autothink-lsp 0",
        "Running, attached to 1 buffer",
        "model: qwen",
        "OK grammars",
    ):
        assert words in text, text
    assert "ERROR" not in text.replace("ERROR log", ""), text


async def test_checkhealth_warns_of_two_renderers(start: Start) -> None:
    """0.12 cannot be had here; what the check looks at is its documented function."""
    editor = await start(lua="vim.lsp.inline_completion = { is_enabled = function() return true end }\n" + SETUP)
    await editor.command("checkhealth autothink")
    assert "WARNING Both this plugin and Neovim show ghost text" in await editor.text()
    await editor.command("bwipeout!")
    await editor.lua("vim.lsp.inline_completion = nil; require('autothink').setup({ backend = 'builtin' })")
    await editor.command("checkhealth autothink")
    assert 'ERROR backend = "builtin" requires Neovim 0.12' in await editor.text()


async def test_checkhealth_without_a_server_says_what_to_do(start: Start) -> None:
    editor = await start(lua="vim.env.PATH = '/usr/bin:/bin'\n" + SETUP, rows=60)
    path = editor.folder / "a.py"
    path.write_text(ADD)
    await editor.command(f"edit {path}")
    await editor.until(editor.notified, "it is said once")
    await editor.command(f"edit {path}")
    (words,) = await editor.notified()
    assert ":AutoThink install" in words
    await editor.command("checkhealth autothink")
    assert "ERROR autothink-lsp not found" in await editor.text()


@pytest.mark.parametrize("where", ["setting", "active", "project", "refused"])
async def test_the_server_is_found_where_settings_and_environments_allow(
    start: Start, tmp_path: Path, where: str
) -> None:
    program = Path(sys.executable).parent / "autothink-lsp"
    environment = tmp_path / ("project/.venv" if where in {"project", "refused"} else "active")
    (environment / "bin").mkdir(parents=True)
    (environment / "bin" / "autothink-lsp").symlink_to(program)
    (tmp_path / "project" / ".git").mkdir(parents=True)
    lua = {
        "setting": f"require('autothink').setup({{ server = {{ cmd = {{ '{program}' }} }} }})",
        "active": f"vim.env.VIRTUAL_ENV = '{environment}'\n" + SETUP,
        "project": "require('autothink').setup({ server = { project_environment = 'always' } })",
        "refused": "require('autothink').setup({ server = { project_environment = 'never' } })",
    }[where]
    editor = await start(lua="vim.env.PATH = '/usr/bin:/bin'\n" + lua)
    if where == "refused":
        path = editor.folder / "a.py"
        path.write_text(ADD)
        await editor.command(f"edit {path}")
        await editor.until(editor.notified, "not found")
        return
    await editor.edit("a.py", ADD, row=2)
    source = await editor.lua("return require('autothink').status().source")
    expected = {"setting": "option server.cmd", "active": "active virtual environment"}
    assert source == expected.get(where, ".venv of the project")


async def test_install_asks_and_then_starts_the_installed_server(start: Start, tmp_path: Path) -> None:
    """pip installs this checkout into a new environment; what it needs comes from ours, so that this takes seconds."""
    packages = subprocess.check_output(
        [sys.executable, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True
    ).strip()
    editor = await start(
        lua="vim.env.PATH = vim.env.PYTHON_FOR_TEST .. ':/usr/bin:/bin'\n" + SETUP,
        more_environ={
            "PYTHON_FOR_TEST": str(without_server(tmp_path)),
        },
    )
    path = editor.folder / "a.py"
    path.write_text(ADD)
    await editor.command(f"edit {path}")
    await editor.until(editor.notified, "no server")
    environment = await editor.lua("return require('autothink.server').own_environment()")
    install = "vim.schedule(function() require('autothink.install').run({ '--no-deps' }) end)"
    await editor.lua(install)
    frame = await editor.until_screen(lambda f: "[N]o" in f.text(), "the question")
    assert "PyPI" in frame.text()
    await editor.keys("n")
    await editor.until_screen(lambda f: "[N]o" not in f.text(), "it is answered")
    assert not Path(environment).exists(), "nothing without consent"
    await editor.lua(f"vim.lsp.config('autothink', {{ cmd_env = {{ PYTHONPATH = '{packages}' }} }})")
    await editor.lua(install)
    await editor.until_screen(lambda f: "[N]o" in f.text(), "the question again")
    await editor.keys("y")
    await editor.until(editor.is_attached, "installed and started", limit_s=100)
    assert await editor.lua("return require('autothink').status().source") == "plugin environment"


def without_server(tmp_path: Path) -> Path:
    """A folder with python3 of the version that runs this test, and nothing else."""
    folder = tmp_path / "python"
    folder.mkdir()
    base = Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    (folder / "python3").symlink_to(base if base.exists() else os.path.realpath(sys.executable))
    return folder
