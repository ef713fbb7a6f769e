-- A scratch window with lines to read: log, statistics.

local M = {}

---@param title string
---@param lines string[]
---@return integer bufnr
function M.show(title, lines)
  local bufnr = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_lines(bufnr, 0, -1, false, lines)
  vim.bo[bufnr].bufhidden = "wipe"
  vim.bo[bufnr].modifiable = false
  pcall(vim.api.nvim_buf_set_name, bufnr, "autothink://" .. title)
  vim.cmd("botright split")
  vim.api.nvim_win_set_buf(0, bufnr)
  vim.cmd.resize(math.min(#lines + 1, math.max(5, math.floor(vim.o.lines / 3))))
  vim.api.nvim_win_set_cursor(0, { vim.api.nvim_buf_line_count(bufnr), 0 })
  vim.keymap.set("n", "q", "<Cmd>close<CR>", { buffer = bufnr, nowait = true, desc = "AutoThink: close" })
  return bufnr
end

return M
