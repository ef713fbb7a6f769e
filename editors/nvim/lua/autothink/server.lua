-- Where the server's program is: the setting, this plugin's own environment, PATH, the active virtual environment, the
-- project's. Runs nothing, except for asking a found one for its version.

local M = {}

local NAME = "autothink-lsp"
local WINDOWS = vim.fn.has("win32") == 1

---@class autothink.Place
---@field cmd string[] without "serve"
---@field source string in words

---@param environment string a virtual environment's folder
---@param name string
local function program(environment, name)
  return vim.fs.joinpath(environment, WINDOWS and "Scripts" or "bin", name .. (WINDOWS and ".exe" or ""))
end

--- The plugin's own folder, made if need be. Programs are started in it and not in the project: a Python would take
--- `venv.py` or `json.py` from there, others their libraries and settings.
---@return string
function M.own_folder()
  local folder = vim.fs.joinpath(vim.fn.stdpath("data"), "autothink")
  vim.fn.mkdir(folder, "p")
  return folder
end

--- The folder of the environment that `:AutoThink install` makes.
function M.own_environment()
  return vim.fs.joinpath(vim.fn.stdpath("data"), "autothink", "venv")
end

--- What keeps a Python from importing modules of the folder that it is started in (Python 3.11). For commands that read
--- the settings of the project, which is where they have to be started.
M.SAFE = { PYTHONSAFEPATH = "1" }

---@param path string
local function is_absolute(path)
  return path:sub(1, 1) == "/" or (WINDOWS and path:match("^%a:[/\\]") ~= nil) or path:sub(1, 2) == "\\\\"
end

--- The whole path of a program in an absolute folder of PATH: what a relative one leads to would be the project's.
---@param name string
---@return string?
function M.on_path(name)
  for _, folder in ipairs(vim.split(vim.env.PATH or "", WINDOWS and ";" or ":", { plain = true })) do
    local path = vim.fs.joinpath(folder, name .. (WINDOWS and ".exe" or ""))
    if is_absolute(folder) and vim.fn.executable(path) == 1 then
      return path
    end
  end
end

M.program = program

---@param root string
---@return autothink.Place?
local function in_project(root)
  for _, folder in ipairs({ ".venv", "venv" }) do
    local path = program(vim.fs.joinpath(root, folder), NAME)
    if vim.fn.executable(path) == 1 then
      local may = require("autothink.config").get().server.project_environment
      -- A cloned repository could bring a program of that name: it runs only if the user trusts it.
      if may == "always" or (may == "ask" and vim.secure.read(path) ~= nil) then
        return { cmd = { path }, source = folder .. " of the project" }
      end
    end
  end
end

--- The server for documents in `root`, or nil. What was set is not doubted: a wrong setting must show.
---@param root? string
---@return autothink.Place?
function M.find(root)
  local set = require("autothink.config").get().server.cmd
  if set then
    local cmd = vim.deepcopy(set)
    if cmd[1]:find("[/\\]") and not is_absolute(cmd[1]) then
      cmd[1] = vim.fn.fnamemodify(cmd[1], ":p") -- it is started in another folder
    end
    return { cmd = cmd, source = "option server.cmd" }
  end
  local own = program(M.own_environment(), NAME)
  if vim.fn.executable(own) == 1 then
    return { cmd = { own }, source = "plugin environment" }
  end
  local on_path = M.on_path(NAME)
  if on_path then
    return { cmd = { on_path }, source = "PATH" }
  end
  local active = vim.env.VIRTUAL_ENV
  if active and vim.fn.executable(program(active, NAME)) == 1 then
    return { cmd = { program(active, NAME) }, source = "active virtual environment" }
  end
  if root then
    return in_project(root)
  end
end

--- The command that a running or configured client has, else what would be found. For `doctor` and `stats`.
---@param root? string
---@return autothink.Place?
function M.command_line(root)
  local set = vim.lsp.config.autothink and vim.lsp.config.autothink.cmd
  if type(set) == "table" then
    local cmd = vim.deepcopy(set)
    if cmd[#cmd] == "serve" then
      cmd[#cmd] = nil
    end
    return { cmd = cmd, source = 'vim.lsp.config("autothink")' }
  end
  return M.find(root)
end

--- The server's settings as variables of its environment, for commands: they do not get the client's settings. Without
--- lists and tables, which cannot be said so.
---@return table<string, string>
local function settings_in_environment()
  local client = require("autothink.client").get()
  local settings = (client and client.settings or (vim.lsp.config.autothink or {}).settings or {}).autothink or {}
  local found = {}
  for section, values in pairs(settings) do
    for name, value in pairs(type(values) == "table" and values or {}) do
      if type(name) == "string" and type(value) ~= "table" and value ~= vim.NIL then
        local key = name:gsub("(%l)(%u)", "%1_%2")
        found[("AUTOTHINK_%s__%s"):format(section, key):upper()] = tostring(value)
      end
    end
  end
  return found
end

--- The environment of the server's commands: as the server has it, with the plugin's settings.
---@return table<string, string>
function M.environment()
  local set = vim.lsp.config.autothink and vim.lsp.config.autothink.cmd_env
  return vim.tbl_extend("force", M.SAFE, settings_in_environment(), set or {})
end

--- Run one of the server's commands without blocking the editor.
---@param arguments string[]
---@param done fun(result: vim.SystemCompleted)
---@param timeout_ms integer
---@return boolean started
function M.run(arguments, done, timeout_ms)
  local place = M.command_line(vim.fs.root(0, require("autothink.client").ROOT_MARKERS))
  if not place then
    require("autothink.say").missing_server()
    return false
  end
  local cmd = vim.list_extend(vim.deepcopy(place.cmd), arguments)
  local options = { text = true, timeout = timeout_ms, env = M.environment() }
  local started, problem = pcall(vim.system, cmd, options, vim.schedule_wrap(done))
  if not started then
    require("autothink.say").problem(("Cannot run %s: %s"):format(cmd[1], problem))
  end
  return started
end

return M
