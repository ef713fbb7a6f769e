-- Keys for ghost text. A key does what it did before wherever no ghost text is shown, and one that a buffer has mapped
-- already is left alone.

local M = {}

local NAMES = { "accept", "accept_word", "accept_line", "next", "previous", "dismiss", "trigger" }

---@param lhs string
local function normal(lhs)
  return vim.api.nvim_replace_termcodes(lhs, true, true, true)
end

--- The mapping of a key, of the buffer or of all buffers.
---@param maps table[]
---@param lhs string
---@return table?
local function mapping(maps, lhs)
  local wanted = normal(lhs)
  for _, map in ipairs(maps) do
    if normal(map.lhs) == wanted and not vim.startswith(map.desc or "", "AutoThink: ") then
      return map
    end
  end
end

--- What the key would do without us, as keys.
---@param lhs string
---@return string
local function fall_through(lhs)
  local map = mapping(vim.api.nvim_get_keymap("i"), lhs)
  if not map then
    return normal(lhs)
  end
  if map.callback and map.expr == 1 then
    local keys = map.callback()
    return type(keys) == "string" and (map.replace_keycodes == 1 and normal(keys) or keys) or ""
  elseif map.callback then
    vim.schedule(map.callback)
    return ""
  end
  local rhs = map.expr == 1 and vim.api.nvim_eval(map.rhs) or map.rhs
  rhs = (map.expr ~= 1 or map.replace_keycodes == 1) and normal(rhs) or rhs
  if map.noremap == 1 then
    return rhs
  end
  vim.api.nvim_feedkeys(rhs, "im", true)
  return ""
end

--- Keys for an action; what stands in `lhs` where there is nothing to do.
---@param action string
---@param lhs? string
---@return string
function M.press(action, lhs)
  local inline = require("autothink.inline")
  local keys = nil ---@type string?
  if vim.startswith(action, "accept") then
    keys = require("autothink.inline.take")[action]()
  elseif inline.is_visible() or action == "trigger" then
    keys = ""
    vim.schedule(function()
      if action == "next" or action == "previous" then
        require("autothink.inline.take").cycle(action == "next" and 1 or -1)
      else
        inline[action]()
      end
    end)
  end
  return keys or (lhs and fall_through(lhs)) or ""
end

---@param bufnr integer
function M.attach(bufnr)
  local keys = require("autothink.config").get().keys
  if not keys then
    return
  end
  for _, action in ipairs(NAMES) do
    local lhs = keys[action]
    if lhs and not mapping(vim.api.nvim_buf_get_keymap(bufnr, "i"), lhs) then
      vim.keymap.set("i", lhs, function()
        return M.press(action, lhs)
      end, {
        buffer = bufnr,
        expr = true,
        replace_keycodes = false,
        desc = "AutoThink: " .. action:gsub("_", " "),
      })
    end
  end
end

---@class autothink.TakenKey
---@field action string
---@field lhs string
---@field by string

--- Keys that we wanted and that the buffer has mapped otherwise, for :checkhealth.
---@param bufnr integer
---@return autothink.TakenKey[]
function M.taken(bufnr)
  local found = {}
  local keys = require("autothink.config").get().keys or {}
  for _, action in ipairs(NAMES) do
    local map = keys[action] and mapping(vim.api.nvim_buf_get_keymap(bufnr, "i"), keys[action])
    if map then
      found[#found + 1] = { action = action, lhs = keys[action], by = map.desc or map.rhs or "a function" }
    end
  end
  return found
end

return M
