-- Next edits: after a change the server is asked what will be changed next. The proposal is drawn in its place: the old
-- text as deleted, the new lines below it. A key jumps there, the same key takes it, another one dismisses it.
--
--   require("autothink.next_edit").setup({ accept = "<Tab>", dismiss = "<Esc>" })
--
-- The keys are mapped in the buffer only while a proposal is shown, and never over a mapping that the buffer has.
-- Nothing is done while sidekick.nvim or copilot-lsp draws next edits.

local M = {}

local DELAY_MS = 100
local METHOD = "textDocument/copilotInlineEdit"
local OLD, NEW, HINT = "AutoThinkNextEditOld", "AutoThinkNextEditNew", "AutoThinkNextEditHint"
local namespace = vim.api.nvim_create_namespace("autothink.next_edit")

---@class autothink.NextEditKeys
---@field accept string|false
---@field dismiss string|false

---@class autothink.NextEdit
---@field bufnr integer
---@field tick integer the buffer's changedtick that it is for
---@field client_id integer
---@field edit table as the server has sent it
---@field first integer its first line, from 0
---@field keys string[] mapped for it

local keys = { accept = "<Tab>", dismiss = "<Esc>" } ---@type autothink.NextEditKeys
local shown = nil ---@type autothink.NextEdit?
local pending = nil ---@type { client: vim.lsp.Client, id: integer }?
local timer = nil ---@type uv.uv_timer_t?

--- Whether another plugin draws next edits.
local function is_drawn_elsewhere()
  return package.loaded["sidekick.nes"] ~= nil or package.loaded["copilot-lsp.nes"] ~= nil
end

---@return vim.lsp.Client?
local function client_of(bufnr)
  local found = vim.lsp.get_clients({ bufnr = bufnr, name = "autothink" })
  return found[1]
end

local function cancel()
  if pending then
    pending.client:cancel_request(pending.id)
    pending = nil
  end
end

--- Take the drawing and the keys away.
function M.clear()
  cancel()
  local one = shown
  shown = nil
  if one and vim.api.nvim_buf_is_valid(one.bufnr) then
    vim.api.nvim_buf_clear_namespace(one.bufnr, namespace, 0, -1)
    for _, lhs in ipairs(one.keys) do
      pcall(vim.keymap.del, "n", lhs, { buffer = one.bufnr })
    end
  end
end

--- The proposal that still fits the buffer.
---@return autothink.NextEdit?
function M.get()
  local one = shown
  if one and vim.api.nvim_buf_is_valid(one.bufnr) and vim.api.nvim_buf_get_changedtick(one.bufnr) == one.tick then
    return one
  end
end

---@param bufnr integer
---@param action "accept"|"dismiss"
---@param run fun()
---@return string? lhs
local function map(bufnr, action, run)
  local lhs = keys[action]
  if not lhs then
    return
  end
  for _, one in ipairs(vim.api.nvim_buf_get_keymap(bufnr, "n")) do
    if vim.keycode(one.lhs) == vim.keycode(lhs) then
      return -- the buffer's own
    end
  end
  vim.keymap.set("n", lhs, run, { buffer = bufnr, nowait = true, desc = "AutoThink: " .. action .. " next edit" })
  return lhs
end

---@param bufnr integer
---@param edit table
---@param encoding string
local function draw(bufnr, edit, encoding)
  local range = edit.range
  local count = vim.api.nvim_buf_line_count(bufnr)
  local first = math.min(range.start.line, count - 1)
  local last = math.min(range["end"].line, count - 1)
  local function column(row, character)
    local line = vim.api.nvim_buf_get_lines(bufnr, row, row + 1, false)[1] or ""
    return vim.str_byteindex(line, encoding, character, false)
  end
  local old_end = range["end"].line >= count and #vim.api.nvim_buf_get_lines(bufnr, last, last + 1, false)[1]
    or column(last, range["end"].character)
  local start = column(first, range.start.character)
  if first ~= last or start ~= old_end then
    vim.api.nvim_buf_set_extmark(bufnr, namespace, first, start, {
      end_row = last,
      end_col = old_end,
      hl_group = OLD,
      strict = false,
    })
  end
  if edit.text ~= "" then
    local lines = {}
    for _, line in ipairs(vim.split((edit.text:gsub("\r\n?", "\n"):gsub("\n$", "")), "\n", { plain = true })) do
      lines[#lines + 1] = { { line, NEW } }
    end
    -- An insertion of lines in front of a line is drawn above it.
    local above = first == last and start == 0 and old_end == 0 and edit.text:sub(-1) == "\n"
    vim.api.nvim_buf_set_extmark(bufnr, namespace, above and first or last, 0, {
      virt_lines = lines,
      virt_lines_above = above,
    })
  end
  local row = vim.api.nvim_win_get_cursor(0)[1] - 1
  if first + 1 < vim.fn.line("w0") or first + 1 > vim.fn.line("w$") then
    local words = ("  next edit: line %d"):format(first + 1)
    vim.api.nvim_buf_set_extmark(bufnr, namespace, row, 0, { virt_text = { { words, HINT } }, virt_text_pos = "eol" })
  end
end

---@param client vim.lsp.Client
---@param bufnr integer
---@param tick integer
---@param result table?
local function show(client, bufnr, tick, result)
  local edit = result and result.edits and result.edits[1]
  local valid = vim.api.nvim_buf_is_valid(bufnr) and vim.api.nvim_buf_get_changedtick(bufnr) == tick
  if not edit or not valid or vim.api.nvim_get_current_buf() ~= bufnr or vim.fn.mode() ~= "n" then
    return
  end
  M.clear()
  draw(bufnr, edit, client.offset_encoding)
  local one =
    { bufnr = bufnr, tick = tick, client_id = client.id, edit = edit, first = edit.range.start.line, keys = {} }
  one.keys[#one.keys + 1] = map(bufnr, "accept", M.accept)
  one.keys[#one.keys + 1] = map(bufnr, "dismiss", M.dismiss)
  shown = one
  client:notify("textDocument/didShowInlineEdit", { item = { command = edit.command } })
end

--- Ask for the next edit of the current buffer now.
function M.request()
  local bufnr = vim.api.nvim_get_current_buf()
  local client = client_of(bufnr)
  M.clear()
  if not client or vim.fn.mode() ~= "n" or is_drawn_elsewhere() or require("autothink.off").undrawn(bufnr) then
    return
  end
  local params = vim.lsp.util.make_position_params(0, client.offset_encoding) ---@type table
  params.textDocument.version = vim.lsp.util.buf_versions[bufnr]
  params.context = { triggerKind = 2 }
  local tick = vim.api.nvim_buf_get_changedtick(bufnr)
  local ok, id = client:request(METHOD, params, function(err, result)
    pending = nil
    if not err then
      show(client, bufnr, tick, result)
    end
  end, bufnr)
  pending = ok and id and { client = client, id = id } or nil
end

--- The cursor goes to the proposal; where it is there already, the proposal is applied and the next one asked for.
---@return boolean done
function M.accept()
  local one = M.get()
  local client = one and vim.lsp.get_client_by_id(one.client_id)
  if not one or not client then
    M.clear()
    return false
  end
  local count = vim.api.nvim_buf_line_count(one.bufnr)
  local row = math.min(one.first, count - 1) + 1
  if vim.api.nvim_win_get_cursor(0)[1] ~= row then
    vim.cmd("normal! m'")
    vim.api.nvim_win_set_cursor(0, { row, 0 })
    vim.cmd("normal! ^")
    return true
  end
  M.clear()
  local edit = { range = one.edit.range, newText = one.edit.text }
  vim.lsp.util.apply_text_edits({ edit }, one.bufnr, client.offset_encoding)
  client:exec_cmd(one.edit.command, { bufnr = one.bufnr }, function() end)
  M.later()
  return true
end

--- Take it away; the server does not propose it again in this session.
---@return boolean done
function M.dismiss()
  local one = M.get()
  local client = one and vim.lsp.get_client_by_id(one.client_id)
  if one and client then
    client:notify("autothink/didDismissNextEdit", { id = one.edit.command.arguments[1] })
  end
  M.clear()
  return one ~= nil
end

--- Ask when nothing has changed for a moment.
function M.later()
  timer = timer or assert(vim.uv.new_timer())
  timer:start(DELAY_MS, 0, vim.schedule_wrap(M.request))
end

--- Begin to ask after each change in normal mode, and when insert mode is left.
---@param given? { accept?: string|false, dismiss?: string|false }
function M.setup(given)
  keys = vim.tbl_extend("force", keys, given or {})
  vim.api.nvim_set_hl(0, OLD, { link = "DiffDelete", default = true })
  vim.api.nvim_set_hl(0, NEW, { link = "DiffAdd", default = true })
  vim.api.nvim_set_hl(0, HINT, { link = "Comment", default = true })
  local group = vim.api.nvim_create_augroup("autothink.next_edit", {})
  vim.api.nvim_create_autocmd("TextChanged", { group = group, callback = M.later })
  vim.api.nvim_create_autocmd("ModeChanged", { group = group, pattern = "i*:n", callback = M.later })
  vim.api.nvim_create_autocmd({ "InsertEnter", "BufLeave", "TextChangedI" }, { group = group, callback = M.clear })
end

return M
