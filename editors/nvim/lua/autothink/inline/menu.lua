-- Whether a completion menu is open that ghost text must not compete with: Neovim's own, nvim-cmp's or blink.cmp's.

local M = {}

local cmp_is_watched = false

function M.is_open()
  if not require("autothink.config").get().inline.hide_with_menu then
    return false
  end
  if vim.fn.pumvisible() == 1 then
    return true
  end
  local cmp, blink = package.loaded["cmp"], package.loaded["blink.cmp"]
  return (cmp and cmp.visible and cmp.visible()) or (blink and blink.is_visible and blink.is_visible()) or false
end

--- Call `changed` when a plugin's menu opens or closes. nvim-cmp may be loaded later than this plugin, so this is
--- called again when insert mode is entered.
---@param group integer of autocommands
---@param changed fun(bufnr: integer)
function M.watch(group, changed)
  local function soon()
    vim.schedule(function() -- the plugin says so before its window is there, or gone
      changed(vim.api.nvim_get_current_buf())
    end)
  end
  if #vim.api.nvim_get_autocmds({ group = group, event = "User" }) == 0 then
    local events = { "BlinkCmpMenuOpen", "BlinkCmpMenuClose" }
    vim.api.nvim_create_autocmd("User", { group = group, pattern = events, callback = soon })
  end
  local cmp = package.loaded["cmp"]
  if not cmp_is_watched and cmp and cmp.event then
    cmp_is_watched = true
    cmp.event:on("menu_opened", soon)
    cmp.event:on("menu_closed", soon)
  end
end

return M
