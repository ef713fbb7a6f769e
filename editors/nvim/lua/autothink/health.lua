-- `:checkhealth autothink`.

local M = {}

local health = vim.health or require("health")

local function check_neovim()
  health.start("Neovim")
  health.ok(("Neovim %s"):format(vim.version()))
  if vim.fn.has("nvim-0.12") == 1 then
    health.warn("Neovim 0.12 is not tested; see the plugin's README")
  end
  if vim.lsp.is_enabled and not vim.lsp.is_enabled("autothink") then
    health.warn("The client is not enabled", 'Call require("autothink").setup() or vim.lsp.enable("autothink").')
  end
end

local function check_renderers()
  local config = require("autothink.config")
  health.start("Ghost text")
  if not config.is_set_up() then
    health.info("setup() was not called: no ghost text and no keys; suggestions appear in the completion menu")
    return
  end
  local builtin = vim.lsp.inline_completion ---@diagnostic disable-line: undefined-field
  local backend = config.get().backend
  if backend == "builtin" and not builtin then
    health.error('backend = "builtin" requires Neovim 0.12', 'Use backend = "plugin".')
  elseif backend == "plugin" and builtin and builtin.is_enabled() then
    local advice = 'Remove vim.lsp.inline_completion.enable(), or set backend = "builtin".'
    health.warn("Both this plugin and Neovim show ghost text", advice)
  else
    health.ok("drawn by " .. (backend == "plugin" and "this plugin" or "Neovim"))
  end
  if not config.draws() then
    return
  end
  local client = require("autothink.client").get()
  local bufnr = client and next(client.attached_buffers)
  for _, key in ipairs(bufnr and require("autothink.keys").taken(bufnr) or {}) do
    local name = key.action:gsub("_", "-")
    local advice = ("Map <Plug>(autothink-%s), or set keys.%s."):format(name, key.action)
    health.warn(("%s (%s) is already mapped: %s"):format(key.lhs, key.action:gsub("_", " "), key.by), advice)
  end
  for action, lhs in vim.spairs(config.get().keys or {}) do
    health.info(("%s: %s"):format(action:gsub("_", " "), lhs or "no key"))
  end
end

---@return autothink.Place?
local function check_server()
  health.start("Server")
  local server = require("autothink.server")
  local place = server.command_line(vim.fs.root(0, require("autothink.client").ROOT_MARKERS))
  if not place then
    health.error("autothink-lsp not found", {
      "Run :AutoThink install to install it in an environment of its own.",
      "Or set server.cmd, or add it to PATH.",
    })
    return nil
  end
  local ok, result = pcall(function()
    local cmd = vim.list_extend(vim.deepcopy(place.cmd), { "--version" })
    return vim.system(cmd, { text = true, env = server.SAFE }):wait(30000)
  end)
  local words = table.concat(place.cmd, " ")
  if not ok or result.code ~= 0 then
    health.error(("%s does not run (%s)"):format(words, place.source), ok and vim.trim(result.stderr or "") or result)
    return nil
  end
  health.ok(("%s: %s (%s)"):format(vim.trim(result.stdout), words, place.source))
  local clients = vim.lsp.get_clients({ name = "autothink" })
  if #clients > 1 then
    health.warn(("%d servers are running; one is enough"):format(#clients), ":AutoThink restart")
  elseif #clients == 1 then
    local count = vim.tbl_count(clients[1].attached_buffers)
    health.ok(("Running, attached to %d buffer%s"):format(count, count == 1 and "" or "s"))
  else
    health.info("Not running")
  end
  return place
end

---@param place autothink.Place
local function check_doctor(place)
  health.start("Diagnostics (`autothink-lsp doctor --offline`)")
  local environment = require("autothink.server").environment()
  local cmd = vim.list_extend(vim.deepcopy(place.cmd), { "doctor", "--offline", "--json" })
  local result = vim.system(cmd, { text = true, env = environment }):wait(120000)
  local read, report = pcall(vim.json.decode, result.stdout or "")
  if not read then
    return health.error("autothink-lsp doctor failed", vim.trim(result.stderr or ""))
  end
  local say = { ok = health.ok, warning = health.warn, problem = health.error }
  for _, one in ipairs(report.findings) do
    local text = one.subject .. ": " .. one.text
    if one.level == "ok" then
      health.ok(text)
    else
      say[one.level](text, one.remedy ~= "" and one.remedy or nil)
    end
  end
end

local function check_backend()
  health.start("Backend")
  for _, line in ipairs(require("autothink.status").lines()) do
    health.info(line)
  end
end

function M.check()
  if vim.fn.has("nvim-0.11") == 0 then
    local tell = health.error or health.report_error -- its name until Neovim 0.9
    return tell("Neovim 0.11 or later is required")
  end
  check_neovim()
  check_renderers()
  local place = check_server()
  check_backend()
  if place then
    check_doctor(place)
  end
end

return M
