-- Our client of the language server: its configuration, what it announces, and what it does with the server's requests.
-- Nothing here touches other clients or Neovim's own handlers.

local M = {}

local NAME = "autothink"
local CRASHES = 4
local CRASH_WINDOW_MS = 3 * 60 * 1000

M.ROOT_MARKERS = { { "autothink.toml" }, { ".git", ".hg", "pyproject.toml", "package.json", "go.mod", "Cargo.toml" } }

local crashes = {} ---@type integer[] when the server ended by itself
local new_folders = {} ---@type table<integer, string[]> of clients that are not initialized yet

--- The running client for a buffer, or any.
---@param bufnr? integer
---@return vim.lsp.Client?
function M.get(bufnr)
  local found = vim.lsp.get_clients({ name = NAME, bufnr = bufnr })
  for _, client in ipairs(found) do
    if not client:is_stopped() then
      return client
    end
  end
end

---@param client vim.lsp.Client
---@param folder string
local function tell_folder(client, folder)
  local added = { uri = vim.uri_from_fname(folder), name = folder }
  client:notify("workspace/didChangeWorkspaceFolders", { event = { added = { added }, removed = {} } })
end

--- One server for all projects of this Neovim: each would load a model of its own.
---@param client vim.lsp.Client
---@param config vim.lsp.ClientConfig
local function reuse(client, config)
  if client.name ~= NAME or client:is_stopped() then
    return false
  end
  local folder = config.root_dir
  local known = vim.iter(client.workspace_folders or {}):any(function(one)
    return folder and one.uri == vim.uri_from_fname(folder)
  end)
  if folder and not known then
    client.workspace_folders = client.workspace_folders or {}
    table.insert(client.workspace_folders, { uri = vim.uri_from_fname(folder), name = folder })
    if client.initialized then
      tell_folder(client, folder)
    else
      new_folders[client.id] = vim.list_extend(new_folders[client.id] or {}, { folder })
    end
  end
  return true
end

--- What of this Neovim the server cannot know, said when it starts.
---@param params table
local function announce(params)
  local config = require("autothink.config")
  local document = params.capabilities.textDocument
  -- A client without it gets an entry in the completion menu.
  local builtin = config.get().backend == "builtin" and vim.lsp.inline_completion ~= nil
  if config.is_set_up() then
    local ghost = config.draws() or (builtin and config.get().inline.enabled)
    document.inlineCompletion = ghost and { dynamicRegistration = false } or nil
    params.capabilities.experimental.autothinkLateAnswer = config.draws()
    params.capabilities.experimental.autothinkLateExtension = config.draws()
  end
end

---@param client vim.lsp.Client
local function started(client)
  for _, folder in ipairs(new_folders[client.id] or {}) do
    tell_folder(client, folder)
  end
  new_folders[client.id] = nil
  require("autothink.intercept").install(client)
  require("autothink.language_servers").watch(client)
  require("autothink.diagnostics").started()
  require("autothink.clipboard").watch()
  require("autothink.status").life("running")
end

---@param code integer
---@param signal integer
---@param client_id integer
local function ended(code, signal, client_id)
  vim.schedule(function()
    new_folders[client_id] = nil
    local asked_to = (code == 0 and signal == 0) or signal == 15
    require("autothink.status").life("stopped")
    if asked_to or vim.v.exiting ~= vim.NIL or not require("autothink.config").get().restart then
      return
    end
    local now_ms = vim.uv.now()
    crashes = vim.tbl_filter(function(at_ms)
      return now_ms - at_ms < CRASH_WINDOW_MS
    end, crashes)
    crashes[#crashes + 1] = now_ms
    if #crashes < CRASHES then
      M.start()
    else
      local words = "The server ended %d times within three minutes. See :AutoThink log, then :AutoThink restart"
      require("autothink.say").problem(words:format(#crashes))
    end
  end)
end

local handlers = {
  ["autothink/status"] = function(_, status)
    require("autothink.status").heard(status)
  end,
  ["autothink/watchDiagnostics"] = function(_, params, ctx)
    require("autothink.diagnostics").watch(ctx.client_id, params)
  end,
  ["autothink/lateAnswer"] = function(_, params, ctx)
    require("autothink.inline").answer_came(ctx.client_id, params)
  end,
  ["autothink/definitions"] = function(_, params, ctx)
    return require("autothink.other_servers").reply(require("autothink.definitions").find, ctx.client_id, params)
  end,
  ["autothink/clipboard"] = function()
    return require("autothink.clipboard").latest()
  end,
  ["autothink/rename"] = function(_, params, ctx)
    return require("autothink.other_servers").reply(require("autothink.rename").find, ctx.client_id, params)
  end,
  ["window/showMessageRequest"] = function(err, params, ctx)
    local question = require("autothink.question")
    if question.can_ask() then
      return question.ask(params)
    end
    return vim.lsp.handlers["window/showMessageRequest"](err, params, ctx)
  end,
  ["window/logMessage"] = function(_, params)
    require("autothink.log").add(params)
  end,
  -- Neovim's own handler would name the client a second time.
  ["window/showMessage"] = function(_, params)
    require("autothink.say").message(params.type, params.message)
  end,
  ["window/showDocument"] = function(err, params, ctx)
    if vim.startswith(params.uri, "autothink:") then
      return require("autothink.thinking").open(ctx.client_id, params.uri)
    end
    return vim.lsp.handlers["window/showDocument"](err, params, ctx)
  end,
  ["workspace/textDocumentContent/refresh"] = function(_, params)
    require("autothink.thinking").refresh(params.uri)
    return vim.NIL
  end,
  ["workspace/applyEdit"] = function(err, params, ctx)
    return require("autothink.preview").apply(err, params, ctx)
  end,
}

---@param bufnr integer
---@param on_dir fun(root?: string)
local function root_dir(bufnr, on_dir)
  if require("autothink.off").is_excluded(vim.api.nvim_buf_get_name(bufnr)) then
    return
  end
  local root = vim.fs.root(bufnr, M.ROOT_MARKERS)
  local set = vim.lsp.config[NAME].cmd
  if type(set) == "function" then
    local place = require("autothink.server").find(root)
    if place == nil then
      return require("autothink.say").missing_server(true)
    elseif vim.fn.executable(place.cmd[1]) == 0 then
      return require("autothink.say").wrong_server(place.cmd[1])
    end
  end
  on_dir(root)
end

---@return vim.lsp.Config
function M.config()
  return {
    cmd = function(dispatchers, config)
      local place = assert(require("autothink.server").find(config and config.root_dir), "no autothink-lsp")
      local cmd = vim.list_extend(vim.deepcopy(place.cmd), { "serve" })
      require("autothink.status").life("starting", place.source)
      config = config or {}
      local cwd = config.cmd_cwd or require("autothink.server").own_folder()
      return vim.lsp.rpc.start(cmd, dispatchers, { cwd = cwd, env = config.cmd_env })
    end,
    root_dir = root_dir,
    reuse_client = reuse,
    -- An empty table would be sent as a list.
    settings = { autothink = vim.empty_dict() },
    capabilities = {
      workspace = {
        textDocumentContent = { dynamicRegistration = true },
        -- Neovim understands document changes, but does not say so. Confirmations are asked for by preview.lua.
        workspaceEdit = { documentChanges = true, changeAnnotationSupport = { groupsOnLabel = false } },
      },
      textDocument = { codeAction = { honorsChangeAnnotations = true } },
      experimental = {
        autothinkStatus = true,
        autothinkDiagnostics = true,
        autothinkDefinitions = true,
        autothinkClipboard = true,
        autothinkRename = true,
      },
    },
    before_init = announce,
    on_init = started,
    on_exit = ended,
    on_attach = function(client, bufnr)
      require("autothink.attach").attach(client, bufnr)
    end,
    handlers = handlers,
  }
end

--- Attach to every buffer that wants it, starting a server if none runs.
function M.start()
  vim.lsp.enable(NAME)
end

--- End the server and start one anew, with what was set meanwhile.
function M.restart()
  crashes = {}
  local running = vim.lsp.get_clients({ name = NAME })
  for _, client in ipairs(running) do
    client:stop()
  end
  local patience = 50
  local function again()
    patience = patience - 1
    local left = vim.lsp.get_clients({ name = NAME })
    if #left == 0 then
      return M.start()
    end
    if patience == 0 then
      for _, client in ipairs(left) do
        client:stop(true)
      end
    end
    vim.defer_fn(again, 100)
  end
  again()
end

--- Change settings of the server, for this session. It asks for them when told that they changed.
---@param change table by section
function M.change_settings(change)
  vim.lsp.config(NAME, { settings = { autothink = change } })
  require("autothink.status").forget_problem()
  for _, client in ipairs(vim.lsp.get_clients({ name = NAME })) do
    client.settings = vim.tbl_deep_extend("force", client.settings, { autothink = change })
    client:notify("workspace/didChangeConfiguration", { settings = client.settings })
  end
end

--- The plugin's options were set anew: what runs gets the settings, and its buffers have ghost text or none.
---@param settings table
function M.options_changed(settings)
  if next(settings) then
    M.change_settings(settings)
  end
  for _, client in ipairs(vim.lsp.get_clients({ name = NAME })) do
    for bufnr in pairs(client.attached_buffers) do
      require("autothink.attach").attach(client, bufnr)
    end
  end
end

return M
