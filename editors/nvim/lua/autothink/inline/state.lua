-- The one suggestion that is shown, and how it continues what stands at the cursor now.

local draw = require("autothink.inline.draw")
local feedback = require("autothink.feedback")
local item = require("autothink.inline.item")
local menu = require("autothink.inline.menu")
local say = require("autothink.say")

local M = {}

local namespace = vim.api.nvim_create_namespace("autothink.anchor")

---@class autothink.Shown
---@field bufnr integer
---@field anchor integer extmark at the place that was asked for
---@field before string the line up to there
---@field right string the line from there
---@field candidates autothink.Candidate[]
---@field index integer
---@field drawn boolean

M.shown = nil ---@type autothink.Shown?

---@return integer row, integer column
function M.cursor()
  local at = vim.api.nvim_win_get_cursor(0)
  return at[1] - 1, at[2]
end

---@param bufnr integer
---@param row integer
function M.line_at(bufnr, row)
  return vim.api.nvim_buf_get_lines(bufnr, row, row + 1, false)[1] or ""
end

---@return autothink.Candidate
function M.chosen(one)
  return one.candidates[one.index]
end

---@class autothink.Fit
---@field rest string what is not in the buffer yet
---@field tail string what right of the cursor it replaces

--- How a candidate continues what stands before the cursor now; nil where it does not.
---@param one autothink.Shown
---@param candidate autothink.Candidate
---@return autothink.Fit?
function M.fit(one, candidate)
  local start = vim.api.nvim_buf_get_extmark_by_id(one.bufnr, namespace, one.anchor, {})
  local row, column = M.cursor()
  local row0, column0 = start[1], start[2]
  if not row0 or row < row0 or (row == row0 and column < column0) then
    return nil
  end
  if M.line_at(one.bufnr, row0):sub(1, column0) ~= one.before then
    return nil
  end
  local typed = table.concat(vim.api.nvim_buf_get_text(one.bufnr, row0, column0, row, column, {}), "\n")
  if candidate.text:sub(1, #typed) ~= typed then
    return nil
  end
  local right = M.line_at(one.bufnr, row):sub(column + 1)
  local taken = #one.right - #right
  if taken < 0 or taken > #candidate.tail or one.right:sub(taken + 1) ~= right then
    return nil
  end
  local found = { rest = candidate.text:sub(#typed + 1), tail = candidate.tail:sub(taken + 1) }
  if taken > 0 and not found.rest:find("\n", 1, true) and not item.align(found.rest, found.tail) then
    return nil
  end
  return found
end

function M.hide()
  if M.shown and M.shown.drawn then
    M.shown.drawn = false
    draw.clear(M.shown.bufnr)
  end
end

--- Take it away. `why` says whether the user did not want it: to leave insert mode or to move the cursor is no verdict.
---@param why "dismissed"|"used"|"left"
function M.drop(why)
  local one = M.shown
  M.shown = nil
  if not one then
    return
  end
  draw.clear(one.bufnr)
  pcall(vim.api.nvim_buf_del_extmark, one.bufnr, namespace, one.anchor)
  if why == "dismissed" then
    for _, candidate in ipairs(one.candidates) do
      feedback.dismissed(one.bufnr, candidate)
    end
  end
end

---@param found autothink.Fit
function M.render(found)
  local one = assert(M.shown)
  local row, column = M.cursor()
  if menu.is_open() or vim.fn.foldclosed(row + 1) ~= -1 then
    return M.hide()
  end
  local note = #one.candidates > 1 and ("%d/%d"):format(one.index, #one.candidates) or nil
  draw.show(one.bufnr, { row = row, column = column, text = found.rest, tail = found.tail, note = note })
  one.drawn = true
  local candidate = M.chosen(one)
  if feedback.tell(one.bufnr, candidate, "shown") then
    require("autothink.status").shown()
    say.event("AutoThinkSuggestion", { id = candidate.id, bufnr = one.bufnr })
  end
end

---@param found? autothink.Fit
function M.is_used_up(found)
  return found ~= nil and (found.rest == found.tail or found.rest:match("^%s*$") ~= nil)
end

---@param bufnr integer
---@param items table[]
---@param client vim.lsp.Client
---@return autothink.Candidate[]
function M.candidates_of(bufnr, items, client)
  local row, column = M.cursor()
  local line, found = M.line_at(bufnr, row), {}
  for _, each in ipairs(items) do
    found[#found + 1] = item.from_item(each, line, row, column, client.offset_encoding)
  end
  return found
end

---@param bufnr integer
---@param candidates autothink.Candidate[]
function M.begin(bufnr, candidates)
  M.drop("dismissed")
  local row, column = M.cursor()
  local line = M.line_at(bufnr, row)
  M.shown = {
    bufnr = bufnr,
    anchor = vim.api.nvim_buf_set_extmark(bufnr, namespace, row, column, { right_gravity = false }),
    before = line:sub(1, column),
    right = line:sub(column + 1),
    candidates = candidates,
    index = 1,
    drawn = false,
  }
  local found = M.fit(M.shown, candidates[1])
  if found then
    M.render(found)
  end
end

--- Have more of what is shown: candidates for its place, the first of which begins with it.
---@param bufnr integer
---@param candidates autothink.Candidate[]
function M.extend(bufnr, candidates)
  local one, longer = M.shown, candidates[1]
  if not one or one.bufnr ~= bufnr then
    return
  end
  local chosen = M.chosen(one)
  if longer.tail ~= chosen.tail or #longer.text <= #chosen.text or longer.text:sub(1, #chosen.text) ~= chosen.text then
    return
  end
  longer.told = chosen.told -- it was shown once
  one.candidates, one.index = candidates, 1
  local found = M.fit(one, longer)
  if found then
    M.render(found)
  end
end

--- Whether ghost text is to be seen in the current buffer.
function M.is_visible()
  return M.shown ~= nil and M.shown.drawn and M.shown.bufnr == vim.api.nvim_get_current_buf()
end

return M
