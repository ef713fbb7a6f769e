-- What a buffer gets when our client attaches to it: ghost text and keys, where setup() asked for them.

local M = {}

---@param client vim.lsp.Client
---@param bufnr integer
function M.attach(client, bufnr)
  local config = require("autothink.config")
  if not config.is_set_up() or not config.get().inline.enabled then
    return
  end
  if config.draws() then
    require("autothink.inline").attach(bufnr)
    require("autothink.keys").attach(bufnr)
  elseif vim.lsp.inline_completion then
    vim.lsp.inline_completion.enable(true, { client_id = client.id })
  end
end

return M
