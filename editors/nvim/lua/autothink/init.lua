-- AutoThink for Neovim: ghost text, explain, fix and refactor with your own model, by the server autothink-lsp.
--
--   vim.lsp.enable("autothink")       actions, and an entry in the completion menu
--   require("autothink").setup({})    ghost text, keys, status as well

local M = {}

local IS_SUPPORTED = vim.fn.has("nvim-0.11") == 1

--- Everything is optional; see :help autothink-setup.
---@param opts? table
function M.setup(opts)
  if not vim.g.loaded_autothink then -- a plugin manager has put this folder on 'runtimepath' after startup
    vim.cmd("runtime plugin/autothink.lua") -- Neovim 0.7 has no vim.cmd.runtime
  end
  if not IS_SUPPORTED then -- which was told
    return
  end
  local config = require("autothink.config")
  config.set(opts)
  if next(config.get().settings) then
    vim.lsp.config("autothink", { settings = { autothink = config.get().settings } })
  end
  if package.loaded["autothink.client"] then
    require("autothink.client").options_changed(config.get().settings) -- called again, with a server that runs
  end
  if config.get().enable then
    vim.lsp.enable("autothink")
  end
end

--- For the status line: "%{%v:lua.require'autothink'.statusline()%}"
function M.statusline()
  return IS_SUPPORTED and require("autothink.status").statusline() or ""
end

--- A component for lualine.
function M.lualine()
  return IS_SUPPORTED and require("autothink.status").lualine() or { M.statusline }
end

--- What is known, as a table.
function M.status()
  return IS_SUPPORTED and require("autothink.status").get() or {}
end

--- Accept, dismiss, … for mappings of one's own. Without ghost text `accept` returns false.
---@param action "accept"|"accept_word"|"accept_line"
---@return boolean
function M.accept(action)
  local keys = IS_SUPPORTED and require("autothink.inline.take")[action or "accept"]()
  if keys then
    vim.api.nvim_feedkeys(keys, "in", true)
  end
  return keys and true or false
end

function M.is_visible()
  return IS_SUPPORTED and require("autothink.inline").is_visible()
end

return M
