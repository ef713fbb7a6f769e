-- Puts ghost text into the buffer as if it had been typed, so that it is part of what `.` repeats, and as an undo step
-- of its own. What the editor does to typed text (indenting, wrapping, closing brackets) is switched off meanwhile.

local M = {}

---@class autothink.Plan
---@field bufnr integer
---@field text string
---@field delete_bytes integer right of the cursor
---@field done fun()

local plan = nil ---@type autothink.Plan?
local saved = nil ---@type { bufnr: integer, options: table<string, any>, global: table<string, any> }?

local BUFFER_OPTIONS = {
  autoindent = false,
  smartindent = false,
  cindent = false,
  lisp = false,
  indentexpr = "",
  textwidth = 0,
  wrapmargin = 0,
  formatoptions = "",
  expandtab = false,
  softtabstop = 0,
}
local GLOBAL_OPTIONS = {
  smarttab = false,
  showmatch = false,
  digraph = false,
  eventignore = "InsertCharPre,TextChangedI,TextChangedP,CursorMovedI,CompleteChanged,CompleteDone",
}

local function key(text)
  return vim.api.nvim_replace_termcodes(text, true, true, true)
end

--- Keys that put `text` at the cursor, for an expression mapping or nvim_feedkeys().
---@param what autothink.Plan
---@return string
function M.keys(what)
  plan = what
  local typed = what.text:gsub("\n", "\r")
  if what.text:find("[%z\1-\8\11-\31\127]") then
    typed = "" -- characters that are commands when typed: `finish` puts the text in
  end
  local leave_menu = vim.fn.pumvisible() == 1 and key("<C-e>") or ""
  local begin = key("<Cmd>lua require('autothink.inline.accept').begin()<CR>")
  local finish = key("<Cmd>lua require('autothink.inline.accept').finish()<CR>")
  return leave_menu .. key("<C-g>u") .. begin .. typed .. finish .. key("<C-g>u")
end

function M.is_running()
  return plan ~= nil
end

local function restore()
  local old = saved
  saved = nil
  if not old then
    return
  end
  for name, value in pairs(old.global) do
    vim.o[name] = value
  end
  if vim.api.nvim_buf_is_valid(old.bufnr) then
    for name, value in pairs(old.options) do
      vim.bo[old.bufnr][name] = value
    end
  end
end

function M.begin()
  if not plan then
    return
  end
  local bufnr = plan.bufnr
  saved = { bufnr = bufnr, options = {}, global = {} }
  for name, value in pairs(GLOBAL_OPTIONS) do
    saved.global[name] = vim.o[name]
    vim.o[name] = value
  end
  for name, value in pairs(BUFFER_OPTIONS) do
    saved.options[name] = vim.bo[bufnr][name]
    vim.bo[bufnr][name] = value
  end
  -- CTRL-C in between must not leave the editor like this. Runs when all keys have been taken.
  local mine, planned = saved, plan
  vim.schedule(function()
    if saved == mine then
      restore()
    end
    if plan == planned then
      plan = nil
    end
  end)
  if plan.delete_bytes > 0 then
    local row, column = unpack(vim.api.nvim_win_get_cursor(0))
    vim.api.nvim_buf_set_text(bufnr, row - 1, column, row - 1, column + plan.delete_bytes, {})
  end
end

function M.finish()
  local done = plan
  if not done then
    return
  end
  if done.text:find("[%z\1-\8\11-\31\127]") then
    local lines = vim.split(done.text, "\n", { plain = true })
    local row, column = unpack(vim.api.nvim_win_get_cursor(0))
    vim.api.nvim_buf_set_text(done.bufnr, row - 1, column, row - 1, column, lines)
    local last = #lines[#lines]
    vim.api.nvim_win_set_cursor(0, { row + #lines - 1, #lines == 1 and column + last or last })
  end
  restore()
  plan = nil
  done.done()
end

return M
