-- `:AutoThink install`: a virtual environment of the plugin's own with the server in it. Only after the user agreed.

local say = require("autothink.say")
local server = require("autothink.server")

local M = {}

local PACKAGE = "autothink-lsp"
local NEEDED = { 3, 11 }
local PYTHONS = { "python3", "python3.14", "python3.13", "python3.12", "python3.11", "python" }
local TIMEOUT_MS = 30 * 60 * 1000

--- The folder of the checkout that this plugin lies in, if it is one of autothink-lsp.
---@return string?
local function checkout()
  local here = vim.fs.normalize(debug.getinfo(1, "S").source:sub(2))
  local plugin = vim.fs.dirname(vim.fs.dirname(vim.fs.dirname(here)))
  local root = vim.fs.dirname(vim.fs.dirname(plugin))
  local file = io.open(vim.fs.joinpath(root, "pyproject.toml"))
  if not file then
    return nil
  end
  local text = file:read("*a")
  file:close()
  return text:find('name = "' .. PACKAGE .. '"', 1, true) and root or nil
end

--- What pip is told to install: this checkout, so that plugin and server are of one version, else the package.
---@return string
function M.source()
  return (checkout() or PACKAGE) .. "[embedded,checkers]"
end

---@return string?
local function python()
  for _, name in ipairs(PYTHONS) do
    local path = server.on_path(name)
    if path then
      local check = ("import sys; sys.exit(sys.version_info < (%d, %d))"):format(unpack(NEEDED))
      if vim.system({ path, "-I", "-c", check }, { cwd = server.own_folder() }):wait(10000).code == 0 then
        return path
      end
    end
  end
end

---@param steps string[][]
---@param words string[]
---@param done fun(problem?: string)
local function run_all(steps, words, done)
  local index = 0
  local function next_step(result)
    if result and result.code ~= 0 then
      local output = vim.trim((result.stdout or "") .. (result.stderr or ""))
      return done(output ~= "" and output:sub(-600) or ("exit status %d"):format(result.code))
    end
    index = index + 1
    if not steps[index] then
      return done()
    end
    say.passing("AutoThink: " .. words[index])
    local options = { text = true, timeout = TIMEOUT_MS, cwd = server.own_folder() }
    vim.system(steps[index], options, vim.schedule_wrap(next_step))
  end
  next_step()
end

--- The commands that make the environment. `-I` keeps the current folder and PYTHONPATH off Python's import path: a
--- project may hold a `venv.py` or a `pip.py`.
---@param with string a Python
---@param arguments string[] more for pip
---@return string[][]
function M.steps(with, arguments)
  local environment = server.own_environment()
  local pip = { server.program(environment, "python"), "-I", "-m", "pip", "--disable-pip-version-check", "install" }
  vim.list_extend(pip, { "-q", "--upgrade", M.source() })
  return { { with, "-I", "-m", "venv", environment }, vim.list_extend(pip, arguments) }
end

---@param with string a Python
---@param arguments string[] more for pip
local function install(with, arguments)
  require("autothink.status").life("installing")
  local words = { "Creating the environment…", "Installing the server (about a minute)…" }
  run_all(M.steps(with, arguments), words, function(problem)
    require("autothink.status").life("none")
    if problem then
      return say.problem("Installation failed: " .. problem)
    end
    say.info("The server is installed.")
    require("autothink.client").restart()
  end)
end

--- Ask, then install.
---@param arguments? string[] more for pip
function M.run(arguments)
  local with = python()
  if not with then
    return say.problem("Python 3.11 or later not found. See :help autothink-install")
  end
  local question =
    "AutoThink: Install the language server into\n%s?\n(Python packages from PyPI, about 230 MB, with %s.)"
  question = question:format(vim.fn.fnamemodify(server.own_environment(), ":~"), vim.fn.fnamemodify(with, ":~"))
  local agreed = vim.fn.confirm(question, "&Yes\n&No", 2) == 1
  vim.cmd.redraw() -- else the next line would need "Press ENTER"
  if agreed then
    install(with, arguments or {})
  end
end

return M
