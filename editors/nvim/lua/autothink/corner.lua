-- One line in the corner of the screen, for an editor without a message line (`cmdheight=0`): there a message is taken
-- away as soon as the screen is drawn, and one after a command waits for "Press ENTER".

local M = {}

local SHOWN_MS = 5000

local window = nil ---@type integer?
local timer = nil ---@type uv.uv_timer_t?

function M.close()
  if timer then
    timer:stop()
  end
  if window and vim.api.nvim_win_is_valid(window) then
    vim.api.nvim_win_close(window, true)
  end
  window = nil
end

---@param text string one line
---@return vim.api.keyset.win_config
local function place(text)
  local is_last_line_taken = vim.o.laststatus >= 2 or (vim.o.laststatus == 1 and #vim.api.nvim_tabpage_list_wins(0) > 1)
  return {
    relative = "editor",
    anchor = "SE",
    row = vim.o.lines - vim.o.cmdheight - (is_last_line_taken and 1 or 0),
    col = vim.o.columns,
    width = math.max(1, vim.fn.strdisplaywidth(text)),
    height = 1,
  }
end

--- Show a line in place of the one before.
---@param text string one line that fits into the screen
---@param stays boolean until `close`; otherwise for some seconds
function M.show(text, stays)
  M.close()
  local bufnr = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_lines(bufnr, 0, -1, false, { text })
  vim.bo[bufnr].bufhidden = "wipe"
  local options = { style = "minimal", border = "none", focusable = false, noautocmd = true, zindex = 45 }
  window = vim.api.nvim_open_win(bufnr, false, vim.tbl_extend("error", place(text), options))
  if not stays then
    timer = timer or assert(vim.uv.new_timer())
    timer:start(SHOWN_MS, 0, vim.schedule_wrap(M.close))
  end
end

return M
