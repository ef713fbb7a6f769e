-- `:AutoThink model`: the models of the built-in engine, to choose and to download.

local say = require("autothink.say")

local M = {}

local LIST_MS = 30 * 1000
local PULL_MS = 60 * 60 * 1000

---@class autothink.Model
---@field name string
---@field size_bytes integer
---@field licence string
---@field installed boolean

---@param one autothink.Model
local function describe(one)
  local size = math.floor(one.size_bytes / 1e6 + 0.5)
  return ("%s (%d MB, %s, %s)"):format(one.name, size, one.licence, one.installed and "installed" or "download")
end

---@param name string
local function use(name)
  require("autothink.client").change_settings({ completion = { backend = "embedded" }, embedded = { model = name } })
  require("autothink.status").changed()
  say.passing(("AutoThink: Model %s (this session)"):format(name))
end

---@param one autothink.Model
local function pull(one)
  say.passing(("AutoThink: Downloading %s (%d MB)…"):format(one.name, math.floor(one.size_bytes / 1e6 + 0.5)))
  require("autothink.server").run({ "model", "pull", one.name }, function(result)
    if result.code == 0 then
      use(one.name)
    else
      local lines = vim.split(vim.trim(result.stderr or ""), "\n")
      say.problem(("%s was not downloaded: %s"):format(one.name, lines[#lines]))
    end
  end, PULL_MS)
end

---@param one autothink.Model
local function take(one)
  if one.installed then
    use(one.name)
  else
    pull(one)
  end
end

--- Choose a model; one that is named is taken without a question.
---@param name string
function M.choose(name)
  require("autothink.server").run({ "model", "list", "--json" }, function(result)
    local ok, models = pcall(vim.json.decode, result.stdout or "")
    if result.code ~= 0 or not ok then
      return say.problem("Cannot list models: " .. vim.trim(result.stderr or ""))
    end
    if name == "" then
      local options = { prompt = "Completion model:", format_item = describe }
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
