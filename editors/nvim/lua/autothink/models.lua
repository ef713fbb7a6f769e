-- `:AutoThink model`: the models of the configured servers, to choose, and of the built-in engine, also to download.

local say = require("autothink.say")

local M = {}

local LIST_MS = 30 * 1000
local SERVED_MS = 5 * 1000
local NAMES_MS = 500 -- the user waits for the completion of a name
local PULL_MS = 6 * 60 * 60 * 1000
local ROLES = {
  completion = { words = "suggestions", section = "completion", setting = "model" },
  assist = { words = "actions", section = "assist", setting = "assist_model" },
  ["next edit"] = { words = "next edits", section = "next_edit", setting = "next_edit_model" },
}

---@class autothink.Model
---@field name string
---@field size_bytes integer 0 where it is not known
---@field licence string empty where none is known
---@field installed boolean
---@field fits boolean?
---@field tokens_per_s number?
---@field is_speed_measured boolean
---@field roles string[]?
---@field thinks boolean?
---@field is_run boolean? whether tests of autothink-lsp run it
---@field recommended_for string[]
---@field server string? the URL of the server that serves it; none for the built-in engine
---@field backTo table<string, string>? of a server, by role that uses the built-in engine now: the backend to set

local used = {} ---@type table<string, string> by server and model: how much of its context the latest prompt used

---@param one autothink.Model
local function key(one)
  return ("%s %s"):format(type(one.server) == "string" and one.server or "", one.name)
end

---@param one autothink.Model
local function size(one)
  return one.size_bytes > 0 and ("%d MB"):format(math.floor(one.size_bytes / 1e6 + 0.5)) or "size unknown"
end

--- The roles in which this plugin can use the model.
---@param one autothink.Model
---@return string[]
local function usable_roles(one)
  return vim.tbl_filter(function(role)
    return ROLES[role] ~= nil
  end, one.roles or { "completion", "assist" })
end

---@param one autothink.Model
local function describe(one)
  local words = vim.tbl_map(function(role)
    return ROLES[role].words
  end, usable_roles(one))
  local facts = { "for " .. table.concat(words, " and "), one.server or size(one), used[key(one)] }
  if one.server then
    return ("%s (%s)"):format(one.name, table.concat(facts, ", "))
  end
  local function add(fact)
    facts[#facts + 1] = fact
  end
  if one.licence ~= "" then
    add(one.licence)
  end
  if one.tokens_per_s then
    add(("%s%d tokens/s"):format(one.is_speed_measured and "" or "~", math.floor(one.tokens_per_s + 0.5)))
  end
  if one.thinks then
    add("thinks")
  end
  if one.fits == false then
    add("does not fit into memory")
  end
  if one.is_run == false then
    add("not tested by autothink-lsp")
  end
  add(one.installed and "installed" or "download")
  for _, role in ipairs(one.recommended_for or {}) do
    add("recommended for " .. ROLES[role].words)
  end
  return ("%s (%s)"):format(one.name, table.concat(facts, ", "))
end

---@param one autothink.Model
---@param role string
local function use(one, role)
  local section = ROLES[role].section
  local settings = { [section] = { backend = (one.backTo or {})[role], model = one.name } }
  if not one.server then
    local setting = ROLES[role].setting
    -- A path to a file would be used instead of the name.
    local embedded = { [setting] = one.name, [setting .. "_path"] = "" }
    settings = { [section] = { backend = "embedded" }, embedded = embedded }
  end
  require("autothink.client").change_settings(settings)
  require("autothink.status").changed()
  say.passing(("AutoThink: Model %s for %s (this session)"):format(one.name, ROLES[role].words))
end

---@param one autothink.Model
---@param role string
local function pull(one, role)
  say.passing(("AutoThink: Downloading %s (%s)…"):format(one.name, size(one)))
  -- The list has shown size and licence.
  require("autothink.server").run({ "model", "pull", one.name, "--yes" }, function(result)
    if result.code == 0 then
      use(one, role)
    else
      local lines = vim.split(vim.trim(result.stderr or ""), "\n")
      say.problem(("%s was not downloaded: %s"):format(one.name, lines[#lines]))
    end
  end, PULL_MS)
end

--- Use a model, or download it first; where it can have two roles the user is asked for which.
---@param one autothink.Model
local function take(one)
  local roles = usable_roles(one)
  local function go(role)
    if role then
      (one.installed and use or pull)(one, role)
    end
  end
  if #roles == 0 then
    return say.problem(one.name .. " is of no use here: it neither completes nor chats")
  elseif #roles == 1 then
    return go(roles[1])
  end
  local options = {
    prompt = ("Use %s for:"):format(one.name),
    format_item = function(role)
      return ROLES[role].words
    end,
  }
  vim.ui.select(roles, options, go)
end

--- The models that the configured servers list: only the running server knows the settings of this Neovim.
---@param done fun(models: autothink.Model[])
local function served(done)
  local client = require("autothink.client").get()
  if not client then
    return done({})
  end
  local answered = false
  local function finish(models)
    if not answered then
      answered = true
      done(models)
    end
  end
  vim.defer_fn(function()
    finish({})
  end, SERVED_MS)
  local sent = client:request("autothink/models", vim.empty_dict(), function(_, found)
    used = {}
    for _, one in ipairs(found or {}) do
      if type(one.contextUsedTokens) == "number" then
        used[key(one)] = ("%d tokens of context used"):format(one.contextUsedTokens)
      end
    end
    finish(vim.tbl_filter(function(one)
      return type(one.server) == "string" and #usable_roles(one) > 0
    end, found or {}))
  end)
  if not sent then
    finish({})
  end
end

--- The names of the models that can be chosen, as far as the server tells them at once.
---@return string[]
function M.names()
  local client = require("autothink.client").get()
  local answer = client and client:request_sync("autothink/models", vim.empty_dict(), NAMES_MS)
  local found = {}
  for _, one in ipairs(answer and answer.result or {}) do
    if #usable_roles(one) > 0 then
      found[one.name] = true
    end
  end
  return vim.tbl_keys(found)
end

--- Choose a model; one that is named is taken without a question.
---@param name string
function M.choose(name)
  served(function(models)
    M.choose_of(models, name)
  end)
end

--- Choose one of these models or of the built-in engine's.
---@param first autothink.Model[]
---@param name string
function M.choose_of(first, name)
  require("autothink.server").run({ "model", "list", "--json" }, function(result)
    local ok, models = pcall(vim.json.decode, result.stdout or "", { luanil = { object = true } })
    if result.code ~= 0 or not ok then
      return say.problem("Cannot list models: " .. vim.trim(result.stderr or ""))
    end
    models = vim.list_extend(first, models)
    if name == "" then
      models = vim.tbl_filter(function(one)
        return #usable_roles(one) > 0
      end, models)
      local options = { prompt = "Model:", format_item = describe }
      return vim.ui.select(models, options, function(one)
        if one then
          take(one)
        end
      end)
    end
    for _, one in ipairs(models) do
      if one.name == name then
        return take(one)
      end
    end
    say.problem("Unknown model: " .. name .. ". See :AutoThink model")
  end, LIST_MS)
end

return M
