-- Tells the server where the cursor has come to rest in normal mode: a slow model has read the code there before the
-- first key. LSP has no message for it. The server decides whether it is worth anything.

local M = {}

local REST_MS = 150

local timer = nil ---@type uv.uv_timer_t?
local told = nil ---@type { client: integer, bufnr: integer, row: integer }?

---@param bufnr integer
local function tell(bufnr)
  if vim.api.nvim_get_current_buf() ~= bufnr or vim.fn.mode() ~= "n" or require("autothink.off").reason(bufnr) then
    return
  end
  local client = require("autothink.client").get(bufnr)
  local row = vim.api.nvim_win_get_cursor(0)[1]
  if not client or not require("autothink.config").get().inline.auto then
    return
  end
  if told and told.client == client.id and told.bufnr == bufnr and told.row == row then
    return
  end
  told = { client = client.id, bufnr = bufnr, row = row }
  local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
  client:notify("autothink/cursor", { uri = params.textDocument.uri, position = params.position })
end

--- The cursor moved; it may move on.
---@param bufnr integer
function M.moved(bufnr)
  timer = timer or assert(vim.uv.new_timer())
  timer:start(REST_MS, 0, function()
    vim.schedule(function()
      if vim.api.nvim_buf_is_valid(bufnr) then
        tell(bufnr)
      end
    end)
  end)
end

return M
